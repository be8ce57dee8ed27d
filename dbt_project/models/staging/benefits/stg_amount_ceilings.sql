-- The highest legal amount published to date, so that a rise of the law never makes a sound amount look wrong.
select
    ceilings.benefit_code,
    max(cast(amounts.value as double) * cast(ceilings.monthly_factor as double)) as ceiling_eur
from {{ source('reference', 'amount_ceilings') }} as ceilings
join {{ source('reference', 'legal_amounts') }} as amounts on amounts.amount_code = ceilings.amount_code
group by ceilings.benefit_code
