"""Fault matrix R7, R13, R14: what names people or points to nobody keeps a whole file out, without a trace."""

from __future__ import annotations

import datetime as dt

import openpyxl
import pytest

from tests.integration.intake_files import MONTHS, PERSONS, RETURNS, RIGHTS, Inbox, identifier
from tznr_platform import intake
from tznr_platform.settings import load_settings
from tznr_platform.storage import registers

PERSONS_FILE, FEED_FILE = "TZNR-01_personnes_2025-T2.csv", "CNAF_droits_mensuels_2025-06.csv"
OUTSIDE = ("date_premier_contact", "OUTSIDE_COLLECTION_WINDOW")
NAMING = {
    "nir": "2 95 10 99 126 111 93", "nir of Corsica": "253072B07300470", "temporary nir": "795109912611137",
    "email": "zoe.quentin@exemple.fr", "phone": "06 12 34 56 78", "iban": "FR76 3000 6000 0112 3456 7890 189",
    "address": "12 rue des Lilas", "name": "Mme Zoé Quentin", "born": "née le 12/03/1975",
}


def leftovers(inbox: Inbox, needle: str) -> list[str]:
    """Files of the platform, outside its inbox, that hold the text."""
    return [str(path) for path in inbox.settings.root.rglob("*") if path.is_file() and inbox.path not in path.parents
            and needle.encode() in path.read_bytes()]


def refused(inbox: Inbox, **options: object) -> tuple[str, str]:
    """Reason and detail of the one delivery of the inbox, of which nothing must be left but its receipt."""
    (delivery,) = inbox.run(**options).deliveries
    assert (delivery.status_code, delivery.accepted_row_count, delivery.refused_row_count) == ("refused", 0, 0)
    assert not list((inbox.settings.lake_dir / "quarantine").glob("d*.parquet"))
    assert not list((inbox.settings.lake_dir / "accepted").rglob("d*.parquet"))
    assert not any(path.is_file() for path in inbox.settings.spill_dir.rglob("*"))
    assert not registers.person_file(inbox.settings).exists()
    assert not registers.exclusion_file(inbox.settings).exists()
    return delivery.remarks[0]


@pytest.mark.parametrize("kind", NAMING)
@pytest.mark.parametrize("place", ["unknown column", "known column", "identifier", "amid a text"])
def test_r13_a_cell_that_names_someone_refuses_the_file_whole(inbox: Inbox, kind: str, place: str):
    value = NAMING[kind]
    text = {"unknown column": PERSONS.text("a", "b", extra=("Remarque", value)),
            "known column": PERSONS.text("a", "b", bad={"commune_code": value, "opposition": "oui"}),
            "identifier": PERSONS.text("a", "b", bad={"identifiant": value}),
            "amid a text": PERSONS.text("a", extra=("Suivi", f"À rappeler ({value}) avant la fin du mois"))}[place]
    inbox.put(PERSONS_FILE, text)
    reason, detail = refused(inbox)
    assert reason == "NOMINATIVE_VALUE"
    column = {"known column": "« commune_code »", "identifier": "« identifiant »"}.get(place, "n° 13")
    assert detail.startswith(f"colonne {column} : ")
    assert leftovers(inbox, value) == []
    assert leftovers(inbox, identifier("a")) == []


def test_r13_every_part_of_a_file_is_read(inbox: Inbox):
    """Straightened files too: unknown columns of a workbook, lines above the header, ragged lines."""
    book = openpyxl.Workbook()
    for line in PERSONS.text("a", "b", extra=("Suivi", NAMING["email"])).splitlines():
        book.active.append(line.split(";"))
    book.save(inbox.path / "TZNR-01_personnes_2025-T1.xlsx")
    above = f"Contact : {NAMING['email']};;\n\n" + PERSONS.text("a", "b")
    inbox.put("TZNR-02_personnes_2025-T2.csv", above)
    inbox.put("TZNR-03_personnes_2025-T2.csv", PERSONS.text("a", "b") + f"x;{NAMING['email']}\n")
    details = {delivery.sender_code: delivery.remarks[0] for delivery in inbox.run().deliveries}
    assert details == {
        "TZNR-01": ("NOMINATIVE_VALUE", "colonne n° 13 : 2\u00a0adresses électroniques"),
        "TZNR-02": ("NOMINATIVE_VALUE", "hors du tableau, colonne n° 1 : 1\u00a0adresse électronique"),
        "TZNR-03": ("NOMINATIVE_VALUE", "hors du tableau, colonne n° 2 : 1\u00a0adresse électronique")}
    assert leftovers(inbox, NAMING["email"]) == []


