"""From what is known of a household to every case it may be: the list ``entitlement_hypotheses``.

Here: the cases of a description, in SQL on whole columns. Not here: the hypotheses (data), the amounts (``amounts``).
A description never holds an income; the hypotheses say between which limits it lies.
"""

from __future__ import annotations

import duckdb
import pandas as pd

from tznr_platform.contracts import reference
from tznr_platform.entitlements.households import HOUSING_DEDUCTION, OVERSEAS

CASE = {
    "department_code": "VARCHAR", "adult_age": "INTEGER", "partner_age": "INTEGER", "child_count": "INTEGER",
    "child_age": "INTEGER", "is_housing_deducted": "BOOLEAN", "is_student": "BOOLEAN", "wage_eur": "INTEGER",
    "unemployment_eur": "INTEGER", "pension_eur": "INTEGER", "partner_income_eur": "INTEGER",
}
KIND = ("places", "age_band_code", "family_code", "child_count", "housing_code", "activity_code")
HIGH_EUR, OLDER_CHILD = 8_000, 10  # of the list
MAINLAND, REUNION, MAYOTTE = "75", "974", "976"


def places(department: str) -> str:
    """Départements that stand for ``department`` in the law, joined by « | ».

    One of the mainland, of a pilot of the new reference quarter, or overseas; both mainland and overseas where the
    département is not established; none for Mayotte, whose scales are not described here.
    """
    pilots = sorted({row["department_code"] for row in reference("shocks")
                     if row["shock_code"] == "reference_quarter_pilot"})
    if not department:
        return f"{MAINLAND}|{REUNION}"
    if department == MAYOTTE:
        return ""
    return REUNION if department in OVERSEAS else pilots[0] if department in pilots else MAINLAND


def create_options(con: duckdb.DuckDBPyConnection) -> None:
    """Temporary tables ``option_<field>``: every hypothesis of every value; a value without a row has no case."""
    assumed: dict[str, list[dict]] = {}
    for row in reference("entitlement_hypotheses"):
        values = dict(part.split("=") for part in row["assumptions"].split("|"))
        assumed.setdefault(row["field_name"], []).append({row["field_name"]: row["value_code"]}
                                                         | {name: int(value) for name, value in values.items()})
    for field, rows in assumed.items():
        _create(con, f"option_{field}", pd.DataFrame(rows).fillna(0))
    _create(con, "option_housing_code", pd.DataFrame(
        [(code, answer) for code, answers in HOUSING_DEDUCTION.items() for answer in answers],
        columns=["housing_code", "is_housing_deducted"]))


def cases_sql(kinds: str) -> str:
    """SQL of the distinct cases of each row of ``kinds`` (columns ``kind_id`` and ``KIND``): ``kind_id`` and ``CASE``.

    Needs ``create_options``. What does not apply is zero: the partner of a person alone, the age of no child. A high
    income closes every entitlement, whatever the rest: one case stands for all of those.
    """
    return f"""
        with complete as (
            select kinds.kind_id, unnest(string_split(nullif(kinds.places, ''), '|')) as department_code,
                ages.adult_age::int as adult_age,
                if(families.has_partner = 1, ages.partner_age, 0)::int as partner_age,
                if(families.has_partner = 1, families.partner_income_eur, 0)::int as partner_income_eur,
                coalesce(kinds.child_count, numbers.child_count)::int as child_count,
                children.child_age::int as child_age, housing.is_housing_deducted,
                activities.is_student = 1 as is_student, activities.wage_eur::int as wage_eur,
                activities.unemployment_eur::int as unemployment_eur, activities.pension_eur::int as pension_eur,
                greatest(activities.wage_eur, activities.unemployment_eur, activities.pension_eur,
                    if(families.has_partner = 1, families.partner_income_eur, 0)) >= {HIGH_EUR} as is_closed
            from {kinds} as kinds
            join option_age_band_code as ages using (age_band_code)
            join option_family_code as families using (family_code)
            join option_activity_code as activities using (activity_code)
            join option_housing_code as housing using (housing_code)
            -- a number that is known is one case; an unknown one is those of the list
            join option_child_count as numbers on kinds.child_count is null or numbers.child_count = 0
            cross join option_child_age as children)
        select distinct kind_id, department_code, adult_age, partner_age, child_count,
            if(child_count = 0, 0, if(is_closed, {OLDER_CHILD}, child_age)) as child_age,
            is_housing_deducted or is_closed as is_housing_deducted, is_student and not is_closed as is_student,
            if(is_closed, 0, wage_eur) as wage_eur, if(is_closed, 0, unemployment_eur) as unemployment_eur,
            if(is_closed, {HIGH_EUR}, pension_eur) as pension_eur,
            if(is_closed, 0, partner_income_eur) as partner_income_eur
        from complete"""


def _create(con: duckdb.DuckDBPyConnection, name: str, rows: pd.DataFrame) -> None:
    con.register("option_rows", rows)
    con.execute(f"create or replace temp table {name} as from option_rows")
    con.unregister("option_rows")
