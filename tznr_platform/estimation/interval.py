"""The 95 % interval of an estimate whose error comes from few clusters.

Here: one formula. Not here: the errors (``trials``, ``clusters``), the picture (``interval_chart``).
"""

from __future__ import annotations

from scipy import special


def student_interval(estimate: float, standard_error: float, clusters: int) -> tuple[float, float]:
    """Student's interval with as many degrees of freedom as clusters less one (Bell and McCaffrey 2002)."""
    reach = student_reach(clusters) * standard_error
    return estimate - reach, estimate + reach


def student_reach(clusters: int) -> float:
    """How many standard errors the interval reaches on each side."""
    return float(special.stdtrit(clusters - 1, 0.975))
