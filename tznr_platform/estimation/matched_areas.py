"""Comparison areas of the territories, chosen and frozen before any outcome is loaded.

Here: who may be a donor, the nearest donors of each territory, the list with its hash (methods 4.1). Not here:
outcomes, which no function of this module accepts (``territory_panel`` joins them to a frozen list). Exact on type,
overseas and density; nearest on the path before the start and on the covariates.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tznr_platform.errors import ExitCode, UserError
from tznr_platform.estimation.verdict import NotEstimable, require_columns, require_numbers

EXACT = ("area_type_code", "is_overseas", "density_code")
COVARIATES = ("population_count", "poverty_rate_percent", "median_living_standard_eur", "registered_share",
              "france_services_count")
AREAS = ("area_code", "territory_code", "department_code", "is_quarter", "is_pilot", *EXACT, *COVARIATES)
PATH = ("area_code", "month", "value")
LAST_MONTH_BEFORE = "2023-12"
DONORS = 4
DIGITS = 6
WHERE = "zones de comparaison"


@dataclass(frozen=True)
class Pair:
    """A donor of a territory; ``rank``: 1 for the nearest; ``distance``: mean squared standardised differences."""

    territory_code: str
    area_code: str
    donor_code: str
    rank: int
    distance: float


@dataclass(frozen=True)
class DonorList:
    """The frozen list. ``left_out``: (code, French reason) of territories and areas that cannot be compared by rule."""

    pairs: tuple[Pair, ...]
    left_out: tuple[tuple[str, str], ...]
    donors_wanted: int
    pilots_allowed: bool

    @property
    def sha256(self) -> str:
        """Hash of the canonical JSON: what the locked design and the results carry."""
        return hashlib.sha256(self._json().encode()).hexdigest()

    def _json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)

    def to_frame(self) -> pd.DataFrame:
        """One row a pair."""
        return pd.DataFrame([asdict(pair) for pair in self.pairs], columns=list(Pair.__dataclass_fields__))

    def explain(self) -> str:
        """French sentence of the method note."""
        return (f"{len(self.pairs)} zones de comparaison pour {len({pair.territory_code for pair in self.pairs})} "
                f"territoires, liste figée avant lecture des résultats (empreinte {self.sha256[:12]}).")

    def freeze(self, path: Path) -> str:
        """Write the list once and return its hash; ``UserError`` if another list is already frozen there."""
        if path.exists() and path.read_text(encoding="utf-8") != self._json():
            raise _refusal("Une autre liste est déjà figée.", path.name, "une liste figée ne se remplace pas")
        path.write_text(self._json(), encoding="utf-8")
        return self.sha256

    @classmethod
    def read(cls, path: Path, sha256: str) -> DonorList:
        """The list frozen under this hash; ``UserError`` if the file is absent, unreadable or another one."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            found = cls(tuple(Pair(**pair) for pair in content["pairs"]), tuple(map(tuple, content["left_out"])),
                        content["donors_wanted"], content["pilots_allowed"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _refusal("La liste figée ne peut pas être lue.", path.name, "fichier absent ou abîmé") from error
        if found.sha256 != sha256:
            raise _refusal("La liste n'est pas celle qui a été figée.", path.name, "son empreinte a changé")
        return found


def match_areas(areas: pd.DataFrame, path: pd.DataFrame, *, donors: int = DONORS,
                allow_pilots: bool = False) -> DonorList | NotEstimable:
    """The ``donors`` nearest areas of each territory, each area given once.

    ``areas``: exactly the columns ``AREAS``, one row an area (``territory_code`` empty for a possible donor). ``path``:
    exactly ``PATH``, months until December 2023. Left out by rule: areas smaller than a commune (no published
    aggregate), areas of a département that holds a territory, pilots of the automatic declaration unless allowed, areas
    with a hole. Round after round every territory receives one donor, the sum of distances being least.
    ``UserError`` for any other column or a later month: an outcome cannot enter.
    """
    _only(areas, AREAS, "areas")
    _only(path, PATH, "path")
    if (path["month"].astype(str).str[:7] > LAST_MONTH_BEFORE).any():
        raise _refusal("Un mois postérieur au début est présent.", "path", "aucun résultat ne sert à choisir les zones")
    if areas["area_code"].duplicated().any() or path.duplicated(["area_code", "month"]).any():
        raise _refusal("Une zone est présente deux fois.", "areas", "une ligne par zone, une valeur par mois")
    rows = areas.sort_values("area_code", ignore_index=True)
    wide = path.pivot(index="area_code", columns="month", values="value").reindex(rows["area_code"])
    reasons = _reasons(rows, wide, allow_pilots)
    kept = rows[reasons == ""]
    is_territory = kept["territory_code"].notna()
    if not is_territory.any() or is_territory.all():
        return NotEstimable(WHERE, "aucun territoire ou aucune zone ne peut être comparé")
    features = _features(kept, wide.loc[kept["area_code"]].to_numpy(float))
    pairs, unserved = [], []
    for members in kept.reset_index(drop=True).groupby(list(EXACT)).indices.values():
        inside = is_territory.to_numpy()[members]
        pairs += _dealt(kept, members[inside], members[~inside], features, donors)
        if inside.all():
            unserved += [(code, "aucune zone semblable") for code in kept["territory_code"].iloc[members]]
    names = rows["territory_code"].fillna(rows["area_code"])
    left_out = [*zip(names[reasons != ""], reasons[reasons != ""], strict=True), *unserved]
    if not pairs:
        return NotEstimable(WHERE, "aucune zone n'est du même type, de la même densité que les territoires")
    return DonorList(tuple(sorted(pairs, key=lambda pair: (pair.territory_code, pair.rank))),
                     tuple(sorted(left_out)), donors, allow_pilots)


def balance(donors: DonorList, areas: pd.DataFrame) -> pd.DataFrame:
    """Standardised mean differences by covariate: territories against all other areas, then against their donors."""
    require_columns(areas, AREAS, WHERE)
    found = donors.to_frame()
    values = areas.set_index("area_code")[list(COVARIATES)].astype(float)
    treated, chosen = values.loc[found["area_code"].unique()], values.loc[found["donor_code"]]
    others = values[areas.set_index("area_code")["territory_code"].isna()]
    spread = np.sqrt((treated.var() + others.var()) / 2).replace(0, np.nan)
    return pd.DataFrame({"covariate_code": COVARIATES,
                         "smd_before": ((treated.mean() - others.mean()) / spread).fillna(0).to_numpy(),
                         "smd_after": ((treated.mean() - chosen.mean()) / spread).fillna(0).to_numpy()})


def _reasons(rows: pd.DataFrame, wide: pd.DataFrame, allow_pilots: bool) -> pd.Series:
    is_territory = rows["territory_code"].notna()
    held = set(rows.loc[is_territory, "department_code"])
    holes = wide.isna().any(axis=1).to_numpy() | rows[list(COVARIATES)].isna().any(axis=1).to_numpy()
    holes |= ~(rows["population_count"] > 0).to_numpy()
    rules = [(rows["is_quarter"].astype(bool), "périmètre infra-communal : aucun agrégat publié"),
             (~is_territory & rows["department_code"].isin(held), "département d'un territoire de l'expérimentation"),
             (~is_territory & rows["is_pilot"].astype(bool) & (not allow_pilots), "pilote d'un autre dispositif"),
             (pd.Series(holes, index=rows.index), "série ou covariable incomplète avant le début")]
    return pd.Series(np.select([rule.to_numpy(bool) for rule, _ in rules], [text for _, text in rules], ""), rows.index)


def _features(kept: pd.DataFrame, path: np.ndarray) -> np.ndarray:
    """Areas x features, standardised, such that the path as a whole counts as much as all covariates together."""
    covariates = kept[list(COVARIATES)].to_numpy(float)
    covariates[:, 0] = np.log(covariates[:, 0])
    parts = []
    for values in (path, covariates):
        spread = values.std(axis=0)
        parts.append((values - values.mean(axis=0)) / np.where(spread > 0, spread, 1) / np.sqrt(values.shape[1]))
    return np.hstack(parts)


def _dealt(kept: pd.DataFrame, territories: np.ndarray, free: np.ndarray, features: np.ndarray,
           donors: int) -> list[Pair]:
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    pairs: list[Pair] = []
    names, codes = kept["territory_code"].to_numpy(), kept["area_code"].to_numpy()
    for rank in range(1, donors + 1):
        if not len(free) or not len(territories):
            break
        distances = cdist(features[territories], features[free], "sqeuclidean")
        chosen, taken = linear_sum_assignment(distances)
        pairs += [Pair(str(names[territory]), str(codes[territory]), str(codes[donor]), rank, round(distance, DIGITS))
                  for territory, donor, distance in zip(territories[chosen], free[taken],
                                                        distances[chosen, taken].tolist(), strict=True)]
        free = np.delete(free, taken)
    return pairs


def _only(frame: pd.DataFrame, columns: tuple[str, ...], where: str) -> None:
    require_columns(frame, columns, where)
    require_numbers(frame, tuple(name for name in columns if name in (*COVARIATES, "value")), where)
    extra = sorted(set(frame.columns) - set(columns))
    if extra:
        raise _refusal(f"Colonnes refusées : {', '.join(extra)}.", where,
                       "la liste des zones se choisit sans aucune autre donnée, surtout pas un résultat")


def _refusal(what: str, where: str, why: str) -> UserError:
    return UserError(what, where=where, why=why, remedy="revenir à la liste et aux données d'avant le début",
                     exit_code=ExitCode.CONFIGURATION)
