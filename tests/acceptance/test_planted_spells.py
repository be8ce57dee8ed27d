"""Time in the marts: spells under every rule, their limits and ends, households, what is known before the contact.

The answer key and the marts share the rules as data (reference lists) and no code.
"""

from __future__ import annotations

import duckdb
import pytest

# answer key -> what the warehouse says, on the same columns
FOUND = {
    "spells_by_rule": """
        select rule_code, benefit_code, count(*) as spell_count,
            sum(1 + datediff('month', first_month, last_month)) as duration_months,
            sum(open_month_count) as open_month_count
        from intermediate.int_spell_rule join staging.stg_spell_rules using (gap_months, basis_code)
        where basis_code = 'ouvert' group by all""",
    "spell_limits": """
        select benefit_code, count(*) as spell_count, count(*) filter (is_left_truncated) as left_truncated_count,
            count(*) filter (is_right_censored) as right_censored_count
        from intermediate.int_entitlement_spell group by all""",
    "all_spells": """
        select benefit_code, 1 + datediff('month', first_month, last_month) as duration_months,
            is_right_censored as is_censored, count(*) as spell_count
        from intermediate.int_entitlement_spell group by all""",
    "opened_spells": """
        select benefit_code, duration_months, exit_code = 'censored' as is_censored, sum(spell_count) as spell_count
        from marts.mart_spell_durations group by all""",
    "retention_by_rule": """
        select rule_code, benefit_code, horizon_months, opened_count, observed_count, censored_count, retained_count
        from marts.mart_spell_sensitivity""",
    "passages": """
        select passage_code, from_benefit_code, from_body_code, to_benefit_code, passage_count, person_count
        from marts.mart_transitions""",
    "household_units": """
        select territory_code, benefit_code, opened_count, claimant_count, spouse_count
        from marts.mart_household_units""",
    "pre_period": """
        select benefit_code, cohort_month, months_before, person_count, known_count, pre_period_person_count
        from marts.mart_pre_period where benefit_code <> 'tous'""",
}


@pytest.fixture(scope="module")
def warehouse(demo):
    with duckdb.connect(str(demo.data / "warehouse" / "working.duckdb"), read_only=True) as con:
        yield con


@pytest.mark.parametrize("name", FOUND)
def test_planted_spells_are_found_again(demo, warehouse, name):
    planted = f"read_csv('{demo.data / 'answer_key' / f'{name}.csv'}', all_varchar = true)"
    columns = [row[0] for row in warehouse.execute(f"describe select * from {planted}").fetchall()]
    texts = ", ".join(f"nullif({column}::varchar, '') as {column}" for column in columns)
    expected = set(warehouse.execute(f"select {texts} from {planted}").fetchall())
    found = set(warehouse.execute(f"select {texts} from ({FOUND[name]})").fetchall())
    assert expected and sorted(expected ^ found, key=str)[:6] == []


def test_what_one_benefit_knows_everything_knows(warehouse):
    """« tous » is at least the best known benefit of the cohort, at most the cohort."""
    assert warehouse.execute("""
        with best as (
            select cohort_month, months_before, max(known_count) filter (benefit_code <> 'tous') as most,
                max(known_count) filter (benefit_code = 'tous') as any_known, max(person_count) as persons
            from marts.mart_pre_period group by all)
        select count(*) filter (any_known < most or any_known > persons), count(*) > 0 from best""").fetchall() == [
        (0, True)]


def test_the_rule_in_force_is_one_of_the_rules_shown(warehouse):
    assert warehouse.execute("""
        select count(*) from marts.mart_spell_sensitivity s join marts.mart_retention r
            on r.territory_code = 'FR' and r.benefit_code = s.benefit_code and r.horizon_months = s.horizon_months
        where s.rule_code = 'principale' and (r.opened_count, r.observed_count, r.retained_count)
            <> (s.opened_count, s.observed_count, s.retained_count)""").fetchone() == (0,)


def test_a_longer_gap_never_makes_more_spells(warehouse):
    counts = dict(warehouse.execute("select gap_months, count(*) from intermediate.int_spell_rule "
                                    "where basis_code = 'ouvert' group by all").fetchall())
    assert counts[1] > counts[2] >= counts[3] >= counts[4]
