"""Small inboxes written by hand: sound rows by default, one defect at a time."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path

from tznr_platform import intake
from tznr_platform.settings import Settings
from tznr_platform.storage import connect, registers

CANARY = "CANARIQUE-7413"


def identifier(name: str) -> str:
    """An exchange identifier for a person called ``name`` in a test."""
    return hashlib.sha256(name.encode()).hexdigest()


@dataclass(frozen=True)
class Table:
    """A sound row of a table, repeated for several persons."""

    row: dict[str, str]

    @property
    def columns(self) -> list[str]:
        return list(self.row)

    def text(self, *persons: str, bad: dict[str, str] | None = None, without: str | None = None,
             extra: tuple[str, str] | None = None) -> str:
        """A CSV; ``bad`` replaces cells of the last row, ``extra`` adds a column (title, value)."""
        rows = [self.row | {"identifiant": identifier(person)} for person in persons]
        if bad:
            rows[-1] = rows[-1] | bad
        columns = [name for name in self.row if name != without]
        lines = [columns, *([row[name] for name in columns] for row in rows)]
        if extra:
            lines = [[*line, extra[0] if number == 0 else extra[1]] for number, line in enumerate(lines)]
        return "".join(";".join(line) + "\n" for line in lines)


PERSONS = Table({
    "identifiant": "", "date_premier_contact": "2025-04-02", "tranche_age": "25_34",
    "situation_familiale": "seul", "nombre_enfants": "2",
    "statut_logement": "locataire_social", "situation_activite": "chomage",
    "commune_code": "01053", "naissance_par_defaut": "non", "date_information": "2025-04-02",
    "mode_information": "oral", "opposition": "non"})
RIGHTS = Table({
    "identifiant": "", "prestation": "RSA", "date_situation": "2025-04-02", "situation": "jamais_demande",
    "eligibilite": "oui", "methode_eligibilite": "simulateur", "types_non_recours": "NDEM|NCONN",
    "date_demande": "2025-04-10", "issue_demande": "accordee", "date_decision": "2025-05-10"})
RETURNS = Table({
    "identifiant": "", "code_territoire": "TZNR-01", "statut_appariement": "matched",
    "date_extraction": "2025-06-28"})
MONTHS = Table({
    "identifiant": "", "prestation": "RSA", "mois_droit": "2025-05", "date_extraction": "2025-06-28",
    "date_demande": "2025-04-10", "date_decision": "2025-05-10", "statut": "OUVERT_VERSABLE",
    "montant_du": "646,52", "montant_verse": "1 646.52", "role_foyer": "allocataire"})


@dataclass(frozen=True)
class Inbox:
    """An inbox and the platform behind it."""

    settings: Settings

    @property
    def path(self) -> Path:
        return self.settings.inbox_dir

    def put(self, name: str, content: str | bytes) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def run(self, **options: object) -> intake.IntakeOutcome:
        return intake.run(self.settings, **options)

    def query(self, sql: str) -> list[tuple]:
        with connect(None, settings=self.settings) as con:
            return con.execute(sql).fetchall()

    def refusals(self) -> list[tuple]:
        """(line, field, reason) of the whole quarantine."""
        return self.query("select line_number, field_name, reason_code "
                          f"from ({registers.quarantine(self.settings)}) "
                          "order by delivery_id, line_number, field_name")


def settings_in(folder: Path) -> Settings:
    return Settings(data_dir=folder, today=dt.date(2026, 6, 15), memory_limit="512MB", threads=1)
