"""The marts find again what the generator planted. The two share definitions (docs/architecture.md) and no code."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

# answer key -> mart, key columns, rows of the mart that the answer key describes
TABLES = {
    "access": ("mart_access", ("territory_code", "benefit_code"), "channel_code = 'tous'"),
    "persons": ("mart_coverage", ("territory_code",), "person_count > 0"),
    "contacts": ("mart_coverage", ("territory_code",), "contact_count > 0"),
    "match_rates": ("mart_match_rates", ("territory_code", "body_code", "is_default_birth_date"), "true"),
    "non_take_up": ("mart_non_take_up", ("territory_code", "benefit_code", "non_take_up_code"), "person_count > 0"),
    "retention": ("mart_retention", ("territory_code", "benefit_code", "horizon_months"), "opened_count > 0"),
    "scales": ("mart_scales",
               ("territory_code", "instrument_code", "instrument_version", "dimension_code", "wave_code"), "true"),
    "network": ("mart_network", ("territory_code", "wave_code", "tie_type_code"), "territory_code <> 'FR'"),
    "participation": ("mart_participation", ("territory_code", "phase_code", "level_code"), "body_code = 'tous'"),
    "positions": ("mart_positions", ("territory_code", "position_title_code", "position_status_code"), "true"),
    "programme_costs": ("mart_programme_costs", ("territory_code", "fiscal_year", "nature_code", "funder_code"),
                        "true"),
    "transfers": ("mart_transfers", ("territory_code", "benefit_code", "payer_code"), "true"),
    "avoided_costs": ("mart_avoided_costs", ("territory_code", "cost_event_code", "payer_code"), "true"),
}
TOLERANCE = 1e-5


def key_file(demo, name: str) -> Path:
    return demo.data / "answer_key" / f"{name}.csv"


@pytest.fixture(scope="session")
def marts(demo):
    with duckdb.connect(str(demo.data / "warehouse" / "published.duckdb"), read_only=True) as con:
        yield con


@pytest.mark.parametrize("name", TABLES)
def test_planted_quantity_is_found_again(demo, marts, name):
    mart, keys, rows = TABLES[name]
    planted = f"read_csv('{key_file(demo, name)}', all_varchar = true)"
    columns = [row[0] for row in marts.execute(f"describe select * from {planted}").fetchall()]
    present = {row[0] for row in marts.execute(f"describe marts.{mart}").fetchall()}
    measures = [column for column in columns if column not in keys and column in present]
    assert measures and set(keys) <= set(columns)
    only_planted_territories = ("" if "territory_code" not in keys else
                                f"and territory_code in (select territory_code from {planted})")
    on = " and ".join(f"p.{k} is not distinct from nullif(m.{k}::varchar, '')" for k in keys)
    differs = " or ".join(
        f"abs(coalesce(p.{c}::double, 0) - coalesce(m.{c}::double, 0)) > {TOLERANCE} * greatest(1, abs(p.{c}::double))"
        for c in measures)
    shown = ", ".join([*(f"coalesce(p.{k}, m.{k}::varchar)" for k in keys), *(f"p.{c}, m.{c}" for c in measures)])
    gaps = marts.execute(f"""
        with p as (select * from {planted}), m as (select * from marts.{mart} where {rows} {only_planted_territories})
        select {shown} from p full join m on {on}
        where p.{keys[0]} is null or m.{keys[0]} is null or {differs}
        limit 5""").fetchall()
    assert gaps == [], f"{name}: {measures}"
    assert marts.execute(f"select count(*) from {planted}").fetchone()[0] > 0


def test_every_file_got_the_outcome_that_was_planted(demo):
    """Files of the same bytes are twins: which of them is called the duplicate is of no consequence."""
    what = ("case status_code when 'refused' then parse_filename(file_name) when 'duplicate' then '' "
            "else sender_code || table_name || period end")
    facts = "status_code, nullif(reason_code, '') as reason, accepted_row_count::int, refused_row_count::int"
    planted = f"read_csv('{key_file(demo, 'files')}', all_varchar = true)"
    answered = f"'{demo.data}/lake/register/deliveries.parquet'"
    outcomes = [duckdb.sql(f"select {what} as what, {facts}, count(*) from {source} group by all").fetchall()
                for source in (planted, answered)]
    assert set(outcomes[0]) ^ set(outcomes[1]) == set()


def test_every_planted_defect_is_quarantined_under_its_reason(demo):
    """Same file, reason, field and number of rows; a reason about a whole row or a person names no one field."""
    fields = ("case when reason_code in ('DUPLICATE_KEY', 'OBJECTION', 'COLUMN_COUNT') then '' "
              "else field_name end as field")
    gaps = duckdb.sql(f"""
        with planted as (
            select parse_filename(file_name) as name, reason_code, {fields}, sum(row_count::int) as row_count
            from read_csv('{key_file(demo, "defects")}', all_varchar = true) group by all),
        found as (
            select parse_filename(file_name) as name, q.reason_code, {fields.replace("reason_code", "q.reason_code")},
                   count(*) as row_count
            from '{demo.data}/lake/quarantine/*.parquet' q
            join '{demo.data}/lake/register/deliveries.parquet' d using (delivery_id) group by all)
        select * from planted full join found using (name, reason_code, field)
        where planted.row_count is distinct from found.row_count limit 10""").fetchall()
    assert gaps == []
    reasons = duckdb.sql(f"select distinct reason_code from '{demo.data}/lake/quarantine/*.parquet'").fetchall()
    assert len(reasons) >= 14


def test_rows_for_persons_never_sent_are_counted_by_body(demo, marts):
    counted = marts.execute("select sender_code, table_name, row_count from marts.mart_data_quality "
                            "where reason_code = 'NOT_ON_LIST'").fetchall()
    planted = marts.execute(f"""
        select sender_code, table_name, sum(row_count::int)
        from read_csv('{key_file(demo, "defects")}', all_varchar = true) d
        semi join (from read_csv('{key_file(demo, "files")}', all_varchar = true) where is_current = 'true') f
            using (file_name)
        where reason_code = 'NOT_ON_LIST' group by all""").fetchall()
    assert set(counted) == set(planted) and len({body for body, *_ in planted}) == 5
