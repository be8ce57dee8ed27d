"""A labelled set for the screen: cells that name people, by kind, and cells of the same look that name nobody.

Here: numbers with their true keys, and texts of every day, drawn from one seed. Names come from the fictitious
identities of the shared data where they lie, so that the lexicon is not judged on its own words. Not here: the measure
(``screen``).
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path

Person = tuple[str, str]
IDENTITIES = Path(__file__).resolve().parents[2] / "shared" / "data" / "linkage" / "matchid" / "clients_test.csv"
FALLBACK = [("LEFEBVRE", "CLAIRE"), ("NGUYEN", "THI HONG"), ("BENALI", "MOHAMED"), ("DIALLO", "AISSATOU"),
            ("SZCZEPANSKI", "MARIE"), ("GOUZERH", "YANNICK"), ("OZTURK", "MEHMET"), ("PIETRANGELI", "LUCIE")]
SENTENCES = ("À rappeler : {}", "{}", "vu le 12/03/2024, {} souhaite un rendez-vous",
             "dossier transmis ({}) à la CAF", "Entretien avec {} au sujet du RSA", "{} ; droits ouverts en mai")
NOBODY = """Orientation vers la CAF|Rendez-vous le {day:02d}/03/2024 à 14 h|Dossier n° 2024-{n:06d}|SIRET {siret}
{n3},{digit}0 €|Madame la directrice du CCAS|M. le Maire|Monsieur a été reçu deux fois|MADAME SOUHAITE UN RENDEZ-VOUS
Espace Simone Veil|Centre social Louise Michel|rue de la République|place du Marché|vit à la rue depuis {day} mois
marié, {day} enfants|mariée|veuf|{day} cours de français|{day} places en crèche|France Travail|France services
Mission locale de l'Ain|commune 01{n3:03d}|{hexa}|2024-{month:02d}|du 01/0{digit}/2024 au 30/0{digit}/2024
RSA ouvert en janvier 2024, CSS en mars|né sous X|association née en 2010|ligne {n} du fichier|{n13}
score 0{digit}/20|version 1.{digit}.{digit}.{digit}|taux de {digit},{n3} %|accord le {day:02d} mars 2024|oui|non
non renseigné|à revoir avec le pôle solidarité|Résidence sociale, chambre {day}|bus {day}, arrêt Mairie
FINESS 01{n:07d}|quartier Saint-Michel|Bourg-en-Bresse|Saint-Martin-d'Hères|a perdu son emploi|loi du 1er mars 2022
Maison France services de Pont-de-Vaux|les pièces manquent|CERFA {n}*{digit}|art. L262-{day} CASF
horaires : 9 h 00 - 12 h 30|1 place en foyer|Lycée Louis Pasteur|appel sans réponse le {day:02d}.04.2024
""".replace("\n", "|").strip("|").split("|")


def identities(count: int, seed: random.Random) -> list[Person]:
    """(surname, first name) of fictitious people."""
    if not IDENTITIES.exists():
        return [seed.choice(FALLBACK) for _ in range(count)]
    with IDENTITIES.open(encoding="utf-8", newline="") as stream:
        people = [(row["Nom"], row["Prenom"].split()[0]) for row in csv.DictReader(stream, delimiter=";")
                  if row["Nom"].strip() and row["Prenom"].strip()]
    return seed.sample(people, count)


def cells(count: int) -> Iterator[tuple[str, str]]:
    """(kind, text): ``count`` of each kind, every way of writing it in turn, and ten times that of ``nobody``."""
    seed = random.Random(1)
    people = identities(count, seed)
    makers = {"nir": _nir, "iban": _iban, "email": _email, "phone": _phone, "birth_date": _born, "address": _address,
              "name": _name}
    for kind, make in makers.items():
        for rank, person in enumerate(people):
            yield kind, SENTENCES[rank % len(SENTENCES)].format(make(rank, person, seed))
    for rank in range(10 * count):
        yield "nobody", NOBODY[rank % len(NOBODY)].format(
            day=2 + rank % 26, month=1 + rank % 12, n=seed.randrange(10**6), n3=seed.randrange(1000),
            digit=seed.randrange(10), n13=9 * 10**12 + seed.randrange(10**12), hexa=f"{seed.getrandbits(256):064x}",
            siret=f"{seed.randrange(10**13, 10**14)}")


def _nir(rank: int, _: Person, seed: random.Random) -> str:
    sex, place = "12123478"[rank % 8], ("2A", "2B", "01", "75", "99", "69")[rank % 6]
    year, month = seed.randrange(30, 99), seed.randrange(1, 13)
    body = f"{sex}{year}{month:02d}{place}{seed.randrange(1, 999):03d}{seed.randrange(1, 999):03d}"
    key = f"{97 - int(body[:5] + {'2A': '19', '2B': '18'}.get(place, place) + body[7:]) % 97:02d}"
    spaced = " ".join((body[0], body[1:3], body[3:5], body[5:7], body[7:10], body[10:], key))
    return (body + key, spaced, f"{body} {key}", f"NIR {body}{key}")[rank % 4]


def _iban(rank: int, _: Person, seed: random.Random) -> str:
    account = f"{seed.randrange(10**22, 10**23)}"
    if rank % 3 == 0:
        account = account[:12] + seed.choice("ABKMRX") + account[13:]
    key = 98 - int("".join(str(int(char, 36)) for char in account + "FR00")) % 97
    iban = f"FR{key:02d}{account}"
    return (iban, " ".join(iban[start:start + 4] for start in range(0, 27, 4)), iban.lower())[rank % 3]


def _email(rank: int, person: Person, _: random.Random) -> str:
    name = f"{person[1]}.{person[0]}".lower().replace(" ", "").replace("'", "")
    return (f"{name}@exemple.fr", f"{name.upper()}@EXEMPLE.ORG", f"{name}@mairie-exemple.gouv.fr",
            f"{name} (at) exemple.fr")[rank % 4]


def _phone(rank: int, _: Person, seed: random.Random) -> str:
    pairs = [f"0{seed.randrange(1, 10)}", *(f"{seed.randrange(100):02d}" for _ in range(4))]
    return (" ".join(pairs), "".join(pairs), ".".join(pairs), "-".join(pairs), "+33 " + " ".join(pairs)[1:],
            "0033" + "".join(pairs)[1:])[rank % 6]


def _born(rank: int, _: Person, seed: random.Random) -> str:
    day, month, year = seed.randrange(1, 29), seed.randrange(1, 13), seed.randrange(1940, 2006)
    return (f"né le {day:02d}/{month:02d}/{year}", f"née le {day} mars {year}",
            f"né(e) le {day:02d}.{month:02d}.{year}", f"date de naissance : {day:02d}/{month:02d}/{year}",
            f"née à Lyon le {day:02d}/{month:02d}/{year}", f"NEE LE {day:02d}-{month:02d}-{year}")[rank % 6]


def _address(rank: int, person: Person, seed: random.Random) -> str:
    name, number = person[0].title(), seed.randrange(1, 300)
    return (f"{number} rue {name}", f"{number} bis, avenue {name}", f"{number} bd {name.upper()}",
            f"{number} impasse des Lilas 01000 Bourg-en-Bresse", f"{number}, chemin de {name}",
            "place de la Mairie, 69100 Villeurbanne", f"lot. {name}, 01{number + 100} Gex")[rank % 7]


def _name(rank: int, person: Person, _: random.Random) -> str:
    last, first = person
    return (f"{first.title()} {last.title()}", f"{last} {first.title()}", f"Mme {last.title()}",
            f"{first.title()} {last}", f"M. {last.title()}", f"Madame {first.title()} {last.title()}")[rank % 6]
