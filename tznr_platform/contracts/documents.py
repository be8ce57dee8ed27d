"""The contracts as French documents: data dictionary, register of processing, glossary of columns.

Here: the text of ``docs/dictionnaire.md``, ``docs/registre.md`` and of the generated part of ``GLOSSARY.md``.
Not here: blank files for senders (``templates``).
"""

from __future__ import annotations

from collections.abc import Iterable

from tznr_platform.contracts.loader import contracts
from tznr_platform.contracts.model import Contract, Field, Rule
from tznr_platform.contracts.reference_lists import calendar, reference
from tznr_platform.french import day

NOTICE = "<!-- Produit depuis les contrats par `tznr docs` ; ne pas modifier à la main. -->"
PROPOSAL = "proposition du projet"
KINDS = {"territory": "Tables transmises par les territoires", "body": "Tables transmises par les organismes",
         "evaluator": "Table tenue par l'évaluateur", "open_data": "Données ouvertes"}
CADENCES = {"monthly": "chaque mois", "quarterly": "chaque trimestre", "half_yearly": "chaque semestre",
            "yearly": "chaque année", "once": "à chaque publication"}
PERIODS = {"monthly": "2025-06", "quarterly": "2025-T2", "half_yearly": "2025-S1", "yearly": "2025"}
TYPES = {"string": "texte", "date": "date", "yearmonth": "mois (AAAA-MM)", "integer": "nombre entier",
         "number": "nombre", "boolean": "oui ou non"}


def dictionary_text() -> str:
    """Every table and field, as senders and readers need them."""
    parts = [NOTICE, "# Dictionnaire des données", _introduction()]
    for kind, heading in KINDS.items():
        parts += [f"## {heading}"]
        parts += [_table_text(table) for table in contracts().values() if table.sender_kind == kind]
    lists = [line(f"`{row['list_name']}`", row["list_label"]) for row in reference("catalogue")]
    parts += ["## Référentiels", grid("Référentiel | Contenu", lists)]
    return "\n\n".join(parts) + "\n"


def register_text() -> str:
    """Register of processing activities (RGPD, article 30), from the facts and from the tables."""
    facts = [line(row["topic_label"], row["statement"], row["certainty"], row["source"])
             for row in reference("processing")]
    tables = [_register_line(table)
              for table in contracts().values() if table.sender_kind != "open_data"]
    kept = [line(row["retention_label"], _end_of(row), row["action"], row["certainty"], row["source"])
            for row in reference("retention_classes")]
    classes = [line(row["sensitivity_label"], row["description"])
               for row in reference("sensitivity_classes")]
    return "\n\n".join([
        NOTICE, "# Registre du traitement",
        "Registre des activités de traitement (RGPD, article 30). Ce qui n'est pas établi par une source est "
        f"dit tel ; « {PROPOSAL} » désigne un choix de l'évaluateur, à confirmer.",
        "## Le traitement", grid("Rubrique | Contenu | Certitude | Source", facts),
        "## Catégories de données",
        grid("Table | Contenu | Catégories | Base légale | Conservation", tables),
        "## Durées de conservation", grid("Jeu | Fin | Action | Certitude | Source", kept),
        "## Classes de sensibilité", grid("Classe | Définition", classes)]) + "\n"


def glossary_lines() -> list[str]:
    """One line for each pair of a sender's column and ours: French title, sender's column, our column."""
    pairs = {(field.column, field.name, field.title)
             for table in contracts().values() for field in table.fields}
    return [line(title, f"`{name}`", f"`{column}`") for column, name, title in sorted(pairs)]


