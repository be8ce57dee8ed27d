"""From a file to accepted rows: what lands, under which key, in which version, once."""

from __future__ import annotations

import openpyxl
import pytest

from tests.integration.intake_files import MONTHS, PERSONS, RETURNS, RIGHTS, Inbox, identifier
from tznr_platform import intake
from tznr_platform.errors import PermanentError
from tznr_platform.intake import batch
from tznr_platform.storage import lake, load_accepted, registers, writer


@pytest.fixture
def accepted(inbox: Inbox):
    """Reads a query on the views that dbt sees."""
    def read(sql: str) -> list[tuple]:
        with writer(inbox.settings) as con:
            load_accepted(con, inbox.settings)
            return con.execute(sql).fetchall()
    return read


def test_rows_land_typed_and_without_the_exchange_identifier(inbox: Inbox, accepted):
    inbox.put("TZNR-01_personnes_2025-T2.csv", PERSONS.text("a", "b"))
    inbox.put("TZNR-01_droits_2025-T2.csv", RIGHTS.text("a"))
    inbox.put("CNAF_droits_mensuels_2025-06.csv", MONTHS.text("a"))
    assert inbox.run().counts == {"accepted": 3}
    assert accepted("select non_take_up_codes, request_date::varchar from accepted.droits") == [
        ("NCONN|NDEM", "2025-04-10")]
    assert accepted("select due_eur, paid_eur, entitlement_month::varchar, line_number "
                    "from accepted.droits_mensuels") == [(646.52, 1646.52, "2025-05-01", 2)]
    assert len(accepted("select distinct person_id from accepted.personnes")) == 2
    needle = identifier("a").encode()
    for path in inbox.settings.root.rglob("*"):
        if path.is_file() and inbox.path not in path.parents:
            assert needle not in path.read_bytes(), path
    for path in inbox.settings.lake_dir.rglob("*.parquet"):
        rows = inbox.query(f"from read_parquet('{path}', hive_partitioning = false)")
        assert identifier("a") not in str(rows)


def test_a_number_that_two_persons_share_is_not_used(inbox: Inbox, accepted, monkeypatch):
    monkeypatch.setattr(batch, "DIGESTS", ("length", "hash"))
    inbox.put("TZNR-01_personnes_2025-T2.csv", PERSONS.text("a", "b", "c"))
    assert inbox.run().counts == {"accepted": 1}
    assert accepted("select count(distinct person_id) from accepted.personnes") == [(3,)]
    monkeypatch.setattr(batch, "DIGESTS", ("length",))
    inbox.put("TZNR-02_personnes_2025-T2.csv", PERSONS.text("a", "b"))
    with pytest.raises(PermanentError, match="ValueError"):
        inbox.run()


@pytest.mark.parametrize("is_one_odd", [False, True])
def test_persons_are_found_wherever_they_come_first(inbox: Inbox, accepted, is_one_odd: bool):
    first = PERSONS.text("a", "b")
    inbox.put("TZNR-01_personnes_2025-T2.csv", first.replace("oral", '"or\nal"') if is_one_odd else first)
    inbox.put("TZNR-02_personnes_2025-T2.csv", PERSONS.text("a", "b", "c"))
    inbox.put("TZNR-03_personnes_2025-T2.csv", PERSONS.text("b", "a", "d"))
    assert inbox.run().accepted_rows >= 6
    assert accepted("select count(distinct person_id) from accepted.personnes join intake.deliveries "
                    "using (delivery_id) where sender_code <> 'TZNR-01'") == [(4,)]
    assert accepted("select count(*) from accepted.personnes where person_id is null") == [(0,)]


@pytest.mark.parametrize("spelling", [
    "semicolon", "comma", "tab", "bom", "cp1252", "utf-16", "preamble", "crlf", "blank", "quoted", "case",
    "xlsx"])
