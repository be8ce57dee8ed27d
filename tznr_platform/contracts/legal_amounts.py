"""Legal amounts by date, copied from the parameters of the installed OpenFisca-France, never typed in.

Here: the extraction that writes ``reference/legal_amounts.csv`` from ``legal_parameters.csv`` (which
parameters) and ``legal_gaps.csv`` (what OpenFisca-France does not hold, each row with its weak source). Not
here: computing an entitlement (``entitlements``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from tznr_platform.contracts.reference_lists import reference
from tznr_platform.errors import PermanentError

COLUMNS = ("amount_code", "amount_label", "benefit_code", "parameter_path", "unit_code", "start_date",
           "value", "certainty", "source")
EARLIEST = "2020-01-01"
BRACKET = re.compile(r"(.+)\[(\d)\]\.(amount|threshold)$")


def extract() -> list[dict[str, str]]:
    """Rows of ``legal_amounts.csv``: values in force at any time since 2020, by parameter and start date.

    Euros a month, day or year, multiples of the hourly Smic, or shares, as ``unit_code`` says.
    ``PermanentError`` where a parameter is no longer in the installed package. Source:
    openfisca_france/parameters, whose YAML files link each value to its decree; gaps: ``legal_gaps.csv``.
    """
    rows = [{**parameter, "start_date": start, "value": value, "certainty": "certain", "source": source}
            for parameter in reference("legal_parameters")
            for start, value, source in _values(parameter["parameter_path"])]
    rows += [{"parameter_path": "", **gap} for gap in reference("legal_gaps")]
    rows.sort(key=lambda row: (row["amount_code"], row["start_date"]))
    return [{column: row[column] for column in COLUMNS} for row in rows]


def _values(parameter_path: str) -> Iterator[tuple[str, str, str]]:
    bracket = BRACKET.fullmatch(parameter_path)
    parameter = _parameter(bracket[1] if bracket else parameter_path)
    dated = parameter["brackets"][int(bracket[2])][bracket[3]] if bracket else parameter["values"]
    values = {str(start): item["value"] for start, item in dated.items()}
    first = max((start for start in values if start <= EARLIEST), default=min(values))
    for start in sorted(start for start in values if start >= first):
        if values[start] is not None:
            yield start, repr(values[start]), _source(parameter, start)


def _parameter(path: str) -> dict:
    import yaml

    file = _parameters_directory().joinpath(*path.split(".")).with_suffix(".yaml")
    if not file.is_file():
        raise PermanentError(f"OpenFisca-France has no parameter {path}")
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def _parameters_directory() -> Path:
    spec = find_spec("openfisca_france")
    if spec is None or spec.origin is None:
        raise PermanentError("OpenFisca-France is not installed")
    return Path(spec.origin).parent / "parameters"


def _source(parameter: dict, start: str) -> str:
    """The package and, where it is given, the text the value comes from."""
    references = {str(date): text for date, text in (parameter["metadata"].get("reference") or {}).items()}
    texts = references.get(start) or []
    titles = [text["title"] for text in (texts if isinstance(texts, list) else [texts]) if text.get("title")]
    return " ; ".join([f"OpenFisca-France {version('openfisca-france')}", *titles])
