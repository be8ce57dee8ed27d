"""From ``tables/*.json`` to contracts, refusing whatever is not understood.

Here: reading and checking the Table Schemas. A property, a kind of rule or a code that is not known stops the
start: an ignored word in a contract would be a promise nobody keeps. Not here: what rules do (``intake``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from tznr_platform.contracts.model import DATA_TYPES, Contract, Field, ForeignKey, Rule
from tznr_platform.contracts.reference_lists import (
    calendar,
    reason_codes,
    reference,
    reference_names,
    senders,
)
from tznr_platform.errors import PermanentError

DIRECTORY = Path(__file__).parent / "tables"
CADENCES = ("monthly", "quarterly", "half_yearly", "yearly", "once")
RULE_PARAMS = {"order": set(), "window": {"from", "to"}, "required_if": {"when", "in"},
               "reference": {"reference", "columns", "value", "minimum", "maximum"}}
TABLE_REQUIRED = {"$schema", "name", "title", "description", "countryCode", "version", "missingValues",
                  "primaryKey", "fields", "tznr:order", "tznr:sender_kind", "tznr:cadence",
                  "tznr:legal_basis", "tznr:retention"}
TABLE_OPTIONAL = {"foreignKeys", "tznr:senders", "tznr:filenames", "tznr:rules"}
FIELD_REQUIRED = {"name", "type", "title", "description", "example", "constraints", "tznr:column",
                  "tznr:sensitivity", "tznr:proposal"}
FIELD_OPTIONAL = {"format", "trueValues", "falseValues", "tznr:labels", "tznr:multi_separator",
                  "tznr:legal_basis", "tznr:retention"}
CONSTRAINTS = {"required", "enum", "pattern", "minimum", "maximum"}


def contract(name: str) -> Contract:
    """The contract of a table; ``KeyError`` for an unknown one."""
    return contracts()[name]


@lru_cache
def contracts(reference_dir: Path | None = None) -> dict[str, Contract]:
    """Every contract by table name, in the order of ingestion; ``PermanentError`` for one that is not sound.

    ``reference_dir``: a directory whose lists replace ours (the territories, above all).
    """
    schemas = [json.loads(path.read_text(encoding="utf-8")) for path in DIRECTORY.glob("*.json")]
    found = [(schema.get("tznr:order"), parse(schema, reference_dir)) for schema in schemas]
    tables = {table.name: table for _, table in sorted(found, key=lambda item: item[0])}
    for table in tables.values():
        _check_targets(table, tables)
    return tables


def parse(schema: Mapping, reference_dir: Path | None = None) -> Contract:
    """A contract from its Table Schema; ``PermanentError`` names what is unknown, missing or wrong in it."""
    where = f"contract {schema.get('name')}"
    _check_keys(schema, TABLE_REQUIRED, TABLE_OPTIONAL, where)
    kind = schema["tznr:sender_kind"]
    allowed = [sender.code for sender in senders(reference_dir).values() if sender.kind == kind]
    table = Contract(
        name=schema["name"], title=schema["title"], description=schema["description"], sender_kind=kind,
        senders=tuple(schema.get("tznr:senders", allowed)),
        fields=tuple(_field(field, schema) for field in schema["fields"]),
        primary_key=tuple(schema["primaryKey"]),
        foreign_keys=tuple(_foreign_key(key) for key in schema.get("foreignKeys", ())),
        rules=tuple(_rule(rule, where) for rule in schema.get("tznr:rules", ())),
        cadence=schema["tznr:cadence"], filenames=tuple(schema.get("tznr:filenames", ())),
        legal_basis=schema["tznr:legal_basis"], retention_code=schema["tznr:retention"])
    _require(table.senders, allowed, f"{where}: sender")
    _require([table.cadence], CADENCES, f"{where}: cadence")
    _check_table(table, where)
    return table


def _field(field: Mapping, schema: Mapping) -> Field:
    where = f"contract {schema['name']}, field {field.get('name')}"
    _check_keys(field, FIELD_REQUIRED, FIELD_OPTIONAL, where)
    limits, labels = field["constraints"], field.get("tznr:labels", {})
    _check_keys(limits, {"required"}, CONSTRAINTS, where)
    several = field.get("tznr:multi_separator")
    enum = tuple(labels) if several else tuple(limits["enum"]) if "enum" in limits else None
    found = Field(
        name=field["name"], column=field["tznr:column"], type=field["type"], title=field["title"],
        description=field["description"], example=field["example"], required=limits["required"], enum=enum,
        pattern=None if several else limits.get("pattern"),
        minimum=limits.get("minimum"), maximum=limits.get("maximum"),
        true_values=tuple(field.get("trueValues", ())), false_values=tuple(field.get("falseValues", ())),
        multi_separator=several, sensitivity=field["tznr:sensitivity"],
        legal_basis=field.get("tznr:legal_basis", schema["tznr:legal_basis"]),
        retention=field.get("tznr:retention", schema["tznr:retention"]),
        is_proposal=field["tznr:proposal"], labels=labels)
    _check_field(found, where)
    return found


def _check_field(field: Field, where: str) -> None:
    if field.enum and set(field.enum) != set(field.labels):
        raise PermanentError(f"{where}: every value of the list needs a French label, and nothing else does")
    if field.type == "string" and not field.enum and not field.pattern:
        raise PermanentError(f"{where}: free text is not allowed; give a list of values or a pattern")
    _require([field.type], DATA_TYPES, f"{where}: type")
    _require([field.sensitivity], _codes("sensitivity_classes", "sensitivity_code"), f"{where}: sensitivity")
    _require([field.legal_basis], _codes("legal_bases", "legal_basis_code"), f"{where}: legal basis")
    _require([field.retention], _codes("retention_classes", "retention_code"), f"{where}: retention")


def _rule(rule: Mapping, where: str) -> Rule:
    _check_keys(rule, {"kind", "fields", "reason_code"}, {"params"}, f"{where}, rule")
    _require([rule["kind"]], RULE_PARAMS, f"{where}: kind of rule")
    params = {key: _frozen(value) for key, value in rule.get("params", {}).items()}
    _check_keys(params, RULE_PARAMS[rule["kind"]], set(), f"{where}, rule {rule['kind']}")
    _require([rule["reason_code"]], reason_codes(), f"{where}: reason code")
    if rule["kind"] == "window":
        _require(params.values(), calendar(), f"{where}: event of the calendar")
    if rule["kind"] == "reference":
        _require([params["reference"]], reference_names(), f"{where}: reference list")
    return Rule(rule["kind"], tuple(rule["fields"]), rule["reason_code"], params)


def _frozen(value: object) -> object:
    """Values of a rule as text, as they are compared: true and false for booleans."""
    if isinstance(value, list):
        return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in value)
    return value


def _foreign_key(key: Mapping) -> ForeignKey:
    return ForeignKey(tuple(key["fields"]), key["reference"]["resource"], tuple(key["reference"]["fields"]))


def _check_table(table: Contract, where: str) -> None:
    names = [field.name for field in table.fields]
    columns = [field.column for field in table.fields]
    if len({*names}) != len(names) or len({*columns}) != len(columns):
        raise PermanentError(f"{where}: two fields have the same name or the same column")
    used = [name for rule in table.rules for name in rule.fields]
    used += [str(rule.params["when"]) for rule in table.rules if rule.kind == "required_if"]
    used += [name for key in table.foreign_keys for name in key.fields]
    _require([*table.primary_key, *used], names, f"{where}: field")


def _check_targets(table: Contract, tables: Mapping[str, Contract]) -> None:
    for key in table.foreign_keys:
        _require([key.table], tables, f"contract {table.name}: table")
        _require(key.target_fields, [field.name for field in tables[key.table].fields],
                 f"contract {table.name}: field of {key.table}")


def _check_keys(item: Mapping, required: set[str], optional: set[str], where: str) -> None:
    if missing := sorted(required - set(item)):
        raise PermanentError(f"{where}: missing {', '.join(missing)}")
    if unknown := sorted(set(item) - required - optional):
        raise PermanentError(f"{where}: unknown {', '.join(unknown)}")


def _require(values: Iterable, allowed: Iterable, where: str) -> None:
    if unknown := sorted({str(value) for value in values} - {str(value) for value in allowed}):
        raise PermanentError(f"{where} unknown: {', '.join(unknown)}")


def _codes(name: str, column: str) -> list[str]:
    return [row[column] for row in reference(name)]
