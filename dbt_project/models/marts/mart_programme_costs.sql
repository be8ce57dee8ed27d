-- Ledger 1 (E8): what the programme costs. Never added to the two other ledgers.
select
    case when grouping(territory_code) = 1 then 'FR' else territory_code end as territory_code,
    cast(fiscal_year as integer) as fiscal_year,
    nature_code,
    funder_code,
    {% for status, measure in {'paye': 'paid', 'engage': 'committed', 'prevu': 'planned'}.items() -%}
    {{ total_eur("case when expense_status_code = '" ~ status ~ "' then programme_cost_eur else 0 end") }}
        as programme_cost_{{ measure }}_eur,
    {% endfor -%}
    count(distinct territory_code) as programme_territory_count
from {{ ref('stg_depenses') }}
group by grouping sets (
    (territory_code, fiscal_year, nature_code, funder_code), (fiscal_year, nature_code, funder_code)
)
