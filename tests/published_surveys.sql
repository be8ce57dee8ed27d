-- The same warehouse, continued: surveys, networks, costs, quality, context.
create table marts.mart_scales as
select 'FR' as territory_code, 'AUTONOMIE' as instrument_code, '2025' as instrument_version, dimension_code, wave_code,
       respondents as respondent_count, score as score_mean, 0.9 as score_sd, 0.05 as floor_share, 0.08 as ceiling_share,
       case wave_code when 'T0' then null else respondents // 2 end as paired_count,
       case wave_code when 'T0' then null else score - 2.4 end as paired_change_mean
from (values ('ADMINISTRATIF', 'T0', 2100, 2.41), ('ADMINISTRATIF', 'T1', 1200, 2.66), ('ADMINISTRATIF', 'T2', 500, 2.7),
             ('CONFIANCE', 'T0', 2100, 2.5), ('CONFIANCE', 'T1', 1200, 2.81), ('CONFIANCE', 'T2', 9, 2.9)) as s(dimension_code, wave_code, respondents, score);

create table marts.mart_practices as
select 'FR' as territory_code, wave_code, practice_code, 400 as professional_count, 7 as employer_count,
       level + step as level_mean, least(1, (level + step) / 5) as weekly_share
from (values ('systematic_review', 1.8), ('simulator_use', 1.5), ('unasked_mention', 2.2), ('outreach', 1.2), ('warm_referral', 2.0), ('referral_follow_up', 1.4)) as p(practice_code, level),
     (values ('V1', 0.0), ('V2', 0.4), ('V3', 0.6)) as w(wave_code, step);

create table marts.mart_positions as
select * from (values ('FR', 'ambassadeur_droits', 'salarie', 64, 51.5), ('FR', 'pair_aidant', 'pair', 22, 9.4), ('FR', 'coordination', 'salarie', 38, 24.0),
                      ('FR', 'conseil_numerique', 'salarie', 8, 4.5)) as p(territory_code, position_title_code, position_status_code, position_count, fte_count);

create table marts.mart_network as
select 'FR' as territory_code, wave_code, tie_type_code, 520 as organisation_count, 500 as surveyed_count, 410 as respondent_count,
       0.82 as response_share, 900 as tie_count, base + step as density, 0.4 + step as reciprocity
from (values ('connaissance', 0.40), ('information', 0.31), ('orientation', 0.22), ('echange_donnees', 0.08), ('action_conjointe', 0.12), ('convention', 0.10), ('financement', 0.05)) as t(tie_type_code, base),
     (values ('V1', 0.0), ('V2', 0.05)) as w(wave_code, step);

create table marts.mart_participation as
select 'FR' as territory_code, phase_code, level_code, 'tous' as body_code, 6 + level_code as event_count, 500 as person_concerned_count,
       case when phase_code = 'evaluation' and level_code = 5 then 6 else 40 + level_code * 10 end as participant_count
from (values ('conception'), ('pilotage'), ('mise_en_oeuvre'), ('evaluation')) as p(phase_code), range(0, 6) as l(level_code);

create table marts.mart_programme_costs as
select 'FR' as territory_code, fiscal_year, nature_code, funder_code, 180000.0 as programme_cost_paid_eur,
       220000.0 as programme_cost_committed_eur, 300000.0 as programme_cost_planned_eur
from range(2023, 2027) as y(fiscal_year), (values ('personnel'), ('prestations'), ('formation'), ('communication')) as n(nature_code),
     (values ('ETAT'), ('DEPARTEMENT'), ('COMMUNE')) as f(funder_code);

create table marts.mart_transfers as
select * from (values ('FR', 'RSA', 'DEPARTEMENT', 5400000.0, 1700, 12000), ('FR', 'RSA', 'ETAT', 320000.0, 90, 700), ('FR', 'PPA', 'ETAT', 2100000.0, 1500, 10500),
                      ('FR', 'AL', 'ETAT', 1800000.0, 1000, 8200), ('FR', 'ASPA', 'FSV', 240000.0, 58, 410), ('FR', 'ARE', 'UNEDIC', 21000.0, 7, 30))
    as t(territory_code, benefit_code, payer_code, transfer_opened_eur, transfer_person_count, transfer_month_count);

create table marts.mart_avoided_costs as
select *, is_costed as is_in_base_case from (values ('FR', 'expulsion', 'BAILLEUR', 42.0, 150000.0, 240000.0, 400000.0, 'C', true), ('FR', 'passage_urgences', null, 120.0, null, null, null, null, false),
                      ('FR', 'aide_alimentaire', null, 640.0, null, null, null, null, false), ('FR', 'aide_fsl', null, 4.0, null, null, null, null, false))
    as t(territory_code, cost_event_code, payer_code, avoided_quantity, avoided_cost_low_eur, avoided_cost_central_eur, avoided_cost_high_eur, evidence_grade_code, is_costed);

create table marts.mart_data_quality as
select * from (values ('personnes', 'territory', 'ENUM_UNKNOWN', 210, 31), ('personnes', 'territory', 'REQUIRED_MISSING', 95, 22), ('droits', 'territory', 'DATE_ORDER', 140, 25),
                      ('personnes', 'territory', 'OBJECTION', 9, 6), ('droits_mensuels', 'body', 'SENDER_NOT_PAYER', 32, 4)) as q(table_name, sender_kind, reason_code, row_count, delivery_count);

create table marts.mart_interviews as
select 'FR' as territory_code, theme_code, profile_code, count as interview_count, count * 3 as occurrence_count
from (values ('acces', 'personne', 24), ('confiance', 'personne', 19), ('complexite', 'professionnel', 12), ('stigmatisation', 'partenaire', 4)) as i(theme_code, profile_code, count);

create table marts.mart_context_departments as select '75' as department_code, 63210 as caf_rsa_household_count;
create table marts.mart_context_controls as
select * from (values ('caf_rsa_paris_2024', 63210.0, 63210.0, 0.0, true), ('caf_rsa_2024', 1811239.0, 1805575.0, -0.0031, true))
    as c(control_id, published_value, ingested_value, gap_share, is_within_tolerance);
