"""`dbt build` on nothing and on six persons: what must stand without data, and the figures counted by hand."""

from __future__ import annotations

from tests.integration.warehouse.builds import Built


def _unsound(built: Built) -> dict[str, str]:
    return {node: status for node, status in built.statuses.items() if status not in {"success", "pass", "no-op"}}


def test_builds_without_a_single_delivery(empty_build: Built):
    assert not _unsound(empty_build), empty_build.output[-4000:]
    assert empty_build.code == 0
    assert "[WARNING]" not in empty_build.output, empty_build.output[-4000:]


def test_coverage_has_every_territory_before_the_first_delivery(empty_build: Built):
    assert empty_build.rows("select count(*), count(*) filter (has_deliveries), sum(person_count) "
                            "from marts.mart_coverage") == [(40, 0, 0)]


def test_controls_are_unknown_before_the_first_delivery(empty_build: Built):
    assert empty_build.rows("select count(*) > 30, count(ingested_value), count(is_within_tolerance) "
                            "from marts.mart_context_controls") == [(True, 0, 0)]


def test_every_test_passes_on_the_cohort(cohort_build: Built):
    assert not _unsound(cohort_build), cohort_build.output[-4000:]
    assert cohort_build.code == 0


def test_coverage(cohort_build: Built):
    assert cohort_build.rows("""
        select territory_code, has_deliveries, received_delivery_count, refused_delivery_count, person_count,
            contact_count, accepted_row_count, refused_row_count, sent_person_count, matched_person_count,
            expected_delivery_count
        from marts.mart_coverage where territory_code in ('FR', 'TZNR-01', 'TZNR-02', 'TZNR-03') order by 1""") == [
        ("FR", True, 6, 1, 6, 3, 19, 1, 5, 4, 3 * (11 * 9 + 28 * 8)),
        ("TZNR-01", True, 4, 0, 3, 3, 11, 1, 3, 3, 27),
        ("TZNR-02", False, 0, 1, 0, 0, 0, 0, 0, 0, 27),
        ("TZNR-03", True, 2, 0, 4, 0, 8, 0, 3, 2, 27)]


def test_four_different_counts(cohort_build: Built):
    """Person 1 opens in TZNR-01 only: TZNR-03 met it when the RSA was open already. Person 6 received it before."""
    assert cohort_build.rows("""
        select territory_code, benefit_code, discussed_count, requested_count, opened_count, paid_count, unknown_count,
            median_opening_delay_days
        from marts.mart_access where channel_code = 'tous' order by 1, 2""") == [
        ("FR", "CHEQUE_ENERGIE", 1, 1, 0, 0, 1, None),
        ("FR", "CSS_GRATUITE", 1, 1, 1, 0, 0, 9),
        ("FR", "RSA", 4, 2, 2, 2, 1, 20.5),
        ("TZNR-01", "CSS_GRATUITE", 1, 1, 1, 0, 0, 9),
        ("TZNR-01", "RSA", 2, 1, 1, 1, 0, 30),
        ("TZNR-03", "CHEQUE_ENERGIE", 1, 1, 0, 0, 1, None),
        ("TZNR-03", "RSA", 3, 1, 1, 1, 1, 11)]


def test_channels_add_up_to_the_whole(cohort_build: Built):
    assert cohort_build.rows("""
        select channel_code, discussed_count, opened_count from marts.mart_access
        where territory_code = 'FR' and benefit_code = 'RSA' order by 1""") == [
        ("aller_vers", 1, 1), ("non_renseigne", 3, 1), ("tous", 4, 2)]


def test_types_of_non_take_up(cohort_build: Built):
    assert cohort_build.rows("""
        select non_take_up_code, person_count, eligible_count, eligibility_unknown_count from marts.mart_non_take_up
        where territory_code = 'FR' and benefit_code = 'RSA' order by 1""") == [
        ("NCONN", 2, 3, 1), ("NDEM", 1, 3, 1), ("NPROP", 1, 3, 1)]


