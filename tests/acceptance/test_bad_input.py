"""Bad input at the command line: a French letter, the exit code of its kind, nothing lost."""

from __future__ import annotations

import pytest


def test_missing_inbox(workspace, tmp_path):
    done = workspace.tznr("run", "--inbox", str(tmp_path / "nulle-part"), "--job", "ingest")
    assert done.code == 3
    assert "boîte" in done.err.lower() and "Que faire" in done.err
    assert "Traceback" not in done.err


def test_empty_inbox(workspace, tmp_path):
    (tmp_path / "vide").mkdir()
    done = workspace.tznr("run", "--inbox", str(tmp_path / "vide"), "--job", "ingest")
    assert done.code == 3 and "vide" in done.err and "Traceback" not in done.err


def test_a_file_as_inbox(workspace, tmp_path):
    (tmp_path / "fichier.csv").write_text("a;b\n")
    done = workspace.tznr("run", "--inbox", str(tmp_path / "fichier.csv"), "--job", "ingest")
    assert done.code == 3 and "Traceback" not in done.err


def test_persons_and_inbox_exclude_each_other(workspace, tmp_path):
    done = workspace.tznr("run", "--inbox", str(tmp_path), "--persons", "100")
    assert done.code == 2


@pytest.mark.parametrize(("variable", "value", "word"), [
    ("TZNR_K1", "00" * 32, "K1"),
    ("TZNR_UNKNOWN", "1", "Option inconnue"),
    ("TZNR_MEMORY_LIMIT", "beaucoup", "Réglage invalide"),
])
def test_configuration_that_stops_the_start(workspace, variable, value, word):
    done = workspace.tznr("init", **{variable: value})
    assert done.code == 4 and word in done.err
    assert value not in done.err or variable == "TZNR_UNKNOWN"
    assert not workspace.data.exists()


def test_missing_key_stops(workspace, tmp_path):
    """An inbox is never read without the analysis key, and a key that was named is never invented."""
    boite = tmp_path / "boite"
    boite.mkdir()
    (boite / "TZNR-05_personnes_2025-T2.csv").write_text("identifiant\n")
    done = workspace.tznr("run", "--inbox", str(boite), "--job", "ingest",
                          TZNR_ANALYSIS_KEY_FILE=str(tmp_path / "coffre" / "k2.key"))
    assert done.code == 4 and "clé" in done.err.lower()
    assert not (tmp_path / "coffre").exists()
