"""Measures of the numbers that may leave.

The auditor's result counts only for the very file it audited: for any other file the measure is empty, and
an empty measure fails its criterion.
"""

MEASURES = {
    "published_number_count": "select count(*) from numbers where status_code = 'published'",
    "disclosure_finding_count": """
        select max(finding_count) from disclosure_audit
        where numbers_sha256 = (select numbers_sha256 from facts)""",
}
