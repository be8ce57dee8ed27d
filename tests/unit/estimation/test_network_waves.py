"""Networks of a study: what is asked of each wave, readings of silence, waves compared, the link with access."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tznr_platform.errors import UserError
from tznr_platform.estimation.network_access import network_and_access
from tznr_platform.estimation.network_outputs import networks_of_territories
from tznr_platform.estimation.network_waves import (
    Network,
    core_by_type,
    networks_of,
    wave_indicators,
    wave_to_wave,
)
from tznr_platform.estimation.verdict import NotEstimable

TYPES = ["CAF", "CCAS", "CCAS", "CCAS", "association", "association", "association", "association"]


def study(seed: int = 1, respondents: int = 8) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One territory, two waves, eight organisations; everybody is tied to ORG01 both times."""
    random, names = np.random.default_rng(seed), [f"ORG{rank:02d}" for rank in range(1, 9)]
    organisations = pd.concat([pd.DataFrame({
        "territory_code": "TZNR-01", "wave_code": wave, "organisation_code": names, "organisation_type_code": TYPES,
        "is_surveyed": True, "is_respondent": np.arange(8) < respondents}) for wave in ("V1", "V2")])
    rows = [("TZNR-01", wave, "orientation", source, target, 2) for wave in ("V1", "V2")
            for place, source in enumerate(names[:respondents]) for target in names
            if source != target and (target == "ORG01" or source == "ORG01" or random.random() < 0.1)]
    rows.append(("TZNR-01", "V1", "convention", "ORG01", "ORG02", 1))
    rows.append(("TZNR-01", "V1", "orientation", "ORG02", "ORG03", 0))
    ties = pd.DataFrame(rows, columns=["territory_code", "wave_code", "tie_type_code", "source_code", "target_code",
                                       "frequency_level"])
    return ties, organisations


def named(ties: pd.DataFrame, organisations: pd.DataFrame) -> dict[tuple[str, str, str], Network]:
    return {network.key: network for network in networks_of(ties, organisations)}


def test_one_network_a_wave_and_type_of_tie():
    found = named(*study())
    assert set(found) == {("TZNR-01", wave, kind) for wave in ("V1", "V2") for kind in ("orientation", "convention")}
    assert found["TZNR-01", "V1", "convention"].ties.sum() == 1
    assert found["TZNR-01", "V2", "convention"].ties.sum() == 0


def test_a_wave_nobody_answered_has_no_network():
    ties, organisations = study()
    assert {key[1] for key in named(ties[ties["wave_code"] == "V1"], organisations)} == {"V1"}


def test_silence_is_told_with_its_bounds():
    network = named(*study(respondents=6))["TZNR-01", "V1", "orientation"]
    ignored, told = wave_indicators(network, seed=1, draws=99)
    assert (ignored["organisation_count"], told["organisation_count"]) == (6, 8)
    assert ignored["response_share"] == 0.75 and told["betweenness_centralisation"] is None
    assert told["density_low"] < told["density"] < told["density_high"] and told["reciprocity_low"] < 1
    assert told["core_count"] == 1 and ignored["core_count"] is None and told["density_error"] > 0


def test_types_of_few_organisations_are_put_together():
    found = core_by_type(named(*study())["TZNR-01", "V1", "orientation"], seed=1).set_index("organisation_type_code")
    assert found["organisation_count"].to_dict() == {"CCAS": 3, "association": 4, "autres": 1}
    assert found.loc["autres", "core_count"] == 1


def test_two_waves_of_one_structure_resemble_each_other():
    found = named(*study())
    compared = wave_to_wave(found["TZNR-01", "V1", "orientation"], found["TZNR-01", "V2", "orientation"], seed=1,
                            draws=199)
    assert compared.ties.correlation > 0.5 and compared.ties.p_value < 0.2
    assert compared.to_frame()["organisation_count"].tolist() == [8]


