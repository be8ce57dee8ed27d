-- Ledger 2 (E8): new public spending on the entitlements opened. Never added to the two other ledgers.
with territory as (
    select benefit_code, payer_code, count(distinct territory_code) as territory_count
    from {{ ref('int_opening_payment') }}
    where territory_code <> 'FR'
    group by benefit_code, payer_code
)

select
    paid.territory_code,
    paid.benefit_code,
    paid.payer_code,
    {{ total_eur('paid.paid_eur') }} as transfer_opened_eur,
    count(*) as transfer_person_count,
    cast(sum(paid.month_count) as bigint) as transfer_month_count,
    {{ share_of('max(paid.paid_eur)', total_eur('paid.paid_eur')) }} as largest_person_share,
    case when paid.territory_code = 'FR' then max(territory.territory_count) else 1 end as transfer_territory_count
from {{ ref('int_opening_payment') }} as paid
left join territory
    on territory.benefit_code = paid.benefit_code and territory.payer_code is not distinct from paid.payer_code
group by paid.territory_code, paid.benefit_code, paid.payer_code
