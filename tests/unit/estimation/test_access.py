"""From the working warehouse to the effects: what is read, who is at risk, what is written, on a drawn population."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tznr_platform.contracts import reference
from tznr_platform.errors import UserError
from tznr_platform.estimation.access import AccessOutcome, access_effects, write_access
from tznr_platform.estimation.access_panel import (
    LATELY_OPEN,
    NEVER_OPEN,
    ONCE_OPEN,
    RECIPIENT,
    UNTOLD,
    past_of,
    read_circumstances,
    read_met,
    read_panel,
)
from tznr_platform.estimation.design import Design, load_design
from tznr_platform.estimation.panel import UNKNOWN
from tznr_platform.settings import Settings
from tznr_platform.storage import warehouse
from tznr_platform.synthetic.natural_take_up import MONTHS, natural_take_up

PERSONS, FIRST = 2_000, pd.Timestamp("2022-09-01")
FED = ["rsa", *(row["benefit_code"].lower() for row in reference("benefits")
                if row["has_body_feed"] == "true" and row["benefit_code"] != "RSA")]
STATES = ", ".join(f"is_known_{one} boolean, is_open_{one} boolean" for one in FED)
TABLES = f"""
    create schema intermediate; create schema staging; create schema marts;
    create table intermediate.int_person_contact (territory_code varchar, person_id integer, first_contact_date date,
        first_contact_month date, channel_code varchar);
    create table intermediate.int_person_month (person_id integer, entitlement_month date, {STATES});
    create table intermediate.int_person_entitlement (territory_code varchar, person_id integer, benefit_code varchar,
        entitlement_code varchar);
    create table intermediate.int_person_known (person_id integer, benefit_code varchar);
    create table staging.stg_personnes (territory_code varchar, person_id integer, age_band_code varchar,
        family_code varchar, child_count integer, housing_code varchar, activity_code varchar);
    create table staging.stg_territories as select 'TZNR-' || lpad(number::varchar, 2, '0') as territory_code,
        'commune' as territory_type_code, case when number < 3 then '06' else '75' end as department_code
        from range(1, 40) numbers (number);
    create table marts.mart_reporting_delay (benefit_code varchar, delay_month_count integer, known_share double);
    create table marts.mart_coverage (territory_code varchar, territories_in_count integer, territory_total integer);"""
FILLED = f"""
    insert into intermediate.int_person_contact
        select territory_code, person_id, day, date_trunc('month', day), channel_code from met
        union all select 'FR', person_id, day, date_trunc('month', day), channel_code from met;
    insert into intermediate.int_person_month
        select person_id, month, {", ".join(["true, is_open", *["false, false"] * (len(FED) - 1)])} from told;
    insert into intermediate.int_person_entitlement select 'FR', person_id, 'RSA', 'certainly_not' from met
        where person_id % 10 = 0;
    insert into intermediate.int_person_known select person_id, 'RSA' from met;
    insert into staging.stg_personnes select territory_code, person_id, '25_34', 'seul', person_id % 2, 'locataire',
        null from met;
    insert into marts.mart_reporting_delay values ('RSA', 0, 0.9), ('RSA', 0, 0.95);
    insert into marts.mart_coverage values ('FR', 30, 39);"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A working warehouse of which only the RSA is told, by everybody's body."""
    drawn = natural_take_up(PERSONS, seed=1)
    chosen = np.flatnonzero(drawn.contact_month < MONTHS)
    month = [FIRST + pd.DateOffset(months=int(one)) for one in drawn.contact_month[chosen]]
    met = pd.DataFrame({"person_id": chosen + 1, "day": month, "territory_code": [
        f"TZNR-{one % 39 + 1:02d}" for one in chosen], "channel_code": np.where(chosen % 3, "aller_vers", "guichet")})
    told = pd.DataFrame({"person_id": np.repeat(chosen + 1, MONTHS), "is_open": drawn.is_open[chosen].ravel(),
                         "month": np.tile([FIRST + pd.DateOffset(months=one) for one in range(MONTHS)], len(chosen))})
    found = Settings(data_dir=tmp_path_factory.mktemp("access"))
    with warehouse.writer(found) as con:
        con.execute(TABLES)
        con.register("met", met)
        con.register("told", told)
        con.execute(FILLED)
    return found


@pytest.fixture(scope="module")
def design() -> Design:
    """The registered design, of which the main effect by outreach alone is asked."""
    whole = load_design()
    return whole.model_copy(update={"estimands": (whole.estimand("opening_after_outreach"),)})


@pytest.fixture(scope="module")
def outcome(settings: Settings, design: Design) -> AccessOutcome:
    return write_access(settings, design=design)


def test_classes_of_the_past_by_hand():
    """Unknown, closed 3 months, open, closed 2, then 9 more, then one more: 12 months since the last open one."""
    states = np.array([[UNKNOWN, 0, 0, 0, 1, *[0] * 12]], np.int8)
    assert past_of(states)[0].tolist() == [UNTOLD, UNTOLD, UNTOLD, NEVER_OPEN, RECIPIENT, LATELY_OPEN, LATELY_OPEN,
                                           *[ONCE_OPEN] * 9, NEVER_OPEN]


