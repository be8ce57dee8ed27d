"""Packages: deterministic, verifiable, and never made without a promotion."""

from __future__ import annotations

import zipfile

import pandas as pd
import pytest

from quality import gate
from tznr_platform import release, reporting
from tznr_platform.errors import UserError
from tznr_platform.release.archive import numbers_csv
from tznr_platform.release.manifest import NUMBER_COLUMNS
from tznr_platform.storage import warehouse


def rewrite(path, target, **changes: bytes | None):
    """The package with some files changed, added, or (None) left out."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as archive:
        files = {name: source.read(name) for name in source.namelist()} | changes
        for name, content in files.items():
            if content is not None:
                archive.writestr(name, content)
    return target


def test_a_package_is_what_its_manifest_says(reported):
    path = release.package(reported, "interim")
    assert release.verify(path) == []
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == ["chiffres.csv", "dossier.html", "manifest.json", "rapport.html"]
        assert b"couverture.personnes.TZNR-09" not in archive.read("chiffres.csv")


def test_same_content_same_bytes(reported):
    before = release.package(reported, "interim").read_bytes()
    assert release.package(reported, "interim").read_bytes() == before


def test_no_package_without_promotion_or_report(platform):
    reporting.write_numbers(platform)
    with pytest.raises(gate.GateRefused):
        release.package(platform, "interim")
    gate.evaluate("interim", platform)
    with pytest.raises(UserError, match="pas celui du contenu promu"):
        release.package(platform, "interim")


@pytest.mark.parametrize(("changes", "problem"), [
    ({"rapport.html": b"<html></html>"}, "rapport.html : contenu modifié"),
    ({"dossier.html": None}, "dossier.html : fichier absent"),
    ({"notes.txt": b"x"}, "notes.txt : fichier en trop"),
    ({"manifest.json": None}, "le manifeste est absent ou incomplet (manifest.json)"),
    ({"manifest.json": b"{"}, "le paquet ou son manifeste est illisible")])
def test_a_changed_package_is_found(reported, tmp_path, changes, problem):
    path = rewrite(release.package(reported, "interim"), tmp_path / "changed.zip", **changes)
    assert problem in " | ".join(release.verify(path))


def test_not_a_package(tmp_path):
    (tmp_path / "x.zip").write_text("not a zip")
    assert release.verify(tmp_path / "x.zip") == ["le paquet ou son manifeste est illisible"]


@pytest.mark.parametrize("text", ["=1+1", "+33", "-2", "@cmd", "\tx", "\rx"])
def test_no_cell_is_a_formula(text):
    frame = pd.DataFrame([dict.fromkeys(NUMBER_COLUMNS, text) | {"value": 1.5, "contributor_count": 12}])
    lines = numbers_csv(frame.set_index("number_id")).decode("utf-8-sig")
    assert lines.count(f"'{text}") == 5
    assert "1,5" in lines


def test_neither_dossier_nor_record_tells_a_small_remainder(platform):
    """17 435 of 17 439 found: with the number of persons published, the exact share would tell that 4 were
    not.
    """
    with warehouse.connect(platform.published_file, settings=platform) as con:
        con.execute("""update marts.mart_coverage set matched_person_count = person_count - 4,
                       match_share = (person_count - 4) / person_count where territory_code = 'FR'""")
    reporting.write_numbers(platform)
    assert gate.evaluate("interim", platform).passed
    reporting.render("interim", platform)
    with zipfile.ZipFile(release.package(platform, "interim")) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert "99,98" not in everything and "0.9997" not in everything and "17435" not in everything
