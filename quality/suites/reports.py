"""Measures of a report: who is in, how fresh, how well matched.

Shares of persons are cut to a whole per cent, downwards: the dossier and the promotion record leave with
the report, and an exact share of a known number of persons would tell a small remainder.
"""

MEASURES = {
    "territory_count": """
        select count(*) from marts.mart_coverage where has_deliveries and territory_code <> 'FR'""",
    "person_count": "select max(person_count) from marts.mart_coverage where territory_code = 'FR'",
    "contact_count": "select max(contact_count) from marts.mart_coverage where territory_code = 'FR'",
    "match_share": """
        select floor(max(match_share) * 100) / 100 from marts.mart_coverage
        where territory_code = 'FR'""",
    "pre_period_share": """
        select floor(max(pre_period_share) * 100) / 100 from marts.mart_coverage
        where territory_code = 'FR'""",
    "body_count": "select count(distinct body_code) from marts.mart_body_coverage where delivery_count > 0",
    "worst_body_match_share": """
        select floor(min(last_share) * 100) / 100 from
            (select arg_max(match_share, period_month) as last_share
             from marts.mart_body_coverage group by body_code)""",
    "last_feed_month": """
        select year(max(period_month)) * 100 + month(max(period_month)) from marts.mart_body_coverage
        where delivery_count > 0""",
    "is_collection_complete": "select (today > collection_end)::int from facts",
    "is_stale": """
        select (max(disclosure_audit.marts_hash) is distinct from max(facts.marts_hash))::int
        from facts left join disclosure_audit on true""",
}
