"""The planted truth: every number an estimator should find again, in one place.

Here: volumes, hazards, effects, densities, defect and revision rates; all invented for the tests, none is a
result of the experiment. Not here: legal amounts and codes (``facts``, from the contracts), how the truth
becomes rows.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

# Persons met, as weights: at 20,000 persons, from a 50-person commune to Marseille (reserved rows included).
TERRITORY_WEIGHTS = {
    1: 22,
    2: 9,
    3: 32,
    4: 20,
    5: 118,
    6: 66,
    7: 38,
    8: 34,
    9: 26,
    10: 3,
    11: 24,
    12: 14,
    13: 42,
    14: 5,
    15: 2.5,
    16: 44,
    17: 15,
    18: 18,
    19: 52,
    20: 62,
    21: 84,
    22: 78,
    23: 25,
    24: 30,
    25: 36,
    26: 40,
    27: 12,
    28: 10,
    29: 6,
    30: 9,
    31: 7,
    32: 16,
    33: 11,
    34: 8,
    35: 5,
    36: 6,
    37: 13,
    38: 4,
    39: 7,
}
# New contacts a month: steady, then the mobilisation of mid-2025.
RAMP_START, RAMP_SLOPE, MOBILISATION_MONTH, MOBILISATION_FACTOR = 1.0, 0.0, "2025-06", 1.1

CHANNEL_SHARES = {
    "aller_vers": 0.30,
    "guichet": 0.40,
    "orientation_partenaire": 0.20,
    "liste_croisement": 0.10,
}
# Monthly opening hazard added by a contact that discussed the benefit, for EFFECT_MONTHS months.
CHANNEL_LIFT = {"aller_vers": 0.12, "liste_croisement": 0.09, "orientation_partenaire": 0.08, "guichet": 0.06}
EFFECT_MONTHS = 3


@dataclass(frozen=True)
class BenefitTruth:
    """Planted life of one benefit: who is eligible, non-take-up at contact, hazards."""

    code: str
    number: int
    eligible: str  # SQL: probability of eligibility given the person's situation
    non_take_up: float  # share of the eligible who do not receive it just before contact
    natural_hazard: float  # monthly opening hazard without contact
    lift_factor: float  # multiplies CHANNEL_LIFT
    exit_step: int  # months between two possible exits (quarterly declaration, yearly renewal)
    exit_hazard: float  # probability of exit at each step
    lag_months: int  # longest delay between request and opening
    has_holes: bool = False  # one-month holes at quarterly declarations


WORKING_AGE = "age not in ('moins_18', '65_74', '75_plus')"
BENEFITS = (
    BenefitTruth(
        "RSA",
        1,
        "case when age in ('moins_18', '18_24', '65_74', '75_plus') then 0.02 "
        "when activity in ('chomage', 'inactivite', 'non_renseigne') then 0.85 else 0.15 end",
        0.34,
        0.020,
        1.0,
        3,
        0.08,
        1,
        True,
    ),
    BenefitTruth(
        "PPA",
        2,
        f"case when not {WORKING_AGE} then 0.03 when activity = 'emploi' then 0.90 else 0.25 end",
        0.36,
        0.022,
        1.0,
        3,
        0.11,
        1,
        True,
    ),
    BenefitTruth(
        "ASPA", 3, "case when age in ('65_74', '75_plus') then 0.60 else 0 end", 0.50, 0.008, 0.8, 1, 0.004, 3
    ),
    BenefitTruth("CSS_GRATUITE", 4, "0.66", 0.32, 0.020, 1.2, 12, 0.22, 2),
    BenefitTruth("CSS_PARTICIPATION", 5, "0.26", 0.60, 0.008, 1.0, 12, 0.30, 2),
    BenefitTruth(
        "AL",
        6,
        "case when housing in ('locataire_social', 'locataire_prive', 'foyer_residence') "
        "then 0.95 else 0.10 end",
        0.22,
        0.018,
        0.9,
        1,
        0.02,
        1,
    ),
    BenefitTruth(
        "AUTRE_MINIMUM", 7, f"case when {WORKING_AGE} then 0.15 else 0.03 end", 0.30, 0.006, 0.6, 1, 0.004, 4
    ),
    BenefitTruth(
        "ARE", 9, "case when activity = 'chomage' then 0.50 else 0.03 end", 0.30, 0.030, 0.5, 1, 0.06, 1
    ),
    BenefitTruth(
        "ASS", 10, "case when activity = 'chomage' then 0.22 else 0.01 end", 0.35, 0.012, 0.8, 6, 0.12, 2
    ),
)
# Exclusive pairs share one draw: the second takes the slice just after the first.
EXCLUSIVE = {"CSS_PARTICIPATION": "CSS_GRATUITE", "ASS": "ARE"}
WITHOUT_FEED = {"CHEQUE_ENERGIE": 8, "EXTRALEGAL": 11}
PAID_BY = {
    "CNAF": ("RSA", "PPA", "AL", "AUTRE_MINIMUM"),
    "MSA": ("RSA", "PPA", "AL", "ASPA", "CSS_GRATUITE", "CSS_PARTICIPATION", "AUTRE_MINIMUM"),
    "CNAM": ("CSS_GRATUITE", "CSS_PARTICIPATION"),
    "CNAV": ("ASPA",),
    "FRANCE_TRAVAIL": ("ARE", "ASS"),
}
BODIES = tuple(PAID_BY)
# SQL of the chance to be matched. Nobody is matched at two bodies that pay the same benefit.
MATCH_CHANCE = {
    "CNAF": "case when is_agricultural then 0 else 0.94 end",
    "MSA": "case when is_agricultural then 0.92 else 0 end",
    "CNAM": "case when is_agricultural then 0 else 0.95 end",
    "CNAV": "case when is_agricultural then 0 when age in ('65_74', '75_plus') then 0.93 else 0.08 end",
    "FRANCE_TRAVAIL": "case when activity = 'chomage' then 0.90 else 0.45 end",
}
AGRICULTURAL_SHARE = 0.06
AMBIGUOUS_SHARE, NOT_SENT_SHARE, LATE_MATCH_SHARE = 0.15, 0.10, 0.12
# Of births written 1 January for want of better: namesakes in the files of a body, which then matches nobody.
DEFAULT_BIRTH_AMBIGUOUS_SHARE = 0.18
HOMONYM_SHARE, DEFAULT_BIRTH_HOMONYM_SHARE = 0.002, 0.04  # possible namesakes seen by the sender itself
IDENTIFIER_VERSION, UNVERSIONED_SHARE = "tznr1_m1_k1v1", 0.2  # share of territories whose tool tells neither

APPLYING_SHARE, LOST_SHARE = 0.15, 0.25  # of the non-takers at contact; the others never asked
DISCUSSED_SHARE, DISCUSSED_IF_RECEIVED, DISCUSSED_IF_NOT_ELIGIBLE = 0.75, 0.35, 0.06
REFUSED_SHARE, REFUSED_IF_APPLYING = 0.08, 0.15
REOPENING_SHARE = 0.20
HISTORY_HAZARD = 0.015  # of past months of those who receive at contact
STICKY_MONTHS = 48  # a closed or refused right stays in the feeds that long
HOLE_SHARE = 0.06  # of quarterly declarations that come a month late
REVISED_SHARE = 0.03  # months shown differently in their first two vintages
NEVER_PAID_SHARE = 0.07  # of rights, open all along below the least sum paid
UNPAID_SHARE = 0.02  # of months, open but not paid for want of papers
UNKNOWN_STATUS_SHARE = 0.002

DUPLICATE_SHARE, DEFAULT_BIRTH_SHARE, OBJECTION_SHARE, UPDATE_SHARE = 0.005, 0.03, 0.005, 0.02
CANARIES = 50
DRAFT_CHANGE_SHARE = 0.08  # rows that a revised file corrects
DEFECT_RATE = 0.08  # chance that a file carries a given planted defect

NON_TAKE_UP_TYPES = {"NCONN": 0.38, "NDEM": 0.20, "NREC": 0.12, "NPROP": 0.12, "NORIENT": 0.10, "NCOMP": 0.14}
NON_TAKE_UP_FACTOR = {"ASPA": {"NCONN": 1.5}, "CSS_PARTICIPATION": {"NCONN": 1.4}, "RSA": {"NDEM": 1.5}}

WAVE_MONTHS = {"T0": 0, "T1": 6, "T2": 12}
WAVE_SHIFT = {"T0": 0.0, "T1": 0.25, "T2": 0.35}  # in units of half the range of the item
WAVE_RESPONSE = {"T0": 0.35, "T1": 0.70, "T2": 0.60}
ITEM_RESPONSE = 0.96
PRACTICE_LEVELS = {"V1": 0.38, "V2": 0.50, "V3": 0.58}
TIE_CHANCE = {
    "connaissance": 0.45,
    "information": 0.34,
    "orientation": 0.26,
    "echange_donnees": 0.10,
    "action_conjointe": 0.18,
    "convention": 0.12,
    "financement": 0.06,
}
WAVE_DENSITY_FACTOR = {"V1": 1.0, "V2": 1.3, "V3": 1.5}
MUTUAL_SHARE = 0.55
PARTICIPATION_LEVELS = (0.08, 0.27, 0.28, 0.20, 0.12, 0.05)
MASKED_MONTH = "2025-12"  # a month whose commune aggregates are all masked at source
MASK_BELOW = 5
COST_EVENTS = {  # quantity a month per 100 weight points, effect share, counterfactual basis
    "passage_urgences": (30, 0.10, "litterature"),
    "expulsion": (3, 0.20, "comparaison"),
    "aide_fsl": (14, 0.15, "avant_apres"),
    "nuitee_hebergement": (40, 0.08, "expert"),
    "plan_apurement": (9, 0.12, "avant_apres"),
    "aide_alimentaire": (60, 0.10, "avant_apres"),
    "secours_local": (25, 0.18, "avant_apres"),
    "indu_traite": (12, 0.10, "comparaison"),
}


def parameters() -> list[tuple[str, str]]:
    """Every planted parameter as (name, value), for the answer key."""
    rows: list[tuple[str, str]] = []
    for name, value in globals().items():
        if not name.isupper() or name == "BENEFITS":
            continue
        items = value.items() if isinstance(value, dict) else [("", value)]
        rows += [(f"{name.lower()}.{key}".rstrip("."), str(item)) for key, item in items]
    for benefit in BENEFITS:
        rows += [
            (f"benefit.{benefit.code}.{f.name}", str(getattr(benefit, f.name)))
            for f in fields(benefit)
            if f.name not in ("code", "number")
        ]
    return sorted(rows)
