"""A gate is a promotion of one exact content: no way round it, and a dossier that says why."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from quality import criteria, gate
from tznr_platform import reporting
from tznr_platform.errors import ExitCode, UserError
from tznr_platform.storage import clock, lake, warehouse


def change_a_mart(settings) -> None:
    with warehouse.connect(settings.published_file, settings=settings) as con:
        con.execute(
            "update marts.mart_access set requested_count = requested_count - 1 where territory_code = 'FR'"
        )


def test_nothing_to_judge_is_said(platform):
    with pytest.raises(UserError, match="rien à juger") as caught:
        gate.evaluate("interim", platform)
    assert caught.value.exit_code == ExitCode.GATE_REFUSED


def test_interim_is_promoted_and_final_is_refused(reported):
    assert gate.require("interim", reported)["passed"]
    final = gate.evaluate("final", reported)
    assert not final.passed
    with pytest.raises(gate.GateRefused, match="refusé") as caught:
        gate.require("final", reported)
    assert caught.value.exit_code == ExitCode.GATE_REFUSED
    assert "Dernier mois connu des organismes" in caught.value.why


def test_asking_only_for_the_report_does_not_get_round_the_gate(platform):
    """The downstream step alone, without its checks: refused, and nothing is written."""
    reporting.write_numbers(platform)
    with pytest.raises(gate.GateRefused, match="refusé"):
        reporting.render("interim", platform)
    assert not (platform.reports_dir / "interim.html").exists()


def test_a_promotion_holds_for_its_content_only(reported):
    change_a_mart(reported)
    with pytest.raises(gate.GateRefused) as caught:
        gate.require("interim", reported)
    assert "contenu a changé" in caught.value.why


def test_changed_results_make_the_numbers_stale(reported):
    change_a_mart(reported)
    failed = [
        criterion.id for criterion in gate.evaluate("interim", reported).criteria if not criterion.passed
    ]
    assert failed == ["chiffres_a_jour"]


def test_changed_numbers_are_not_promoted_and_no_longer_audited(reported):
    path = reported.lake_dir / "disclosed" / "numbers.parquet"
    with warehouse.connect(None, settings=reported) as con:
        con.execute(f"create table shown as from read_parquet('{path}')")
        lake.write_parquet(con, "select * replace (coalesce(value, 7) as value) from shown", path)
    with pytest.raises(gate.GateRefused):
        gate.require("interim", reported)
    failed = [
        criterion.id for criterion in gate.evaluate("interim", reported).criteria if not criterion.passed
    ]
    assert failed == ["confidentialite"]


def test_changed_criteria_end_old_promotions(reported, monkeypatch):
    monkeypatch.setattr(gate, "checks_hash", lambda: "0" * 64)
    with pytest.raises(gate.GateRefused) as caught:
        gate.require("interim", reported)
    assert "critères ont changé" in caught.value.why


def test_the_last_verdict_on_a_content_counts(reported, monkeypatch):
    """The criterion is a second guard behind the retention clock, which is stopped here to let the day pass."""
    gate.evaluate("interim", reported)
    late = reported.model_copy(update={"today": dt.date(2027, 6, 1)})
    with pytest.raises(UserError, match="conservation"):
        gate.evaluate("interim", late)
    with monkeypatch.context() as stopped:
        stopped.setattr(clock, "end_date", lambda code: None)
        failed = [criterion.id for criterion in gate.evaluate("interim", late).criteria if not criterion.passed]
    assert failed == ["duree_conservation"]
    with pytest.raises(gate.GateRefused):
        gate.require("interim", reported)


def test_records_are_appended(reported):
    gate.evaluate("interim", reported)
    lines = gate.promotions_file("interim", reported).read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2
    assert {"gate", "content_hash", "checks_hash", "decided_at", "passed", "criteria"} == set(
        json.loads(lines[0])
    )


def test_the_order_of_rows_does_not_change_the_content(reported):
    before = gate.evaluate("interim", reported).content_hash
    with warehouse.connect(reported.published_file, settings=reported) as con:
        con.execute(
            "create or replace table marts.mart_access as from marts.mart_access order by paid_count desc"
        )
    assert gate.evaluate("interim", reported).content_hash == before


@pytest.mark.parametrize("name", list(criteria.load_gates()))
def test_every_gate_gives_a_dossier(reported, name):
    outcome = gate.evaluate(name, reported)
    page = outcome.dossier.read_text(encoding="utf-8")
    assert outcome.content_hash in page and outcome.checks_hash in page
    assert "http://" not in page and "https://" not in page and "<script" not in page
    for criterion in outcome.criteria:
        assert page.count("<tr><th") >= len(outcome.criteria)
        assert criterion.passed or criterion.remedy_fr.replace("'", "&#39;") in page


def test_a_refused_dossier_says_what_to_do_and_who_is_absent(reported):
    page = gate.evaluate("final", reported).dossier.read_text(encoding="utf-8")
    assert "Porte refusée." in page and "Ce qu’il faut faire" in page
    assert "3\u00a0absents" in page and "TZNR-17" in page


def test_an_incoherent_mart_is_not_promoted(platform):
    with warehouse.connect(platform.working_file, settings=platform) as con:
        con.execute(
            "update marts.mart_access set paid_count = opened_count + 1 where territory_code = 'TZNR-05'"
        )
    failed = [criterion.id for criterion in gate.evaluate("marts", platform).criteria if not criterion.passed]
    assert failed == ["invariants"]
