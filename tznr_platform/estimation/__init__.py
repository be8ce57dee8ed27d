"""From marts to estimates: frames of aggregates in, frozen records with their design hash out.

Here: the locked design, effects and their diagnostics, retention curves, reliability of scales, network indicators,
avoided costs, and the writing of estimates to the lake. Not here: counting persons (dbt marts), masking small cells
(``disclosure``), wording of reports (``reporting``). ``access_panel`` alone reads persons, as numbered arrays.
"""
