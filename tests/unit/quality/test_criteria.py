"""The reviewed file of criteria: what is missing or unknown stops."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml

from quality import criteria, run_suite
from quality.suites import MEASURES
from tznr_platform.errors import PermanentError


def row(gate: str, **measures: float) -> pd.DataFrame:
    """A frame in which every criterion of the gate is exactly at its threshold, but for the given
    measures.
    """
    values = {rule.measure: rule.threshold for rule in criteria.gate_named(gate).rules}
    return pd.DataFrame([values | measures])


def changed(tmp_path, **fields):
    declared = yaml.safe_load(criteria.FILE.read_text(encoding="utf-8"))
    declared["criteria"]["quarantaine"].update(fields)
    path = tmp_path / "criteria.yml"
    path.write_text(yaml.safe_dump(declared), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "fields",
    [
        {"measure": "mean_happiness"},
        {"comparison": "about"},
        {"thresholds": {}},
        {"thresholds": {"interim": None}},
        {"thresholds": {"elsewhere": 1}},
        {"thresholds": {"interim": "0.1"}},
        {"severity": "warn"},
    ],
)
def test_what_cannot_be_applied_stops(tmp_path, fields):
    with pytest.raises(PermanentError):
        criteria.load_gates(changed(tmp_path, **fields))


def test_an_unknown_gate_stops():
    with pytest.raises(PermanentError, match="porte inconnue"):
        criteria.gate_named("report_interim")


def test_every_measure_serves_a_criterion():
    used = {rule.measure for gate in criteria.load_gates().values() for rule in gate.rules}
    assert used == set(MEASURES)


def test_thresholds_are_reached_at_the_bound():
    assert run_suite("interim", row("interim")).passed


@pytest.mark.parametrize(("measure", "value"), [("territory_count", 29), ("quarantine_share", 0.1001),
                                                ("disclosure_finding_count", 1), ("last_feed_month", 202604)])
def test_one_measure_beyond_its_bound_fails_its_criterion_alone(measure, value):
    outcome = run_suite("interim", row("interim", **{measure: value}))
    assert [criterion.id for criterion in outcome.criteria if not criterion.passed] == [
        rule.id for rule in criteria.gate_named("interim").rules if rule.measure == measure]


def test_an_absent_value_fails():
    outcome = run_suite("outputs", row("outputs", disclosure_finding_count=float("nan")))
    failed = [criterion for criterion in outcome.criteria if not criterion.passed]
    assert [criterion.value_fr for criterion in failed] == ["non mesuré"]


def test_an_absent_measure_stops():
    with pytest.raises(PermanentError, match="mesures absentes"):
        run_suite("interim", row("interim").drop(columns="territory_count"))


def test_a_check_that_did_not_run_is_not_a_failure(monkeypatch):
    """Great Expectations puts its own errors in exception_info and says success=False."""
    import great_expectations.expectations as gxe

    from quality import context

    def broken(rule):
        return [gxe.ExpectColumnValuesToNotBeNull(column="no_such_column", meta={"rule": rule.id})]

    monkeypatch.setattr(context, "_expectations", broken)
    with pytest.raises(PermanentError, match="n'a pas pu s'exécuter"):
        run_suite("outputs", row("outputs"))
