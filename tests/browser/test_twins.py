"""The page and the commands are twins: the screen, the file to send, synthetic deliveries as senders write them."""

from __future__ import annotations

import csv
import io
import json
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.browser.chromium import Page
from tests.browser.reception import receipt_of
from tests.browser.test_verdicts import compare, page_verdict
from tests.integration.intake_files import PERSONS, RIGHTS, identifier
from tznr_platform.privacy import screen_values
from tznr_platform.privacy.exchange import ExchangeKey
from tznr_platform.sender.pseudonymise import pseudonymise
from tznr_platform.sender.workshop import workshop
from tznr_platform.storage import connect
from tznr_platform.synthetic import generate

pytestmark = pytest.mark.browser
CELLS = """
Mme Dupont|M. le maire|Monsieur LE GOFF|madame la directrice|Dr Martin|Marie Dupont|DUPONT Marie|marie dupont
Dupont|MARTIN|Jean|rue Jean Jaurès|12 rue Victor Hugo|12 bis, avenue de la République 69003 LYON
place de la mairie|12 PLACE DE LA MAIRIE|BP 12 38000 GRENOBLE|residence du parc|France Travail|CAF de Paris
Le Havre|Saint-Denis|Rose|Victoire|Jean-Pierre MARTIN|MARTIN, Jean|Ali BEN SALAH|Nguyen Thi Hong|Zoé et Léa
centre social Pierre Mendès France|Espace Simone Veil|O'Brien Mary|jean.dupont@exemple.fr
jean dupont (at) exemple.fr|contact arobase exemple.fr|a@b|06 12 34 56 78|0612345678|+33 6 12 34 56 78|612345678
6,12E8|0033612345678|01.02.03.04.05|12345678901234|né le 07/03/1985|nee le 7 mars 1985 à Lyon
NE(E) A PARIS LE 1er mai 90|ddn : 07/03/1985|07/03/1985|1985-03-07|19850307|2025-04-02|1er mai 2025
295109912611193|2 95 10 99 126 111 93|295109912611199|253072B07300470|253072A07300443|1 85 03 75 116 001
FR7630006000011234567890189|FR76 3000 6000 0112 3456 7890 189|FR7630006000011234567890188|DE89370400440532013000
IBAN FR76 3000 6000 0112 3456 7890 189 merci|25_34|locataire_social|oui|646,52|2025-T2|TZNR-05|01053|RSA
accompagnement en cours|dossier complet, rdv le 12/06|Élodie Lefèvre|Mme D.|M. X|madame Untel|Kevin|KEVIN
Fatou Binta Diallo|de la Tour|d'Artagnan Charles|la personne est née en 1985|Marine|Marine Le Bihan
atelier cuisine avec Marie|suivi par Sophie BERNARD|appeler Mme Martin au 0612345678|sans objet|inconnu
non renseigné|abc|ab||x
""".strip().replace("\n", "|").split("|")


def test_every_cell_is_screened_as_the_platform_screens_it(page: Page) -> None:
    """Hand-written cells, and two thousand made of their words."""
    draw, words = random.Random(3), " ".join(CELLS).split()
    made = [" ".join(draw.choices(words, k=draw.randint(1, 5))) for _ in range(2000)]
    cells = list(dict.fromkeys(cell for cell in [*CELLS, *made] if len(cell) > 2))
    with workshop() as settings, connect(None, settings=settings) as con:
        con.execute("create table texts as select unnest(?::varchar[]) as cell, "
                    "generate_subscripts(?::varchar[], 1) as place", [cells, cells])
        kinds = screen_values.kinds_sql("select place, cell from texts")
        ranks = [rank for _, rank in con.execute(f"select place, kind from ({kinds}) order by place").fetchall()]
    kinds = list(screen_values.KINDS)
    expected = [rank and ("lone " if rank > screen_values.LONE else "") + kinds[rank % screen_values.LONE - 1]
                for rank in ranks]
    found = page.run(f"ask('kinds', {{ cells: {json.dumps(cells)} }})")
    differing = [(cell, one, other) for cell, one, other in zip(cells, expected, found, strict=True) if one != other]
    assert differing == []


LEAKS = {
    "e-mail in an unknown column": PERSONS.text("a", "b", extra=("remarque", "jean.dupont@exemple.fr")),
    "name in a coded cell": PERSONS.text("a", "b", bad={"tranche_age": "Mme Martin"}),
    "number in the identifier": PERSONS.text("a", "b", bad={"identifiant": "295109912611193"}),
    "phone above the table": "Contact : 06 12 34 56 78\n\n" + PERSONS.text("a", "b"),
    "names in a column": PERSONS.text(*"abcdefgh", extra=("libelle", "MARTIN")),
    "birth dates in a column": PERSONS.text(*"abcdefgh", extra=("repere", "07/03/1985")),
    "name in a ragged line": PERSONS.text("a", "b") + "Marie Dupont;06 12 34 56 78\n",
    "birth date where another date is due": PERSONS.text(*"abcd", bad={"date_premier_contact": "né le 07/03/1985"}),
    "dates before the experiment": "\n".join(
        [PERSONS.text("a").splitlines()[0], *(PERSONS.text(f"p{number}", bad={"date_premier_contact": "07/03/1985"})
                                              .splitlines()[1] for number in range(12))]) + "\n",
    "one identifier for all": PERSONS.text("a", "a", "a", "a", "a"),
    "one identifier for different persons": "".join(
        PERSONS.text("x", bad={"nombre_enfants": str(number)}).split("\n", 1)[1] if number else
        PERSONS.text("x", bad={"nombre_enfants": "0"}) for number in range(6)),
    "identifiers misshapen": PERSONS.text(*"abcdefghijkl").replace(identifier("a")[:20], "")
    .replace(identifier("b")[:20], "").replace(identifier("c")[:20], ""),
    "most identifiers misshapen": "\n".join(
        [PERSONS.text("a").splitlines()[0], *(PERSONS.text(f"p{number}", bad={"identifiant": f"dossier {number}"})
                                              .splitlines()[1] for number in range(15))]) + "\n",
}


