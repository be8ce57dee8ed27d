"""The marts by axis and the index of indicators find again what the generator planted, with no code in common."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest

REFERENCE = Path(__file__).resolve().parents[2] / "tznr_platform" / "contracts" / "reference"
REQUESTS = ("at_stake_count, granted_count, refused_count, abandoned_count, unanswered_count, pending_count, "
            "median_request_delay_days")
DETECTION = ("person_count, reviewable_person_count, reviewed_person_count, detected_person_count, "
             "detection_unknown_count, referred_person_count, completed_person_count, completion_unknown_count")
PANEL = "panel_count, panel_change_mean, panel_first_weekly_count, panel_weekly_count"
BODIES = ("event_count, compensated_event_count, decision_changed_count, decision_unchanged_count, "
          "decision_unknown_count")
EVENTS = ("evaluated_month_count, unevaluated_month_count, observed_quantity, counterfactual_quantity, "
          "is_in_base_case")

# answer key -> mart, keys, measures, rows of the mart that the answer key describes
TABLES = {
    "requests": ("mart_access", "territory_code, benefit_code", REQUESTS,
                 "channel_code = 'tous' and at_stake_count > 0"),
    "detection": ("mart_detection", "territory_code", DETECTION, "channel_code = 'tous'"),
    "referrals": ("mart_referrals", "territory_code, referral_code",
                  "referral_count, completed_count, failed_count, unknown_count", "true"),
    "practice_panel": ("mart_practices", "territory_code, wave_code, practice_code", PANEL, "panel_count > 0"),
    "professionals": ("mart_professionals", "territory_code, wave_code",
                      "professional_count, score_mean, panel_count, panel_change_mean, "
                      "training_known_count, training_day_count", "true"),
    "network_nodes": ("mart_network_nodes", "territory_code, wave_code, organisation_type_code",
                      "organisation_count, surveyed_count, respondent_count", "true"),
    "participation_bodies": ("mart_participation", "territory_code, phase_code, level_code, body_code", BODIES, "true"),
    "active_positions": ("mart_positions", "territory_code, position_title_code, position_status_code",
                         "active_position_count, active_fte_count", "true"),
    "avoided_events": ("mart_avoided_costs", "territory_code, cost_event_code, payer_code", EVENTS, "true"),
}

# indicator -> answer key, its dimension and period, numerator, denominator
INDICATORS = {
    "access_requested": ("access as a join {requests} as b using (territory_code, benefit_code)", "benefit_code",
                         "'ensemble'", "requested_count", "at_stake_count"),
    "access_paid": ("access", "benefit_code", "'ensemble'", "paid_count", "opened_count"),
    "retention": ("retention", "benefit_code", "'M' || horizon_months", "retained_count", "observed_count"),
    "detection": ("detection", "'ensemble'", "'ensemble'", "detected_person_count", "reviewable_person_count"),
    "referral_completed": ("referrals", "referral_code", "'ensemble'", "completed_count",
                           "completed_count::int + failed_count::int"),
    "practice_weekly": ("practices", "practice_code", "wave_code", "weekly_count", "professional_count"),
    "practice_weekly_panel": ("practice_panel", "practice_code", "wave_code", "panel_weekly_count", "panel_count"),
    "network_density": ("network", "tie_type_code", "wave_code", "tie_count",
                        "organisation_count::int * (organisation_count::int - 1)"),
    "scale_mean": ("scales", "instrument_code || '/' || instrument_version || '/' || dimension_code", "wave_code",
                   "score_mean::double * respondent_count::int", "respondent_count"),
}


@pytest.fixture(scope="module")
def marts(demo):
    with duckdb.connect(str(demo.data / "warehouse" / "published.duckdb"), read_only=True) as con:
        yield con


def planted(demo, name: str) -> str:
    return f"read_csv('{demo.data / 'answer_key' / f'{name}.csv'}', all_varchar = true)"


def numbers(measures: str) -> str:
    return ", ".join(f"round(({measure})::double, 4)" for measure in measures.split(", "))


@pytest.mark.parametrize("name", TABLES)
def test_planted_counts_are_found_again(demo, marts, name):
    mart, keys, measures, rows = TABLES[name]
    key_texts = ", ".join(f"coalesce({key}::varchar, '')" for key in keys.split(", "))
    expected = set(marts.execute(f"select {key_texts}, {numbers(measures)} from {planted(demo, name)}").fetchall())
    found = set(marts.execute(f"select {key_texts}, {numbers(measures)} from marts.{mart} where {rows}").fetchall())
    assert expected and sorted(expected ^ found, key=str)[:6] == []


@pytest.mark.parametrize("code", INDICATORS)
def test_the_index_says_what_was_planted(demo, marts, code):
    """Numerators and denominators of every territory with cases; the nation where the answer key has it."""
    source, dimension, period, numerator, denominator = INDICATORS[code]
    name, _, more = source.partition(" ")
    source = f"{planted(demo, name)} {more.format(requests=planted(demo, 'requests'))}"
    gaps = marts.execute(f"""
        with expected as (
            select territory_code, {dimension} as dimension_code, {period} as period_code,
                ({numerator})::double as top, ({denominator})::double as bottom
            from {source}),
        found as (select * from marts.mart_indicators where indicator_code = '{code}' and denominator > 0)
        select territory_code, dimension_code, period_code, top, numerator, bottom, denominator
        from (select * from expected where bottom > 0)
        full join found using (territory_code, dimension_code, period_code)
        where (territory_code <> 'FR' or bottom is not null)
            and (abs(coalesce(top, -1) - coalesce(numerator, -1)) > 1e-3 * greatest(1, abs(top))
                or coalesce(bottom, -1) <> coalesce(denominator, -1) or abs(value - top / bottom) > 1e-5)
        limit 5""").fetchall()
    assert gaps == []
    assert marts.execute(f"select count(*) from marts.mart_indicators where indicator_code = '{code}' "
                         "and status_code = 'mesure'").fetchone()[0] > 0


def test_receipt_before_the_contact_is_what_was_planted(demo, marts):
    """The entitlement is computed, the receipt is planted: met, known and recipient, whatever the computation says."""
    columns = "territory_code, benefit_code, met_count, known_count, recipient_count::bigint"
    receipts = demo.data / "answer_key" / "receipts.csv"
    expected = set(marts.execute(f"select {columns} from read_csv('{receipts}')").fetchall())
    found = set(marts.execute(f"""
        select {columns} from (
            select *, judged_recipient_count + unjudged_recipient_count as recipient_count
            from marts.mart_non_take_up_bounds where met_count > 0)""").fetchall())
    assert expected and sorted(expected ^ found)[:6] == []


def test_every_territory_is_in_every_cell(marts):
    assert marts.execute("""
        select distinct count(*), count(distinct territory_code), min(territory_total) from marts.mart_indicators
        group by indicator_code, dimension_code, period_code""").fetchall() == [(40, 40, 39)]


def test_what_was_never_sent_is_empty_and_not_zero(demo, marts):
    """The coverage of the nation is the number of territories with an accepted file of the table."""
    sent = f"""(select distinct sender_code, table_name from {planted(demo, "files")}
                where is_current = 'true' and status_code in ('accepted', 'partial'))"""
    listed = f"read_csv('{REFERENCE / 'indicators.csv'}', all_varchar = true)"
    cells = f"""
        select i.*, sent.sender_code is not null as is_sent
        from marts.mart_indicators i join {listed} listed using (indicator_code)
        left join {sent} sent on sent.sender_code = i.territory_code and sent.table_name = listed.table_name"""
    assert marts.execute(f"""
        select indicator_code, territory_code from ({cells})
        where territory_code <> 'FR' and (is_sent = (status_code = 'non_recu') or is_sent <> (numerator is not null))
        limit 5""").fetchall() == []
    assert marts.execute(f"""
        select indicator_code, max(territories_in_count) filter (territory_code = 'FR') as told,
            count(distinct territory_code) filter (is_sent) as sent
        from ({cells}) group by all having told <> sent""").fetchall() == []


def test_no_amount_is_an_indicator():
    with (REFERENCE / "indicators.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["unit_code"] for row in rows} == {"part", "points", "jours", "etp"}
    assert not [row["indicator_code"] for row in rows if not (row["numerator_label"] and row["reading_label"])]


def test_every_listed_indicator_is_counted(marts):
    with (REFERENCE / "indicators.csv").open(encoding="utf-8", newline="") as file:
        listed = {row["indicator_code"] for row in csv.DictReader(file)}
    counted = marts.execute("select distinct indicator_code from marts.mart_indicators").fetchall()
    assert {code for (code,) in counted} == listed


def test_published_rates_stand_beside(marts):
    """As the reference list has them, and a row that says so where nothing is published (the PPA)."""
    with (REFERENCE / "national_benchmarks.csv").open(encoding="utf-8", newline="") as file:
        listed = {(row["benefit_code"], float(row["value_share"]), row["unit_label"], row["field_label"])
                  for row in csv.DictReader(file)}
    assert set(marts.execute("select benefit_code, benchmark_share, unit_label, field_label from marts.mart_benchmarks "
                             "where is_published").fetchall()) == listed
    assert marts.execute("select is_published, benchmark_share from marts.mart_benchmarks "
                         "where benefit_code = 'PPA'").fetchall() == [(False, None)]
