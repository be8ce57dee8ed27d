"""A population whose natural take-up and contacts depend on each other: the examiner of the effect on access.

Here: the process of methods 4.1, with and without contact from the same random draws, so that the truth is known
person by person. Not here: any estimator, nor files of senders.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

MONTHS, NEVER = 48, np.iinfo(np.int16).max
FIRST_ONSET, LAST_ONSET = -24, 41
NATURAL_EARLY, NATURAL_LATE, EARLY_MONTHS = 0.10, 0.025, 3
CONTACT_EARLY, CONTACT_LATE, CONTACT_OUTSIDE, EARLY_CONTACT_MONTHS = 0.06, 0.015, 0.004, 4
BOOST, BOOST_MONTHS = 0.12, 3
EAGER_SHARE, EAGER_FACTOR = 0.3, 2.5


@dataclass(frozen=True, eq=False)
class NaturalTakeUp:
    """Persons x months. ``contact_month``: NEVER if not met within the months; ``eligible_since``: month of onset.

    ``is_open_without_contact`` is what nobody can observe: the same persons, never met. ``is_eager``: who both takes up
    and is met more often, when asked for.
    """

    eligible_since: np.ndarray = field(repr=False)
    contact_month: np.ndarray = field(repr=False)
    is_open: np.ndarray = field(repr=False)
    is_open_without_contact: np.ndarray = field(repr=False)
    is_eager: np.ndarray = field(repr=False)

    @property
    def eligible_months(self) -> np.ndarray:
        """Months since onset at each month, -1 before it (persons x months)."""
        return np.maximum(np.arange(MONTHS)[None, :] - self.eligible_since[:, None], -1).astype(np.int16)

    def truth(self, trial_months: range, horizon: int) -> float:
        """Mean effect at the horizon among those met in one of the months, eligible the month before."""
        met = np.flatnonzero(np.isin(self.contact_month, list(trial_months)))
        month = self.contact_month[met]
        met, month = met[chosen := self.eligible_since[met] < month], month[chosen]
        difference = self.is_open[met, month + horizon].astype(float)
        return float((difference - self.is_open_without_contact[met, month + horizon]).mean())


def natural_take_up(persons: int, seed: int, *, contact_depends_on_receipt: bool = True,
                    with_eager: bool = False) -> NaturalTakeUp:
    """Draw ``persons`` persons over 48 months; recipients are met half as often, unless told otherwise.

    ``with_eager``: some take up and are met EAGER_FACTOR times as often, which confounds both.
    """
    random = np.random.default_rng(seed)
    onset = random.integers(FIRST_ONSET, LAST_ONSET + 1, persons).astype(np.int16)
    contact = np.full(persons, NEVER, dtype=np.int16)
    open_now, open_unmet = np.zeros(persons, bool), np.zeros(persons, bool)
    seen, unseen = np.zeros((persons, MONTHS), bool), np.zeros((persons, MONTHS), bool)
    eager = random.random(persons) < EAGER_SHARE if with_eager else np.zeros(persons, bool)
    factor = np.where(eager, EAGER_FACTOR, 1)
    for month in range(FIRST_ONSET, MONTHS):
        age = month - onset
        if month >= 0:
            eligible = np.where(age < EARLY_CONTACT_MONTHS, CONTACT_EARLY, CONTACT_LATE)
            hazard = np.where(age < 0, CONTACT_OUTSIDE, eligible)
            hazard = np.where(open_now & contact_depends_on_receipt, hazard / 2, hazard)
            contact[(contact == NEVER) & (random.random(persons) < hazard * factor)] = month
        natural = np.where(age < EARLY_MONTHS, NATURAL_EARLY, NATURAL_LATE) * (age >= 0) * factor
        since = month - contact.astype(int)
        boost = BOOST * ((since >= 0) & (since < BOOST_MONTHS) & (age >= 0))
        draw = random.random(persons)
        open_now |= draw < natural + boost
        open_unmet |= draw < natural
        if month >= 0:
            seen[:, month], unseen[:, month] = open_now, open_unmet
    return NaturalTakeUp(onset, contact, seen, unseen, eager)
