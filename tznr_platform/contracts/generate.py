"""Everything that is derived from the contracts and never written twice.

Here: which files are generated, writing them, telling which are stale. Not here: their text (``dbt_files``,
``documents``, ``guide``, ``templates``, ``legal_amounts``).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

from tznr_platform.contracts import dbt_files, documents, guide, legal_amounts
from tznr_platform.contracts.templates import write_templates
from tznr_platform.errors import PermanentError

__all__ = ["check_generated", "write_all", "write_data_dictionary", "write_dbt_docs", "write_dbt_sources",
           "write_glossary", "write_legal_amounts", "write_processing_register", "write_templates"]

ROOT = Path(__file__).parents[2]
GLOSSARY_START = "<!-- début des colonnes, produites par `tznr docs` -->"
GLOSSARY_END = "<!-- fin des colonnes -->"


def write_all(root: Path = ROOT) -> list[Path]:
    """Write every generated file that is committed; return their paths."""
    texts = {root / name: text for name, text in _texts(root).items()}
    for path, text in texts.items():
        _write(path, text)
    return list(texts)


def check_generated(root: Path = ROOT) -> list[str]:
    """Names of the committed files that are not what the contracts say today; empty when all are fresh."""
    return [name for name, text in _texts(root).items()
            if not (root / name).is_file() or (root / name).read_text(encoding="utf-8") != text]


def write_dbt_sources(path: Path) -> None:
    """Write the dbt sources ``accepted``, ``reference`` and ``intake``."""
    _write(path, dbt_files.sources_text())


def write_dbt_docs(path: Path) -> None:
    """Write one dbt documentation block for each English column."""
    _write(path, dbt_files.docs_text())


def write_data_dictionary(path: Path) -> None:
    """Write the data dictionary, in French."""
    _write(path, documents.dictionary_text())


def write_processing_register(path: Path) -> None:
    """Write the register of processing activities (RGPD, article 30), in French."""
    _write(path, documents.register_text())


def write_legal_amounts(path: Path) -> None:
    """Write the dated legal amounts of the installed OpenFisca-France."""
    _write(path, _legal_amounts_text())


def write_glossary(path: Path) -> None:
    """Rewrite the generated part of the glossary; ``PermanentError`` where its two marks are missing."""
    _write(path, _glossary_text(path))


def _texts(root: Path) -> dict[str, str]:
    makers: dict[str, Callable[[], str]] = {
        "tznr_platform/contracts/reference/legal_amounts.csv": _legal_amounts_text,
        "dbt_project/models/staging/sources.yml": dbt_files.sources_text,
        "dbt_project/models/docs/contracts.md": dbt_files.docs_text,
        "docs/dictionnaire.md": documents.dictionary_text,
        "docs/registre.md": documents.register_text,
        "docs/guide_emetteur.md": guide.guide_text,
        "GLOSSARY.md": lambda: _glossary_text(root / "GLOSSARY.md")}
    return {name: make() for name, make in makers.items()}


def _legal_amounts_text() -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, legal_amounts.COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(legal_amounts.extract())
    return text.getvalue()


def _glossary_text(path: Path) -> str:
    before, start, rest = path.read_text(encoding="utf-8").partition(GLOSSARY_START)
    _, end, after = rest.partition(GLOSSARY_END)
    if not start or not end:
        raise PermanentError(f"{path.name}: the marks around the generated columns are missing")
    header = ["| French | Sender's column | Our column |", "| --- | --- | --- |"]
    table = "\n".join([*header, *documents.glossary_lines()])
    return f"{before}{start}\n\n{table}\n\n{end}{after}"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
