-- The panel of each person met, from 36 months before the first contact of the nation to the last month known of
-- anybody: is the state of each benefit known (int_person_known), is it open. A view: no mart reads it.
{{ config(materialized='view') }}
{% set benefits = fed_benefits() %}

with spine as (
    select
        contacts.person_id,
        offsets.months_from_contact,
        {{ add_months('contacts.first_contact_month', 'offsets.months_from_contact') }} as entitlement_month
    from {{ ref('int_person_contact') }} as contacts
    cross join (select max(last_known_month) as last_month from {{ ref('int_feed_extraction') }}) as known
    join {{ numbers(-36, 60) }} as offsets (months_from_contact)
        on offsets.months_from_contact <= {{ months_from('contacts.first_contact_month', 'known.last_month') }}
        or offsets.months_from_contact < 0
    where contacts.territory_code = 'FR'
),

-- one row a person: the months known of each benefit
reach as (
    select
        person_id
        {%- for benefit in benefits %},
        max(case when benefit_code = '{{ benefit }}' then first_known_month end) as {{ benefit | lower }}_first,
        max(case when benefit_code = '{{ benefit }}' then last_known_month end) as {{ benefit | lower }}_last
        {%- endfor %}
    from {{ ref('int_person_known') }}
    group by person_id
),

-- the benefits open in the month as one number, a power of two each: one sum over the largest table, not nine
state as (
    select
        person_id,
        entitlement_month,
        cast(sum(case benefit_code
            {%- for benefit in benefits %} when '{{ benefit }}' then {{ 2 ** loop.index0 }}{% endfor %} end) as integer)
            as open_set
    from {{ ref('int_benefit_month_latest') }}
    where is_open
    group by person_id, entitlement_month
)

select
    spine.person_id,
    spine.entitlement_month,
    cast(spine.months_from_contact as smallint) as months_from_contact
    {%- for benefit in benefits %}{% set column = benefit | lower %},
    coalesce(spine.entitlement_month between reach.{{ column }}_first and reach.{{ column }}_last, false)
        as is_known_{{ column }},
    coalesce(mod(state.open_set, {{ 2 ** loop.index }}) >= {{ 2 ** loop.index0 }}, false) as is_open_{{ column }}
    {%- endfor %}
from spine
left join reach on reach.person_id = spine.person_id
left join state on state.person_id = spine.person_id and state.entitlement_month = spine.entitlement_month
