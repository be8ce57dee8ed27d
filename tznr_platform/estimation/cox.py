"""Cox's model as a check of the monthly hazards: same covariates, continuous time, proportional hazards tested.

Here: one function over lifelines. Not here: the model that is reported (``hazard``) and the headline (``rmst``).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from tznr_platform import french
from tznr_platform.estimation.design import load_design
from tznr_platform.estimation.interval_chart import interval_chart
from tznr_platform.estimation.retention import CENSORED, ENTRY, refusal_reason, require_spells
from tznr_platform.estimation.verdict import NotEstimable, require_columns, require_numbers

if TYPE_CHECKING:
    import altair as alt
    from lifelines import CoxPHFitter

LARGEST_ERROR = 5.0
CONVERGED = {"precision": 1e-11}  # lifelines stops at 1e-7, which leaves 4e-5 on a coefficient of the heart transplants
NO_MAXIMUM = "la vraisemblance n'a pas de maximum : covariables liées ou séparation parfaite."


@dataclass(frozen=True, eq=False)
class CoxCheck:
    """Efron's partial likelihood. ``coefficients``: a row a covariate, with the test of proportional hazards (rank).

    Where spells enter late there is neither that test, which lifelines does not have, nor a concordance, which would
    compare spells never seen together.
    """

    subject: str
    coefficients: pd.DataFrame
    log_likelihood: float
    likelihood_ratio: float
    concordance: float | None
    spell_count: int
    event_count: int

    def to_frame(self) -> pd.DataFrame:
        """One row a covariate: coefficient, hazard ratio and interval, p-value, Schoenfeld test."""
        return self.coefficients.copy()

    def plot(self) -> alt.Chart:
        """Hazard ratios and their intervals, against 1."""
        return interval_chart(self.coefficients, label="covariate", value="ratio", low="ratio_low", high="ratio_high",
                              title=f"{self.subject} : modèle de Cox", axis="Rapport de risques", nothing=1)

    def explain(self) -> str:
        """Whether hazards may be called proportional, in French."""
        start = f"{self.subject} : contrôle par le modèle de Cox ({french.count(self.event_count, 'sortie')})"
        if "proportional_p_value" not in self.coefficients:
            return f"{start} ; proportionnalité non testée, des périodes étant suivies après leur ouverture."
        moving = self.coefficients.query("proportional_p_value < 0.05")["covariate"]
        if len(moving):
            return (f"{start} ; risques non proportionnels pour {', '.join(moving)} : lire l'écart de durée moyenne, "
                    "non ce rapport.")
        return f"{start} ; rien n'indique que les rapports changent avec la durée, ce qui ne le prouve pas."


@threadpool_limits.wrap(limits=1)
def cox_check(spells: pd.DataFrame, subject: str, covariates: tuple[str, ...], *, exit_code: str | None = None,
              strata: tuple[str, ...] = ()) -> CoxCheck | NotEstimable:
    """Cox model of lifelines on counted spells (repeated, so that ties are Efron's), by strata such as the territory.

    ``spells`` as in ``discrete_hazard``, covariates being numbers; rows with ``entry_months`` may carry values that
    change. Not estimable: no exit, a missing or constant covariate, separation.
    """
    from lifelines import CoxPHFitter
    from lifelines.exceptions import ConvergenceError

    require_spells(spells, load_design())
    require_columns(spells, strata, subject)
    if reason := _refused(spells, covariates, strata):
        return NotEstimable(subject, reason)
    late = [ENTRY] if ENTRY in spells else []
    used = spells[[*covariates, *strata, *late, "duration_months", "exit_code", "spell_count"]]
    used = used.reset_index(drop=True)
    rows = used.loc[used.index.repeat(used["spell_count"])].reset_index(drop=True)
    rows["left"] = rows["exit_code"] != CENSORED if exit_code is None else rows["exit_code"] == exit_code
    rows = rows.drop(columns=["exit_code", "spell_count"]).astype({name: "float64" for name in covariates})
    if not rows["left"].any() or (rows[list(covariates)].std() == 0).any():
        return NotEstimable(subject, "aucune sortie n'est observée, ou une covariable ne varie pas.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            fitted = CoxPHFitter().fit(rows, "duration_months", "left", strata=list(strata) or None,
                                       entry_col=ENTRY if late else None, fit_options=CONVERGED)
        except (ConvergenceError, np.linalg.LinAlgError):
            return NotEstimable(subject, NO_MAXIMUM)
        if fitted.standard_errors_.mul(rows[list(covariates)].std()).max() > LARGEST_ERROR:
            return NotEstimable(subject, NO_MAXIMUM)
        return CoxCheck(subject, _coefficients(subject, fitted, None if late else rows), float(fitted.log_likelihood_),
                        float(fitted.log_likelihood_ratio_test().test_statistic),
                        None if late else float(fitted.concordance_index_), len(rows), int(rows["left"].sum()))


def _refused(spells: pd.DataFrame, covariates: tuple[str, ...], strata: tuple[str, ...]) -> str | None:
    """Why these spells carry no model, in French; None when they may. ``UserError`` for covariates in words."""
    absent = [name for name in covariates if name not in spells]
    if absent or not covariates:
        return f"covariables absentes : {', '.join(absent) or 'aucune demandée'}."
    require_numbers(spells, covariates, "modèle de Cox")
    known = np.isfinite(spells[list(covariates)].to_numpy(dtype=float, na_value=np.nan)).all()
    return refusal_reason(spells) if known and not spells[list(strata)].isna().any(axis=None) else (
        "des valeurs manquent.")


def _coefficients(subject: str, fitted: CoxPHFitter, rows: pd.DataFrame | None) -> pd.DataFrame:
    from lifelines.statistics import proportional_hazard_test

    table = fitted.summary
    found = pd.DataFrame({
        "subject": subject, "covariate": table.index, "coefficient": table["coef"].to_numpy(),
        "standard_error": table["se(coef)"].to_numpy(), "ratio": table["exp(coef)"].to_numpy(),
        "ratio_low": table["exp(coef) lower 95%"].to_numpy(), "ratio_high": table["exp(coef) upper 95%"].to_numpy(),
        "p_value": table["p"].to_numpy()})
    if rows is None:
        return found
    shape = proportional_hazard_test(fitted, rows, time_transform="rank").summary.loc[table.index]
    return found.assign(proportional_statistic=shape["test_statistic"].to_numpy(),
                        proportional_p_value=shape["p"].to_numpy())