def test_a_table_reads_the_same_however_it_is_written(inbox: Inbox, spelling: str):
    text = PERSONS.text("a", "b", bad={"nombre_enfants": "99"}) + PERSONS.text("c").partition("\n")[2]
    shift = {"preamble": 2}.get(spelling, 0)
    name = "TZNR-01_personnes_2025-T2.csv"
    if spelling == "xlsx":
        name = "TZNR-01_personnes_2025-T2.xlsx"
        book = openpyxl.Workbook()
        for line in text.splitlines():
            book.active.append([int(cell) if cell in ("2", "99") else cell for cell in line.split(";")])
        book.save(inbox.path / name)
    else:
        inbox.put(name, {
            "semicolon": text, "comma": text.replace(";", ","), "tab": text.replace(";", "\t"),
            "bom": "\ufeff" + text,
            "cp1252": text.replace("oral", "Oral").replace("chomage", "chômage").encode("cp1252"),
            "utf-16": text.encode("utf-16"), "preamble": "Territoire : Exemple;;\n\n" + text,
            "crlf": text.replace("\n", "\r\n"), "blank": text + "\n;;;;;;;;;;;\n\n",
            "quoted": "\n".join('"' + line.replace(";", '";"') + '"' for line in text.splitlines()),
            "case": text.replace("identifiant", "IDENTIFIANT").replace("statut_logement", "Statut logement"),
        }[spelling])
    outcome = inbox.run()
    assert (outcome.accepted_rows, outcome.refused_rows) == (2, 1)
    assert inbox.refusals() == [(3 + shift, "nombre_enfants", "OUT_OF_RANGE")]


def test_ragged_lines_are_refused_and_the_others_go_on(inbox: Inbox):
    lines = PERSONS.text("a", "b", "c", bad={"nombre_enfants": "99"}).splitlines()
    ragged = [lines[0], lines[1], "", "x;y", lines[2] + ";z", lines[3]]
    inbox.put("TZNR-01_personnes_2025-T2.csv", "\n".join(ragged))
    assert inbox.run().accepted_rows == 1
    assert inbox.refusals() == [(4, "(ligne entière)", "COLUMN_COUNT"),
                                (5, "(ligne entière)", "COLUMN_COUNT"), (6, "nombre_enfants", "OUT_OF_RANGE")]


@pytest.mark.parametrize(("table", "bad", "field", "reason"), [
    (PERSONS, {"tranche_age": ""}, "tranche_age", "REQUIRED_MISSING"),
    (PERSONS, {"identifiant": "  "}, "identifiant", "REQUIRED_MISSING"),
    (PERSONS, {"identifiant": "abc"}, "identifiant", "PATTERN_MISMATCH"),
    (PERSONS, {"date_information": "31/02/2025"}, "date_information", "TYPE_INVALID"),
    (PERSONS, {"date_information": "0025-04-02"}, "date_information", "TYPE_INVALID"),
    (PERSONS, {"nombre_enfants": "2,5"}, "nombre_enfants", "TYPE_INVALID"),
    (PERSONS, {"nombre_enfants": "nan"}, "nombre_enfants", "TYPE_INVALID"),
    (PERSONS, {"opposition": "peut-être"}, "opposition", "TYPE_INVALID"),
    (PERSONS, {"statut_logement": "château"}, "statut_logement", "ENUM_UNKNOWN"),
    (PERSONS, {"commune_code": "1053"}, "commune_code", "PATTERN_MISMATCH"),
    (PERSONS, {"date_premier_contact": "2023-07-14"}, "date_premier_contact", "OUTSIDE_COLLECTION_WINDOW"),
    (RIGHTS, {"date_decision": "2025-04-09"}, "date_demande", "DATE_ORDER"),
    (RIGHTS, {"date_demande": "", "issue_demande": "refusee"}, "date_demande", "CONDITIONAL_MISSING"),
    (RIGHTS, {"types_non_recours": "NDEM|PEUR"}, "types_non_recours", "ENUM_UNKNOWN"),
    (RIGHTS, {"date_situation": "infinity"}, "date_situation", "TYPE_INVALID"),
    (PERSONS, {"opposition": "oui"}, "identifiant", "OBJECTION"),
])
def test_each_row_rule(inbox: Inbox, table, bad, field, reason):
    name = "personnes" if table is PERSONS else "droits"
    inbox.put(f"TZNR-01_{name}_2025-T2.csv", table.text("a", "b", bad=bad))
    outcome = inbox.run()
    assert outcome.accepted_rows == 1
    assert inbox.refusals() == [(3, field, reason)]


def test_rules_of_the_bodies(inbox: Inbox):
    inbox.put("TZNR-01_personnes_2025-T2.csv", PERSONS.text("a"))
    inbox.put("CNAF_droits_mensuels_2025-06.csv", MONTHS.text("a", "b") + MONTHS.text("a", bad={
        "prestation": "ARE"}).partition("\n")[2])
    inbox.put("CNAF_retours_2025-06.csv", RETURNS.text("a", "b"))
    inbox.run()
    assert inbox.refusals() == [(3, "identifiant", "NOT_ON_LIST"), (3, "identifiant", "NOT_ON_LIST"),
                                (4, "prestation", "SENDER_NOT_PAYER")]


