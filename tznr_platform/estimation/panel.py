"""Persons x months as arrays: who was met when, by which channel, what was open, who was comparable.

Here: the input of the monthly trials, its checks, and the ways to take a part of it (other persons, another outcome)
that diagnostics need. Not here: where it is read (``access``), what is estimated (``trials``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from tznr_platform.errors import UserError

UNKNOWN = -1
MOST_GROUPS = 200


@dataclass(frozen=True, eq=False)
class AccessPanel:
    """n persons x m months, as ``AccessPanel.of`` prepares them.

    ``contact``: month of first contact, beyond the months if none. ``is_open``: 1, 0 or UNKNOWN. ``stratum``: what must
    be equal to be compared, -1 outside. ``at_risk``: may enter a trial in the month after. ``group``: jackknife group.
    """

    contact: np.ndarray
    is_open: np.ndarray
    stratum: np.ndarray
    at_risk: np.ndarray
    group: np.ndarray
    covariates: np.ndarray
    names: tuple[str, ...]
    channel: np.ndarray

    @classmethod
    def of(cls, contact_month: np.ndarray, is_open: np.ndarray, stratum: np.ndarray, clusters: np.ndarray, *,
           at_risk: np.ndarray | None = None, covariates: np.ndarray | None = None, names: tuple[str, ...] = (),
           channel: np.ndarray | None = None) -> AccessPanel:
        """Check and narrow the arrays; whatever their types, the same values give the same panel.

        ``contact_month``: beyond the months, or NaN, for who was never met. ``is_open``: a hole (NaN) is unknown, never
        closed. ``covariates``: n x k, known before any contact. ``UserError`` when the arrays do not describe the same
        persons and months, or hold something else than whole months, strata, and yes or no.
        """
        contact, stratum = _whole(contact_month), _whole(stratum)
        count = len(contact)
        at_risk = stratum >= 0 if at_risk is None else np.asarray(at_risk, bool)
        covariates = np.empty((count, 0)) if covariates is None else _numbers(covariates)
        channel = np.full(count, "") if channel is None else np.asarray(channel)
        shapes = {np.shape(is_open), stratum.shape, at_risk.shape}
        if len(shapes) > 1 or stratum.ndim != 2 or covariates.ndim != 2 or {
                count, len(stratum), len(clusters), len(covariates), len(channel)} != {count}:
            raise _refusal("les tableaux ne décrivent pas les mêmes personnes et les mêmes mois")
        if contact.dtype.kind == "f":
            contact = np.where(np.isnan(contact), stratum.shape[1] + 1, contact)
        if np.isnan(stratum).any() or pd.isna(clusters).any():
            raise _refusal("une strate ou un territoire manque")
        names = names or tuple(f"covariable {rank + 1}" for rank in range(covariates.shape[1]))
        return cls(contact.astype(np.int64), _states(np.asarray(is_open)), stratum, at_risk, _groups(clusters),
                   covariates, names, channel)

    def __len__(self) -> int:
        return len(self.contact)

    @property
    def months(self) -> int:
        return self.stratum.shape[1]

    def only(self, persons: np.ndarray) -> AccessPanel:
        """The same for some persons (mask or indices)."""
        names = ("contact", "is_open", "stratum", "at_risk", "covariates", "channel")
        parts = {name: getattr(self, name)[persons] for name in names}
        return replace(self, **parts, group=_groups(self.group[persons]))

    def with_outcome(self, is_open: np.ndarray) -> AccessPanel:
        """The same with another entitlement as the outcome: a placebo, a secondary outcome."""
        return replace(self, is_open=_states(np.asarray(is_open)))


def _states(is_open: np.ndarray) -> np.ndarray:
    """1, 0 or UNKNOWN, in one byte: from a table with holes, or already so."""
    states = np.where(np.isnan(is_open), UNKNOWN, is_open) if is_open.dtype.kind == "f" else is_open
    found = states.astype(np.int8)
    if found.size and (found.min() < UNKNOWN or found.max() > 1 or (found != states).any()):
        raise _refusal("un droit est ouvert (1), fermé (0) ou inconnu (-1)")
    return found


def _whole(values: np.ndarray) -> np.ndarray:
    """Whole numbers, holes allowed; integers as they are."""
    found = np.asarray(values)
    if found.dtype.kind in "iub":
        return found
    found = _numbers(found)
    if (np.floor(found[np.isfinite(found)]) != found[np.isfinite(found)]).any():
        raise _refusal("un mois ou une strate n'est pas un nombre entier")
    return found


def _numbers(values: np.ndarray) -> np.ndarray:
    try:
        return np.asarray(values, np.float64)
    except (TypeError, ValueError) as words:
        raise _refusal("un mois, une strate ou une covariable n'est pas un nombre") from words


def _refusal(why: str) -> UserError:
    return UserError("Les essais mensuels ne peuvent pas être construits.", where="effet sur l'accès", why=why,
                     remedy="fournir le panel personne-mois tel que le construit l'étape des indicateurs")


def _groups(clusters: np.ndarray) -> np.ndarray:
    """Clusters numbered from 0; beyond MOST_GROUPS they are left out together (Kott 2001, delete-a-group jackknife)."""
    if not len(clusters):
        return np.empty(0, np.int64)
    return np.unique(clusters, return_inverse=True)[1].astype(np.int64) % MOST_GROUPS
