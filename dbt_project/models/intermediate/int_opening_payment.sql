-- What was paid from the opening on, to each person and by each payer: for the transfers and for the amounts of access.
select
    openings.territory_code,
    openings.benefit_code,
    payers.payer_code,
    openings.person_id,
    {{ total_eur('months.paid_eur') }} as paid_eur,
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