def rule_text(rule: Rule) -> str:
    """A rule as one French sentence."""
    first = f"« {rule.fields[0]} »"
    if rule.kind == "order":
        return f"{first} ne dépasse pas « {rule.fields[1]} »."
    if rule.kind == "window":
        start, end = (day(calendar()[rule.params[side]]) for side in ("from", "to"))
        return f"{first} se situe entre le {start} et le {end}."
    if rule.kind == "required_if":
        values = ", ".join({"true": "oui", "false": "non"}.get(value, value) for value in rule.params["in"])
        return f"{first} est obligatoire quand « {rule.params['when']} » vaut : {values}."
    codes = ", ".join(f"« {name} »" for name in rule.fields if name != rule.params["value"])
    return (f"{codes} figurent ensemble au référentiel « {rule.params['reference']} », "
            f"qui borne « {rule.params['value']} ».")


def choices_text(field: Field) -> str:
    """The values a field takes, with their French labels; or its form and bounds."""
    if field.labels:
        return " ; ".join(f"{code} : {label}" for code, label in field.labels.items())
    bounds = [f"au moins {field.minimum}" if field.minimum is not None else "",
              f"au plus {field.maximum}" if field.maximum is not None else ""]
    return ", ".join(bound for bound in bounds if bound)


def file_name(table: Contract) -> str:
    """An example of the name of a file of this table."""
    if table.filenames:
        return ", ".join(table.filenames)
    return f"{table.senders[0]}_{table.name}_{PERIODS[table.cadence]}.csv"


def _introduction() -> str:
    return ("Chaque table transmise, ses colonnes et leur définition. Ce qui est noté « "
            f"{PROPOSAL} » n'a pas de source officielle. Fichiers CSV (point-virgule, UTF-8), XLSX ou ODS ; "
            "dates 2025-03-31 ou 31/03/2025 ; décimales avec une virgule ou un point. Les colonnes inconnues "
            "ne sont pas conservées. Aucun texte libre, aucun nom.")


def _table_text(table: Contract) -> str:
    fields = [line(f"`{field.name}`", field.title, TYPES[field.type], "oui" if field.required else "non",
                    choices_text(field), f"`{field.example}`",
                    _label("sensitivity_classes", "sensitivity", field.sensitivity),
                    PROPOSAL if field.is_proposal else "source publique") for field in table.fields]
    definitions = [f"- `{field.name}` : {field.description}" for field in table.fields]
    rules = [f"- {rule_text(rule)}" for rule in table.rules]
    facts = [f"- Fichier : `{file_name(table)}`, {CADENCES[table.cadence]}",
             f"- Une ligne est désignée par : {', '.join(f'`{name}`' for name in table.primary_key)}"]
    if table.sender_kind == "territory" and len(table.senders) < len(reference("territories")):
        facts.append(f"- Émetteurs : {', '.join(table.senders)}")
    return "\n\n".join(filter(None, [
        f"### {table.name}", f"**{table.title}.** {table.description}", "\n".join(facts),
        grid("Colonne | Libellé | Type | Obligatoire | Valeurs | Exemple | Sensibilité | Origine", fields),
        "\n".join(definitions), "Règles d'une ligne :\n\n" + "\n".join(rules) if rules else ""]))


def _register_line(table: Contract) -> str:
    classes: dict[str, list[str]] = {}
    for field in table.fields:
        label = _label("sensitivity_classes", "sensitivity", field.sensitivity)
        classes.setdefault(label, []).append(field.title.lower())
    return line(f"`{table.name}`", table.title,
                 "<br>".join(f"{label} : {', '.join(titles)}" for label, titles in classes.items()),
                 _label("legal_bases", "legal_basis", table.legal_basis),
                 _label("retention_classes", "retention", table.retention_code))


def _label(name: str, prefix: str, code: str) -> str:
    return next(row[f"{prefix}_label"] for row in reference(name) if row[f"{prefix}_code"] == code)


def _end_of(row: dict[str, str]) -> str:
    event = row["end_event_code"]
    return f"au plus tard le {day(calendar()[event])}" if event else "sans date"


def grid(header: str, lines: Iterable[str]) -> str:
    """A Markdown table: headings parted by bars, then what ``line`` made."""
    columns = header.count("|") + 1
    return "\n".join([f"| {header} |", "|" + " --- |" * columns, *lines])


def line(*cells: str) -> str:
    """A line of a Markdown table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
