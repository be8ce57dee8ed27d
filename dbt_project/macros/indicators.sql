{#-
Where each indicator of the list `indicators` is counted: code, mart, rows, dimension, period, numerator, denominator,
unknown. Added here and in the list, an indicator has its rows, its coverage line and its missing territories.
-#}
{% macro indicator_counts() %}
{% set whole = "'ensemble'" %}
{% set scale = "instrument_code || '/' || instrument_version || '/' || dimension_code" %}
{% set any_channel = "channel_code = 'tous'" %}
{% set settled = 'granted_count + refused_count + abandoned_count + unanswered_count' %}
{% set counts = [
    ('match', 'mart_coverage', 'true', whole, whole, 'matched_person_count', 'sent_person_count',
        'person_count - sent_person_count'),
    ('pre_period', 'mart_coverage', 'true', whole, whole, 'pre_period_person_count', 'person_count', 'null'),
    ('access_requested', 'mart_access', any_channel, 'benefit_code', whole, 'requested_count',
        'at_stake_count', 'null'),
    ('access_opened', 'mart_access', any_channel, 'benefit_code', whole, 'opened_count',
        'at_stake_count - unknown_count',
        'unknown_count'),
    ('access_opened_if_requested', 'mart_access', any_channel, 'benefit_code', whole, 'requested_opened_count',
        'requested_count - requested_unknown_count', 'requested_unknown_count'),
    ('opening_delay', 'mart_access', any_channel, 'benefit_code', whole, 'opening_delay_day_count',
        'opened_count', 'null'),
    ('access_paid', 'mart_access', any_channel, 'benefit_code', whole, 'paid_count', 'opened_count', 'null'),
    ('request_refused', 'mart_access', any_channel, 'benefit_code', whole, 'refused_count', settled,
        'requested_count - (' ~ settled ~ ')'),
    ('retention', 'mart_retention', 'true', 'benefit_code', "'M' || horizon_months", 'retained_count',
        'observed_count',
        'censored_count'),
    ('non_take_up_type', 'mart_non_take_up', 'true', "benefit_code || '/' || non_take_up_code", whole, 'person_count',
        'typed_person_count', 'untyped_person_count'),
    ('scale_mean', 'mart_scales', 'true', scale, 'wave_code', 'score_mean * respondent_count',
        'respondent_count', 'null'),
    ('scale_change', 'mart_scales', "wave_code <> 'T0'", scale, 'wave_code', 'paired_change_mean * paired_count',
        'paired_count', 'first_wave_count - paired_count'),
    ('review', 'mart_detection', any_channel, whole, whole, 'reviewed_person_count', 'reviewable_person_count',
        'null'),
    ('detection', 'mart_detection', any_channel, whole, whole, 'detected_person_count', 'reviewable_person_count',
        'detection_unknown_count'),
    ('referral', 'mart_detection', any_channel, whole, whole, 'referred_person_count', 'referable_person_count',
        'null'),
    ('referral_completed', 'mart_referrals', 'true', 'referral_code', whole, 'completed_count',
        'completed_count + failed_count', 'unknown_count'),
    ('practice_weekly', 'mart_practices', 'true', 'practice_code', 'wave_code', 'weekly_count',
        'professional_count', 'null'),
    ('practice_weekly_panel', 'mart_practices', "wave_code <> 'V1'", 'practice_code', 'wave_code',
        'panel_weekly_count',
        'panel_count', 'professional_count - panel_count'),
    ('positions_fte', 'mart_positions', 'true', "position_title_code || '/' || position_status_code", whole,
        'active_fte_count', 'null', 'null'),
    ('network_response', 'mart_network_nodes', 'true', 'organisation_type_code', 'wave_code', 'respondent_count',
        'surveyed_count', 'organisation_count - surveyed_count'),
    ('network_density', 'mart_network', 'true', 'tie_type_code', 'wave_code', 'tie_count', 'possible_tie_count',
        'unknown_tie_count'),
    ('network_reciprocity', 'mart_network', 'true', 'tie_type_code', 'wave_code', 'reciprocated_count',
        'tie_count', 'null'),
    ('participation_changed', 'mart_participation', "body_code = 'tous'", "phase_code || '/' || level_code", whole,
        'decision_changed_count', 'decision_changed_count + decision_unchanged_count', 'decision_unknown_count'),
] %}
{{ return(counts) }}
{% endmacro %}
