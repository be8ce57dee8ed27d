-- Ledger 2 (E8): new public spending on the entitlements opened. Never added to the two other ledgers.
with by_person as (
    select
        openings.territory_code,
        openings.benefit_code,
        payers.payer_code,
        openings.person_id,
        sum(months.paid_eur) as paid_eur,
        count(*) as month_count
    from {{ ref('int_opening') }} as openings
    join {{ ref('int_benefit_month_latest') }} as months
        on months.person_id = openings.person_id and months.benefit_code = openings.benefit_code
        and months.entitlement_month >= openings.opening_month
    left join {{ ref('int_payer_month') }} as payers
        on payers.benefit_code = openings.benefit_code and payers.entitlement_month = months.entitlement_month
        and payers.department_code = coalesce(openings.department_code, '')
    where months.paid_eur > 0
    group by openings.territory_code, openings.benefit_code, payers.payer_code, openings.person_id
)

select
    territory_code,
    benefit_code,
    payer_code,
    sum(paid_eur) as transfer_opened_eur,
    count(*) as transfer_person_count,
    cast(sum(month_count) as bigint) as transfer_month_count,
    {{ share_of('max(paid_eur)', 'sum(paid_eur)') }} as largest_person_share
from by_person
group by territory_code, benefit_code, payer_code
