"""Scales and avoided costs, from published marts to the lake."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tznr_platform.errors import ExitCode, UserError
from tznr_platform.estimation.change_outputs import COUNTED, changes_from_counts, write_changes
from tznr_platform.estimation.cost_outputs import avoided_costs, write_avoided_costs
from tznr_platform.estimation.invariance import invariance_from_items
from tznr_platform.estimation.practice_outputs import practice_changes, write_practices
from tznr_platform.estimation.retention_outputs import retention_months, write_retention_months
from tznr_platform.estimation.scale_outputs import scales_from_moments, write_scales
from tznr_platform.estimation.scales import reliability_from_items
from tznr_platform.settings import Settings
from tznr_platform.storage import warehouse
from tznr_platform.storage.estimates import marts_hash, show_current, write_estimates

KEY = {"instrument_code": "C", "instrument_version": "2025", "dimension_code": "D"}
ITEMS = ["A", "B", "C"]


@pytest.fixture(scope="module")
def waves() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(7)
    level = rng.normal(size=(300, 1))
    return {wave: pd.DataFrame(np.round(level + rng.normal(size=(300, 3))), columns=ITEMS) for wave in ("T0", "T1")}


@pytest.fixture(scope="module")
def moments(waves: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """What the mart holds of these answers."""
    rows = []
    for first, last in (("T0", "T0"), ("T1", "T1"), ("T0", "T1")):
        wide = pd.concat({wave: waves[wave] for wave in dict.fromkeys((first, last))}, axis=1)
        covariance = wide.cov()
        rows += [{**KEY, "first_wave_code": first, "last_wave_code": last, "wave_code": one[0], "item_code": one[1],
                  "other_wave_code": other[0], "other_item_code": other[1], "respondent_count": 300,
                  "item_mean": wide[one].mean(), "item_covariance": covariance.loc[one, other]}
                 for one in wide for other in wide]
    return pd.DataFrame(rows).sample(frac=1, random_state=1)


@pytest.fixture(scope="module")
def costs() -> tuple[pd.DataFrame, pd.DataFrame]:
    unit = {"cost_event_code": "aide_fsl", "unit_cost_low_eur": 300.0, "unit_cost_central_eur": 500.0,
            "unit_cost_high_eur": 800.0, "price_year": 2025, "source_label": "invention", "literature_share": 0.0,
            "evidence_grade_code": "B"}
    events = [{**unit, "payer_code": payer, "territory_code": code, "avoided_quantity": quantity}
              for payer in ("DEPARTEMENT", "BAILLEUR")
              for code, quantity in (("T01", 30.0), ("T02", 80.0), ("T03", 10.0), ("FR", 120.0))]
    return pd.DataFrame(events), pd.DataFrame({"fiscal_year": [2025, 2026], "programme_cost_paid_eur": [1e4, 1e4]})


def test_moments_give_the_coefficients_of_the_answers(waves: dict[str, pd.DataFrame], moments: pd.DataFrame):
    outcome = scales_from_moments(moments)
    for found, wave in zip(outcome.reliabilities, ("T0", "T1"), strict=True):
        wanted = reliability_from_items("S", waves[wave], ITEMS, missing="listwise", draws=10)
        assert found.alpha_raw == pytest.approx(wanted.alpha_raw)
        assert found.omega_total == pytest.approx(wanted.omega_total)
        assert found.item_rest == pytest.approx(wanted.item_rest)
    wanted = invariance_from_items("S", waves, ITEMS)
    assert [fit.chi_square for fit in outcome.comparabilities[0].fits] \
        == pytest.approx([fit.chi_square for fit in wanted.fits], abs=1e-4)
    assert outcome.not_estimable == ()


def test_empty_moments_are_an_empty_outcome(moments: pd.DataFrame):
    outcome = scales_from_moments(moments.head(0))
    assert outcome.to_frame().empty and outcome.comparability_frame().empty and outcome.explain() == ""
    assert outcome.to_frame().dtypes.equals(scales_from_moments(moments).to_frame().dtypes)


def test_a_mean_is_read_only_of_a_reliable_scale_whose_waves_are_comparable(moments: pd.DataFrame):
    scores = pd.DataFrame([{**KEY, "wave_code": wave, "respondent_count": 310, "score_mean": 2.0, "score_sd": 1.0,
                            "floor_share": 0.1, "ceiling_share": 0.2} for wave in ("T0", "T1", "T2")])
    outcome = scales_from_moments(moments)
    assert outcome.comparabilities[0].allows_means
    found = outcome.means_frame(scores).set_index("wave_code")
    assert found["score_mean"].dropna().to_dict() == {"T0": 2.0, "T1": 2.0}
    assert "aucune réponse complète" in found.loc["T2", "reason"] and found.loc["T2", "respondent_count"] == 310
    alone = scales_from_moments(moments[moments["first_wave_code"] == moments["last_wave_code"]])
    assert alone.means_frame(scores).set_index("wave_code")["reason"].to_dict()["T1"] == "non comparable avec T0"
    noise = moments.assign(item_covariance=np.where(moments["item_code"] == moments["other_item_code"], 1.0, 0.01))
    assert "insuffisante" in scales_from_moments(noise).means_frame(scores).loc[0, "reason"]


def test_each_perspective_has_its_analysis_or_its_reason(costs: tuple[pd.DataFrame, pd.DataFrame]):
    outcome = avoided_costs(*costs)
    frame = outcome.to_frame().set_index("perspective_code")
    assert frame["avoided_mean_eur"].dropna().to_dict() == pytest.approx(
        {"public": 60_000, "prestataire": 60_000, "societe": 120_000}, rel=0.06)
    assert frame["programme_mean_eur"].dropna().to_dict() == pytest.approx(
        {"public": 1e4 + 1e4 / 1.032, "prestataire": 0, "societe": 1e4 + 1e4 / 1.032})
    assert [one.subject for one in outcome.not_estimable] == ["coûts évités, Ménages"]
    assert frame["reason"].notna().to_dict() == {"public": False, "prestataire": False, "menage": True,
                                                 "societe": False}
    assert len(outcome.payer_frame()) == 4
    assert len(outcome.cheers.to_frame()) == 28
    drawn = outcome.distribution_frame().set_index(["perspective_code", "percentile"])["net_eur"]
    assert drawn["societe", 5] < frame.loc["societe", "net_mean_eur"] < drawn["societe", 95]
    assert set(outcome.tornado_frame()["rank"]) == {1, 2, 3}


def _effects(**changes: object) -> pd.DataFrame:
    row = {"estimand_code": "opening_after_outreach", "is_estimated": True, "label": "causal (aller-vers)",
           "estimate": 0.1, "standard_error": 0.01, "contacted_count": 1000, "cluster_count": 30}
    return pd.DataFrame([{**row, "benefit_code": "RSA"}, {**row, "benefit_code": "AL", "estimate": 0.05},
                         {**row, "benefit_code": "PPA", "label": "non identifiable"},
                         {**row, "benefit_code": "RSA", "estimand_code": "opening_after_desk"}]).assign(**changes)


def test_cost_per_opening_takes_causal_effects_and_no_other(costs: tuple[pd.DataFrame, pd.DataFrame]):
    outcome = avoided_costs(*costs, effects=_effects(), gross_openings=400)
    found = outcome.opening_frame().set_index("scenario")
    first = found.iloc[0]
    assert (first["gross_eur"], first["additional_openings"]) == (50, 150)
    assert first["corrected_eur"] == pytest.approx(2e4 / 150)
    assert first["corrected_low_eur"] < first["corrected_eur"] < first["corrected_high_eur"]
    assert len(found) == 3 and found["is_estimated"].all()
    for effects, why in ((None, "ne sont pas calculés"), (_effects(label="non identifiable"), "aucun effet"),
                         (_effects(standard_error=1.0), "peut être nul"), (_effects(estimate=-0.2), "négatif")):
        undefined = avoided_costs(*costs, effects=effects, gross_openings=400).opening_frame()
        assert (undefined["status_label"] == "non défini").all() and undefined["corrected_eur"].isna().all()
        assert undefined["reason"].str.contains(why).all() and undefined["gross_eur"].notna().all()


def test_prices_of_several_years_and_no_unit_cost_are_said(costs: tuple[pd.DataFrame, pd.DataFrame]):
    events, programme = costs
    mixed = events.assign(price_year=np.where(events["payer_code"] == "BAILLEUR", 2020, 2025))
    assert "plusieurs années (2020, 2025)" in avoided_costs(mixed, programme).explain()
    assert avoided_costs(mixed, programme).to_frame()["is_estimated"].tolist() == [True, True, False, False]
    assert "aucun coût unitaire" in avoided_costs(events.assign(unit_cost_central_eur=np.nan), programme).explain()
    empty = avoided_costs(events.head(0), programme.head(0))
    assert empty.to_frame()["reason"].notna().all() and empty.payer_frame().empty and empty.tornado_frame().empty
    assert len(empty.opening_frame()) == 2 and "coût du programme" in avoided_costs(events, programme.head(0)).explain()


def _published(settings: Settings, tables: dict[str, pd.DataFrame]) -> None:
    settings.published_file.parent.mkdir(parents=True)
    with warehouse.connect(settings.published_file, settings=settings) as con:
        con.execute("create schema marts")
        for name, frame in tables.items():
            con.register("given", frame)
            con.execute(f"create table marts.{name} as from given")


def test_outcomes_are_written_to_the_lake(tmp_path, moments: pd.DataFrame, costs: tuple[pd.DataFrame, pd.DataFrame]):
    settings = Settings(data_dir=tmp_path)
    events, programme = costs
    scores = pd.DataFrame([{**KEY, "wave_code": "T0", "territory_code": "FR", "respondent_count": 310,
                            "score_mean": 2.0, "score_sd": 1.0, "floor_share": 0.1, "ceiling_share": 0.2}])
    _published(settings, {
        "mart_scale_moments": moments, "mart_scales": scores, "mart_avoided_costs": events,
        "mart_programme_costs": programme.assign(territory_code="FR"),
        "mart_access": pd.DataFrame({"territory_code": ["FR"], "channel_code": ["tous"], "opened_count": [9]}),
        "mart_coverage": pd.DataFrame({"territory_code": ["FR", "TZNR-01"], "person_count": [310, 310],
                                       "has_deliveries": [True, True]})})
    write_scales(settings)
    assert "ne sont pas calculés" in write_avoided_costs(settings).opening_frame().loc[0, "reason"]
    with warehouse.connect(settings.published_file, settings=settings, read_only=True) as con:
        write_estimates(settings, {"access_effects": _effects()}, marts_hash(con))
        assert write_avoided_costs(settings).opening_frame()["is_estimated"].all()
        found = show_current(con, settings, marts_hash(con))
    assert found == {"access_effects", "scale_reliability", "scale_comparability", "scale_means", "avoided_costs",
                     "avoided_costs_by_payer", "cost_tornado", "cost_distribution", "cost_per_opening", "cheers"}


def _filled(settings: Settings, waves: dict[str, pd.DataFrame], moments: pd.DataFrame) -> None:
    """A working warehouse in which one person in three of the first wave is lost at T1, and nobody is asked at T2."""
    scores = pd.concat([answers.mean(axis=1).rename("score").to_frame().assign(wave_code=wave)
                        for wave, answers in waves.items()]).reset_index(names="person_id")
    scores = scores[(scores["wave_code"] == "T0") | (scores["person_id"] % 3 > 0)]
    scores = scores.assign(**KEY, territory_code="TZNR-0" + (scores["person_id"] % 5 + 1).astype(str))
    nation = scores.assign(territory_code="FR")
    persons = scores[scores["wave_code"] == "T0"][["territory_code", "person_id"]]
    tables = {"intermediate.int_scale_score": pd.concat([scores, nation]),
              "intermediate.int_person_contact": persons.assign(channel_code="guichet"),
              "staging.stg_personnes": persons.assign(family_code="seul", activity_code=None),
              "marts.mart_scale_moments": moments}
    with warehouse.writer(settings) as con:
        for name, frame in tables.items():
            con.execute(f"create schema if not exists {name.split('.', maxsplit=1)[0]}")
            con.register("given", frame)
            con.execute(f"create table {name} as from given")


def test_changes_are_read_as_counts_and_judged_by_the_comparability(tmp_path, waves: dict[str, pd.DataFrame],
                                                                    moments: pd.DataFrame):
    settings = Settings(data_dir=tmp_path)
    _filled(settings, waves, moments)
    outcome = write_changes(settings)
    scales = scales_from_moments(moments)
    assert bool(outcome.changes) == scales.comparabilities[0].allows_means
    assert [one.subject for one in (*outcome.changes, *outcome.not_estimable)] == ["C 2025, D, T0 à T1"]
    with warehouse.connect(settings.working_file, settings=settings, read_only=True) as con:
        counted = con.execute(COUNTED).df()
    assert counted["person_count"].sum() == 300
    assert counted.loc[counted["last_score"].isna(), "person_count"].sum() == 100
    unknown = changes_from_counts(counted, scales_from_moments(moments.head(0)))
    assert "fiabilité inconnue" in unknown.explain()
    assert unknown.to_frame()[["person_count", "paired_count"]].values.tolist() == [[300, 200]]
    empty = changes_from_counts(counted.head(0), scales)
    assert empty.to_frame().empty and empty.to_frame().dtypes.equals(outcome.to_frame().dtypes)


def _spells() -> pd.DataFrame:
    rows = [(territory, benefit, channel, month, code, count + rank)
            for rank, territory in enumerate(("TZNR-01", "TZNR-02", "TZNR-03", "TZNR-04"))
            for benefit in ("RSA", "PPA") for channel, extra in (("aller_vers", 0), ("guichet", 6))
            for month, code, count in ((2, "exit", 6 + extra), (5, "transition", 4), (14, "censored", 40))]
    rows.append(("TZNR-01", "ASPA", "guichet", 9, "censored", 3))
    return pd.DataFrame(rows, columns=["territory_code", "benefit_code", "channel_code", "duration_months", "exit_code",
                                       "spell_count"])


def _difference(spells: pd.DataFrame) -> float:
    """Months kept after outreach minus after the desk, nobody being censored before twelve months."""
    kept = spells["duration_months"].clip(upper=12) * spells["spell_count"]
    mean = kept.groupby(spells["channel_code"]).sum() / spells.groupby("channel_code")["spell_count"].sum()
    return mean["aller_vers"] - mean["guichet"]


def test_months_kept_by_benefit_and_by_channel():
    outcome = retention_months(_spells())
    assert [one.subject for one in outcome.means] == ["PPA", "RSA"]
    rsa = _spells().query("benefit_code == 'RSA'")
    found = outcome.differences[1]
    assert found.estimate == pytest.approx(_difference(rsa))
    gaps = [_difference(rsa[rsa["territory_code"] != code]) - found.estimate for code in set(rsa["territory_code"])]
    assert found.standard_error == pytest.approx(np.sqrt(3 / 4 * np.square(gaps).sum()))
    assert found.cluster_count == 4
    frame = outcome.difference_frame().set_index("benefit_code")
    assert frame["adjusted_p_value"].dropna().to_dict() == pytest.approx(frame["p_value"].dropna().to_dict())
    assert frame.loc["ASPA", ["outreach_spell_count", "other_spell_count", "is_estimated"]].tolist() == [0, 3, False]
    kept = outcome.to_frame().query("part_code == 'kept'").set_index("benefit_code")
    assert kept["spell_count"].to_dict() == {"ASPA": 3, "PPA": 460, "RSA": 460}
    assert "aucune sortie" in kept.loc["ASPA", "reason"]
    assert {one.subject.split(",")[0] for one in outcome.not_estimable} == {"ASPA"}
    assert "Comparaison descriptive" in outcome.explain()
    empty = retention_months(_spells().head(0))
    assert empty.difference_frame().empty and empty.difference_frame().dtypes.equals(outcome.difference_frame().dtypes)
    assert empty.to_frame().empty and empty.to_frame().dtypes.equals(outcome.to_frame().dtypes)
    assert "un seul territoire" in retention_months(rsa[rsa["territory_code"] == "TZNR-01"]).explain()


def test_months_kept_are_read_from_the_openings_of_the_nation(tmp_path):
    settings = Settings(data_dir=tmp_path)
    spells = _spells()
    spells = spells.loc[spells.index.repeat(spells["spell_count"])].reset_index(names="rank")
    first = pd.Timestamp("2024-01-01")
    openings = pd.DataFrame({
        "territory_code": "FR", "person_id": range(len(spells)), "benefit_code": spells["benefit_code"],
        "exit_code": spells["exit_code"], "opening_month": first,
        "spell_last_month": [first + pd.DateOffset(months=months - 1) for months in spells["duration_months"]]})
    contacts = pd.DataFrame({"person_id": openings["person_id"], "channel_code": spells["channel_code"],
                             "first_contact_date": first.date()})
    later = contacts.assign(territory_code="TZNR-09", first_contact_date=pd.Timestamp("2025-01-01").date())
    contacts = pd.concat([contacts.assign(territory_code="FR"), later,
                          contacts.assign(territory_code=spells["territory_code"])])
    with warehouse.writer(settings) as con:
        con.execute("create schema intermediate")
        for name, frame in (("int_opening", openings), ("int_person_contact", contacts)):
            con.register("given", frame)
            con.execute(f"create table intermediate.{name} as from given")
    outcome = write_retention_months(settings)
    assert outcome.difference_frame().equals(retention_months(_spells()).difference_frame())
    found = {path.stem for path in (settings.lake_dir / "estimates").glob("*.parquet")}
    assert found == {"retention_months", "retention_differences"}


@pytest.mark.parametrize("write", [write_scales, write_avoided_costs, write_changes, write_retention_months])
def test_without_a_published_warehouse_the_user_is_told(tmp_path, write):
    with pytest.raises(UserError) as refusal:
        write(Settings(data_dir=tmp_path))
    assert refusal.value.exit_code is ExitCode.STORAGE


def test_practices_of_the_same_professionals(tmp_path):
    settings, random = Settings(data_dir=tmp_path), np.random.default_rng(3)
    first = pd.DataFrame({"territory_code": [f"TZNR-0{rank % 5 + 1}" for rank in range(200)],
                          "professional_code": range(200), "employer_type_code": random.choice(["ccas", "caf"], 200),
                          "practice_code": "outreach", "practice_level": random.integers(0, 4, 200)})
    later = first[random.random(200) < 0.7].assign(wave_code="V2")
    later["practice_level"] += 1
    with warehouse.writer(settings) as con:
        con.execute("create schema intermediate")
        con.register("given", pd.concat([first.assign(wave_code="V1"), later]))
        con.execute("create table intermediate.int_practice_level as from given")
    outcome = write_practices(settings)
    row = outcome.to_frame().loc[0]
    assert (row["practice_code"], row["wave_code"], row["professional_count"]) == ("outreach", "V2", 200)
    assert row["estimate"] == pytest.approx(1) and row["paired_count"] == len(later) and row["label"] == "avant/après"
    empty = practice_changes(pd.DataFrame(columns=[*outcome.to_frame(), "territory_code", "employer_type_code",
                                                   "first_score", "last_score", "person_count"]))
    assert empty.to_frame().dtypes.equals(outcome.to_frame().dtypes)
