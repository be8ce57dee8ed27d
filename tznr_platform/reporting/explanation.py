"""Where a number comes from: its definition, query, deliveries and code.

Here: the French text of ``tznr explain``. Not here: the number itself (``numbers``), the command (``cli``).
"""

from __future__ import annotations

import difflib
import hashlib
import importlib.metadata
import json
from pathlib import Path

from quality import candidate
from quality.criteria import checks_hash
from tznr_platform import disclosure, french
from tznr_platform.disclosure.registry import NATION, tables
from tznr_platform.errors import UserError
from tznr_platform.reporting.numbers import read_numbers
from tznr_platform.settings import Settings
from tznr_platform.storage import lake, warehouse
from tznr_platform.storage.estimates import PREFIX, estimate_file, view_sql

DBT_PROJECT = Path(__file__).parents[2] / "dbt_project"
DBT_SOURCES = ("dbt_project.yml", "models/**/*", "macros/**/*", "seeds/**/*")


def explain(settings: Settings, number_id: str) -> str:
    """French account of one number. UserError with near misses when no number has that id."""
    numbers = read_numbers(settings)
    if number_id not in numbers.index:
        near = difflib.get_close_matches(number_id, numbers.index, n=5, cutoff=0.5)
        raise UserError(
            f"Aucun chiffre ne porte l'identifiant « {number_id} ».",
            where="chiffres diffusables",
            why="un identifiant s'écrit table.mesure.dimensions.territoire",
            remedy=f"essayer : {', '.join(near)}" if near else "le lire sur le chiffre dans le rapport",
        )
    row = numbers.loc[number_id]
    table = tables()[json.loads(row["dimensions"]).get("table_id", row["table_id"])]
    place = "France (tous les territoires)" if row["territory_code"] == NATION else row["territory_code"]
    return "\n".join(
        [
            row["label_fr"],
            "=" * len(row["label_fr"]),
            "",
            f"Identifiant    {number_id}",
            f"Valeur         {shown_value(row)}",
            *([f"Précision      {row['note_fr']}"] if isinstance(row["note_fr"], str) else []),
            f"Définition     {table.definition}",
            f"Champ          {table.population}",
            f"Territoire     {place}",
            "",
            f"Requête sur les résultats publiés ({row['mart']})",
            f"  {row['query']}",
            "",
            *_deliveries(settings, table.sources, row["territory_code"]),
            "",
            "Code",
            f"  version {code_version()}",
            "",
            "Pour le recalculer",
            f"  duckdb -readonly {settings.published_file}  puis la requête ci-dessus ;",
            *_reading(settings, row["mart"]),
            "  ou « tznr run », qui refait tout depuis les livraisons"
            f"{', puis « tznr run --job estimations »' if row['mart'].startswith(PREFIX) else ''}.",
            "",
        ]
    )


def _reading(settings: Settings, relation: str) -> list[str]:
    """How an estimate is made readable before its query."""
    if not relation.startswith(PREFIX):
        return []
    name = relation.removeprefix(PREFIX)
    return [f"  auparavant : {view_sql(name, estimate_file(settings, name))} ;"]


def shown_value(row) -> str:
    """The value in French, or the word for its absence."""
    if row["status_code"] == disclosure.MASKED:
        label = disclosure.load_policy().masked_label
        return f"{label} : effectif trop petit, ou qui en ferait retrouver un ; ce n'est pas un zéro"
    if row["status_code"] == disclosure.UNAVAILABLE:
        why = "voir la précision" if isinstance(row["note_fr"], str) and row["note_fr"] else \
            "aucune donnée reçue ne permet de l'établir"
        return f"non disponible : {why}"
    return french.measure(row["value"], row["unit_code"])


def code_version() -> str:
    """Version of the package, hash of the dbt project and of the criteria: the same three give the same
    numbers.
    """
    digest = hashlib.sha256()
    for path in sorted(path for name in DBT_SOURCES for path in DBT_PROJECT.glob(name) if path.is_file()):
        digest.update(path.relative_to(DBT_PROJECT).as_posix().encode() + path.read_bytes())
    return f"{_package_version()} · modèles {digest.hexdigest()[:12]} · critères {checks_hash()[:12]}"


def _package_version() -> str:
    """The installed version; the working copy when the package runs from its sources."""
    try:
        return importlib.metadata.version("tznr-platform")
    except importlib.metadata.PackageNotFoundError:
        return "copie de travail"


def _deliveries(settings: Settings, sources: tuple[str, ...], territory: str) -> list[str]:
    """Current deliveries that feed the number; nationally, one line a sender and table."""
    if not sources:
        return ["Livraisons", "  toutes les livraisons du registre"]
    names = ", ".join(lake.quote(name) for name in sources)
    sender = f"(sender_code = {lake.quote(territory)} or sender_code not like 'TZNR-%')"
    keys = "table_name, sender_code" if territory == NATION else "table_name, sender_code, delivery_id"
    query = f"""
        select table_name, sender_code, count(*) as deliveries, min(period) as first_period,
               max(period) as last_period, arg_max(version, period_month) as version,
               arg_max(sha256, period_month) as sha256
        from read_parquet({lake.quote(candidate.register_file(settings))})
        where is_current and status_code in ('accepted', 'partial') and table_name in ({names})
          and {"true" if territory == NATION else sender}
        group by {keys} order by 1, 2, 4"""
    with warehouse.connect(None, settings=settings) as con:
        rows = con.execute(query).fetchall()
    lines = [f"  {table:<16} {sender:<15} {first if first == last else f'{first} → {last}':<20} "
             f"{french.count(count, 'livraison'):<15} dernière : v{version}, sha256 {sha[:12]}"
             for table, sender, count, first, last, version, sha in rows]
    return [f"Livraisons en vigueur ({french.number(sum(row[2] for row in rows))})", *(lines or ["  aucune"])]
