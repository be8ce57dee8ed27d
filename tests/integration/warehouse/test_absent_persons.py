"""Whoever objected or asked for a restriction is in no table of the warehouse, whatever was received before."""

from __future__ import annotations

from tests.integration.intake_files import MONTHS, PERSONS, RETURNS, RIGHTS, Inbox, identifier
from tests.integration.warehouse.builds import run_dbt
from tznr_platform.privacy import ledger, requests
from tznr_platform.privacy.pseudonym import AnalysisKey
from tznr_platform.storage import load_accepted, registers, writer

PEOPLE = ("anne", "bruno", "claire")


def test_no_table_holds_a_person_who_is_excluded_or_restricted(inbox: Inbox):
    ledger.ensure_key(inbox.settings)
    inbox.put("TZNR-01_personnes_2025-T2.csv", PERSONS.text(*PEOPLE))
    inbox.put("TZNR-01_droits_2025-T2.csv", RIGHTS.text(*PEOPLE))
    inbox.put("CNAF_retours_2025-06.csv", RETURNS.text(*PEOPLE))
    inbox.put("CNAF_droits_mensuels_2025-06.csv", MONTHS.text(*PEOPLE))
    assert inbox.run().refused_rows == 0
    requests.add(inbox.settings, "opposition", "courrier", identifier("anne"))
    requests.add(inbox.settings, "limitation", "courrier", identifier("bruno"))
    with writer(inbox.settings) as con:
        load_accepted(con, inbox.settings)
    built = run_dbt(inbox.settings, "run")
    assert built.code == 0, built.output[-4000:]
    found = {name: _tables_with(inbox, built, name) for name in PEOPLE}
    assert found["anne"] == found["bruno"] == set()
    assert {"present_persons", "personnes", "droits_mensuels", "int_person_benefit"} <= found["claire"]


def _tables_with(inbox: Inbox, built, name: str) -> set[str]:
    """Tables and views of the working file with a row about the person, by integer or by pseudonym."""
    pseudonym = AnalysisKey.load(inbox.settings).second_pass(identifier(name))
    ((person_id,),) = inbox.query(f"select person_id from ({registers.persons(inbox.settings)}) "
                                  f"where pseudonym = '{pseudonym}'")
    columns = built.rows("select table_schema, table_name, column_name from information_schema.columns "
                         "where column_name similar to '.*(person_id|pseudonym|identif).*'")
    return {table for schema, table, column in columns if built.rows(
        f'select count(*) from "{schema}"."{table}" where "{column}"::varchar in (\'{person_id}\', \'{pseudonym}\')'
    ) != [(0,)]}
