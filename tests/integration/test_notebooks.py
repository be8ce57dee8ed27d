"""Notebooks run from top to bottom on published marts, define nothing, and show no pseudonym."""

# ruff: noqa: F811 (fixtures are imported)

from __future__ import annotations

import ast
import json
import re
import shutil
from pathlib import Path

import jupytext
import pytest
from nbclient import NotebookClient

from tests.estimated import cost_events, estimates
from tests.published import effects, published_once, settings_in  # noqa: F401
from tznr_platform.storage import warehouse
from tznr_platform.storage.estimates import marts_hash, write_estimates

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))
COMPETING_EXITS = """insert into marts.mart_spell_durations values
    ('RSA', 6, 'transition', 22), ('RSA', 18, 'censored', 90), ('PPA', 4, 'exit', 31),
    ('PPA', 9, 'censored', 80), ('ASPA', 4, 'censored', 15)"""
PSEUDONYM = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
NAMES = [path.stem for path in NOTEBOOKS]


SAID = {
    "axe1_acces": ("36 territoires sur 39", "ASPA : non estimable", "<svg", "Passage à un autre minimum légal",
                   "Effet vrai : +17", "[causal (aller-vers)]", "En bornes seulement"),
    "axe1_maintien_competences": ("36 territoires sur 39", "ASPA : non estimable", "le droit reste ouvert", "<svg",
                                  "non comparable avec T0"),
    "axe2_pratiques": ("36 territoires sur 39", "avant/après", "<svg", "ambassadeur_droits"),
    "axe3_reseaux": ("36 territoires sur 39", "ccas", "<svg", "4 territoires seulement"),
    "couts_evites": ("36 territoires sur 39", "<svg", "non défini", "CHEERS 2022 : 28 points")}


@pytest.fixture(scope="module")
def published(published_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published warehouse with competing exits and costed events, and its estimates."""
    data = tmp_path_factory.mktemp("notebooks") / "data"
    shutil.copytree(published_once, data)
    settings = settings_in(data)
    with warehouse.connect(settings.published_file, settings=settings) as con:
        con.execute(COMPETING_EXITS)
        con.register("events", cost_events())
        con.execute("create or replace table marts.mart_avoided_costs as from events")
        computed_from = marts_hash(con)
    found = effects()
    write_estimates(settings, found | estimates(found["access_effects"]), computed_from)
    return data


def test_there_is_a_notebook():
    assert NOTEBOOKS


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_notebook_runs_on_published_marts(path: Path, published: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TZNR_DATA_DIR", str(published))
    monkeypatch.setenv("TZNR_MEMORY_LIMIT", "512MB")
    before = (published / "warehouse" / "published.duckdb").read_bytes()
    notebook = jupytext.read(path)
    NotebookClient(notebook, kernel_name="python3", timeout=120,
                   resources={"metadata": {"path": str(ROOT)}}).execute()
    outputs = json.dumps([cell.get("outputs", []) for cell in notebook.cells], ensure_ascii=False)
    assert not PSEUDONYM.search(outputs)
    assert str(published) not in outputs
    assert [words for words in SAID[path.stem] if words not in outputs.replace("\u00a0", " ")] == []
    assert (published / "warehouse" / "published.duckdb").read_bytes() == before


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_notebook_defines_nothing(path: Path):
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    assert not [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                if isinstance(node, definitions)]


def test_no_notebook_with_outputs_is_kept():
    assert not list((ROOT / "notebooks").rglob("*.ipynb"))
