"""Which three months of income count: M-3..M-1 before the reform, M-4..M-2 after it.

Here: the dated switch that OpenFisca-France 176.1.8 leaves to an input
(``departement_experimentation_rsa``, False by default, no formula): left alone, every onset after a job
loss is one month early. The dates are those of the list ``shocks`` in ``contracts``. Not here: the
simulation.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tznr_platform.contracts import reference
from tznr_platform.errors import ExitCode, UserError

SHOCKS = ("reference_quarter", "reference_quarter_pilot")


def is_shifted(households: pd.DataFrame, month: str) -> np.ndarray:
    """True where ``month`` (YYYY-MM) is computed on M-4..M-2, by ``body_code`` and ``department_code``.

    Raises ``UserError`` (exit code 4) for a body whose date is not established once another body has
    changed: the MSA (open question Q10 to the data controller).
    """
    rules = [row for row in reference("shocks")
             if row["shock_code"] in SHOCKS and row["benefit_code"] == "RSA"]
    general = {row["body_code"]: row["start_date"][:7] for row in rules if not row["department_code"]}
    undated = sorted(set(households["body_code"]) - set(general))
    if undated and month >= min(general.values()):
        raise UserError(f"Nouveau trimestre de référence : date non établie pour {', '.join(undated)}.",
                        where="liste « shocks » des références",
                        why="le mois d'ouverture du RSA serait faux d'un mois",
                        remedy="ajouter la date à la liste, ou s'en tenir aux mois antérieurs",
                        exit_code=ExitCode.CONFIGURATION)
    shifted = np.zeros(len(households), dtype=bool)
    for row in rules:
        if row["start_date"][:7] <= month:
            place = not row["department_code"] or (households["department_code"] == row["department_code"])
            shifted |= np.asarray((households["body_code"] == row["body_code"]) & place)
    return shifted
