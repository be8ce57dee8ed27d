"""Notebooks run from top to bottom on published marts, define nothing, and show no pseudonym."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import jupytext
import pytest
from nbclient import NotebookClient

from tests.published import MARTS, settings_in
from tznr_platform.storage import warehouse

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))
COMPETING_EXITS = """insert into marts.mart_spell_durations values
    ('RSA', 6, 'transition', 22), ('RSA', 18, 'censored', 90), ('PPA', 4, 'exit', 31),
    ('PPA', 9, 'censored', 80), ('ASPA', 4, 'censored', 15)"""
PSEUDONYM = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
NAMES = [path.stem for path in NOTEBOOKS]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a published warehouse and nothing else."""
    data = tmp_path_factory.mktemp("notebooks")
    settings = settings_in(data)
    with warehouse.connect(settings.published_file, settings=settings) as con:
        for part in MARTS:
            con.execute(part.read_text(encoding="utf-8"))
        con.execute(COMPETING_EXITS)
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
    assert "36 territoires sur 39" in outputs
    assert "ASPA : non estimable" in outputs
    assert "<svg" in outputs and "Passage à un autre minimum légal" in outputs
    assert (published / "warehouse" / "published.duckdb").read_bytes() == before


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_notebook_defines_nothing(path: Path):
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    assert not [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                if isinstance(node, definitions)]


def test_no_notebook_with_outputs_is_kept():
    assert not list((ROOT / "notebooks").rglob("*.ipynb"))
