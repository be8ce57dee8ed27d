"""The locked design: what is estimated, for whom, against whom, at which horizons, how, and under which label.

Here: the reading and checking of ``design.json`` and its hash, which every estimate carries. The file is
decided before outcomes are read; a change of it changes the hash and shows in a test. Not here: any
estimator, nor the comparison of what was done with what was planned (``deviations``).
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tznr_platform.errors import ExitCode, UserError

DESIGN_FILE = Path(__file__).with_name("design.json")
LabelCode = Literal["causal_outreach", "associational_desk", "before_after", "not_identifiable"]
Month = Annotated[int, Field(gt=0, le=36)]
CalendarMonth = Annotated[str, Field(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]
Threshold = Annotated[float, Field(gt=0, lt=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ScaleBands(_Part):
    """Reliability under which only items are reported, and under which a warning is printed."""

    items_only_below: Threshold
    warning_below: Threshold


class Outcome(_Part):
    """What is measured on each unit."""

    code: str
    title: str


class Comparison(_Part):
    """Who stands for what would have happened; some need a legal basis before a row of them is read."""

    code: str
    title: str
    needs_legal_basis: bool


class Cohort(_Part):
    """Units by month of first contact, both ends included."""

    code: str
    title: str
    first_month: CalendarMonth
    last_month: CalendarMonth


class Inference(_Part):
    """How uncertainty is told; below ``least_clusters`` nothing but randomisation inference is."""

    cluster: Literal["territory"]
    standard_error: Literal["jackknife"]
    interval: Literal["student"]
    least_clusters: int
    webb_below_treated: int
    bootstrap_draws: int
    folds: int
    seed: int


class Rules(_Part):
    """Thresholds of the diagnostics (methods 4.9): what they allow, weaken or block."""

    overlap_ess_share: Threshold
    smd_adjust: Threshold
    smd_blocked: Threshold
    match_share: Threshold
    objection_share: Threshold
    false_link_share: Threshold
    pre_months: int
    pre_months_share: Threshold
    pre_test_power: Threshold
    relative_magnitudes: tuple[float, ...]
    oster_r2_factor: float


class Family(_Part):
    """Tests that are corrected together."""

    code: str
    title: str
    correction: Literal["holm", "benjamini_hochberg", "none"]


class Estimand(_Part):
    """One quantity: population, benefits, horizons, and the strongest label under which it may be printed."""

    code: str
    title: str
    population: str
    benefits: tuple[str, ...]
    horizon_months: tuple[Month, ...] = Field(min_length=1)
    outcome: str
    comparison: str
    cohort: str
    label: LabelCode
    family: str


class Design(_Part):
    """The whole design; ``sha256`` is the hash of its canonical JSON, not of its layout."""

    version: str
    horizon_months: tuple[Month, ...]
    labels: dict[LabelCode, str]
    outreach_channels: tuple[str, ...] = Field(min_length=1)
    placebo_benefits: tuple[str, ...] = Field(min_length=1)
    exits: dict[str, str]
    scale_bands: ScaleBands
    outcomes: tuple[Outcome, ...]
    comparisons: tuple[Comparison, ...]
    cohorts: tuple[Cohort, ...]
    last_outcome_month: CalendarMonth
    inference: Inference
    rules: Rules
    families: tuple[Family, ...]
    estimands: tuple[Estimand, ...]

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        families = [family.code for family in self.families]
        known = {"outcome": self.outcomes, "comparison": self.comparisons, "cohort": self.cohorts,
                 "family": self.families}
        problems = {
            "horizon_months": self.horizon_months != tuple(sorted(set(self.horizon_months))),
            "labels": set(self.labels) != set(LabelCode.__args__),
            "scale_bands": self.scale_bands.items_only_below >= self.scale_bands.warning_below,
            "rules": self.rules.smd_adjust >= self.rules.smd_blocked,
            "families": len(set(families)) != len(families),
            "estimands": len({e.code for e in self.estimands}) != len(self.estimands)
            or any(not set(e.horizon_months) <= set(self.horizon_months) for e in self.estimands)
            or any(getattr(e, name) not in {part.code for part in parts}
                   for e in self.estimands for name, parts in known.items()),
        }
        if any(problems.values()):
            raise ValueError(", ".join(name for name, wrong in problems.items() if wrong))
        return self

    @property
    def sha256(self) -> str:
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def estimand(self, code: str) -> Estimand:
        """One estimand by its code; ``UserError`` when it was not registered."""
        for estimand in self.estimands:
            if estimand.code == code:
                return estimand
        raise UserError(f"Quantité non prévue au protocole : {code}.", where=DESIGN_FILE.name,
                        why="seules les quantités enregistrées d'avance sont estimées",
                        remedy="choisir une quantité du protocole", exit_code=ExitCode.CONFIGURATION)

    def label(self, code: str) -> str:
        """The French label under which the estimand ``code`` is printed, from the closed vocabulary."""
        return self.labels[self.estimand(code).label]


@cache
def load_design(path: Path = DESIGN_FILE) -> Design:
    """Read and check a design file; ``UserError`` for an unknown key, label, family or horizon."""
    try:
        return Design.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise _refusal(path, "le fichier ne peut pas être lu") from error
    except ValidationError as error:
        places = sorted({".".join(map(str, item["loc"])) or item["msg"] for item in error.errors()})
        raise _refusal(path, f"à corriger : {', '.join(places)}") from None


def _refusal(path: Path, why: str) -> UserError:
    return UserError("Le protocole d'estimation n'est pas valide.", where=path.name, why=why,
                     remedy="rétablir le protocole enregistré", exit_code=ExitCode.CONFIGURATION)
