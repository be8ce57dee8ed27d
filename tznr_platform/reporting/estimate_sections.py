"""What the report shows of estimates: months kept, scales, networks, costs; the effects on access have their own.

Here: the choice of numbers of each section, and the reasons of what is not estimable. Not here: the sections of counts
(``sections``), their words (``templates``), their drawing (``charts``).
"""

from __future__ import annotations

import pandas as pd

from tznr_platform.disclosure.registry import tables
from tznr_platform.estimation import cheers as checklist
from tznr_platform.reporting import charts
from tznr_platform.reporting.blocks import Figure, Grid, Row, between, coverage, empty
from tznr_platform.reporting.book import Book, number_id
from tznr_platform.reporting.labels import label

SCALE = {"instrument_code": "Instrument", "instrument_version": "Version", "dimension_code": "Dimension",
         "wave_code": "Vague"}
NETWORK = {"tie_type_code": "Type de lien", "wave_code": "Vague"}
BENEFIT = {"benefit_code": "Prestation"}
INTERVAL = "Intervalle à 95 %"


def retention_months(book: Book) -> dict[str, object]:
    """Months kept of twelve, and outreach against other contacts."""
    return {
        "months": _table(book, "maintien_mois", "Mois de droit conservés sur les douze premiers", BENEFIT, {
            "Droits suivis": "periodes", "Sorties": "sorties", "Mois conservés": "mois", INTERVAL: ("bas", "haut")}),
        "months_reasons": reasons(book, "maintien_mois", "mois"),
        "gap": _table(book, "maintien_ecart", "Mois conservés : aller-vers moins autres contacts", BENEFIT, {
            "Droits après aller-vers": "aller_vers", "Après un autre contact": "autres", "Écart en mois": "ecart",
            INTERVAL: ("bas", "haut"), "p corrigée": "p"}),
        "gap_reasons": reasons(book, "maintien_ecart", "ecart")}


def scale_gates(book: Book) -> dict[str, object]:
    """Scores behind their gates: reliability, then comparability; change under attrition."""
    return {
        "table": _table(book, "echelles", "Scores qui peuvent être lus : échelles fiables, vagues comparables", SCALE, {
            "Répondants": "repondants", "Alpha": "alpha", "Oméga": "omega", "Score moyen": "score",
            "Écart type": "ecart_type", "Au plus bas": "plancher", "Au plus haut": "plafond"}),
        "reasons": reasons(book, "echelles", "score"),
        "change": _table(book, "echelles_evolution", "Évolution depuis la première vague, mêmes personnes", SCALE, {
            "Première vague": "suivis", "Deux vagues": "deux_fois", "Évolution": "evolution", INTERVAL: ("bas", "haut"),
            "En écarts-types": "standardisee", "Bascule": "bascule",
            "p corrigée": "p"}),
        "change_reasons": reasons(book, "echelles_evolution", "evolution")}


def practice_change(book: Book) -> dict[str, object]:
    """The same professionals, from the first wave to each later one."""
    return {
        "table": _table(book, "pratiques_evolution", "Évolution des pratiques des mêmes professionnels",
                        {"practice_code": "Pratique", "wave_code": "Vague"}, {
                            "Première vague": "suivis", "Deux vagues": "deux_fois", "Évolution": "evolution",
                            INTERVAL: ("bas", "haut"), "Bascule": "bascule", "p corrigée": "p"}),
        "reasons": reasons(book, "pratiques_evolution", "evolution")}


def network_shape(book: Book) -> dict[str, object]:
    """Density between its bounds, groups, core actors by type, and the one association with access."""
    return {
        "shape": _table(book, "reseau_mesure", "Densité des réseaux, bornes et incertitude", NETWORK, {
            "Réseaux": "reseaux", "Organisations": "organisations", "Densité": "densite",
            "Bornes": ("densite_bas", "densite_haut"), "Tirage à 95 %": ("tirage_bas", "tirage_haut")}),
        "groups": _table(book, "reseau_mesure", "Réciprocité, centralisation et groupes", NETWORK, {
            "Réciprocité, bornes": ("reciprocite_bas", "reciprocite_haut"), "Centralisation": "centralisation",
            "Modularité": "modularite"}),
        "reasons": reasons(book, "reseau_mesure", "densite"),
        "core": _table(book, "reseau_coeur", "Acteurs centraux des réseaux d’orientation, par type d’organisation",
                       {"organisation_type_code": "Type d’organisation", "wave_code": "Vague"},
                       {"Organisations": "organisations", "Acteurs centraux": "centrales"}),
        "access": _table(book, "reseau_acces", "Évolution de la densité et accès, entre territoires",
                         {"label": "Étiquette"}, {
                             "Territoires": "territoires", "Corrélation de rang": "correlation",
                             "p par permutation": "p", "En retirant un territoire": ("bas", "haut")}),
        "access_reasons": reasons(book, "reseau_acces", "correlation")}


