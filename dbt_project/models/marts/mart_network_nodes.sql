-- Who was listed, asked and answered: a network measured among its respondents only is said to be so.
select
    case when grouping(territory_code) = 1 then 'FR' else territory_code end as territory_code,
    wave_code,
    organisation_type_code,
    count(*) as organisation_count,
    count(case when is_surveyed then 1 end) as surveyed_count,
    count(case when is_surveyed and is_respondent then 1 end) as respondent_count,
    {{ share_of('count(case when is_surveyed and is_respondent then 1 end)',
        'count(case when is_surveyed then 1 end)') }} as response_share
from {{ ref('stg_organisations') }}
group by grouping sets ((territory_code, wave_code, organisation_type_code), (wave_code, organisation_type_code))
