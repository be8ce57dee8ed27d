"""What the report shows of the effects: the numbers under their label, the path, what could make them wrong.

Here: the choice of numbers and words of these sections. Not here: the other sections (``sections``), their sentences
(``templates``). A table of effects that was not made from the published data says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from tznr_platform.estimation.design import Estimand, load_design
from tznr_platform.reporting import charts
from tznr_platform.reporting.blocks import Figure, Grid, Row, between, coverage, empty, words
from tznr_platform.reporting.book import Book, number_id
from tznr_platform.reporting.labels import label

EFFECTS, PATHS, DEVIATIONS, TERRITORIES = "effets", "effets_chemins", "effets_ecarts", "effets_territoires"
PRIMARY = "access_primary"
COLUMNS = (words("Étiquette"), "Personnes comparées", "Ouvert avec rencontre", "Ouvert sans",
           "Effet et intervalle à 95 % (points)", "Bornes", "p corrigée")
DIAGNOSTICS = {
    "Part des rencontrées qui ont une comparaison": ("appui",),
    "Part des rencontrées dont le résultat est connu": ("connu",),
    "Équilibre : plus forte différence standardisée avant pondération": ("ecart_avant",),
    "Équilibre : plus forte différence après pondération": ("ecart_apres",),
    "Recouvrement : effectif utile de la comparaison": ("effectif_utile",),
    "Test du passé : valeur p": ("passe_p",),
    "Test du passé : puissance contre une dérive qui ferait tout l’effet": ("passe_puissance",),
    "Biais que ce test manque une fois sur deux (points)": ("passe_manque",),
    "Divergence des tendances qui annule l’effet (× la plus forte rupture passée)": ("bascule",),
    "Valeur E": ("valeur_e",),
    "Valeur E de la limite de l’intervalle": ("valeur_e_limite",),
    "Sélection qui annule l’effet (delta d’Oster)": ("selection",),
    "Placebo : contact prétendu six mois plus tôt (points)": ("placebo_date_bas", "placebo_date_haut"),
    "Placebo : prestation que le programme ne vise pas (points)": ("placebo_droit_bas", "placebo_droit_haut"),
    "Sans un territoire, tour à tour (points)": ("sans_un_bas", "sans_un_haut"),
    "Sans les départements pilotes du trimestre de référence (points)": ("pilotes_bas", "pilotes_haut"),
    "Contacts antérieurs à la réforme, seuls (points)": ("reforme_bas", "reforme_haut"),
    "Bornes : appariements manquants ou inexacts (points)": ("appariement_bas", "appariement_haut"),
    "Bornes : droits encore inconnus à l’extraction (points)": ("recul_bas", "recul_haut"),
    "Bornes : territoires absents (points)": ("absents_bas", "absents_haut"),
    "Bornes : personnes opposées (points)": ("opposes_bas", "opposes_haut"),
}
BRIEF = {"Effectif utile": ("effectif_utile",), "Différence après pondération": ("ecart_apres",),
         "Test du passé (p)": ("passe_p",), "Sa puissance": ("passe_puissance",), "Valeur E": ("valeur_e",),
         "Placebo de date": ("placebo_date_bas", "placebo_date_haut"),
         "Placebo de prestation": ("placebo_droit_bas", "placebo_droit_haut"), "Divergence fatale": ("bascule",)}


@dataclass(frozen=True)
class Deviations:
    """The sentences of the deviations, the version and the hash of the design; ``absent`` instead when not computed."""

    sentences: tuple[str, ...]
    design: str
    sha256: str
    absent: str


def effects(book: Book) -> dict[str, object]:
    """Axis 1: effects by quantity, the path of the main one, its diagnostics, those of the others, the deviations."""
    asked = _estimands()
    main, others = ([one for one in asked if (one.family == PRIMARY) == chosen] for chosen in (True, False))
    return {
        "main": [_effects(book, one) for one in main], "others": [_effects(book, one) for one in others],
        "path": _path(book, main[0]), "diagnostics": [_diagnostics(book, one) for one in main],
        "brief": [_brief(book, one) for one in others], "deviations": _deviations(book),
        "territories": _territories(book)}


def _estimands() -> list[Estimand]:
    """Those of the design that compare persons met with persons not met yet."""
    return [one for one in load_design().estimands if one.comparison == "not_yet_met"]


def _keys(book: Book, estimand: Estimand) -> list[tuple[str, ...]]:
    """(benefit, horizon) of one quantity, in the order of their lists."""
    return book.keys(EFFECTS, "benefit_code", "horizon_months", where={"estimand_code": estimand.code})


def _effects(book: Book, estimand: Estimand) -> Grid:
    rows = []
    for benefit, horizon in _keys(book, estimand):
        ids = _ids(estimand, benefit, horizon)
        rows.append(Row((label("benefit_code", benefit), label("horizon_months", horizon)), (
            _tag(book, ids("etiquette"), ids("effet")), ids("comparees"), ids("avec"), ids("sans"),
            _with_interval(book, ids), between(book, ids("borne_basse"), ids("borne_haute")),
            ids("p_ajustee"))))
    return Grid(estimand.title, ("Prestation", "Horizon"), COLUMNS, tuple(rows), coverage(book, EFFECTS),
                empty(book, EFFECTS))


def _with_interval(book: Book, ids) -> str | Markup:
    """An effect and its interval, or the word that stands for both."""
    if book.value(ids("effet")) is None:
        return ids("effet")
    return Markup("{}<br><small>{}</small>").format(
        book.show(ids("effet")), between(book, ids("effet_bas"), ids("effet_haut")))


def _diagnostics(book: Book, estimand: Estimand) -> Grid:
    """A line a diagnostic, a column a benefit and horizon."""
    keys = _keys(book, estimand)
    titles = tuple(f"{label('benefit_code', benefit)}, {label('horizon_months', horizon)}" for benefit, horizon in keys)
    rows = [Row((title,), tuple(_cell(book, _ids(estimand, *key), names) for key in keys))
            for title, names in DIAGNOSTICS.items()] if keys else []
    return Grid(f"Diagnostics : {estimand.title.lower()}", ("Diagnostic",), titles, tuple(rows),
                coverage(book, EFFECTS), empty(book, EFFECTS))


def _brief(book: Book, estimand: Estimand) -> Grid:
    rows = tuple(Row((label("benefit_code", benefit), label("horizon_months", horizon)),
                     tuple(_cell(book, _ids(estimand, benefit, horizon), names) for names in BRIEF.values()))
                 for benefit, horizon in _keys(book, estimand))
    return Grid(f"Diagnostics : {estimand.title.lower()}", ("Prestation", "Horizon"), tuple(BRIEF), rows,
                coverage(book, EFFECTS), empty(book, EFFECTS))


def _territories(book: Book) -> Grid:
    """What could be seen and what is possible, then the effect or the reason why there is none."""
    rows = []
    for benefit, horizon in book.keys(TERRITORIES, "benefit_code", "horizon_months"):
        ids = [number_id(TERRITORIES, name, benefit, horizon)
               for name in ("etiquette", "zones", "comparees", "detectable", "possible", "effet")]
        rows.append(Row((label("benefit_code", benefit), label("horizon_months", horizon)),
                        (_tag(book, ids[0], ids[-1]), *ids[1:])))
    titles = (words("Étiquette"), "Territoires", "Zones comparées", "Plus petit effet détectable",
              "Plus grand possible", "Effet (%)")
    return Grid("Effet sur le nombre de foyers du territoire", ("Prestation", "Horizon"), titles, tuple(rows),
                coverage(book, TERRITORIES), empty(book, TERRITORIES))


def _tag(book: Book, labelled: str, reasoned: str) -> Markup:
    """The label of a result and, under it, why it is weaker than planned or has no number."""
    tag = Markup('<span class="tag" data-number="{}">{}</span>').format(labelled, book.note(labelled))
    why = book.note(reasoned).rstrip(".")
    return tag + Markup("<br><small>{}{}.</small>").format(why[:1].upper(), why[1:]) if why else tag


def _cell(book: Book, ids, names: tuple[str, ...]) -> str | Markup:
    return ids(names[0]) if len(names) == 1 else between(book, *map(ids, names))


def _ids(estimand: Estimand, benefit: str, horizon: str):
    """The ids of one effect, by measure."""
    return lambda measure: number_id(EFFECTS, measure, estimand.code, benefit, horizon)


def _path(book: Book, estimand: Estimand) -> Figure | None:
    """Month by month around the contact; None when no month may be shown."""
    keys = book.keys(PATHS, "benefit_code", "horizon_months", "month", where={"estimand_code": estimand.code})
    rows = [(label("benefit_code", benefit), int(month), *(
        book.value(number_id(PATHS, measure, estimand.code, benefit, horizon, month))
        for measure in ("ecart", "ecart_bas", "ecart_haut"))) for benefit, horizon, month in keys]
    frame = pd.DataFrame(rows, columns=["group", "month", "value", "low", "high"]).dropna()
    if frame.empty:
        return None
    return Figure(
        charts.paths(frame.astype({"value": float, "low": float, "high": float}), list(dict.fromkeys(frame["group"])),
                     title="Écart"),
        "Écart entre personnes rencontrées et non rencontrées, mois par mois",
        "Une courbe par prestation : différence de la part de droits ouverts entre personnes rencontrées et non "
        "rencontrées, chaque mois, moins celle du mois qui précède la rencontre, et son intervalle à 95 %.",
        coverage(book, PATHS))


def _deviations(book: Book) -> Deviations:
    ranks = sorted(int(rank) for (rank,) in book.keys(DEVIATIONS, "rank"))
    said = [book.note(number_id(DEVIATIONS, "rang", str(rank))) for rank in ranks]
    sha256 = book.note(number_id(DEVIATIONS, "protocole", "0"))
    absent = "" if ranks else empty(book, DEVIATIONS)
    return Deviations(tuple(said[1:]), said[0] if said else "", sha256, absent)