def test_retention_tells_lost_from_not_yet_known(cohort_build: Built):
    """Feeds end in January 2026. Person 1 (March, hole in May, to August) is lost at 6; person 4 (May) holds at 6."""
    assert cohort_build.rows("""
        select horizon_months, opened_count, observed_count, censored_count, retained_count, retained_share
        from marts.mart_retention where territory_code = 'FR' and benefit_code = 'RSA' order by 1""") == [
        (3, 2, 2, 0, 2, 1), (6, 2, 2, 0, 1, 0.5), (12, 2, 0, 2, 0, None)]
    assert cohort_build.rows("select * from marts.mart_spell_durations order by all") == [
        ("CSS_GRATUITE", 11, "censored", 1), ("RSA", 6, "exit", 1), ("RSA", 9, "censored", 1)]


def test_three_ledgers(cohort_build: Built):
    assert cohort_build.rows("select programme_cost_paid_eur, programme_cost_committed_eur, programme_cost_planned_eur "
                             "from marts.mart_programme_costs where territory_code = 'FR'") == [(1000, 0, 250)]
    assert cohort_build.rows("""
        select territory_code, benefit_code, payer_code, transfer_opened_eur, transfer_person_count,
            transfer_month_count
        from marts.mart_transfers order by 1, 3""") == [
        ("FR", "RSA", "DEPARTEMENT", 2500, 1, 5), ("FR", "RSA", "ETAT", 2700, 1, 9),
        ("TZNR-01", "RSA", "DEPARTEMENT", 2500, 1, 5), ("TZNR-03", "RSA", "ETAT", 2700, 1, 9)]
    assert cohort_build.rows("select avoided_quantity, payer_code, avoided_cost_central_eur, is_costed "
                             "from marts.mart_avoided_costs where territory_code = 'FR'") == [(2, None, None, False)]


def test_answers_of_the_bodies(cohort_build: Built):
    assert cohort_build.rows("""
        select body_code, period_month::varchar, benefit_month_count, returned_person_count, matched_count,
            not_found_count, not_sent_count, match_share
        from marts.mart_body_coverage where body_code = 'CNAF' order by 2""") == [
        ("CNAF", "2025-06-01", 0, 5, 3, 1, 1, 0.6), ("CNAF", "2026-01-01", 17, 5, 3, 1, 1, 0.6)]


def test_match_rates(cohort_build: Built):
    """TZNR-01: 1, 2, 6; TZNR-03: 1, 3, 4, 5. Nobody is asked of the CNAM but person 2; the MSA never answered."""
    assert cohort_build.rows("""
        select territory_code, body_code, asked_person_count, answered_count, matched_count, not_found_count,
            ambiguous_count, not_sent_count, unanswered_count, match_share
        from marts.mart_match_rates where body_code in ('CNAF', 'CNAM', 'MSA') and not is_default_birth_date
        order by 2, 1""") == [
        ("FR", "CNAF", 6, 4, 3, 1, 0, 1, 1, 0.75), ("TZNR-01", "CNAF", 3, 2, 2, 0, 0, 0, 1, 1),
        ("TZNR-03", "CNAF", 4, 3, 2, 1, 0, 1, 0, 2 / 3),
        ("FR", "CNAM", 6, 1, 1, 0, 0, 0, 5, 1), ("TZNR-01", "CNAM", 3, 1, 1, 0, 0, 0, 2, 1),
        ("TZNR-03", "CNAM", 4, 0, 0, 0, 0, 0, 4, None),
        ("FR", "MSA", 6, 0, 0, 0, 0, 0, 6, None), ("TZNR-01", "MSA", 3, 0, 0, 0, 0, 0, 3, None),
        ("TZNR-03", "MSA", 4, 0, 0, 0, 0, 0, 4, None)]


def test_reasons_never_carry_a_value(cohort_build: Built):
    assert cohort_build.rows("select * from marts.mart_data_quality order by all") == [
        ("droits", "territory", "TZNR-01", "ENUM_UNKNOWN", "ecarte", 1, 1),
        ("droits", "territory", "TZNR-02", "NOMINATIVE_COLUMN", "ecarte", 0, 1),
        ("personnes", "territory", "TZNR-01", "SEVERAL_FIRST_CONTACTS", "signale", 1, 1),
        ("personnes", "territory", "TZNR-03", "SEVERAL_FIRST_CONTACTS", "signale", 1, 1)]


def test_marts_hold_no_person(cohort_build: Built):
    assert cohort_build.rows("select count(*) from duckdb_columns() where schema_name = 'marts' "
                             "and column_name in ('person_id', 'pseudonym', 'delivery_id')") == [(0,)]
