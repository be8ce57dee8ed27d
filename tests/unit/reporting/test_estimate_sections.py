"""What the report says of estimates: gates, bounds, ledgers apart, reasons; and of none at all."""

# ruff: noqa: F811 (fixtures are imported)

from __future__ import annotations

import pytest

from tests.published import published_once, reported, reported_once  # noqa: F401
from tznr_platform import reporting
from tznr_platform.reporting import estimate_sections as sections
from tznr_platform.reporting.book import Book


@pytest.fixture
def book(reported) -> Book:
    return Book(reporting.read_numbers(reported))


@pytest.fixture
def page(reported) -> str:
    return (reported.reports_dir / "interim.html").read_text(encoding="utf-8")


def test_months_kept_fall_with_the_exits_behind_them(reported):
    numbers = reporting.read_numbers(reported)["status_code"]
    assert numbers["maintien_mois.mois.RSA.FR"] == numbers["maintien_ecart.ecart.RSA.FR"] == "published"
    assert numbers["maintien_mois.periodes.ASPA.FR"] == "published"
    assert {numbers[f"maintien_mois.{measure}.ASPA.FR"] for measure in ("sorties", "mois", "bas", "haut")} == {"masked"}
    assert numbers["maintien_mois.mois.ASS.FR"] != "published"


def test_a_score_that_cannot_be_compared_is_not_shown(book: Book, page: str):
    numbers = "echelles.score.CONFIANCE.2025.CONFIANCE"
    assert book.value(f"{numbers}.T0.FR") == 2.4 and book.value(f"{numbers}.T1.FR") is None
    said = sections.scale_gates(book)
    assert said["reasons"] == ["Confiance, 2025, Confiance, T1 : non comparable avec T0"]
    assert len(said["change_reasons"]) == 1 and "non comparable" in page


def test_networks_show_bounds_and_types_and_name_nobody(book: Book, page: str):
    said = sections.network_shape(book)
    first = said["shape"].rows[0].cells
    assert "17,0" in first[3] and "43,0" in first[3]
    assert book.value("reseau_coeur.centrales.V1.ccas.FR") == 21
    assert book.value("reseau_coeur.centrales.V1.caf.FR") is None
    assert "4 territoires seulement" in said["access_reasons"][0]


def test_costs_are_kept_apart_and_a_cost_per_opening_is_defined_only_by_a_causal_effect(book: Book, page: str):
    said = sections.avoided(book)
    assert [row.heads[0] for row in said["balance"].rows] == ["Payeurs publics", "Prestataires", "Ménages",
                                                              "Société, toutes ressources"]
    assert any("Ménages" in reason for reason in said["balance_reasons"])
    assert len(said["tornado"]) == 3 and said["tornado"][0].rows[0].heads[0].startswith("nombre évité : Aide du fonds")
    assert len(said["cheers"]) == 28 and {item["state"] for item in said["cheers"]} == {"renseigné", "sans objet",
                                                                                        "à compléter"}
    assert "Les points de vue ne s’additionnent pas" in page and "Grille CHEERS 2022" in page
    low, cost, high = (book.value(f"cout_par_droit.{measure}.declare.FR") for measure in (
        "corrige_bas", "corrige", "corrige_haut"))
    assert low < cost < high and said["openings_reasons"] == [] and "RSA" in said["benefits"]


def test_without_estimates_the_report_says_what_to_run(reported):
    for path in (reported.lake_dir / "estimates").glob("*.parquet"):
        path.unlink()
    reporting.write_numbers(reported)
    book = Book(reporting.read_numbers(reported))
    for section in (sections.retention_months, sections.scale_gates, sections.network_shape, sections.avoided):
        said = section(book)
        grids = [one for one in said.values() if hasattr(one, "rows")]
        assert all(not one.rows and "tznr run" in one.empty for one in grids)
    assert sections.avoided(book)["cheers"] == []
