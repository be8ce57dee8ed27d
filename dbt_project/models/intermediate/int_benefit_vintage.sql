-- The latest extraction that says anything of a benefit, and the last month it covers, over the bodies that pay it.
select
    pays.benefit_code,
    max(extractions.extraction_month) as vintage_month,
    max(extractions.last_known_month) as last_known_month
from {{ ref('stg_body_benefits') }} as pays
join {{ ref('int_feed_extraction') }} as extractions on extractions.body_code = pays.body_code
group by pays.benefit_code
