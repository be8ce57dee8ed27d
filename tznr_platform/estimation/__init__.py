"""From marts to estimates: frames of aggregates in, frozen records with their design hash out.

Here: the locked design, retention curves, reliability of scales, network indicators, and the writing of
estimates to the lake. Not here: counting persons (dbt marts), masking small cells (``disclosure``), wording
of reports (``reporting``). No function here reads a person-level table.
"""
