"""Measures of the gates: each is one scalar SQL query over aggregates, by name.

A measure reads the relations that ``candidate`` opens: ``deliveries`` (register of deliveries), the schema
``marts``, ``numbers`` and ``disclosure_audit`` (what may leave and the auditor's result), ``facts`` (one
row: dates and hashes).
"""

from quality.suites.intake import MEASURES as INTAKE
from quality.suites.marts import MEASURES as MARTS
from quality.suites.outputs import MEASURES as OUTPUTS
from quality.suites.reports import MEASURES as REPORTS

MEASURES: dict[str, str] = INTAKE | MARTS | OUTPUTS | REPORTS
