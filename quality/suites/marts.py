"""Measures of the marts: what must be true of any result, whatever the data."""

MEASURES = {
    "coverage_row_count": "select count(*) from marts.mart_coverage",
    "invariant_violation_count": """
        select (select count(*) from marts.mart_access
                where requested_count > discussed_count or opened_count > discussed_count
                   or paid_count > opened_count or unknown_count > discussed_count)
             + (select count(*) from marts.mart_retention
                where retained_count > observed_count or observed_count + censored_count <> opened_count)
             + (select count(*) from marts.mart_coverage
                where matched_person_count > sent_person_count or pre_period_person_count > person_count
                   or quarantine_share not between 0 and 1 or match_share not between 0 and 1)
             + (select count(*) from marts.mart_practices where weekly_share not between 0 and 1)
             + (select count(*) from marts.mart_network
                where respondent_count > surveyed_count or density not between 0 and 1)
             + (select count(*) from
                (select max(person_count) filter (territory_code = 'FR') as nation,
                        sum(person_count) filter (territory_code <> 'FR') as total from marts.mart_coverage)
                where nation > total)""",
    "control_gap_count": "select count(*) from marts.mart_context_controls where not is_within_tolerance",
    "retention_day_count": "select date_diff('day', today, working_data_end) from facts",
}
