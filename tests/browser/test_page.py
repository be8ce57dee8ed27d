"""What a caseworker does with the page: drop a file, load the key, read the verdict, take the file to send."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest

from tests.browser.chromium import Page
from tests.browser.conftest import KEY
from tests.integration.intake_files import PERSONS

pytestmark = pytest.mark.browser
HEADER = ("Nom de naissance;Prénom;Date de naissance;date_premier_contact;tranche_age;situation_familiale;"
          "statut_logement;situation_activite;date_information;mode_information;opposition;Téléphone portable")
SOUND = "2025-04-02;25_34;seul;locataire_social;chomage;2025-04-02;oral;non;06 12 34 56 78"
CANARY = "CANARIQUE"


def persons(folder: Path, *identities: str, name: str = "TZNR-05_personnes_2025-T2.csv") -> Path:
    path = folder / name
    path.write_text("".join(f"{line}\r\n" for line in [HEADER, *(f"{who};{SOUND}" for who in identities)]), "utf-16",
                    newline="")
    return path


def drop(page: Page, path: Path) -> None:
    page.give("#file", path)
    page.wait("current.file && !byId('result-step').hidden")


def compute(page: Page, key: Path) -> None:
    page.give("#key", key)
    page.wait("!byId('compute').disabled")
    page.run("byId('compute').click()")
    page.wait("document.querySelector('#result .verdict:not(.waiting)') !== null")


def text(page: Page, selector: str) -> str:
    return page.run(f"document.querySelector({selector!r}).innerText").replace("\u202f", " ").replace("\u00a0", " ")


def test_names_are_replaced_and_the_file_to_send_is_sound(page: Page, tmp_path: Path, key_file: Path,
                                                              downloads: Path) -> None:
    drop(page, persons(tmp_path, "Lefèvre;Zoë;07/03/1985", "Иванов;Пётр;07/03/1985",
                       f"{CANARY};Jean-Pierre;01/01/1980"))
    assert "En attente des identifiants" in text(page, "#result")
    compute(page, key_file)
    assert "2 identifiants calculés ; 1 ligne laissée de côté" in text(page, "#identity-result")
    assert "colonne n° 12" in text(page, "#identity-result")
    assert "Ligne 3" in text(page, "#identity-result")
    assert "Tout serait accepté. 2 lignes" in text(page, "#result")
    page.run("document.querySelector('#result a[download]').click()")
    sent = _downloaded(downloads / "TZNR-05_personnes_2025-T2.csv")
    assert sent.startswith("\ufeffidentifiant;version_identifiant;naissance_par_defaut;homonyme_possible;date_premier")
    assert re.fullmatch(r"[0-9a-f]{64};tznr1_m1_k1v1;non;non;2025-04-02;25_34;.*", sent.splitlines()[1])
    assert ";oui;non;" in sent.splitlines()[2]
    assert CANARY not in sent and "Lef" not in sent and "06 12" not in sent


def test_lines_left_aside_are_told_without_a_value(page: Page, tmp_path: Path, key_file: Path,
                                                         downloads: Path) -> None:
    drop(page, persons(tmp_path, "Lefèvre;Zoë;07/03/1985", f"{CANARY} née Martin;Anne;07/03/1985",
                       f"{CANARY};Anne;1985"))
    compute(page, key_file)
    page.run("document.querySelector('#identity-result a[download]').click()")
    report = _downloaded(downloads / "identites_a_corriger.csv")
    assert [line.split(";")[:2] for line in report.splitlines()[1:]] == [["3", "SEVERAL_NAMES"], ["4", "DATE_INVALID"]]
    assert CANARY not in report and CANARY not in page.run("document.body.innerText")


def test_a_file_that_is_not_a_key_is_told(page: Page, tmp_path: Path) -> None:
    drop(page, persons(tmp_path, "Lefèvre;Zoë;07/03/1985"))
    wrong = tmp_path / "wrong"
    wrong.write_text(KEY[:-2], encoding="ascii")
    page.give("#key", wrong)
    page.wait("byId('key-facts').textContent.includes('pas une clé')")
    assert page.run("byId('compute').disabled")


def test_another_file_starts_again(page: Page, tmp_path: Path, key_file: Path) -> None:
    drop(page, persons(tmp_path, "Lefèvre;Zoë;07/03/1985"))
    compute(page, key_file)
    drop(page, persons(tmp_path, "Иванов;Пётр;07/03/1985", name="TZNR-06_personnes_2025-T3.csv"))
    assert "En attente des identifiants" in text(page, "#result")
    assert text(page, "#identity-result") == ""
    assert page.run("[byId('sender').value, byId('period').value]") == ["TZNR-06", "2025-T3"]


def test_the_same_file_once_corrected_is_read_again(page: Page, tmp_path: Path) -> None:
    sound = PERSONS.text("a", "b")
    path = tmp_path / "TZNR-05_personnes_2025-T2.csv"
    for content, answer in ((sound.replace("25_34", "?"), "Aucune ligne"), (sound, "Tout serait accepté"),
                            (sound.replace("oral", "a.b@exemple.fr"), "Ce fichier serait refusé")):
        path.write_text(content, encoding="utf-8")
        drop(page, path)
        assert answer in text(page, "#result")


def test_nothing_leaves_the_page(page: Page, address: str, tmp_path: Path, key_file: Path) -> None:
    drop(page, persons(tmp_path, "Lefèvre;Zoë;07/03/1985"))
    compute(page, key_file)
    assert all(url == address or url.startswith("blob:") for url in page.asked_for())
    for attempt in ("fetch('http://127.0.0.1:9/')", "new WebSocket('ws://127.0.0.1:9/')"):
        page.run(f"(async () => {{ try {{ await {attempt} }} catch (error) {{ return error.name }} }})()")
    page.run("document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.1:9/x.png' }))")
    page.run("window.sendable = navigator.sendBeacon('http://127.0.0.1:9/', 'x')")
    time.sleep(0.3)
    blocked = [event["params"]["entry"]["text"] for event in page.events if event["method"] == "Log.entryAdded"]
    assert sum("Content Security Policy" in entry for entry in blocked) >= 3, blocked
    assert not [event for event in page.events if event["method"] == "Network.responseReceived"
                and "127.0.0.1" in event["params"]["response"]["url"]]


def test_nothing_is_kept(page: Page, tmp_path: Path, key_file: Path) -> None:
    drop(page, persons(tmp_path, "Lefèvre;Zoë;07/03/1985"))
    compute(page, key_file)
    assert page.run("document.cookie") == ""
    assert page.run("localStorage.length + sessionStorage.length") == 0
    assert page.run("indexedDB.databases().then((bases) => bases.length)") == 0


def test_twenty_thousand_rows_in_seconds_without_freezing(page: Page, tmp_path: Path, key_file: Path) -> None:
    draw = random.Random(1)
    names = ["Lefèvre", "BEN ALI", "O'Brien", "de La Tour", "MARTIN", "Müller"]
    path = persons(tmp_path, *(f"{draw.choice(names)} {chr(65 + number % 26)}{number};Zoë;{number % 28 + 1}/03/1985"
                               for number in range(20_000)))
    page.run("window.longest = 0; window.last = performance.now(); setInterval(() => { const now = performance.now(); "
             "longest = Math.max(longest, now - last); last = now; }, 10)")
    start = time.monotonic()
    drop(page, path)
    compute(page, key_file)
    took, frozen = time.monotonic() - start, page.run("window.longest")
    assert "20 000 identifiants calculés" in text(page, "#identity-result")
    assert took < 15, took
    assert frozen < 500, frozen


def test_every_field_has_a_name_and_every_step_a_heading(page: Page, tmp_path: Path) -> None:
    drop(page, persons(tmp_path, "Lefèvre;Zoë;07/03/1985"))
    unnamed = page.run("[...document.querySelectorAll('input, select, button, progress')].filter((field) => "
                       "!field.labels?.length && !field.ariaLabel && !field.textContent.trim())"
                       ".map((field) => field.id)")
    assert unnamed == []
    assert page.run("[...document.querySelectorAll('main > section:not([hidden])')].every((section) => "
                    "byId(section.getAttribute('aria-labelledby')).tagName === 'H2')")
    assert page.run("document.documentElement.lang") == "fr"


def test_colours_are_contrasted(page: Page, tmp_path: Path, key_file: Path) -> None:
    """Text against its background, 4.5 to 1 at least (RGAA 3.2)."""
    drop(page, persons(tmp_path, "Lefèvre;Zoë;07/03/1985", "Иванов;Пётр;07/03/1985"))
    compute(page, key_file)
    faint = page.run(CONTRAST)
    assert faint == []


def _downloaded(path: Path) -> str:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if path.is_file() and path.stat().st_size:
            return path.read_bytes().decode("utf-8")
        time.sleep(0.05)
    raise AssertionError(f"{path.name} never came")


CONTRAST = """(() => {
  const shade = (colour) => colour.match(/[0-9.]+/g).map(Number);
  const light = (colour) => shade(colour).slice(0, 3).map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, rank) => sum + part * [0.2126, 0.7152, 0.0722][rank], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (shade(colour)[3] !== 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  return [...document.querySelectorAll('body *')]
    .filter((element) => element.checkVisibility()
      && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .map((element) => [element, light(getComputedStyle(element).color), light(ground(element))])
    .filter(([, one, other]) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05) < 4.5)
    .map(([element]) => element.tagName + ' ' + element.textContent.slice(0, 40));
})()"""
