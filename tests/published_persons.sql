-- A small published warehouse: the marts of the platform with invented counts, for tests of what reads them.
create schema marts;
create temp table territory as
select 'TZNR-' || lpad(i::varchar, 2, '0') as code, i,
       list_value('91','61','974','59','13','34','21','54','64','85','73','01','38','38','42','35','56','2B','67','59','75',
                  '69','62','33','31','971')[i] as department_code,
       i <= 26 as is_established, i not in (17, 30, 35) as has_deliveries,
       case when i = 9 then 6 else 40 + (i * 137) % 900 end as persons
from range(1, 40) as t(i);

create table marts.mart_coverage as
select code as territory_code, case when is_established then 'Territoire ' || code else 'Territoire réservé ' || code end as territory_label,
       case when is_established then 'commune' end as territory_type_code, department_code, '11' as region_code,
       case when i <= 11 then '2023' else '2024' end as start_wave, is_established, has_deliveries,
       40 as expected_delivery_count, case when has_deliveries then 30 + i % 10 else 0 end as received_delivery_count,
       case when has_deliveries then i % 3 else 0 end as refused_delivery_count,
       case when has_deliveries then date '2026-04-01' end as last_period_month,
       case when has_deliveries then persons else 0 end as person_count,
       case when has_deliveries then persons * 2 else 0 end as contact_count,
       case when has_deliveries then persons * 12 else 0 end as accepted_row_count,
       case when has_deliveries then persons // 5 else 0 end as refused_row_count,
       case when has_deliveries then (persons // 5) / (persons * 12 + persons // 5) end as quarantine_share,
       case when has_deliveries then persons else 0 end as sent_person_count,
       case when has_deliveries then persons * 9 // 10 else 0 end as matched_person_count,
       case when has_deliveries then (persons * 9 // 10) / persons end as match_share,
       case when has_deliveries then persons * 8 // 10 else 0 end as pre_period_person_count,
       case when has_deliveries then (persons * 8 // 10) / persons end as pre_period_share
from territory
union all
select 'FR', 'France', null, null, null, null, true, true, 1560, sum(30 + i % 10), sum(i % 3), date '2026-05-01',
       sum(persons) - 60, sum(persons * 2), sum(persons * 12), sum(persons // 5), 0.0164, sum(persons) - 60,
       sum(persons * 9 // 10) - 50, (sum(persons * 9 // 10) - 50) / (sum(persons) - 60), sum(persons * 8 // 10) - 40,
       (sum(persons * 8 // 10) - 40) / (sum(persons) - 60)
from territory where has_deliveries;

create table marts.mart_body_coverage as
select body_code, period_month::date as period_month, 1 as delivery_count, 5000 + rank * 100 as benefit_month_count,
       4000 as returned_person_count, matched as matched_count, 4000 - matched - 60 as not_found_count,
       40 as ambiguous_count, 20 as not_sent_count, matched / 4000 as match_share, period_month::date + 40 as extraction_date
from (values ('CNAF', 1, 3300), ('MSA', 2, 240), ('CNAM', 3, 3100), ('CNAV', 4, 700), ('FRANCE_TRAVAIL', 5, 1900)) as b(body_code, rank, matched),
     range(timestamp '2026-01-01', timestamp '2026-06-01', interval 1 month) as m(period_month);

create temp table access_territory as
select code as territory_code, benefit_code, 'tous' as channel_code, (persons * weight / 100)::bigint as discussed_count,
       case when has_feed then 0.70 else 0.55 end as asked, has_feed
from territory,
     (values ('RSA', 42, true), ('PPA', 38, true), ('AL', 25, true), ('CSS_GRATUITE', 36, true), ('CSS_PARTICIPATION', 12, true),
             ('ASPA', 8, true), ('ARE', 6, true), ('ASS', 2, true), ('AUTRE_MINIMUM', 5, true),
             ('CHEQUE_ENERGIE', 22, false), ('EXTRALEGAL', 14, false)) as b(benefit_code, weight, has_feed)
where has_deliveries and (persons * weight / 100)::bigint > 0;

create table marts.mart_access as
with counted as (
    select territory_code, benefit_code, channel_code, discussed_count,
           (discussed_count * asked)::bigint as requested_count,
           case when has_feed then (discussed_count * 0.45)::bigint else 0 end as opened_count,
           case when has_feed then (discussed_count * 0.37)::bigint else 0 end as paid_count,
           case when has_feed then (discussed_count * 0.1)::bigint else discussed_count end as unknown_count
    from access_territory
), nation as (
    select 'FR' as territory_code, benefit_code, sum(discussed_count) as discussed_count, sum(requested_count) as requested_count,
           sum(opened_count) as opened_count, sum(paid_count) as paid_count, sum(unknown_count) as unknown_count
    from counted group by benefit_code
), channels as (
    select * from (values ('aller_vers', 0.4), ('guichet', 0.3), ('orientation_partenaire', 0.2), ('liste_croisement', 0.1)) as c(channel, weight)
)
select *, 61::double as median_opening_delay_days from counted
union all
select territory_code, benefit_code, 'tous', discussed_count, requested_count, opened_count, paid_count, unknown_count, 58
from nation
union all
select territory_code, benefit_code, channel, (discussed_count * weight)::bigint, (requested_count * weight)::bigint,
       (opened_count * weight)::bigint, (paid_count * weight)::bigint, (unknown_count * weight)::bigint, 55
from nation, channels;

create table marts.mart_non_take_up as
select 'FR' as territory_code, benefit_code, code as non_take_up_code, (base * weight)::bigint as person_count,
       base as eligible_count, base // 3 as eligibility_unknown_count
from (values ('RSA', 900), ('PPA', 800), ('CSS_GRATUITE', 700), ('ASPA', 90)) as b(benefit_code, base),
     (values ('NCONN', 0.36), ('NDEM', 0.24), ('NREC', 0.12), ('NPROP', 0.10), ('NRENOUV', 0.08), ('NORIENT', 0.05), ('NCOMP', 0.13)) as n(code, weight);

create table marts.mart_retention as
select 'FR' as territory_code, benefit_code, horizon_months, opened_count, observed as observed_count,
       opened_count - observed as censored_count, retained as retained_count, retained / observed as retained_share
from (select benefit_code, horizon_months, opened_count, (opened_count * (1 - horizon_months * 0.03))::bigint as observed,
             (opened_count * (1 - horizon_months * 0.03) * (1 - horizon_months * loss))::bigint as retained
      from (values ('RSA', 1800, 0.025), ('PPA', 1500, 0.035), ('AL', 1000, 0.012), ('CSS_GRATUITE', 1300, 0.004), ('ASPA', 60, 0.004)) as b(benefit_code, opened_count, loss),
           (values (3), (6), (12)) as h(horizon_months));

create table marts.mart_spell_durations as
select 'RSA' as benefit_code, d as duration_months, 'exit' as exit_code, 40 - d as spell_count from range(1, 25) as t(d);
