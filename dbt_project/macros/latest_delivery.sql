{#-
E2: for each sender and key, the row of the latest delivery. Every column sent, plus sender_code. `dated_by`: the column
that says when a body extracted the row, if any.
-#}
{% macro latest_delivery(table, key, dated_by=none) -%}
    select *
    from (
        select
            sent.*,
            deliveries.sender_code,
            row_number() over (
                partition by
                    deliveries.sender_code, {% for column in key %}sent.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
                order by deliveries.delivery_rank desc, sent.line_number desc
            ) as delivery_place
        from {{ source('accepted', table) }} as sent
        join {{ ref('stg_deliveries') }} as deliveries on deliveries.delivery_id = sent.delivery_id
        {% if dated_by %}where {{ known_by('sent.' ~ dated_by) }}{% endif %}
    ) as ranked
    where delivery_place = 1
{%- endmacro %}
