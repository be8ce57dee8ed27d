-- Not reduced to the latest delivery: since when a person is known to a body is part of the answer.
select
    deliveries.sender_code as body_code,
    deliveries.period_month,
    deliveries.delivery_rank,
    sent.person_id,
    sent.territory_code,
    sent.match_status_code,
    sent.extraction_date
from {{ source('accepted', 'retours') }} as sent
join {{ ref('stg_deliveries') }} as deliveries on deliveries.delivery_id = sent.delivery_id
where {{ known_by('sent.extraction_date') }}
