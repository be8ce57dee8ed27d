"""The purge: at the end of its time a class is destroyed, its keys first, and a certificate says so.

Here: what allows a purge, its order, its resumption after a cut, the reduced ledger of requests that stays. Not here:
which file belongs to which class (``retention``), the form of the certificate (``certificates``). Source: methods 9.

A file is unlinked, not overwritten: the volume is encrypted, and its key ends with it. The platform's own keys are
overwritten first: without them no pseudonym can be computed again.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq

from tznr_platform.discretion import discreet
from tznr_platform.errors import ExitCode, UserError
from tznr_platform.privacy import certificates, retention
from tznr_platform.privacy.certificates import REMOVED, REWRITTEN, Certificate, FileFact, Search, file_fact
from tznr_platform.privacy.originals import Seeker
from tznr_platform.privacy.pseudonym import AnalysisKey
from tznr_platform.settings import Settings
from tznr_platform.storage import audit, backup, chain, clock, lake, rebuild, registers

OPERATOR = re.compile(r"[\w.@-]{1,64}")
LEDGER, REDUCED_LEDGER = "ledger.jsonl", "registre_reduit.jsonl"
REDUCED_WHAT = "le registre réduit des demandes"
WITHHELD = {"subject_token", "receipt_hash", "pseudonym", "previous", "hash"}
PEOPLE_REMARKS = (
    "Les détenteurs des clés détruisent leurs copies de K2 et de la clé du registre, et le certifient.",
    "Le volume chiffré est réinitialisé ou sa clé détruite : une suppression de fichier n'écrase pas le support.",
    "Les destinataires d'un jeu remis (comité d'évaluation) certifient leur propre effacement.",
)


@dataclass(frozen=True)
class Plan:
    """A purge decided and not finished: by whom, why, and every file as it was before.

    ``is_whole``: the working data go, and with them the keys and every name; otherwise one class that ends earlier.
    """

    purge_id: str
    date: str
    operator: str
    second_operator: str
    why: str
    files: tuple[FileFact, ...]
    places: tuple[str, ...]
    keys: dict[str, str]
    person_count: int
    is_whole: bool
    search: Search | None = None

    @classmethod
    def read(cls, path: Path) -> Plan:
        known = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{**known, "files": tuple(FileFact(**fact) for fact in known["files"]),
                      "places": tuple(known["places"]), "search": known["search"] and Search(**known["search"])})


def pending_file(settings: Settings) -> Path:
    """The note of a purge that has begun: the next one finishes it."""
    return settings.certificates_dir / "purging.json"


def purge(settings: Settings, *, why: str, second_operator: str) -> Certificate:
    """Destroy every file whose time is over, and certify it; a purge that was cut is finished instead.

    ``UserError`` INPUT without a reason, a second operator who is someone else, or anything that is over; CONFIGURATION
    when the clock went back, or when the day was set by hand over real deliveries (a rehearsal needs a synthetic set).
    """
    _require_two(settings, why, second_operator)
    clock.require_steady(settings, "une purge")
    with discreet(), rebuild.alone(settings):
        if pending_file(settings).exists():
            plan = Plan.read(pending_file(settings))
        else:
            plan = _plan(settings, why, second_operator)
            _note(settings, plan)
        return _finish(settings, plan)


def _require_two(settings: Settings, why: str, second_operator: str) -> None:
    if not why.strip() or not OPERATOR.fullmatch(second_operator) or second_operator == settings.operator:
        raise UserError("Une purge se fait à deux, avec un motif.", where="purge",
                        why="le second opérateur est une autre personne que le premier, et le motif n'est pas vide",
                        remedy="donner --why « … » et --second-operator")
    origin = settings.root / "origin.json"
    is_synthetic = origin.is_file() and json.loads(origin.read_text()).get("origin") == "synthetic"
    if settings.is_day_given and not is_synthetic:
        raise UserError("Une purge de vraies livraisons suit l'horloge de la machine.", where="TZNR_TODAY",
                        why="un jour fixé à la main détruirait des données avant leur terme",
                        remedy="retirer TZNR_TODAY, ou répéter sur un jeu synthétique",
                        exit_code=ExitCode.CONFIGURATION)


def _plan(settings: Settings, why: str, second_operator: str) -> Plan:
    over = retention.over(settings)
    if not over:
        raise UserError("Il n'y a rien à purger.", where=str(settings.root),
                        why="aucune classe de données n'est arrivée à son terme",
                        remedy="voir les échéances : tznr retention status")
    is_working_over = any(holding.retention_code == clock.WORKING for holding in over)
    keys = _keys(settings) if is_working_over else []
    files = {holding.path: holding.retention_code for holding in over if holding.path not in keys}
    if any(path.is_relative_to(settings.lake_dir) for path in files):
        files |= {path: clock.WORKING for path in rebuild.derived_files(settings)}
    accepted = settings.lake_dir / "accepted"
    facts = tuple(file_fact(settings, path, REWRITTEN if path.is_relative_to(accepted) and not is_working_over
                            else REMOVED, retention_code=code) for path, code in sorted(files.items()))
    return Plan(certificates.new_id("purge", settings), settings.today.isoformat(), settings.operator, second_operator,
                audit.reason(why), facts, tuple(map(str, sorted(files))),
                {str(path): file_fact(settings, path, REMOVED).sha256 for path in keys},
                len(_pseudonyms(settings)) if is_working_over else 0, is_working_over)


def _finish(settings: Settings, plan: Plan) -> Certificate:
    """Keys first, the person dimension last: until then the search knows whom to look for."""
    if plan.search is None:
        pseudonyms, key = _pseudonyms(settings), _key_if_there(settings)
        _reduce_ledger(settings, plan)
        for place in plan.keys:
            _destroy(Path(place))
        _remove(settings, plan, keep=registers.person_file(settings))
        plan = replace(plan, search=_search(settings, plan, Seeker(key, pseudonyms)))
        _note(settings, plan)
    _remove(settings, plan, keep=None)
    _sweep(settings, plan)
    certificate = Certificate(
        plan.purge_id, "purge", plan.date, plan.operator, plan.why, plan.person_count, plan.files, plan.search,
        second_operator=plan.second_operator, keys={Path(place).name: sha256 for place, sha256 in plan.keys.items()},
        remarks=(*PEOPLE_REMARKS, *(f"Sauvegarde hors de portée, à détruire : {copy}"
                                    for copy in retention.backups(settings, within_reach=False))))
    certificates.issue(settings, certificate)
    pending_file(settings).unlink()
    return certificate


def _note(settings: Settings, plan: Plan) -> None:
    lake.atomic_write_text(pending_file(settings), json.dumps(asdict(plan), ensure_ascii=False))


def _keys(settings: Settings) -> list[Path]:
    vault = settings.root / "vault"
    return sorted({*(path for path in vault.rglob("*") if path.is_file()),
                   *filter(Path.is_file, [settings.key_file])})


def _key_if_there(settings: Settings) -> AnalysisKey | None:
    return AnalysisKey.load(settings) if settings.key_file.is_file() else None


def _pseudonyms(settings: Settings) -> set[str]:
    """Every pseudonym the platform knows, read without a database: none opens any more."""
    files = filter(Path.is_file, (registers.person_file(settings), registers.exclusion_file(settings),
                                  registers.restriction_file(settings)))
    return {value for path in files for value in pq.read_table(path, columns=["pseudonym"])["pseudonym"].to_pylist()}


def _destroy(path: Path) -> None:
    """Overwrite a key, flush it, unlink it."""
    if path.is_file():
        with path.open("r+b") as stream:
            stream.write(os.urandom(path.stat().st_size))
            stream.flush()
            os.fsync(stream.fileno())
        path.unlink()


def _remove(settings: Settings, plan: Plan, keep: Path | None) -> None:
    """Unlink what is over. A table that ends before the others loses its rows: the register still names its files."""
    for place, fact in zip(map(Path, plan.places), plan.files, strict=True):
        if place == keep or not place.exists():
            continue
        if fact.action == REWRITTEN:
            schema = place.parents[2] / "_schema.parquet"
            lake.atomic_write_bytes(place, schema.read_bytes() if schema.is_file() else b"")
        else:
            place.unlink()


def _sweep(settings: Settings, plan: Plan) -> None:
    """Locks, empty folders, and what is left of the destroyed backups."""
    for lock in settings.root.rglob("*.lock"):
        lock.unlink(missing_ok=True)
    rebuild.remove_empty_folders(settings.root)
    copies = {parent for place in map(Path, plan.places) for parent in place.parents
              if parent.name.startswith(backup.PREFIX)}
    for copy in sorted(copies):
        rebuild.remove_empty_folders(copy)
        audit.append(settings, backup.ENDED, str(copy), why=plan.purge_id)


def _search(settings: Settings, plan: Plan, seeker: Seeker) -> Search:
    """What was to go has gone, and no remaining byte names a person; ``UserError`` STORAGE if one does."""
    person_file = registers.person_file(settings)
    files = [path for path in settings.root.rglob("*") if path.is_file() and path != person_file]
    left = [place for place in plan.places
            if (path := Path(place)).exists() and path != person_file and not retention.emptied(settings, path)]
    if plan.is_whole:
        left += [str(path) for path in files if seeker.is_in(path)]
    if left:
        raise UserError("La purge n'est pas achevée : des données se trouvent encore dans des fichiers.",
                        where=", ".join(left[:10]), why="ils n'auraient jamais dû en contenir",
                        remedy="supprimer ces fichiers, signaler l'anomalie, puis relancer la même commande",
                        exit_code=ExitCode.STORAGE)
    return Search(len(files), sum(path.stat().st_size for path in files), 0)


def _reduce_ledger(settings: Settings, plan: Plan) -> None:
    """Keep the ledger of requests without anything that leads to a person, in a chain of its own."""
    ledger, reduced = settings.requests_dir / LEDGER, settings.requests_dir / REDUCED_LEDGER
    if str(ledger) not in plan.places or not ledger.is_file() or reduced.exists():
        return
    draft = reduced.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    for entry in chain.entries(ledger, "le registre des demandes"):
        kept = {name: value for name, value in entry.items() if name not in WITHHELD}
        chain.append(draft, kept | {"original_hash": entry["hash"]}, REDUCED_WHAT)
    if draft.exists():
        os.replace(draft, reduced)
