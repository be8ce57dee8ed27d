-- Marts of the month before contact, of detection, of time and of the index of indicators: invented, small, complete.
create table marts.mart_non_take_up_bounds as
select 'FR' as territory_code, benefit_code, 3000 as known_count, case benefit_code when 'AL' then 3000 else 40 end as undetermined_count, certain as certain_count, certain_missing as certain_missing_count,
       possible as possible_count, possible_missing as possible_missing_count, 400 as judged_recipient_count,
       31 as unentitled_recipient_count, 31 / 400 as unentitled_recipient_share,
       certain_missing / nullif(certain, 0) as certain_missing_share,
       (certain_missing + possible_missing) / nullif(certain + possible, 0) as possible_missing_share,
       certain_missing / 3000 as met_lowest_missing_share, (certain_missing + possible_missing + 200) / 3000 as met_highest_missing_share
from (values ('RSA', 300, 120, 1500, 900), ('PPA', 0, 0, 1700, 1100), ('ASPA', 25, 4, 200, 90), ('AL', 0, 0, 0, 0)) as b(benefit_code, certain, certain_missing, possible, possible_missing);

create table marts.mart_detection as
select 'FR' as territory_code, channel_code, persons as person_count, persons as reviewable_person_count, persons * 6 // 10 as detected_person_count,
       persons as referable_person_count, persons * 7 // 10 as referred_person_count, persons * 4 // 10 as completed_person_count
from (values ('tous', 3000), ('aller_vers', 1800), ('guichet', 1190), ('orientation_partenaire', 10)) as c(channel_code, persons);

create table marts.mart_referrals as
select 'FR' as territory_code, referral_code, referrals as referral_count, referrals // 2 as completed_count, 0.7 as completed_share
from (values ('tous', 900), ('CAF', 600), ('CPAM', 292), ('CCAS', 8)) as r(referral_code, referrals);

create table marts.mart_reporting_delay as
select body_code, benefit_code, delay as delay_month_count, months as settled_count, 1.0 as known_share, 1 - 0.02 / (1 + delay) as final_share
from (values ('CNAF', 'RSA', 4000), ('MSA', 'RSA', 60)) as b(body_code, benefit_code, months), range(0, 13) as d(delay);

create table marts.mart_revisions as
select body_code, benefit_code, delay as delay_month_count, months as known_count, case delay when 1 then 15 else 0 end as revised_count
from (values ('CNAF', 'RSA', 4000), ('MSA', 'RSA', 60)) as b(body_code, benefit_code, months), range(0, 4) as d(delay);

create table marts.mart_vintages as
select body_code, benefit_code, 30 as vintage_count, 6 as delay_month_count, 'non confirmé' as rule_certainty_label, date '2025-12-01' as last_analysable_month
from (values ('CNAF', 'RSA'), ('MSA', 'RSA')) as b(body_code, benefit_code);

create table marts.mart_indicators as
select case number when 0 then 'FR' else 'TZNR-' || lpad(number::varchar, 2, '0') end as territory_code, axis_code,
       case when number = 17 then 'non_recu' when i = 3 then 'sans_cas' else 'mesure' end as status_code
from range(0, 40) as t(number), (values ('axe1'), ('axe2'), ('axe3'), ('transversal')) as a(axis_code), range(4) as n(i);