def test_the_panel_is_what_the_warehouse_says(settings: Settings):
    drawn = natural_take_up(PERSONS, seed=1)
    chosen = np.flatnonzero(drawn.contact_month < MONTHS)
    with warehouse.connect(settings.working_file, settings=settings, read_only=True) as con:
        met = read_met(con, load_design())
        panel, silent = read_panel(con, met, "RSA"), read_panel(con, met, "ASPA")
        seen = read_circumstances(con, settings, "RSA", 0, load_design())
        with pytest.raises(UserError):
            read_panel(con, met, "LEAGUE_TABLE")
    assert (panel.contact == drawn.contact_month[chosen]).all() and (panel.is_open == drawn.is_open[chosen]).all()
    assert (silent.is_open == UNKNOWN).all() and not silent.at_risk.any()
    ruled_out = (chosen + 1) % 10 == 0
    assert (panel.at_risk == (~drawn.is_open[chosen] & ~ruled_out[:, None])).all()
    assert panel.names == ("child_count = 1",) and set(panel.channel) == {"aller_vers", "guichet"}
    assert (seen.match_share, seen.known_share, seen.objection_share) == (1, 0.9, 0)
    assert seen.missing_share == pytest.approx(9 / 39)


def test_what_is_written_is_what_the_design_asks(settings: Settings, outcome: AccessOutcome, design: Design):
    asked = {(one.code, benefit, horizon) for one in design.estimands if one.comparison == "not_yet_met"
             for benefit in one.benefits for horizon in one.horizon_months}
    file = settings.lake_dir / "estimates" / "access_effects.parquet"
    with warehouse.connect(None, settings=settings) as con:
        written = con.execute(f"from read_parquet('{file}')").df()
    assert set(zip(written["estimand_code"], written["benefit_code"], written["horizon_months"], strict=True)) == asked
    told = written[written["benefit_code"] == "RSA"]
    assert told["is_estimated"].all() and set(told["label"]) <= set(design.labels.values())
    assert (told["estimate"] > 0).all() and (told["adjusted_p_value"] >= told["p_value"]).all()
    silent = written[written["benefit_code"] != "RSA"]
    assert not silent["is_estimated"].any() and (silent["reasons"] != "").all()
    assert outcome.not_estimable_count == len(silent)


def test_every_effect_has_its_diagnostics(outcome: AccessOutcome):
    key = ["estimand_code", "benefit_code", "horizon_months"]
    estimated = outcome.frame.loc[outcome.frame["is_estimated"], key]
    assert set(map(tuple, estimated.to_numpy())) == set(map(tuple, outcome.diagnostics[key].to_numpy()))
    titles = set(outcome.diagnostics["title"])
    assert "Sans les départements pilotes du trimestre de référence" in titles


def test_the_numbers_of_diagnostics_stand_beside_the_effect(outcome: AccessOutcome):
    told = outcome.frame[outcome.frame["is_estimated"]].iloc[0]
    long = outcome.diagnostics[outcome.diagnostics["benefit_code"] == told["benefit_code"]]
    assert told["opened_count"] / told["supported_count"] == pytest.approx(told["open_share"])
    assert told["supported_count"] <= told["contacted_count"]
    for column, code, item in (("e_value", "e_value", "point"), ("pre_p_value", "pre_trend", "p_value"),
                               ("match_error_low", "match_error", "low"), ("date_placebo_estimate", "date_placebo",
                                                                           "estimate")):
        expected = long.loc[(long["diagnostic_code"] == code) & (long["item"] == item), "value"]
        assert [told[column]] == (expected.tolist() or [pytest.approx(float("nan"), nan_ok=True)])


def test_every_table_has_its_columns_even_when_nothing_is_estimable(outcome: AccessOutcome, design: Design):
    empty = access_effects(None, design)
    for name, frame in outcome.tables().items():
        assert list(empty.tables()[name].columns) == list(frame.columns), name
    assert outcome.tables()["access_deviations"]["sentence"][0] == f"Protocole version {design.version}"


def test_deviations_tell_what_could_not_be_estimated(outcome: AccessOutcome):
    assert any("non estimable" in sentence for sentence in outcome.deviations)
    assert not any("non prévu" in sentence or "autre protocole" in sentence for sentence in outcome.deviations)


def test_nobody_met_is_a_table_of_reasons(tmp_path: Path):
    empty = Settings(data_dir=tmp_path)
    with warehouse.writer(empty) as con:
        con.execute(TABLES)
    found = write_access(empty)
    assert not found.frame["is_estimated"].any() and found.diagnostics.empty
    assert set(found.frame["reasons"]) == {"personne n'a été rencontré"}
    assert access_effects(None, load_design()).frame.equals(found.frame)
