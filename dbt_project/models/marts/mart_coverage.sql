-- Every territory is a row, received or not; the national row carries the coverage line (territories in, of 39).
-- The quarterly tables that every territory owes: persons, encounters, entitlements.
{% set owed_tables = "('personnes', 'rencontres', 'droits')" %}

with received as (
    select
        sender_code as territory_code,
        bool_or(is_received) as has_deliveries,
        count(distinct case when is_received and table_name in {{ owed_tables }} then table_name || period end)
            as received_delivery_count,
        count(case when status_code = 'refused' then 1 end) as refused_delivery_count,
        max(case when is_received then period_month end) as last_period_month,
        sum(case when is_current then accepted_row_count end) as accepted_row_count,
        sum(case when is_current then refused_row_count end) as refused_row_count
    from {{ ref('stg_deliveries') }}
    where sender_kind = 'territory'
    group by sender_code
),

persons as (
    select
        territory_code,
        count(*) as person_count,
        sum(contact_count) as contact_count,
        count(case when is_sent then 1 end) as sent_person_count,
        count(case when is_matched then 1 end) as matched_person_count,
        count(case when has_pre_period then 1 end) as pre_period_person_count
    from {{ ref('int_person_coverage') }}
    group by territory_code
),

-- quarters from the start of the territory's wave to the last quarter that any sender has closed
known as (
    select max(period_end_month) as last_month from {{ ref('stg_deliveries') }} where is_received
),

territory as (
    select
        territories.*,
        3 * greatest(0, {{ quotient('1 + ' ~ months_from(
            "case when territories.start_wave = '2023' then date '2023-10-01' else date '2024-01-01' end",
            'known.last_month'), 3) }}) as expected_delivery_count
    from {{ ref('stg_territories') }} as territories
    cross join known
),

one_by_one as (
    select
        territory.*,
        coalesce(received.has_deliveries, false) as has_deliveries,
        received.received_delivery_count,
        received.refused_delivery_count,
        received.last_period_month,
        received.accepted_row_count,
        received.refused_row_count,
        case when received.has_deliveries then 1 else 0 end as territories_in_count
    from territory
    left join received on received.territory_code = territory.territory_code
),

scoped as (
    select * from one_by_one
    union all
    select
        'FR', 'France', null, null, null, null, null,
        sum(expected_delivery_count), bool_or(has_deliveries), sum(received_delivery_count),
        sum(refused_delivery_count), max(last_period_month), sum(accepted_row_count), sum(refused_row_count),
        sum(territories_in_count)
    from one_by_one
)

select
    scoped.territory_code,
    scoped.territory_label,
    scoped.territory_type_code,
    scoped.department_code,
    scoped.region_code,
    scoped.start_wave,
    scoped.is_established,
    scoped.has_deliveries,
    cast(scoped.territories_in_count as bigint) as territories_in_count,
    (select count(*) from {{ ref('stg_territories') }}) as territory_total,
    cast(coalesce(scoped.expected_delivery_count, 0) as bigint) as expected_delivery_count,
    cast(coalesce(scoped.received_delivery_count, 0) as bigint) as received_delivery_count,
    cast(coalesce(scoped.refused_delivery_count, 0) as bigint) as refused_delivery_count,
    scoped.last_period_month,
    cast(coalesce(persons.person_count, 0) as bigint) as person_count,
    cast(coalesce(persons.contact_count, 0) as bigint) as contact_count,
    cast(coalesce(scoped.accepted_row_count, 0) as bigint) as accepted_row_count,
    cast(coalesce(scoped.refused_row_count, 0) as bigint) as refused_row_count,
    {{ share_of('scoped.refused_row_count', '(scoped.accepted_row_count + scoped.refused_row_count)') }}
        as quarantine_share,
    cast(coalesce(persons.sent_person_count, 0) as bigint) as sent_person_count,
    cast(coalesce(persons.matched_person_count, 0) as bigint) as matched_person_count,
    {{ share_of('persons.matched_person_count', 'persons.sent_person_count') }} as match_share,
    cast(coalesce(persons.pre_period_person_count, 0) as bigint) as pre_period_person_count,
    {{ share_of('persons.pre_period_person_count', 'persons.person_count') }} as pre_period_share
from scoped
left join persons on persons.territory_code = scoped.territory_code
