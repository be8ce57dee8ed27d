"""What each part of the report shows, as tables and figures of disclosed numbers.

Here: the choice of numbers of each section. Not here: their words (``templates``), their drawing
(``charts``, ``map``).
"""

from __future__ import annotations

import pandas as pd

from tznr_platform import contracts
from tznr_platform.reporting import charts
from tznr_platform.reporting.blocks import Figure, Grid, Row, coverage, crossed, empty, grid
from tznr_platform.reporting.book import Book, number_id
from tznr_platform.reporting.labels import label

FUNNEL = {"evoques": "Évoqués", "demandes": "Demandés", "ouverts": "Ouverts", "verses": "Versés"}
ENTIRE = {"channel_code": "tous"}


def access(book: Book) -> dict[str, Grid | Figure]:
    """Axe 1a: four counts by benefit, delays, channels."""
    benefits = [code for (code,) in book.keys("acces", "benefit_code", where=ENTIRE)]
    rows = [(label("benefit_code", code), title, book.value(number_id("acces", measure, code)))
            for code in benefits for measure, title in FUNNEL.items()]
    names = [label("benefit_code", code) for code in benefits]
    chart = charts.bars(_frame(rows, "group"), names, list(FUNNEL.values()), title="Personnes")
    return {
        "chart": Figure(
            chart,
            "Du droit évoqué au droit versé, par prestation",
            "Barres horizontales : pour chaque prestation, nombre de personnes dont le droit a été évoqué, "
            "demandé, ouvert puis versé. Les mêmes valeurs figurent dans le tableau qui suit.",
            coverage(book, "acces"),
        ),
        "funnel": grid(
            book,
            "acces",
            "Quatre comptes distincts, par prestation",
            {"benefit_code": "Prestation"},
            FUNNEL | {"inconnus": "Suite inconnue", "delai": "Délai médian d’ouverture (jours)"},
            where=ENTIRE,
        ),
        "met": crossed(
            book,
            "acces",
            "evoques",
            "Droits évoqués, selon le canal de la première rencontre",
            {"benefit_code": "Prestation"},
            across="channel_code",
        ),
        "channels": crossed(
            book,
            "acces",
            "ouverts",
            "Droits ouverts, selon le canal de la première rencontre",
            {"benefit_code": "Prestation"},
            across="channel_code",
        ),
    }


def non_take_up(book: Book) -> dict[str, Grid]:
    """Axe 1: bounds with three denominators, and the types that professionals noted."""
    return {
        "bounds": grid(
            book,
            "non_recours_bornes",
            "Non-recours parmi les personnes rencontrées, le mois précédent, selon trois dénominateurs",
            {"benefit_code": "Prestation"},
            {
                "connues": "Perception connue",
                "certaines": "Éligibles certaines",
                "taux_certaines": "Non-recours : certaines",
                "possibles": "Éligibles possibles",
                "taux_possibles": "certaines ou possibles",
                "tous_bas": "toutes, au moins",
                "tous_haut": "toutes, au plus",
                "exclues_part": "Allocataires dits non éligibles",
            },
        ),
        "types": crossed(
            book,
            "non_recours",
            "personnes",
            "Types de non-recours notés, par prestation",
            {"benefit_code": "Prestation"},
            across="non_take_up_code",
        ),
    }


def retention(book: Book) -> dict[str, Grid | Figure]:
    """Axe 1b: what is still open after 3, 6 and 12 months."""
    keys = book.keys("maintien", "benefit_code", "horizon_months")
    rows = [(label("horizon_months", horizon), label("benefit_code", code),
             book.value(number_id("maintien", "taux", code, horizon))) for code, horizon in keys]
    frame = _frame(rows, "step")
    series = list(dict.fromkeys(frame.dropna()["series"]))[:5]
    chart = charts.lines(
        frame[frame["series"].isin(series)],
        [label("horizon_months", h) for h in ("3", "6", "12")],
        series,
        unit="share",
        title="Part des droits encore ouverts",
    )
    return {
        "chart": Figure(
            chart,
            "Maintien des droits ouverts, à 3, 6 et 12 mois",
            "Courbes : part des droits ouverts encore ouverts après 3, 6 et 12 mois, par prestation. "
            "Mêmes valeurs dans le tableau qui suit.",
            coverage(book, "maintien"),
        ),
        "table": grid(
            book,
            "maintien",
            "Maintien des droits ouverts",
            {"benefit_code": "Prestation", "horizon_months": "Horizon"},
            {"observes": "Droits observés", "maintenus": "Droits maintenus", "taux": "Taux de maintien"},
        ),
    }