@pytest.mark.parametrize("amount", ["inf", "1e13", "-1e300"])
def test_an_amount_is_one_that_totals_can_hold(inbox: Inbox, amount: str):
    inbox.put("TZNR-01_personnes_2025-T2.csv", PERSONS.text("a"))
    inbox.put("CNAF_droits_mensuels_2025-06.csv", MONTHS.text("a", bad={"montant_du": amount}))
    inbox.run()
    assert inbox.refusals() == [(2, "montant_du", "TYPE_INVALID")]


def test_values_of_a_questionnaire_are_checked_against_its_instrument(inbox: Inbox):
    from tznr_platform import contracts

    item = contracts.reference("instruments")[0]
    row = {"identifiant": identifier("a"), "instrument": item["instrument_code"],
           "version": item["instrument_version"], "vague": "T0", "item": item["item_code"],
           "valeur": item["maximum"], "date_reponse": "2025-04-02", "mode": "telephone"}
    rows = [row, row | {"vague": "T1", "item": "INCONNU"}, row | {"vague": "T2", "valeur": "999"}]
    inbox.put("TZNR-01_reponses_2025-S1.csv", "\n".join(
        [";".join(row), *(";".join(line.values()) for line in rows)]) + "\n")
    assert inbox.run().accepted_rows == 1
    assert inbox.refusals() == [(3, "item", "REFERENCE_UNKNOWN"), (4, "valeur", "OUT_OF_RANGE")]


def test_the_first_of_two_equal_keys_is_kept(inbox: Inbox, accepted):
    inbox.put("TZNR-01_personnes_2025-T2.csv", PERSONS.text("a", "b", "a", "a"))
    inbox.put("TZNR-02_personnes_2025-T2.csv", PERSONS.text("a"))
    inbox.run()
    assert inbox.refusals() == [(4, "identifiant", "DUPLICATE_KEY"), (5, "identifiant", "DUPLICATE_KEY")]
    rows = accepted("select delivery_id, line_number from accepted.personnes order by all")
    assert rows == [(1, 2), (1, 3), (2, 2)]


def test_an_objection_takes_out_all_rows_of_the_person(inbox: Inbox, accepted):
    inbox.put("TZNR-01_personnes_2025-T2.csv", PERSONS.text("a", "b"))
    inbox.put("TZNR-01_droits_2025-T2.csv", RIGHTS.text("a", "b"))
    inbox.run()
    inbox.put("TZNR-02_personnes_2025-T3.csv", PERSONS.text("a", bad={"opposition": "oui"}))
    inbox.put("TZNR-02_droits_2025-T3.csv", RIGHTS.text("a"))
    inbox.run()
    assert accepted("select count(*) from accepted.personnes") == [(1,)]
    assert accepted("select count(*) from accepted.droits") == [(1,)]
    assert {reason for _, _, reason in inbox.refusals()} == {"OBJECTION"}


def test_versions_duplicates_and_idempotence(inbox: Inbox, accepted):
    inbox.put("TZNR-01_personnes_2025-T2.csv", PERSONS.text("a"))
    inbox.put("copie/TZNR-01_personnes_2025-T2.csv", PERSONS.text("a"))
    first = inbox.run()
    assert first.counts == {"accepted": 1, "duplicate": 1} and first.table_rows["personnes"] == 1
    receipts = {path: path.read_bytes() for path in inbox.settings.receipts_dir.rglob("*.*")}
    again = inbox.run()
    assert again.deliveries == () and again.known_count == 2
    assert {path: path.read_bytes() for path in inbox.settings.receipts_dir.rglob("*.*")} == receipts
    inbox.put("TZNR-01_personnes_2025-T2_v3.csv", PERSONS.text("a", "b", "c"))
    inbox.put("TZNR-01_personnes_2025-T2_v2.csv", PERSONS.text("a", "b"))
    second = inbox.run()
    assert [delivery.version for delivery in second.deliveries] == [2, 3]
    assert ("SUPERSEDES", "") in second.deliveries[1].remarks
    latest = second.deliveries[1].delivery_id
    assert accepted("select distinct delivery_id from accepted.personnes") == [(latest,)]
    late = inbox.put("TZNR-01_personnes_2025-T2_v1.csv", PERSONS.text("z"))
    assert [delivery.reason_code for delivery in inbox.run().deliveries] == ["VERSION_OLDER"]
    late.unlink()
    inbox.put("TZNR-01_personnes_2025-T2.csv", PERSONS.text("d"))
    assert [delivery.version for delivery in inbox.run().deliveries] == [4]
    current = inbox.query(f"select version from ({registers.deliveries(inbox.settings)}) where is_current")
    assert current == [(4,)]


