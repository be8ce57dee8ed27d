"""The report page: self-contained, in French, every number askable, nothing masked shown, and read by a
browser.
"""

# ruff: noqa: F811 (fixtures are imported)

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.published import published_once, reported, reported_once  # noqa: F401
from tznr_platform import reporting
from tznr_platform.errors import UserError
from tznr_platform.estimation.design import load_design

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--no-first-run")
LOADING = {"src", "srcset", "data", "poster", "action", "background", "xlink:href"}


class Page(HTMLParser):
    """What a page holds: its tags, what it would load, and headings in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.loads, self.headings, self.numbers = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.loads += [value for name, value in attrs if name in LOADING]
        self.loads += [value for name, value in attrs if name == "href" and tag != "a"]
        self.headings += [int(tag[1])] if re.fullmatch(r"h[1-6]", tag) else []
        self.numbers += [value for name, value in attrs if name == "data-number"]


@pytest.fixture
def report(reported) -> Path:
    return reported.reports_dir / "interim.html"


def test_the_page_loads_nothing(report):
    text = report.read_text(encoding="utf-8")
    page = Page(text)
    assert page.loads == []
    assert not [tag for tag, _ in page.tags if tag in ("script", "link", "iframe", "object", "embed", "img")]
    assert not re.search(r"url\((?!#)|@import", text)
    assert set(re.findall(r"https?://[^\s\"'<)]+", text)) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_every_number_can_be_explained(report, reported):
    known = set(reporting.read_numbers(reported).index)
    shown = Page(report.read_text(encoding="utf-8")).numbers
    assert len(shown) > 400 and set(shown) <= known


def test_masked_and_absent_are_words(report):
    text = report.read_text(encoding="utf-8")
    assert re.search(
        r'<span class="masked" data-number="couverture.personnes.TZNR-09"[^>]*>masqué</span>', text
    )
    assert re.search(r'<span class="none" data-number="acces.ouverts.CHEQUE_ENERGIE.FR"', text)


def test_structure_for_every_reader(report):
    page = Page(report.read_text(encoding="utf-8"))
    assert ("html", {"lang": "fr"}) in page.tags
    assert page.headings[0] == 1 and page.headings.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    names = [tag for tag, _ in page.tags]
    assert names.count("table") == names.count("caption")
    assert all("scope" in attrs for tag, attrs in page.tags if tag == "th")
    assert all(attrs.get("aria-label") for tag, attrs in page.tags if attrs.get("role") == "img")


def test_the_report_says_who_is_in_first_and_what_it_cannot_say(report):
    text = report.read_text(encoding="utf-8")
    anchors = ["couverture", "acces", "pratiques", "reseaux", "participation", "couts", "limites", "qualite",
               "contexte", "methode"]
    places = [text.index(f'id="{anchor}"') for anchor in anchors]
    assert places == sorted(places)
    assert "TZNR-17" in text and "Ces trois registres ne s’additionnent jamais" in text
    assert "coût unitaire non établi" in text and "évolution avant/après, non imputable" in text.lower()


def test_effects_stand_under_their_label_with_reasons_and_deviations(report):
    text = report.read_text(encoding="utf-8")
    section = text[text.index('id="effets"'):text.index("Le non-recours parmi les personnes rencontrées")]
    for label in ("causal (aller-vers)", "non identifiable"):
        assert f">{label}</span>" in section
    assert re.search(r'data-number="effets\.effet\.opening_after_outreach\.RSA\.6\.FR"[^>]*>\+12,5<', section)
    assert re.search(r'<span class="masked" data-number="effets\.effet\.opening_after_outreach\.AL\.6\.FR"', section)
    assert "Trop peu." in section and "Un passé plat n’est pas une preuve" in section
    assert load_design().sha256 in section and "12 mois, prévue, non estimable" in section


def test_an_estimate_that_was_not_computed_is_a_sentence(report):
    text = report.read_text(encoding="utf-8")
    section = text[text.index("Et dans le territoire entier"):text.index("Écarts au protocole")]
    assert "Non calculé pour ces données" in section and "tznr run --job estimations" in section


def test_same_content_same_page(report, reported):
    before = report.read_bytes()
    assert reporting.render("interim", reported).read_bytes() == before


def test_an_unknown_report_stops(reported):
    with pytest.raises(UserError, match="Rapport inconnu"):
        reporting.render("annual", reported)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium n'est pas installé sur cette machine")
def test_a_browser_shows_and_prints_it(report, tmp_path):
    picture, document = tmp_path / "page.png", tmp_path / "page.pdf"
    for option in (f"--screenshot={picture}", f"--print-to-pdf={document}"):
        subprocess.run(
            [
                CHROMIUM,
                *FLAGS,
                f"--user-data-dir={tmp_path / 'profile'}",
                "--window-size=1200,3000",
                option,
                report.as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
    assert picture.stat().st_size > 100_000 and document.stat().st_size > 50_000
