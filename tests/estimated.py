"""Invented estimates of months kept, scales, networks and costs, in the shape of their files. Beside ``published``."""

from __future__ import annotations

import pandas as pd

from tznr_platform.estimation.change_outputs import CHANGES, TILTED
from tznr_platform.estimation.cost_outputs import CHEERS, avoided_costs
from tznr_platform.estimation.network_outputs import ASSOCIATION, CORES, SUMMARY
from tznr_platform.estimation.practice_outputs import CHANGES as PRACTICES
from tznr_platform.estimation.results import typed
from tznr_platform.estimation.retention_outputs import retention_months
from tznr_platform.estimation.scale_outputs import COMPARABILITIES, MEANS

SCALE = {"instrument_code": "AUTONOMIE", "instrument_version": "2025", "dimension_code": "ADMINISTRATIF"}
OTHER = {**SCALE, "instrument_code": "CONFIANCE", "dimension_code": "CONFIANCE"}


def estimates(effects: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Every file by name. ASPA has too few exits to be shown, ASS none; the trust scale cannot be compared."""
    return _retention() | _scales() | _networks() | _costs(effects)


def _retention() -> dict[str, pd.DataFrame]:
    rows = [(f"TZNR-0{rank}", benefit, channel, months, code, count + rank * (count > 1) * (channel == "guichet"))
            for rank in (1, 2, 3) for channel in ("aller_vers", "guichet")
            for benefit, exits in (("RSA", 30), ("ASPA", 1), ("ASS", 0))
            for months, code, count in ((4, "exit", exits), (14, "censored", 40))]
    outcome = retention_months(pd.DataFrame(rows, columns=["territory_code", "benefit_code", "channel_code",
                                                           "duration_months", "exit_code", "spell_count"]))
    return {"retention_months": outcome.to_frame(), "retention_differences": outcome.difference_frame()}


def _scales() -> dict[str, pd.DataFrame]:
    means = [{**scale, "wave_code": wave, "respondent_count": 2100, "complete_count": 2000, "alpha_raw": 0.82,
              "omega_total": 0.83, "band_code": "acceptable", "is_estimated": not why, "reason": why,
              "score_mean": None if why else 2.4, "score_sd": None if why else 0.9}
             for scale, wave, why in ((SCALE, "T0", None), (SCALE, "T1", None), (OTHER, "T0", None),
                                      (OTHER, "T1", "non comparable avec T0"))]
    changes = [{**scale, "wave_code": "T1", "person_count": 2100, "paired_count": 1000, "label": "avant/après",
                "is_estimated": not why, "reason": why, **({} if why else {
                    "estimate": 0.12, "low": 0.1, "high": 0.14, "standardised": 0.3, "tipping_delta": -0.7,
                    "lost_share": 0.52, "p_value": 0.001, "adjusted_p_value": 0.001})}
               for scale, why in ((SCALE, None), (OTHER, "non comparable avec T0"))]
    steps = [{**SCALE, "first_wave_code": "T0", "last_wave_code": "T1", "step_code": step, "cfi": 0.98,
              "reached_code": "scalar", "respondent_count": 1000, "is_estimated": True}
             for step in ("configural", "metric", "scalar")]
    tilts = [{**SCALE, "wave_code": "T1", "delta": step / 10, "estimate": 0.12 + step / 50, "low": 0.1 + step / 50,
              "high": 0.14 + step / 50} for step in range(-5, 6)]
    moved = [{"practice_code": "outreach", "wave_code": "V2", "professional_count": 400, "paired_count": 210,
              "estimate": 0.3, "low": 0.1, "high": 0.5, "tipping_delta": -0.9, "p_value": 0.01,
              "adjusted_p_value": 0.02, "is_estimated": True, "label": "avant/après"}]
    return {"practice_changes": typed(moved, PRACTICES), "scale_means": typed(means, MEANS),
            "scale_changes": typed(changes, CHANGES),
            "scale_comparability": typed(steps, COMPARABILITIES), "scale_change_tilts": typed(tilts, TILTED)}


def _networks() -> dict[str, pd.DataFrame]:
    summary = [{"wave_code": wave, "tie_type_code": "orientation", "network_count": 34, "organisation_count": 360,
                "respondent_count": 270, "density": 0.21, "density_low": 0.17, "density_high": 0.43,
                "sampled_low": 0.19, "sampled_high": 0.24, "reciprocity_low": 0.3, "reciprocity_high": 0.8,
                "degree_centralisation": 0.26, "modularity": 0.27, "is_estimated": True} for wave in ("V1", "V2")]
    cores = [{"wave_code": "V1", "tie_type_code": "orientation", "organisation_type_code": kind,
              "organisation_count": count, "core_count": core}
             for kind, count, core in (("ccas", 40, 21), ("caf", 33, 1))]
    linked = [{"label": "association", "is_estimated": False, "reason": "4 territoires seulement ont les deux mesures",
               "design_sha256": "0" * 64}]
    return {"network_summary": typed(summary, SUMMARY), "network_cores": typed(cores, CORES),
            "network_access": typed(linked, ASSOCIATION)}


def cost_events() -> pd.DataFrame:
    """Rows of ``mart_avoided_costs``: one event, two payers, two territories."""
    unit = {"unit_cost_low_eur": 300.0, "unit_cost_central_eur": 500.0, "unit_cost_high_eur": 800.0,
            "price_year": 2025, "source_label": "invention", "literature_share": 0.2, "evidence_grade_code": "B"}
    return pd.DataFrame([{**unit, "cost_event_code": "aide_fsl", "payer_code": payer, "territory_code": code,
                          "avoided_quantity": quantity} for payer in ("DEPARTEMENT", "BAILLEUR")
                         for code, quantity in (("TZNR-01", 30.0), ("TZNR-02", 80.0), ("FR", 110.0))])


def _costs(effects: pd.DataFrame) -> dict[str, pd.DataFrame]:
    programme = pd.DataFrame({"fiscal_year": [2024, 2025], "programme_cost_paid_eur": [2e5, 3e5]})
    met = effects.assign(standard_error=0.02, contacted_count=900)
    spared = avoided_costs(cost_events(), programme, effects=met, gross_openings=900)
    return {"avoided_costs": spared.to_frame(), "avoided_costs_by_payer": spared.payer_frame(),
            "cost_tornado": spared.tornado_frame(), "cost_distribution": spared.distribution_frame(),
            "cost_per_opening": spared.opening_frame(), "cheers": typed(spared.cheers.to_frame(), CHEERS)}
