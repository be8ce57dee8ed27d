"""The certificate of an erasure or of a purge: what was there, what was done, what a search found afterwards.

Here: its content, its two forms (JSON for machines, HTML to print and sign), its place. It names no person: files by
their path in the data directory, or by their hash for those whose name a sender chose. Not here: the acts themselves.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

import jinja2

from tznr_platform import french
from tznr_platform.errors import ExitCode, UserError
from tznr_platform.settings import Settings
from tznr_platform.storage import audit, chain, lake

ACTS = {"effacement": "Certificat d'effacement", "restauration": "Certificat de restauration",
        "purge": "Certificat de destruction"}
REWRITTEN, REMOVED = "rewritten", "removed"
ORIGINALS = "originaux"
ZONES = {"lake": "Lac de données", "exchange": "Zone d'échange", "warehouse": "Entrepôt",
         "requests": "Registre des demandes", "receipts": "Accusés de réception", "dagster": "Journaux de l'interface",
         ORIGINALS: "Originaux des émetteurs, fichiers d'ailleurs"}
OTHER = "Autres fichiers de travail"


@dataclass(frozen=True)
class FileFact:
    """One file as it was before the act. ``action``: rewritten or removed; ``row_count``: rows taken out of it."""

    path: str
    sha256: str
    byte_count: int
    action: str
    row_count: int = 0
    retention_code: str = ""


@dataclass(frozen=True)
class Search:
    """The search of every byte after the act. ``waiting_count``: files not yet answered, left for the next act."""

    file_count: int
    byte_count: int
    hit_count: int
    waiting_count: int = 0


@dataclass(frozen=True)
class Certificate:
    """What was done. ``keys``: fingerprints of the destroyed keys; ``remarks``: what remains for people to do."""

    certificate_id: str
    act: str
    date: str
    operator: str
    why: str
    person_count: int
    files: tuple[FileFact, ...]
    search: Search
    second_operator: str = ""
    request_id: str | None = None
    keys: dict[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Nothing was found afterwards and no file waits."""
        return not self.search.hit_count and not self.search.waiting_count

    @property
    def row_count(self) -> int:
        return sum(file.row_count for file in self.files)

    @property
    def text(self) -> str:
        """Its JSON form."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2, sort_keys=True) + "\n"

    @property
    def sha256(self) -> str:
        """Hash of its JSON form: what the audit log and the ledger of requests keep of it."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def new_id(act: str, settings: Settings) -> str:
    """A name for an act that says nothing of whom it is about."""
    return f"{act}-{settings.today.isoformat()}-{secrets.token_hex(4)}"


def file_fact(settings: Settings, path: Path, action: str, row_count: int = 0, retention_code: str = "") -> FileFact:
    """A file as it is now; a file whose name a sender chose, or that lies elsewhere, is told by its hash."""
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    is_ours = path.is_relative_to(settings.root) and not path.is_relative_to(settings.inbox_dir)
    shown = path.relative_to(settings.root).as_posix() if is_ours else f"{ORIGINALS}/{sha256[:16]}"
    return FileFact(shown, sha256, path.stat().st_size, action, row_count, retention_code)


def issue(settings: Settings, certificate: Certificate) -> Path:
    """Write both forms, enter the act in the audit log with the hash of the JSON, and return the path of the HTML."""
    stem = settings.certificates_dir / certificate.certificate_id
    lake.atomic_write_text(stem.with_suffix(".json"), certificate.text)
    lake.atomic_write_text(stem.with_suffix(".html"), _page(certificate))
    audit.append(settings, certificate.act, certificate.certificate_id, why=certificate.why,
                 certificate_sha256=certificate.sha256, persons=certificate.person_count, files=len(certificate.files),
                 rows=certificate.row_count, keys=len(certificate.keys), hits=certificate.search.hit_count,
                 waiting=certificate.search.waiting_count, second_operator=certificate.second_operator,
                 request_id=certificate.request_id)
    return stem.with_suffix(".html")


def verified(settings: Settings) -> list[Path]:
    """The certificates (JSON), oldest first, each as the audit log last says of it; ``UserError`` STORAGE if not."""
    stated = {entry["subject"]: entry["facts"]["certificate_sha256"]
              for entry in chain.entries(settings.audit_file, audit.WHAT) if entry["action"] in ACTS}
    for name, sha256 in stated.items():
        path = settings.certificates_dir / f"{name}.json"
        content = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(content).hexdigest() != sha256:
            raise UserError("Un certificat n'est pas celui qui a été établi.", where=str(path),
                            why="il manque, ou son empreinte n'est plus celle du journal d'audit",
                            remedy="le restaurer depuis une sauvegarde et chercher qui l'a modifié",
                            exit_code=ExitCode.STORAGE)
    return [settings.certificates_dir / f"{name}.json" for name in stated]


def _page(certificate: Certificate) -> str:
    environment = jinja2.Environment(loader=jinja2.PackageLoader("tznr_platform.privacy"), autoescape=True,
                                     trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    environment.filters |= {"number": french.number, "count": french.count}
    zones = Counter((ZONES.get(file.path.split("/")[0], OTHER), file.action) for file in certificate.files)
    return environment.get_template("certificate.html.j2").render(
        certificate=certificate, title=ACTS[certificate.act], zones=sorted(zones.items()),
        day=french.day(dt.date.fromisoformat(certificate.date)))