def avoided(book: Book) -> dict[str, object]:
    """Net saving by perspective, its distribution, what drives it, cost per opening, the checklist."""
    return {
        "balance": _table(book, "couts_soldes", "Coûts évités moins coût du programme, par point de vue",
                          {"perspective_code": "Point de vue"}, {
            "Euros de": "annee", "Coûts évités": "evite", "Programme": "programme", "Solde": "solde",
            INTERVAL: ("solde_bas", "solde_haut"), "Probabilité d’un solde positif": "probabilite",
            "Littérature seule": "litterature"}),
        "balance_reasons": reasons(book, "couts_soldes", "solde"),
        "distribution": _distribution(book),
        "tornado": [_tornado(book, seen) for (seen,) in book.keys("couts_tornade", "perspective_code")],
        "openings": _table(book, "cout_par_droit", "Coût par droit ouvert de plus", {"scenario_code": "Coût retenu"}, {
            "Programme (€)": "programme", "Droits ouverts": "ouverts", "Par droit ouvert (€)": "brut",
            "Droits de plus": "de_plus", "Par droit de plus (€)": "corrige",
            "Intervalle de Fieller": ("corrige_bas", "corrige_haut")}),
        "openings_reasons": reasons(book, "cout_par_droit", "corrige"),
        "benefits": next(filter(None, (book.note(number_id("cout_par_droit", "de_plus", code)) for (code,) in
                                       book.keys("cout_par_droit", "scenario_code"))), ""),
        "cheers": _cheers(book)}


def reasons(book: Book, table_id: str, measure: str) -> list[str]:
    """Why cells of a table have no value, a sentence a reason; nothing is said of a masked one."""
    names = tables()[table_id].dimensions
    found: dict[str, list[str]] = {}
    for key in book.keys(table_id):
        cell = number_id(table_id, measure, *key)
        if (why := book.note(cell)) and book.is_unavailable(cell):
            subject = ", ".join(label(name, code) for name, code in zip(names, key, strict=True))
            found.setdefault(why.rstrip(". "), []).append(subject)
    return [f"{' ; '.join(subjects)} : {why}" for why, subjects in found.items()]


def _table(book: Book, table_id: str, caption: str, corners: dict[str, str],
           columns: dict[str, str | tuple[str, str]]) -> Grid:
    """A row a key of ``corners``, a column a measure, or a range of two."""
    rows = []
    for key in book.keys(table_id, *corners):
        codes = dict(zip(corners, key, strict=True))
        place = [codes[name] for name in tables()[table_id].dimensions]
        rows.append(Row(tuple(label(name, code) for name, code in codes.items()), tuple(
            number_id(table_id, one, *place) if isinstance(one, str)
            else between(book, *(number_id(table_id, end, *place) for end in one)) for one in columns.values())))
    return Grid(caption, tuple(corners.values()), tuple(columns), tuple(rows), coverage(book, table_id),
                empty(book, table_id))


def _distribution(book: Book) -> Figure:
    """Percentiles of the net saving of each perspective, in millions of euros."""
    keys = book.keys("couts_distribution", "perspective_code", "percentile")
    rows = pd.DataFrame([(f"{percentile} %", label("perspective_code", seen),
                          _millions(book.value(number_id("couts_distribution", "solde", seen, percentile))))
                         for seen, percentile in keys], columns=["step", "series", "value"])
    rows = rows.astype({"value": "float64"})
    steps, series = (list(dict.fromkeys(rows[name])) for name in ("step", "series"))
    return Figure(charts.lines(rows, steps, series, unit="number", title="Solde, en millions d’euros"),
                  "Distribution du solde : part des tirages qui sont au-dessous",
                  "Courbes : pour chaque point de vue, solde au-dessous duquel se trouvent 1, 5, 10, 25, 50, 75, 90, "
                  "95 et 99 % des 10 000 tirages.", coverage(book, "couts_distribution"))


def _tornado(book: Book, seen: str) -> Grid:
    """The parameters of one perspective, the most influential first, and the net saving at their ends."""
    places = book.keys("couts_tornade", "rank", where={"perspective_code": seen})
    ends = [[number_id("couts_tornade", end, seen, rank) for end in ("bas", "haut")] for (rank,) in places]
    rows = tuple(Row((_parameter(book.note(low)),), (between(book, low, high),)) for low, high in ends)
    return Grid(f"{label('perspective_code', seen)} : ce qui fait varier le solde", ("Paramètre",),
                ("Solde, de 2,5 % à 97,5 % (€)",), rows, coverage(book, "couts_tornade"), empty(book, "couts_tornade"))


def _parameter(name: str) -> str:
    """The French name of a parameter: its kind, its event, its payer."""
    kind, found, rest = name.partition(" : ")
    event, _, payer = (rest if found else name).partition(", ")
    return " ".join(filter(None, (f"{kind} :" if found else "nombre évité :", label("cost_event_code", event),
                                  f"({label('payer_code', payer)})" if payer else "")))


def _cheers(book: Book) -> list[dict[str, str]]:
    """The 28 items with their state and answer; empty until the estimate is made."""
    states = {1: checklist.REPORTED, 0: checklist.NOT_APPLICABLE, None: checklist.TO_COMPLETE}
    known = {number for (number,) in book.keys("cheers", "number")}
    return [{"number": str(item.number), "topic": item.topic, "expected": item.expected,
             "state": states[book.value(cell)], "answer": book.note(cell)}
            for item in checklist.items() if str(item.number) in known
            for cell in (number_id("cheers", "etat", str(item.number)),)]


def _millions(value: float | None) -> float | None:
    return None if value is None else value / 1e6