def test_networks_without_ties_or_organisations_say_why():
    found = named(*study())
    empty = found["TZNR-01", "V2", "convention"]
    assert isinstance(core_by_type(empty, seed=1), NotEstimable)
    compared = wave_to_wave(found["TZNR-01", "V1", "convention"], empty, seed=1, draws=99)
    assert isinstance(compared.ties, NotEstimable) and compared.to_frame()["correlation"].isna().all()
    assert wave_indicators(empty, seed=1, draws=99)[0]["density"] == 0
    silent = named(*study(respondents=1))["TZNR-01", "V1", "orientation"]
    assert len(wave_indicators(silent, seed=1, draws=99)) == 1
    ties, organisations = study()
    alone = named(ties, organisations[organisations["organisation_code"] == "ORG01"])["TZNR-01", "V1", "orientation"]
    assert isinstance(wave_indicators(alone, seed=1), NotEstimable)
    assert isinstance(wave_to_wave(alone, alone, seed=1), NotEstimable)


def rows(count: int, slope: float, seed: int = 1) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    change = random.normal(size=count)
    return pd.DataFrame({"territory_code": [f"TZNR-{rank:02d}" for rank in range(count)], "density_change": change,
                         "access_effect": slope * change + random.normal(size=count) / 2})


def test_an_association_is_found_and_called_so():
    found = network_and_access(rows(39, 1.0), seed=1, draws=1999)
    assert found.p_value < 0.01 and found.lowest_left_out <= found.correlation <= found.highest_left_out
    assert found.explain().startswith("Association (et non effet) sur 39 territoires") and found.plot() is not None
    assert network_and_access(rows(39, 0.0, seed=3), seed=1, draws=1999).p_value > 0.05


def test_missing_territories_are_counted_and_few_say_why():
    cut = rows(12, 1.0)
    cut.loc[:3, "access_effect"] = np.nan
    assert network_and_access(cut, seed=1, draws=99).missing_count == 4
    assert isinstance(network_and_access(cut.head(8), seed=1), NotEstimable)
    assert isinstance(network_and_access(rows(12, 0.0).assign(density_change=0.1), seed=1), NotEstimable)
    with pytest.raises(UserError):
        network_and_access(pd.concat([cut, cut]), seed=1)


def territories(count: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The study of several territories, and what access looks like in each."""
    parts = [[part.assign(territory_code=f"TZNR-{rank:02d}") for part in study(rank, respondents=7)]
             for rank in range(1, count + 1)]
    codes = [f"TZNR-{rank:02d}" for rank in range(1, count + 1)]
    access = pd.DataFrame({"territory_code": codes, "access_effect": np.linspace(0.1, 0.4, count)})
    return pd.concat([ties for ties, _ in parts]), pd.concat([listed for _, listed in parts]), access


def test_networks_of_the_nation_name_no_organisation():
    outcome = networks_of_territories(*territories(7), draws=99)
    assert set(outcome.frame["tie_type_code"]) == {"orientation"} and outcome.frame["is_estimated"].all()
    summary = outcome.summary.set_index("wave_code").loc["V1"]
    assert (summary["network_count"], summary["organisation_count"], summary["respondent_count"]) == (7, 56, 49)
    assert summary["density_low"] < summary["density"] < summary["density_high"]
    assert summary["sampled_low"] < summary["density"] < summary["sampled_high"]
    cores = outcome.cores.query("wave_code == 'V1'").set_index("organisation_type_code")
    assert cores["organisation_count"].to_dict() == {"CAF": 7, "CCAS": 21, "association": 28}
    assert cores.loc["CAF", "core_count"] == 7
    shown = [outcome.to_frame(), outcome.summary, outcome.cores, outcome.access_frame()]
    assert not any(frame.astype("string").apply(lambda column: column.str.contains("ORG")).any().any()
                   for frame in shown)
    assert outcome.access_frame().loc[0, "territory_count"] == 7
    again = networks_of_territories(*territories(7), draws=99)
    assert outcome.frame.equals(again.frame) and outcome.access == again.access


def test_no_network_is_said_and_typed():
    ties, organisations, access = territories(7)
    full, empty = (networks_of_territories(rows, organisations, access, draws=19) for rows in (ties, ties.head(0)))
    for one, other in ((full.frame, empty.frame), (full.summary, empty.summary), (full.cores, empty.cores),
                       (full.access_frame(), empty.access_frame())):
        assert one.dtypes.equals(other.dtypes)
    assert "0 territoires" in empty.access_frame().loc[0, "reason"]
    nobody = networks_of_territories(ties.head(0), organisations.head(0), access.head(0))
    assert nobody.frame.empty and isinstance(nobody.access, NotEstimable)