def practices(book: Book) -> dict[str, Grid | Figure]:
    """Axe 2: how often, and which posts were created."""
    keys = book.keys("pratiques", "wave_code", "practice_code")
    rows = [
        (label("practice_code", code), wave, book.value(number_id("pratiques", "hebdomadaire", wave, code)))
        for wave, code in keys
    ]
    groups = [label("practice_code", code) for (code,) in book.keys("pratiques", "practice_code")]
    chart = charts.dots(
        _frame(rows, "group"),
        groups,
        [wave for (wave,) in book.keys("pratiques", "wave_code")],
        unit="share",
        title="Part des professionnels qui pratiquent chaque semaine",
    )
    return {
        "chart": Figure(
            chart,
            "Pratiques hebdomadaires, par vague d’enquête",
            "Points : pour chaque pratique, part des professionnels qui la déclarent chaque semaine, à "
            "chaque vague. Mêmes valeurs dans le tableau qui suit.",
            coverage(book, "pratiques"),
        ),
        "table": grid(
            book,
            "pratiques",
            "Pratiques professionnelles déclarées",
            {"practice_code": "Pratique", "wave_code": "Vague"},
            {
                "professionnels": "Répondants",
                "employeurs": "Types d’employeurs",
                "niveau": "Niveau moyen (0 à 4)",
                "hebdomadaire": "Chaque semaine",
            },
        ),
        "positions": grid(
            book,
            "postes",
            "Postes créés",
            {"position_title_code": "Intitulé", "position_status_code": "Statut"},
            {"postes": "Postes", "etp": "ETP"},
        ),
    }


def detection(book: Book) -> dict[str, Grid]:
    """Axe 2: who was found to lack an entitlement, referred, and got there."""
    return {
        "persons": grid(
            book,
            "reperage",
            "Repérage et orientation, selon le canal de la première rencontre",
            {"channel_code": "Canal"},
            {
                "examinables": "Examen transmis",
                "reperees": "Repérées",
                "reperage": "Repérage",
                "orientables": "Rencontres transmises",
                "orientees": "Orientées",
                "orientation": "Orientation",
                "abouties": "Une orientation aboutie",
            },
        ),
        "referrals": grid(
            book,
            "orientations",
            "Orientations abouties, par destination",
            {"referral_code": "Destination"},
            {"orientations": "Orientations", "abouties": "Abouties", "aboutissement": "Part aboutie, issue connue"},
        ),
    }


def network(book: Book) -> dict[str, Grid | Figure]:
    """Axe 3: density and reciprocity by kind of tie and wave."""
    keys = book.keys("reseau", "wave_code", "tie_type_code")
    rows = [(label("tie_type_code", code), wave, book.value(number_id("reseau", "densite", wave, code)))
            for wave, code in keys]
    groups = [label("tie_type_code", code) for (code,) in book.keys("reseau", "tie_type_code")]
    chart = charts.dots(_frame(rows, "group"), groups, [wave for (wave,) in book.keys("reseau", "wave_code")],
                        unit="share", title="Densité des liens")
    return {
        "chart": Figure(
            chart,
            "Densité des réseaux, par type de lien et par vague",
            "Points : pour chaque type de lien, densité à chaque vague. Mêmes valeurs dans le tableau.",
            coverage(book, "reseau"),
        ),
        "table": grid(
            book,
            "reseau",
            "Liens entre organisations",
            {"tie_type_code": "Type de lien", "wave_code": "Vague"},
            {
                "interrogees": "Organisations interrogées",
                "repondantes": "Répondantes",
                "reponse": "Taux de réponse",
                "densite": "Densité",
                "reciprocite": "Réciprocité",
            },
        ),
    }


