-- The first and the last month of each spell as the bodies told them: who paid it, and the place of the person in the
-- household's file. A body says a month open when its latest vintage does.
with edge as (
    select person_id, benefit_code, first_month as edge_month from {{ ref('int_entitlement_spell') }}
    union
    select person_id, benefit_code, last_month from {{ ref('int_entitlement_spell') }}
),

told as (
    select
        edge.person_id,
        edge.benefit_code,
        edge.edge_month,
        feed.body_code,
        feed.household_role_code,
        feed.extraction_date,
        {{ vintage_state('feed.extraction_date', 'feed.delivery_rank', is_open('feed.status_code'), 'feed.paid_eur') }}
            as vintage_state
    from edge
    join {{ ref('stg_droits_mensuels') }} as feed
        on feed.person_id = edge.person_id and feed.benefit_code = edge.benefit_code
        and feed.entitlement_month = edge.edge_month
),

by_body as (
    select
        person_id,
        benefit_code,
        edge_month,
        body_code,
        max(vintage_state) as latest_state,
        {{ value_at_last('household_role_code', 'vintage_state') }} as household_role_code
    from told
    group by person_id, benefit_code, edge_month, body_code
)

-- two bodies at once: the first code, so that the same deliveries give the same answer
select
    person_id,
    benefit_code,
    edge_month,
    min(body_code) as body_code,
    {{ value_at_first('household_role_code', 'body_code') }} as household_role_code
from by_body
where {{ is_open_in('latest_state') }}
group by person_id, benefit_code, edge_month
