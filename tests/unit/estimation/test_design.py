"""The locked design: its hash, its closed vocabulary, and what its reader refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tznr_platform.contracts import reference
from tznr_platform.errors import ExitCode, UserError
from tznr_platform.estimation.design import DESIGN_FILE, load_design

LOCKED = "5b9db5399839e2b5eacd7dd4c6b119d655489f4ebfd76cbbc9516e3098fb6a1c"


def test_the_design_is_the_registered_one():
    """A change of the design is a decision: the hash changes in the same commit, the changelog says why."""
    assert load_design().sha256 == LOCKED


def test_labels_are_the_closed_vocabulary():
    design = load_design()
    assert set(design.labels.values()) == {"causal (aller-vers)", "associatif (guichet)", "avant/après",
                                           "non identifiable"}
    assert design.label("scale_change") == "avant/après"


def test_benefits_are_those_of_the_contracts():
    known = {row["benefit_code"] for row in reference("benefits")}
    assert {benefit for estimand in load_design().estimands for benefit in estimand.benefits} <= known


def test_an_unregistered_quantity_is_refused():
    with pytest.raises(UserError, match="non prévue") as refusal:
        load_design().estimand("league_table")
    assert refusal.value.exit_code is ExitCode.CONFIGURATION


def test_the_hash_does_not_depend_on_layout(tmp_path: Path):
    compact = tmp_path / "design.json"
    compact.write_text(json.dumps(json.loads(DESIGN_FILE.read_text(encoding="utf-8"))), encoding="utf-8")
    assert load_design(compact).sha256 == load_design().sha256


@pytest.mark.parametrize(("path", "value"), [
    (("estimands", 0, "label"), "causal"),
    (("estimands", 0, "family"), "unknown"),
    (("estimands", 0, "horizon_months"), [9]),
    (("estimands", 1, "code"), "opening_after_outreach"),
    (("horizon_months",), [12, 3]),
    (("families", 0, "correction"), "bonferroni"),
    (("scale_bands", "items_only_below"), 0.9),
    (("surprise",), True),
])
def test_what_does_not_hold_together_is_refused(tmp_path: Path, path: tuple, value: object):
    content = json.loads(DESIGN_FILE.read_text(encoding="utf-8"))
    place = content
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    changed = tmp_path / "design.json"
    changed.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(UserError, match="protocole") as refusal:
        load_design(changed)
    assert refusal.value.exit_code is ExitCode.CONFIGURATION


def test_an_absent_or_broken_file_is_refused(tmp_path: Path):
    with pytest.raises(UserError, match="protocole"):
        load_design(tmp_path / "absent.json")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(UserError, match="protocole"):
        load_design(tmp_path / "broken.json")