def test_a_refused_correction_leaves_the_version_in_place(inbox: Inbox, accepted):
    inbox.put("TZNR-01_personnes_2025-T2.csv", PERSONS.text("a"))
    inbox.run()
    inbox.put("TZNR-01_personnes_2025-T2_v2.csv", PERSONS.text("a", without="opposition"))
    assert inbox.run().counts == {"refused": 1}
    assert accepted("select count(*) from accepted.personnes") == [(1,)]


def test_tables_and_months_restrict_a_run(inbox: Inbox):
    inbox.put("TZNR-01_personnes_2025-T2.csv", PERSONS.text("a"))
    for month in ("05", "06"):
        inbox.put(f"CNAF_droits_mensuels_2025-{month}.csv",
                  MONTHS.text("a", bad={"date_extraction": f"2025-{month}-28"}))
    assert intake.scan(inbox.settings).counts() == {"known": 0, "pending": 3}
    assert [d.table_name for d in inbox.run(tables=["personnes"]).deliveries] == ["personnes"]
    june = inbox.run(tables=["droits_mensuels"], months={"2025-06"})
    assert [d.period for d in june.deliveries] == ["2025-06"]
    rest = inbox.run()
    assert [d.period for d in rest.deliveries] == ["2025-05"] and rest.table_rows["droits_mensuels"] == 2


def test_a_scan_answers_what_nothing_identifies(inbox: Inbox):
    inbox.put("notes.csv", "a;b\n1;2\n")
    assert intake.scan(inbox.settings).counts() == {"known": 0, "refused": 1}
    assert intake.scan(inbox.settings).counts() == {"known": 1}
    assert list((inbox.settings.receipts_dir / "_inconnu").glob("notes.*"))


def test_folder_gives_the_sender_and_columns_the_table(inbox: Inbox):
    inbox.put("TZNR-07/Personnes 2025-T2.csv", PERSONS.text("a"))
    inbox.put("tznr 8_export_2025-T2.csv", PERSONS.text("b"))
    found = {(delivery.sender_code, delivery.table_name) for delivery in inbox.run().deliveries}
    assert found == {("TZNR-07", "personnes"), ("TZNR-08", "personnes")}


def test_a_rebuild_gives_the_same_persons_and_rows(inbox: Inbox, accepted):
    inbox.put("TZNR-01_personnes_2025-T2.csv", PERSONS.text("a", "b"))
    inbox.run()
    inbox.put("TZNR-02_personnes_2025-T2.csv", PERSONS.text("c", "b"))
    inbox.run()
    sql = "from accepted.personnes order by delivery_id, line_number"
    before = accepted(sql)
    inbox.settings.working_file.unlink()
    assert accepted(sql) == before


def test_the_fingerprint_follows_the_inbox(inbox: Inbox):
    inbox.put("TZNR-01_personnes_2025-T2.csv", PERSONS.text("a"))
    before = intake.inbox_fingerprint(inbox.settings)
    assert intake.inbox_fingerprint(inbox.settings) == before
    inbox.put("TZNR-01_personnes_2025-T2.csv", PERSONS.text("a", "b"))
    assert intake.inbox_fingerprint(inbox.settings) != before


def test_open_data_goes_the_same_way(inbox: Inbox, shared_data):
    for folder in ("context", "geo"):
        for source in (shared_data / folder).glob("*.csv"):
            inbox.put(source.name, source.read_bytes())
    outcome = inbox.run()
    by_table = {delivery.table_name: delivery for delivery in outcome.deliveries
                if delivery.status_code != "refused"}
    assert {"caf_communes", "caf_national", "minima_departements", "communes"} <= set(by_table)
    assert {name: d.refused_row_count for name, d in by_table.items() if d.refused_row_count} == {}
    assert lake.accepted_file(inbox.settings, "caf_communes", "OPEN", by_table["caf_communes"].period,
                              by_table["caf_communes"].delivery_id).exists()
