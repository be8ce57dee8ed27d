"""From disclosed numbers to documents.

Here: the numbers table, its explanations, the report page (tables, figures, map). Not here: what may leave
(``disclosure``), packages (``release``). A report is produced only through ``quality.gate.require``.
"""

from tznr_platform.reporting.explanation import explain
from tznr_platform.reporting.numbers import NumbersOutcome, read_numbers, write_numbers
from tznr_platform.reporting.report import render

__all__ = ["NumbersOutcome", "explain", "read_numbers", "render", "write_numbers"]
