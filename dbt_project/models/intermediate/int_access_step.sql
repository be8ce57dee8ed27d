-- What a territory declared of a benefit at stake (discussed and not received already): when it was requested, what came
-- of it. Delays count from the first contact there; a request older than the contact has none.
with declared as (
    select
        claims.territory_code,
        claims.person_id,
        claims.benefit_code,
        case when claims.request_date >= contacts.first_contact_date
            then {{ days_from('contacts.first_contact_date', 'claims.request_date') }} end as request_delay_days,
        case when claims.decision_date >= claims.request_date
            then {{ days_from('claims.request_date', 'claims.decision_date') }} end as decision_delay_days,
        -- between two territories, the outcome that settles most
        case when claims.request_date is null then null
            else {{ rank_of('claims.request_outcome_code', request_outcomes()) }} end as outcome_rank
    from {{ ref('stg_droits') }} as claims
    join {{ ref('int_person_contact') }} as contacts
        on contacts.territory_code = claims.territory_code and contacts.person_id = claims.person_id
    where claims.situation_code <> 'percoit'
),

scoped as (
    select * from declared
    union all
    select 'FR', person_id, benefit_code, min(request_delay_days), min(decision_delay_days), min(outcome_rank)
    from declared
    group by person_id, benefit_code
),

paid as (
    select
        territory_code,
        person_id,
        benefit_code,
        {{ total_eur('paid_eur') }} as paid_eur,
        sum(month_count) as month_count
    from {{ ref('int_opening_payment') }}
    group by territory_code, person_id, benefit_code
)

select
    scoped.territory_code,
    scoped.person_id,
    scoped.benefit_code,
    scoped.request_delay_days,
    scoped.decision_delay_days,
    {{ code_at('scoped.outcome_rank', request_outcomes()) }} as request_outcome_code,
    {{ share_of('paid.paid_eur', 'paid.month_count') }} as monthly_paid_eur
from scoped
left join paid
    on paid.territory_code = scoped.territory_code and paid.person_id = scoped.person_id
    and paid.benefit_code = scoped.benefit_code