def participation(book: Book) -> dict[str, Grid]:
    """Transversal: events by phase and level; ordinal, never averaged."""
    return {
        "events": crossed(
            book,
            "participation",
            "evenements",
            "Événements, par phase et niveau de participation",
            {"phase_code": "Phase"},
            across="level_code",
        ),
        "persons": crossed(
            book,
            "participation",
            "participants",
            "Participations, par phase et niveau",
            {"phase_code": "Phase"},
            across="level_code",
        ),
        "themes": crossed(
            book,
            "entretiens",
            "entretiens",
            "Thèmes des entretiens des trois monographies, par profil",
            {"theme_code": "Thème"},
            across="profile_code",
        ),
    }


def costs(book: Book) -> dict[str, Grid]:
    """Three ledgers, three tables, no common total."""
    states = {"paye": "Payé (€)", "engage": "Engagé (€)", "prevu": "Prévu (€)"}
    return {
        "years": grid(
            book, "couts_exercice", "Coût du programme, par exercice", {"fiscal_year": "Exercice"}, states
        ),
        "natures": grid(
            book, "couts_nature", "Coût du programme, par nature", {"nature_code": "Nature"}, states
        ),
        "funders": grid(
            book, "couts_financeur", "Coût du programme, par financeur", {"funder_code": "Financeur"}, states
        ),
        "transfers": grid(
            book,
            "transferts",
            "Transferts ouverts, par prestation et payeur",
            {"benefit_code": "Prestation", "payer_code": "Payeur"},
            {"personnes": "Personnes", "mois": "Mois versés", "montant": "Montant versé (€)"},
        ),
        "avoided": grid(
            book,
            "couts_evites",
            "Coûts évités, par événement et payeur",
            {"cost_event_code": "Événement", "payer_code": "Payeur"},
            {"quantite": "Quantité évitée", "bas": "Bas (€)", "central": "Central (€)", "haut": "Haut (€)"},
        ),
    }


def annexes(book: Book) -> dict[str, Grid]:
    """Bodies, quarantine reasons, control totals."""
    return {
        "bodies": grid(
            book,
            "organismes",
            "Réponses des organismes à leur dernière livraison",
            {"body_code": "Organisme"},
            {"recherchees": "Recherchées", "retrouvees": "Retrouvées", "appariement": "Appariement"},
        ),
        "quality": grid(
            book,
            "qualite",
            "Lignes écartées ou signalées, par table et motif",
            {"table_name": "Table", "sender_kind": "Émetteurs", "reason_code": "Motif"},
            {"lignes": "Lignes", "livraisons": "Livraisons"},
        ),
        "vintages": grid(
            book,
            "millesimes",
            "Millésimes et recul",
            {"body_code": "Organisme", "benefit_code": "Prestation"},
            {"extractions": "Extractions", "recul": "Recul (mois)", "dernier_mois": "Dernier mois analysable"},
        ),
        "delays": crossed(
            book,
            "delais",
            "definitifs",
            "Triangle des délais : part déjà connue dans son état définitif",
            {"body_code": "Organisme", "benefit_code": "Prestation"},
            across="delay_month_count",
        ),
        "revisions": grid(
            book,
            "revisions",
            "Révisions d’une extraction à la suivante",
            {"body_code": "Organisme", "benefit_code": "Prestation"},
            {"redits": "Mois redits", "revises": "Mois révisés"},
        ),
        "indicators": _by_territory(book),
        "controls": grid(
            book,
            "controles",
            "Totaux de contrôle des données ouvertes",
            {"control_id": "Total"},
            {"publie": "Publié", "recu": "Retrouvé", "ecart": "Écart"},
        ),
    }


def _by_territory(book: Book) -> Grid:
    """How many indicators each territory lets measure, by axis; nothing is ranked."""
    axes = [axis for (axis,) in book.keys("indicateurs", "axis_code")]
    rows = tuple(
        Row((row["territory_label"],), tuple(f"indicateurs.mesures.{axis}.{row['territory_code']}" for axis in axes))
        for row in contracts.reference("territories")
    )
    titles = tuple(f"{label('axis_code', axis)} : mesurés" for axis in axes)
    return Grid("Indicateurs mesurés, par territoire et par axe", ("Territoire",), titles, rows if axes else (),
                coverage(book, "couverture"), empty(book, "indicateurs"))


def _frame(rows: list[tuple], first: str) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[first, "series", "value"]).astype({"value": "float64"})
