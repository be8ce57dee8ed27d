"""The panel of the monthly trials, read from the working warehouse: whole columns into arrays, one benefit at a time.

Here: the query of persons and months, the strata, who is at risk, what the marts say of those nobody sees. Not here:
what is estimated (``access``). Persons are numbered, never named; nothing of a person leaves this process.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np

from tznr_platform.contracts import reference
from tznr_platform.errors import ExitCode, UserError
from tznr_platform.estimation.access_diagnostics import Circumstances
from tznr_platform.estimation.design import Design
from tznr_platform.estimation.panel import UNKNOWN, AccessPanel
from tznr_platform.privacy import ledger
from tznr_platform.settings import Settings

RECENT, LONG = 3, 12
NEVER_OPEN, LATELY_OPEN, ONCE_OPEN, UNTOLD, RECIPIENT = range(5)
DESCRIPTIONS = ("age_band_code", "family_code", "child_count", "housing_code", "activity_code")
PERSONS = f"""
    with home as (
        select person_id,
            arg_min(territory_code, cast(first_contact_date as varchar) || territory_code) as territory_code
        from intermediate.int_person_contact where territory_code <> 'FR' group by person_id
    )
    select row_number() over (order by met.person_id) - 1 as rank, met.person_id, home.territory_code,
        territories.territory_type_code, territories.department_code, met.channel_code,
        year(met.first_contact_month) * 12 + month(met.first_contact_month) - 1 as contact_number,
        {", ".join(f"coalesce(cast(described.{name} as varchar), '') as {name}" for name in DESCRIPTIONS)}
    from intermediate.int_person_contact as met
    join home on home.person_id = met.person_id
    join staging.stg_territories as territories on territories.territory_code = home.territory_code
    join staging.stg_personnes as described
        on described.person_id = met.person_id and described.territory_code = home.territory_code
    where met.territory_code = 'FR'"""
MONTHS = """
    select persons.rank, year(entitlement_month) * 12 + month(entitlement_month) - 1 as month_number,
        is_open_{benefit} as is_open
    from intermediate.int_person_month as months join persons on persons.person_id = months.person_id
    where is_known_{benefit}"""
RULED_OUT = """
    select persons.rank from intermediate.int_person_entitlement as answers
    join persons on persons.person_id = answers.person_id
    where answers.territory_code = 'FR' and answers.benefit_code = ? and answers.entitlement_code = 'certainly_not'"""
UNSEEN = """
    select (select count(*) from persons) as met,
        (select count(*) from intermediate.int_person_known as known join persons on persons.person_id = known.person_id
         where known.benefit_code = $benefit) as matched,
        (select min(known_share) from marts.mart_reporting_delay as delays
         where delays.benefit_code = $benefit and delays.delay_month_count = $delay) as known_share,
        (select min(1.0 * territories_in_count / territory_total) from marts.mart_coverage
         where territory_code = 'FR') as present"""


@dataclass(frozen=True, eq=False)
class Met:
    """Persons met as arrays, in the order of ``rank``, and the calendar: ``first_number`` is year x 12 + month - 1."""

    territory: np.ndarray
    department: np.ndarray
    kind: np.ndarray
    channel: np.ndarray
    contact_number: np.ndarray
    covariates: np.ndarray
    names: tuple[str, ...]
    first_number: int
    last_number: int


def read_met(con: duckdb.DuckDBPyConnection, design: Design) -> Met | None:
    """Who was met; None when nobody was. ``con`` keeps the numbering for what is read next (temporary table)."""
    con.execute(f"create or replace temporary table persons as {PERSONS}")
    found = con.execute("from persons order by rank").fetchnumpy()
    first, last = con.execute("""
        select min(year(entitlement_month) * 12 + month(entitlement_month) - 1),
            max(year(entitlement_month) * 12 + month(entitlement_month) - 1)
        from intermediate.int_person_month""").fetchone()
    if first is None or not len(found["rank"]):
        return None
    channel = np.where(np.isin(found["channel_code"], design.outreach_channels), design.outreach_channels[0], "guichet")
    covariates, names = _classes(found)
    kind = np.unique(found["territory_type_code"], return_inverse=True)[1]
    return Met(found["territory_code"], found["department_code"], kind, channel,
               found["contact_number"].astype(np.int64), covariates, names, int(first), int(last))


def read_panel(con: duckdb.DuckDBPyConnection, met: Met, benefit_code: str) -> AccessPanel:
    """The panel of one benefit. At risk: known, not open, and not ruled out by what the law could give.

    Strata: type of territory, and the past: open within 3 months, within 12, not within 12, not told. A person's months
    since becoming eligible are not in the feeds; what they leave is in the label.
    """
    states = read_states(con, met, benefit_code)
    excluded = np.zeros(len(states), bool)
    excluded[con.execute(RULED_OUT, [benefit_code]).fetchnumpy()["rank"]] = True
    past = past_of(states)
    return AccessPanel.of(met.contact_number - met.first_number, states,
                          (met.kind[:, None] * (RECIPIENT + 1) + past).astype(np.int16), met.territory,
                          at_risk=(states == 0) & ~excluded[:, None], covariates=met.covariates, names=met.names,
                          channel=met.channel)


def read_states(con: duckdb.DuckDBPyConnection, met: Met, benefit_code: str) -> np.ndarray:
    """Open (1), not open (0) or UNKNOWN, persons x months; ``UserError`` for a benefit that no body tells."""
    if benefit_code not in {row["benefit_code"] for row in reference("benefits") if row["has_body_feed"] == "true"}:
        raise UserError(f"Prestation sans retour d'organisme : {benefit_code}.", where="effet sur l'accès",
                        why="aucun flux n'en donne les mois", remedy="choisir une prestation suivie par un organisme",
                        exit_code=ExitCode.CONFIGURATION)
    states = np.full((len(met.contact_number), met.last_number - met.first_number + 1), UNKNOWN, np.int8)
    told = con.execute(MONTHS.format(benefit=benefit_code.lower())).fetchnumpy()
    states[told["rank"], told["month_number"] - met.first_number] = told["is_open"]
    return states


def past_of(states: np.ndarray) -> np.ndarray:
    """Class of each month by its own state and those of the 12 months that end with it (persons x months)."""
    past = np.full(states.shape, NEVER_OPEN, np.int8)
    since, told = np.full(len(states), LONG), np.zeros(len(states), np.int64)
    for month in range(states.shape[1]):
        now = states[:, month]
        since = np.where(now == 1, 0, np.minimum(since + 1, LONG))
        told = np.where(now == UNKNOWN, 0, told + 1)
        past[:, month] = np.select([now == 1, since < RECENT, since < LONG, told < RECENT],
                                   [RECIPIENT, LATELY_OPEN, ONCE_OPEN, UNTOLD], NEVER_OPEN)
    return past


def read_circumstances(con: duckdb.DuckDBPyConnection, settings: Settings, benefit_code: str, delay_months: int,
                       design: Design) -> Circumstances:
    """What the marts and the ledger know of those nobody sees; a share that no mart gives is the worst."""
    met, matched, known, present = con.execute(UNSEEN, {"benefit": benefit_code, "delay": delay_months}).fetchone()
    opposed = sum(request.request_type_code == ledger.OPPOSITION and request.status == ledger.EXECUTED
                  for request in ledger.read(settings))
    return Circumstances("not_yet_met", matched / met, design.rules.false_link_share, known or 0.0,
                         opposed / (opposed + met), 1 - (present or 0.0))


def _classes(found: dict[str, np.ndarray]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Indicators of every class but the first of each description (persons x classes), and their names."""
    columns, names = [], []
    for description in DESCRIPTIONS:
        kinds, kind = np.unique(found[description].astype(str), return_inverse=True)
        columns += [kind == rank for rank in range(1, len(kinds))]
        names += [f"{description} = {name or 'non renseigné'}" for name in kinds[1:]]
    covariates = np.column_stack(columns) if columns else np.empty((len(found["rank"]), 0))
    return covariates.astype(np.float64), tuple(names)
