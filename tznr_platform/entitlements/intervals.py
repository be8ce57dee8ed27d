"""Theoretical entitlement of every description of the lake: certain, possible, certainly not, or unknown.

Here: descriptions of the persons met, grouped by kind of household and legal period, the classification, the file of
the lake. Not here: who is in non-take-up (marts). Nothing here names a person.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pandas as pd

from tznr_platform.contracts import reference
from tznr_platform.entitlements import amounts, hypotheses
from tznr_platform.entitlements.legal_periods import period_starts
from tznr_platform.settings import Settings
from tznr_platform.storage import connect, lake, theoretical
from tznr_platform.storage.accepted import load_accepted

DESCRIBED = """
    select distinct coalesce(territories.department_code, '') as department_code,
        cast(date_trunc('month', persons.first_contact_date) as date) as first_contact_month,
        persons.age_band_code, persons.family_code, persons.child_count, persons.housing_code, persons.activity_code
    from accepted.personnes as persons
    join intake.deliveries as deliveries using (delivery_id)
    join reference.territories as territories on territories.territory_code = deliveries.sender_code"""
CERTAIN, POSSIBLE, NOT, UNKNOWN = "certain", "possible", "certainly_not", "unknown"


@dataclass(frozen=True)
class Outcome:
    """What a computation did: descriptions and their benefits, cases behind them, cases that had to be simulated."""

    description_count: int
    row_count: int
    case_count: int
    computed_count: int
    by_benefit: pd.DataFrame


def write_theoretical(settings: Settings) -> Outcome:
    """Compute and write ``lake/entitlements/theoretical.parquet``, columns ``storage.theoretical.THEORETICAL``.

    One row a description and statutory benefit, in the month of first contact; euros a month. Only cases that the
    lake does not hold yet are simulated.
    """
    with connect(None, settings=settings) as con:
        load_accepted(con, settings)
        con.execute(f"create temp table described as {DESCRIBED}")
        computed = classify(con, settings, "described")
        path = theoretical.theoretical_file(settings)
        lake.write_parquet(con, f"select {', '.join(theoretical.THEORETICAL)} from classified order by all", path)
        cases = f"select distinct {', '.join(amounts.KEY)} from kind_case"
        counts = con.execute("select (from described select count(*)), (from classified select count(*)), "
                             f"(from ({cases}) select count(*))").fetchone()
        by_benefit = con.execute("select benefit_code, entitlement_code, count(*) as description_count "
                                 "from classified group by all order by all").df()
    return Outcome(*counts, computed, by_benefit)


def classify(con: duckdb.DuckDBPyConnection, settings: Settings, described: str) -> int:
    """Create the temporary table ``classified`` from ``described`` (columns ``storage.theoretical.DESCRIPTION``).

    Also ``kind_case``: the cases of every kind of household. Returns the number of cases simulated.
    """
    _create_kinds(con, described)
    hypotheses.create_options(con)
    con.execute(f"create or replace temp table kind_case as select cases.*, kind.period_month "
                f"from ({hypotheses.cases_sql('kind')}) as cases join kind using (kind_id)")
    computed = amounts.complete(con, settings, "kind_case")
    con.execute(f"create or replace temp table bounds as {_bounds_sql()}")
    con.execute(f"create or replace temp table classified as {_classified_sql()}")
    return computed


def _create_kinds(con: duckdb.DuckDBPyConnection, described: str) -> None:
    """``described_kind``: every description with its kind; ``kind``: distinct households by legal period."""
    departments = sorted({row["department_code"] for row in reference("territories")} | {""})
    for name, rows in {
        "place": pd.DataFrame([(code, hypotheses.places(code)) for code in departments],
                              columns=["department_code", "places"]),
        "period": pd.DataFrame({"period_month": period_starts()}),
    }.items():
        con.register("listed_rows", rows)
        con.execute(f"create or replace temp table {name} as from listed_rows")
        con.unregister("listed_rows")
    columns = ", ".join(hypotheses.KIND)
    con.execute(f"""
        create or replace temp table described_kind as
        select described.*, place.places, period.period_month,
            dense_rank() over (order by period.period_month, {columns}) as kind_id
        from {described} as described
        join place using (department_code)
        asof join period on strftime(described.first_contact_month, '%Y-%m') >= period.period_month""")
    con.execute(f"create or replace temp table kind as "
                f"select distinct kind_id, period_month, {columns} from described_kind")


def _bounds_sql() -> str:
    """The least and the most favourable case of each kind. A young adult alone may depend on the parents: not sure."""
    euros = ", ".join(f"{least}({name}_eur) as {name}_{end}" for name in ("rsa", "ppa", "aspa")
                      for least, end in (("min", "low"), ("max", "high")))
    flags = ", ".join(f"bool_and({name} and is_own_household) as {name}_low, bool_or({name}) as {name}_high"
                      for name in ("css_free", "css_participation"))
    keys = ", ".join(amounts.KEY)
    return f"select kind_id, {euros}, {flags} from kind_case join amount using ({keys}) group by kind_id"


def _classified_sql() -> str:
    """One row a description and statutory benefit.

    PPA: bounds only, never certain (methods 4.7: it depends on monthly incomes). ASPA from 55 to 64: unknown, since
    inability to work, which lowers its age to 62, is not described. Benefits that are not simulated: unknown.
    """
    rules = {
        "RSA": (_by_amount("rsa"), "rsa_low", "rsa_high"),
        "PPA": (f"if(ppa_high > 0, '{POSSIBLE}', '{NOT}')", "ppa_low", "ppa_high"),
        "ASPA": (f"if(age_band_code = '55_64', '{UNKNOWN}', {_by_amount('aspa')})",
                 "if(age_band_code = '55_64', null, aspa_low)", "if(age_band_code = '55_64', null, aspa_high)"),
        "CSS_GRATUITE": (_by_flag("css_free"), "null", "null"),
        "CSS_PARTICIPATION": (_by_flag("css_participation"), "null", "null"),
    }
    chosen = [" ".join(["case benefit_code", *(f"when '{code}' then {rule[part]}" for code, rule in rules.items()),
                        "end"]) for part in range(3)]
    return f"""
        select {', '.join(f'described_kind.{name}' for name in theoretical.DESCRIPTION)}, benefits.benefit_code,
            coalesce(if(bounds.kind_id is null, null, {chosen[0]}), '{UNKNOWN}') as entitlement_code,
            cast({chosen[1]} as double) as low_eur, cast({chosen[2]} as double) as high_eur
        from described_kind
        cross join (select benefit_code from reference.benefits where is_statutory = 'true') as benefits
        left join bounds using (kind_id)"""


def _by_amount(name: str) -> str:
    return f"case when {name}_low > 0 then '{CERTAIN}' when {name}_high > 0 then '{POSSIBLE}' else '{NOT}' end"


def _by_flag(name: str) -> str:
    return f"case when {name}_low then '{CERTAIN}' when {name}_high then '{POSSIBLE}' else '{NOT}' end"
