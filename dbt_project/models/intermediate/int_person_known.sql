-- A month of a benefit is known of a person when every body that pays it and has matched the person covers the month:
-- what one body does not say, another could contradict.
select
    matches.person_id,
    pays.benefit_code,
    max(reach.first_known_month) as first_known_month,
    min(reach.last_known_month) as last_known_month,
    -- the last month that the delay of the bodies leaves definitive
    min({{ add_months('reach.last_known_month', '-delays.delay_month_count') }}) as last_final_month
from {{ ref('int_person_match') }} as matches
join {{ ref('stg_body_benefits') }} as pays on pays.body_code = matches.body_code
join {{ ref('int_body_reach') }} as reach
    on reach.body_code = matches.body_code and reach.first_match_month = matches.first_match_month
join {{ ref('stg_delay_rules') }} as delays on delays.body_code = matches.body_code
where matches.is_matched
group by matches.person_id, pays.benefit_code
