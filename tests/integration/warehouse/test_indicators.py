"""The index of indicators on six persons of two territories, counted by hand: a figure, a zero, an absence."""

from __future__ import annotations

from tests.integration.warehouse.builds import Built

OPENED = "indicator_code = 'access_opened' and dimension_code = 'RSA'"


def test_a_figure_has_its_parts_and_its_coverage(cohort_build: Built):
    """Three persons at stake, one of them known to no body; TZNR-02 sent nothing: empty, not zero."""
    assert cohort_build.rows(f"""
        select territory_code, numerator, denominator, unknown_count, value, status_code, territories_in_count,
            territory_total, person_count
        from marts.mart_indicators
        where {OPENED} and territory_code in ('FR', 'TZNR-01', 'TZNR-02', 'TZNR-03') order by 1""") == [
        ("FR", 2, 2, 1, 1, "mesure", 2, 39, 6), ("TZNR-01", 1, 1, 0, 1, "mesure", 1, 39, 3),
        ("TZNR-02", None, None, None, None, "non_recu", 0, 39, 0), ("TZNR-03", 1, 2, 1, 0.5, "mesure", 1, 39, 4)]


def test_every_territory_is_a_row(cohort_build: Built):
    assert cohort_build.rows(f"select count(*), count(value) from marts.mart_indicators where {OPENED}") == [(40, 3)]


def test_a_table_sent_without_a_case_is_a_zero(cohort_build: Built):
    """TZNR-03 discussed no free health cover."""
    assert cohort_build.rows("""
        select numerator, denominator, value, status_code from marts.mart_indicators
        where indicator_code = 'access_opened' and dimension_code = 'CSS_GRATUITE'
            and territory_code = 'TZNR-03'""") == [(0, 0, None, "sans_cas")]


def test_detection_leaves_out_who_could_not_be_found(cohort_build: Built):
    """All six were reviewed: 1, 2, 4 and 5 lack a benefit, 3 is uncertain, 6 receives. TZNR-03 sends no encounters."""
    assert cohort_build.rows("""
        select territory_code, person_count, reviewable_person_count, detected_person_count, detection_unknown_count,
            referable_person_count
        from marts.mart_detection where channel_code = 'tous' order by 1""") == [
        ("FR", 6, 6, 4, 1, 3), ("TZNR-01", 3, 3, 2, 0, 3), ("TZNR-03", 4, 4, 3, 1, 0)]


def test_bounds_keep_the_unknown_apart(cohort_build: Built):
    """No entitlement was computed here: nobody is held certain, and whose receipt is known is counted all the same."""
    assert cohort_build.rows("""
        select met_count, known_count + unobserved_count, certain_count, undetermined_count = known_count,
            certain_missing_share
        from marts.mart_non_take_up_bounds where territory_code = 'FR' and benefit_code = 'RSA'""") == [
        (6, 6, 0, True, None)]
