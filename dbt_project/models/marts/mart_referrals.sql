-- Axis 2, by encounter: referrals by destination, completed, failed, or not known to be either. Encounters of two
-- territories are distinct; `tous` is every destination.
select
    case when grouping(territory_code) = 1 then 'FR' else territory_code end as territory_code,
    case when grouping(referral_code) = 1 then 'tous' else referral_code end as referral_code,
    count(*) as referral_count,
    count(case when referral_outcome_code = 'oui' then 1 end) as completed_count,
    count(case when referral_outcome_code = 'non' then 1 end) as failed_count,
    count(case when coalesce(referral_outcome_code, 'inconnu') = 'inconnu' then 1 end) as unknown_count,
    {{ share_of("count(case when referral_outcome_code = 'oui' then 1 end)",
        "count(case when referral_outcome_code in ('oui', 'non') then 1 end)") }} as completed_share
from {{ ref('stg_rencontres') }}
where referral_code <> 'aucune'
group by grouping sets ((territory_code, referral_code), (territory_code), (referral_code), ())
having count(*) > 0
