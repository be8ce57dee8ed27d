"""Spells on six persons counted by hand, and the panel against the list of benefits."""

from __future__ import annotations

from tests.integration.warehouse.builds import Built
from tznr_platform.contracts import reference


def test_the_panel_has_every_benefit_that_bodies_tell(empty_build: Built):
    columns = {name for (name,) in empty_build.rows("select column_name from duckdb_columns() where table_name = "
                                                    "'int_person_month' and column_name like 'is_%'")}
    fed = [row["benefit_code"].lower() for row in reference("benefits") if row["has_body_feed"] == "true"]
    assert columns == {f"is_{state}_{benefit}" for state in ("known", "open") for benefit in fed}


def test_spells_say_what_the_feeds_do_not_show(cohort_build: Built):
    """Feeds from January 2025 to January 2026. Person 1: RSA March to August 2025, hole in May; person 4: from May on;
    person 2: free CSS from February to December, one month known before; person 6: RSA all along."""
    assert cohort_build.rows("""
        select person_id, benefit_code, first_month::varchar, last_month::varchar, open_month_count, is_left_truncated,
            is_right_censored
        from intermediate.int_entitlement_spell order by 1, 2""") == [
        (1, "RSA", "2025-03-01", "2025-08-01", 5, False, False),
        (2, "CSS_GRATUITE", "2025-02-01", "2025-12-01", 11, True, True),
        (4, "RSA", "2025-05-01", "2026-01-01", 9, False, True),
        (6, "RSA", "2025-01-01", "2026-01-01", 13, True, True)]


def test_one_month_as_the_rule_cuts_the_spell(cohort_build: Built):
    """Under the rule of one month person 1, closed in May, is lost at 3; three months would change nothing."""
    assert cohort_build.rows("""
        select rule_code, opened_count, observed_count, retained_count from marts.mart_spell_sensitivity
        where benefit_code = 'RSA' and horizon_months = 3 order by 1""") == [
        ("principale", 2, 2, 2), ("recul", 2, 1, 1), ("trou_1", 2, 2, 1), ("trou_3", 2, 2, 2), ("trou_4", 2, 2, 2),
        ("verse", 2, 2, 2)]


def test_panel_runs_from_36_months_before_the_contact(cohort_build: Built):
    """Person 1, met in February 2025, to January 2026, the last month that the CNAF tells."""
    assert cohort_build.rows("""
        select count(*), min(months_from_contact), max(months_from_contact), count(*) filter (is_known_rsa),
            count(*) filter (is_open_rsa), count(*) filter (is_known_css_gratuite)
        from intermediate.int_person_month where person_id = 1""") == [(48, -36, 11, 13, 5, 0)]