def test_r13_columns_of_names_and_of_birth_dates_tell_by_their_number(inbox: Inbox):
    people = [f"p{number}" for number in range(12)]
    lines = PERSONS.text(*people).splitlines()
    names = ["DURAND", "BENALI", "MOREAU", "NGUYEN", "LEFEBVRE", "TRAORE"] * 2
    dates = [f"{1 + number:02d}/03/{1950 + 4 * number}" for number in range(12)]
    cells = [("repere", "jour"), *zip(names, dates, strict=True)]
    inbox.put(PERSONS_FILE, "".join(";".join([line, *cell]) + "\n" for line, cell in zip(lines, cells, strict=True)))
    reason, detail = refused(inbox)
    assert (reason, detail) == ("NOMINATIVE_VALUE", "colonne n° 13 : 12\u00a0noms de personnes ; "
                                                    "colonne n° 14 : 12\u00a0dates de naissance")


def test_r13_a_long_number_in_an_amount_is_read_too(inbox: Inbox):
    inbox.put(PERSONS_FILE, PERSONS.text("a"))
    inbox.run()
    inbox.put(FEED_FILE, MONTHS.text("a", bad={"montant_du": "295109912611193"}))
    (delivery,) = inbox.run().deliveries
    assert delivery.remarks[0] == ("NOMINATIVE_VALUE", "colonne « montant_du » : 1\u00a0numéro de sécurité sociale")


def test_r13_ordinary_words_are_not_names(inbox: Inbox):
    for number, cell in enumerate(["Orientation vers la CAF", "marié", "Madame la directrice", "rue Jean Jaurès",
                                   "3 enfants",
                                   "Mission locale", "rendez-vous le 12 mars 2024", "France Travail", "0123",
                                   "Espace Simone Veil",
                                   "dossier 2024-001254", "2 cours de français"], start=1):
        inbox.put(f"TZNR-{number:02d}_personnes_2025-T2.csv", PERSONS.text("a", "b", extra=("Suivi", cell)))
    inbox.put("TZNR-20_personnes_2025-T2.csv", PERSONS.text("a", "b", bad={"situation_familiale": "marie"}))
    assert {delivery.status_code for delivery in inbox.run().deliveries} == {"accepted", "partial"}


def test_r13_who_objects_in_an_odd_file_objects_before_the_others_land(inbox: Inbox):
    """A file read twice (a ragged line) tells its objections the first time."""
    inbox.put(PERSONS_FILE, PERSONS.text("a", "b"))
    inbox.put("TZNR-01_personnes_2025-T3.csv", PERSONS.text("c", "a", bad={"opposition": "oui"}) + "one;cell;too;few\n")
    by_period = {delivery.period: delivery for delivery in inbox.run().deliveries}
    assert by_period["2025-T2"].accepted_row_count == 1
    assert inbox.refusals()[0] == (2, "identifiant", "OBJECTION")


def test_r13_the_refused_file_can_be_sent_again_mended(inbox: Inbox):
    inbox.put(PERSONS_FILE, PERSONS.text("a", extra=("Suivi", NAMING["phone"])))
    refused(inbox)
    inbox.put(PERSONS_FILE, PERSONS.text("a"))
    assert inbox.run().counts == {"accepted": 1}


@pytest.mark.parametrize("wrong", ["", "0" * 63, "g" * 64, "tznr2:" + "0" * 58])
def test_r14_identifiers_that_are_none_refuse_the_file(inbox: Inbox, wrong: str):
    lines = PERSONS.text(*(f"p{number}" for number in range(40))).splitlines(keepends=True)
    lines[1:13] = [wrong + line[64:] for line in lines[1:13]]
    inbox.put(PERSONS_FILE, "".join(lines))
    reason, detail = refused(inbox)
    assert reason == "PSEUDONYM_SUSPECT" and detail.startswith("12 identifiants vides ou mal formés sur 40 lignes")
    assert leftovers(inbox, identifier("p1")) == []


