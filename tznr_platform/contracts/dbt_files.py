"""What dbt needs to know of the contracts: its sources and its documentation blocks.

Here: the text of ``models/staging/sources.yml`` and ``models/docs/contracts.md``. Not here: models.
"""

from __future__ import annotations

from tznr_platform.contracts.loader import contracts
from tznr_platform.contracts.model import PERSON_FIELD, Contract, Field
from tznr_platform.contracts.reference_lists import reference

INTAKE_TABLES = {"deliveries": "Livraisons reçues, une ligne par fichier.",
                 "quarantine_counts": "Lignes en quarantaine, comptées par livraison, colonne et motif.",
                 "present_persons": "Personnes dont les données peuvent être utilisées."}
ENTITLEMENT_TABLES = {"theoretical": "Droits théoriques, une ligne par description de foyer et prestation."}


def sources_text() -> str:
    """YAML of the sources: accepted rows, reference lists, register of deliveries, theoretical entitlements."""
    import yaml

    labels = {row["list_name"]: row["list_label"] for row in reference("catalogue")}
    sources = [
        {"name": "accepted", "description": "Lignes acceptées, une vue par table transmise.",
         "tables": [_table(table.name, table.title, _accepted_columns(table))
                    for table in contracts().values()]},
        {"name": "reference", "description": "Référentiels ; toutes les colonnes sont du texte.",
         "tables": [_table(name, label, [_column(column, "VARCHAR", "") for column in reference(name)[0]])
                    for name, label in labels.items()]},
        {"name": "intake", "description": "Ce qui a été reçu et ce qui a été mis en quarantaine.",
         "tables": [_table(name, label, _technical("intake", name))
                    for name, label in INTAKE_TABLES.items()]},
        {"name": "entitlements", "description": "Ce à quoi une description de foyer peut donner droit.",
         "tables": [_table(name, label, _technical("entitlements", name))
                    for name, label in ENTITLEMENT_TABLES.items()]}]
    text = yaml.safe_dump({"version": 2, "sources": sources}, allow_unicode=True, sort_keys=False, width=110)
    return "# Generated from the contracts by `tznr docs`; do not edit.\n" + text


def docs_text() -> str:
    """One documentation block for each English column, in French."""
    texts: dict[str, dict[str, list[str]]] = {}
    for table in contracts().values():
        for field in table.fields:
            if field.name != PERSON_FIELD:
                texts.setdefault(field.column, {}).setdefault(_definition(field), []).append(table.name)
    for row in reference("technical_columns"):
        where = row["table_name"] or "toute table"
        texts.setdefault(row["column_name"], {}).setdefault(row["description"], []).append(where)
    blocks = [f"{{% docs {column} %}}\n{_joined(found)}\n{{% enddocs %}}"
              for column, found in sorted(texts.items())]
    return "\n\n".join(["<!-- Generated from the contracts by `tznr docs`; do not edit. -->", *blocks]) + "\n"


def _accepted_columns(table: Contract) -> list[dict]:
    added = {column["name"]: column for column in _technical("accepted", "")}
    person = [added["person_id"]] if table.person_field else []
    columns = [_column(field.column, field.data_type, _definition(field)) for field in table.fields
               if field.name != PERSON_FIELD]
    return [*person, *columns, added["delivery_id"], added["line_number"]]


def _technical(schema: str, table: str) -> list[dict]:
    return [_column(row["column_name"], row["data_type"], row["description"])
            for row in reference("technical_columns")
            if (row["schema_name"], row["table_name"]) == (schema, table)]


def _table(name: str, description: str, columns: list[dict]) -> dict:
    return {"name": name, "description": description, "columns": columns}


def _column(name: str, data_type: str, description: str) -> dict:
    return {"name": name, "data_type": data_type} | ({"description": description} if description else {})


def _definition(field: Field) -> str:
    return f"{field.title}. {field.description}"


def _joined(definitions: dict[str, list[str]]) -> str:
    """The definition, or one line for each of those the column has, with its tables."""
    if len(definitions) == 1:
        return next(iter(definitions))
    return "\n".join(f"- {', '.join(tables)} : {text}" for text, tables in definitions.items())