@pytest.mark.parametrize("case", LEAKS)
def test_a_file_that_names_people_is_refused_as_the_platform_refuses_it(page: Page, tmp_path: Path, case: str) -> None:
    path = tmp_path / "TZNR-05_personnes_2025-T2.csv"
    path.write_text(LEAKS[case], encoding="utf-8")
    compare(page, path)


def test_one_key_again_and_again_gets_the_answer_of_the_platform(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "TZNR-05_droits_2025-T2.csv"
    path.write_text(RIGHTS.text(*["a"] * 120), encoding="utf-8")
    compare(page, path)


def test_the_file_to_send_is_that_of_the_command(page: Page, tmp_path: Path, key_file: Path) -> None:
    source = tmp_path / "TZNR-05_personnes_2025-T2.csv"
    source.write_bytes(_identities().encode("cp1252"))
    key_file.chmod(0o600)
    with workshop() as settings:
        pseudonymise(source, tmp_path / "out.csv", ExchangeKey.load(key_file), settings, report=tmp_path / "report.csv")
    page.give("#file", source)
    page.wait("current.file && !byId('result-step').hidden")
    page.give("#key", key_file)
    page.wait("!byId('compute').disabled")
    page.run("byId('compute').click()")
    page.wait("current.made !== null")
    assert _text(page, "current.made.file") == (tmp_path / "out.csv").read_bytes().decode("utf-8")
    assert _text(page, "current.made.report") == (tmp_path / "report.csv").read_bytes().decode("utf-8")


def _identities() -> str:
    draw, stream = random.Random(5), io.StringIO()
    names = ["Lefèvre", "de La Tour", "O'Brien", "BEN ALI", "Müller-Straße", "Dupont née Martin", "", "  ", "Le  Gall"]
    first_names = ["Zoë", "Jean-Pierre Paul", "Marie, Anne", "Fatou;Binta", "", "Jean Pierre"]
    dates = ["07/03/1985", "1985-03-07", "1-2-1977", "1990-01-01", "00/00/1971", "1971-00-00", "31/02/1980", "85"]
    writer = csv.writer(stream, delimiter=";")
    writer.writerow(["note", "Nom de naissance", "Prénom", "Date de naissance", "Adresse", "montant", "identifiant"])
    for number in range(600):
        writer.writerow([draw.choice(["a;b", 'dit "oui"', "x\ny", "  deux   mots ", "=1+1", ""]), draw.choice(names),
                         draw.choice(first_names), draw.choice(dates), "12 rue des Lilas", f"-{number}", "ancien"])
    return stream.getvalue() + "incomplet;x\n"


def test_synthetic_deliveries_get_the_answer_of_the_command(page: Page, tmp_path: Path) -> None:
    """A file of each table, and of each format, as fictitious territories and bodies write them."""
    generate(tmp_path / "inbox", persons=60, seed=2, through="2025-03")
    compared = []
    for path in _one_of_each(tmp_path / "inbox"):
        answer = receipt_of(path, path.parent.name)
        verdict = page_verdict(page, path)
        if page.run("current.identity !== null"):
            assert "NOMINATIVE_COLUMN" in answer.csv
        elif answer.table is not None:
            verdict = verdict or _checked(page, path.parent.name, answer.table)
            assert verdict["receipt"] == answer.csv, path.name
            compared.append(path.suffix)
    assert len(compared) > 15
    assert set(compared) == {".csv", ".txt", ".xlsx", ".ods"}


def _one_of_each(inbox: Path) -> list[Path]:
    """The first file of each table sent, the first of each format and the first two of each spreadsheet."""
    seen: Counter[str] = Counter()
    chosen = []
    for path in sorted(inbox.glob("[A-Z]*/*_*.*")):
        table = path.stem.removeprefix(path.parent.name).split("_20")[0]
        if path.parent.name != "OPEN" and path.suffix != ".pdf" and (not seen[table] or seen[path.suffix] < 2):
            chosen.append(path)
            seen.update([table, path.suffix])
    return chosen


def _checked(page: Page, sender: str, table: str) -> dict:
    """The verdict once the caseworker has said who sends what."""
    for field, value in (("sender", sender), ("table", table)):
        page.run(f"byId('{field}').value = '{value}'; byId('{field}').dispatchEvent(new Event('change'))")
    page.wait("current.verdict !== null")
    return {"receipt": _text(page, "current.verdict.receipt")}


def _text(page: Page, blob: str) -> str:
    decoder = "new TextDecoder('utf-8', { ignoreBOM: true })"
    return page.run(f"{blob}.arrayBuffer().then((bytes) => {decoder}.decode(bytes))")