def test_r14_one_identifier_for_four_situations_is_that_of_an_empty_name(inbox: Inbox):
    lines = PERSONS.text(*(["empty"] * 4 + [f"p{number}" for number in range(30)])).splitlines(keepends=True)
    lines[1:5] = [line.replace(";2;", f";{number};") for number, line in enumerate(lines[1:5])]
    inbox.put(PERSONS_FILE, "".join(lines))
    assert refused(inbox) == ("PSEUDONYM_SUSPECT", "un même identifiant pour 4 situations différentes")


def test_r14_a_fifth_of_doubles_refuses_the_file_and_a_few_do_not(inbox: Inbox):
    people = [f"p{number}" for number in range(40)]
    inbox.put(PERSONS_FILE, PERSONS.text(*people, *people[:10]))
    assert refused(inbox) == ("PSEUDONYM_SUSPECT", "10 lignes répètent l'identifiant d'une autre sur 50")
    inbox.put(PERSONS_FILE, PERSONS.text(*people, *people[:3]))
    (delivery,) = inbox.run().deliveries
    assert (delivery.accepted_row_count, delivery.refused_row_count) == (40, 3)


def test_r14_the_history_of_one_person_is_no_fault(inbox: Inbox):
    inbox.put(PERSONS_FILE, PERSONS.text("a"))
    months = [f"{2023 + rank // 12}-{1 + rank % 12:02d}" for rank in range(30)]
    lines = MONTHS.text("a").splitlines()
    rows = [";".join({"2025-05": month}.get(cell, cell) for cell in lines[1].split(";"))
            for month in months if month < "2025-06"]
    inbox.put(FEED_FILE, "\n".join([lines[0], *rows]))
    assert inbox.run().counts == {"accepted": 2}


@pytest.mark.parametrize(("table", "name", "bad", "refusal"), [
    (PERSONS, PERSONS_FILE, {"date_premier_contact": "2027-01-01"}, OUTSIDE),
    (PERSONS, PERSONS_FILE, {"date_premier_contact": "2023-07-14"}, OUTSIDE),
    (PERSONS, PERSONS_FILE, {"date_premier_contact": "2025-02-30"}, ("date_premier_contact", "TYPE_INVALID")),
    (PERSONS, PERSONS_FILE, {"date_premier_contact": "31/04/2025"}, ("date_premier_contact", "TYPE_INVALID")),
    (RIGHTS, "TZNR-01_droits_2025-T2.csv", {"date_demande": "2025-05-11"}, ("date_demande", "DATE_ORDER")),
])
def test_r7_dates_that_cannot_be_are_refused_by_line(inbox: Inbox, table, name, bad, refusal):
    """Contact before the experiment (hence before birth too) or after its end, a day that does not exist, an order."""
    inbox.put(name, table.text("a", "b", bad=bad))
    assert inbox.run().accepted_rows == 1
    assert inbox.refusals() == [(3, *refusal)]


@pytest.mark.parametrize("day", ["2026-12-31", "2027-01-01", "2026-03-29", "2026-10-25", "2026-11-22", "2026-11-26"])
def test_r7_the_clock_of_the_machine_changes_no_verdict(inbox: Inbox, day: str):
    """Two days early or late, around a change of hour or of year: the same rows stand, and nothing is purged."""
    text = PERSONS.text("a", "b", "c", bad={"date_premier_contact": "2027-01-01"})
    text = text.replace("2025-04-02", "2026-03-29", 1)
    inbox.put(PERSONS_FILE, text)
    settings = load_settings(data_dir=inbox.settings.root, inbox=inbox.path, today=dt.date.fromisoformat(day))
    outcome = intake.run(settings)
    assert (outcome.accepted_rows, outcome.refused_rows) == (2, 1)
    assert inbox.refusals() == [(4, "date_premier_contact", "OUTSIDE_COLLECTION_WINDOW")]


def test_r7_a_return_before_the_month_it_tells_of_is_refused(inbox: Inbox):
    inbox.put(PERSONS_FILE, PERSONS.text("a"))
    inbox.put("CNAF_retours_2025-06.csv", RETURNS.text("a"))
    inbox.put(FEED_FILE, MONTHS.text("a", bad={"mois_droit": "2025-07"}))
    assert inbox.run().counts == {"accepted": 2, "refused": 1}
    assert inbox.refusals() == [(2, "mois_droit", "DATE_ORDER")]
