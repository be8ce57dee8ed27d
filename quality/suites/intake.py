"""Measures of what was received, from the register of deliveries (duplicates are not deliveries)."""

MEASURES = {
    "delivery_count": "select count(*) from deliveries where status_code <> 'duplicate'",
    "refused_delivery_share": """
        select count(*) filter (status_code = 'refused') / count(*) from deliveries
        where status_code <> 'duplicate'""",
    "quarantine_share": """
        select sum(refused_row_count) / nullif(sum(accepted_row_count + refused_row_count), 0)
        from deliveries where is_current and status_code <> 'duplicate'""",
}
