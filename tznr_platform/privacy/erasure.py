"""Physical erasure of persons: out of every file, not only out of the queries.

Here: the order of the act, its resumption after a cut, the search that proves it, the certificate; and the restoration
of a backup, which is one more erasure. Not here: why a person is erased and who stays out afterwards (data-subject
requests), how a file is written again (``storage.rebuild``), what a backup is (``storage.backup``).

What is to be done is written down before anything is touched (``requests/erasing.json``): from then on no database
opens, and a cut act is finished by the next process. Source: methods 8.3 and 8.4.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import duckdb

from tznr_platform.discretion import discreet
from tznr_platform.errors import ExitCode, PermanentError, UserError
from tznr_platform.privacy import certificates, exclusions
from tznr_platform.privacy.certificates import REMOVED, REWRITTEN, Certificate, FileFact, Search, file_fact
from tznr_platform.privacy.originals import Seeker, originals
from tznr_platform.privacy.pseudonym import AnalysisKey
from tznr_platform.settings import Settings
from tznr_platform.storage import audit, backup, clock, connect, lake, rebuild, registers

PERSON, SUPERSEDED, RESTORED = "person", "superseded", "restored"
ANSWER_KEY = "answer_key"
ERASURES = {"erasure_id": "VARCHAR", "pseudonym": "VARCHAR", "scope_code": "VARCHAR", "erased_date": "DATE"}
WAITING_REMARK = ("Des fichiers de la boîte de réception contiennent encore une de ces personnes et n'ont pas "
                  "reçu leur accusé : les recevoir (tznr run), puis effacer de nouveau.")
REDO_REMARK = ("Des rectifications exécutées depuis la sauvegarde sont à refaire, une fois reçus de nouveau les "
               "fichiers corrigés : leurs anciennes versions sont revenues avec elle.")
COPIES_REMARK = ("Les copies faites pour des demandes d'accès ont été supprimées, car rien n'y dit de qui elles sont : "
                 "refaire celles qui n'ont pas encore été remises.")
BACKUP_REMARK = ("Les sauvegardes antérieures ne sont pas réécrites : elles sont détruites au bout de "
                 f"{backup.KEPT_DAYS} jours, et leur restauration refait cet effacement avant la première lecture.")


@dataclass(frozen=True)
class Plan:
    """An act decided and not finished: whom, why, and every file concerned as it was before."""

    erasure_id: str
    date: str
    operator: str
    why: str
    scope: str
    pseudonyms: tuple[str, ...]
    request_id: str | None = None
    files: tuple[FileFact, ...] = ()
    places: tuple[str, ...] = field(default=(), repr=False)
    redo_count: int = 0

    @classmethod
    def read(cls, path: Path) -> Plan:
        known = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{**known, "pseudonyms": tuple(known["pseudonyms"]), "places": tuple(known["places"]),
                      "files": tuple(FileFact(**fact) for fact in known["files"])})

    def of_action(self, action: str) -> list[Path]:
        """Where the files of one action lie."""
        return [Path(place) for place, fact in zip(self.places, self.files, strict=True) if fact.action == action]


def erase(settings: Settings, pseudonyms: Collection[str], *, why: str, request_id: str | None = None,
          superseded_only: bool = False) -> Certificate:
    """Take persons (P2) out of every file, remove what derives from them, search every byte, certify.

    They go on the exclusion list first, or the next delivery would bring them back. ``superseded_only``: only the rows
    of deliveries that are no longer in force, and no exclusion (a rectification). The senders' answered originals that
    hold one of them are removed: what was accepted of the others is in the lake. The warehouse is gone afterwards: run
    ``evaluate``. ``UserError`` INPUT without a reason or a person, BUSY beside a run.
    """
    why = audit.reason(why)
    if not pseudonyms:
        raise UserError("Un effacement demande au moins une personne.", where="effacement",
                        why="aucun identifiant n'a été donné", remedy="donner le fichier des identifiants")
    resume(settings)
    with discreet(), rebuild.alone(settings):
        clock.require_open(settings)
        key = AnalysisKey.load(settings)
        plan = Plan(certificates.new_id("effacement", settings), settings.today.isoformat(), settings.operator,
                    why, SUPERSEDED if superseded_only else PERSON, tuple(sorted(set(pseudonyms))), request_id)
        if plan.scope == PERSON:
            _exclude(settings, plan)
        plan = _with_files(settings, plan, Seeker(key, plan.pseudonyms))
        note(settings, plan)
        return _finish(settings, plan, key)


def resume(settings: Settings) -> Certificate | None:
    """Finish an act that was cut; None when there is none. ``UserError`` BUSY when it is being done elsewhere."""
    if not rebuild.pending_file(settings).exists():
        return None
    with discreet(), rebuild.alone(settings):
        if not rebuild.pending_file(settings).exists():
            return None
        return _finish(settings, Plan.read(rebuild.pending_file(settings)), AnalysisKey.load(settings))


def restore(settings: Settings, source: Path, *, why: str) -> Certificate:
    """Put a backup in place of the lake and of the exchange zone, without the persons who must no longer be there.

    Those are the persons excluded today and those erased since the backup was made; no database opens in between
    (R20). Errors as ``backup.stage``, and ``UserError`` INPUT without a reason.
    """
    why = audit.reason(why)
    resume(settings)
    with discreet(), rebuild.alone(settings):
        clock.require_open(settings)
        key = AnalysisKey.load(settings)
        manifest = backup.stage(settings, source, key.fingerprint)
        plan = Plan(certificates.new_id("restauration", settings), settings.today.isoformat(), settings.operator,
                    why, RESTORED, (*_excluded(settings), *_since(settings, PERSON, manifest.erasure_ids)),
                    redo_count=len(_since(settings, SUPERSEDED, manifest.erasure_ids)))
        note(settings, plan)
        return _finish(settings, plan, key)


def save(settings: Settings, out: Path) -> Path:
    """Back the lake, the exchange zone and the requests up in a new folder of ``out``; errors as ``backup.make``."""
    resume(settings)
    with discreet(), rebuild.alone(settings):
        with connect(None, settings=settings) as con:
            known = con.execute(f"select distinct erasure_id from ({erasures(settings)}) order by 1").fetchall()
        return backup.make(settings, out, AnalysisKey.load(settings).fingerprint, tuple(row[0] for row in known))


def note(settings: Settings, plan: Plan) -> None:
    """Write the act down: it is decided, nothing opens until it is done."""
    lake.atomic_write_bytes(rebuild.pending_file(settings), json.dumps(asdict(plan), ensure_ascii=False).encode(),
                            mode=0o600)


def erasures(settings: Settings) -> str:
    """SQL of the erasures already done, one row a person and act; kept with the exclusion list, for restorations."""
    path = erasures_file(settings)
    if path.exists():
        return f"select {', '.join(ERASURES)} from read_parquet({lake.quote(path)})"
    return f"select {', '.join(f'null::{kind} as {name}' for name, kind in ERASURES.items())} where false"


def erasures_file(settings: Settings) -> Path:
    return settings.requests_dir / "erasures.parquet"


def _exclude(settings: Settings, plan: Plan) -> None:
    with connect(None, settings=settings) as con:
        rebuild.name_persons(con, settings, plan.pseudonyms)
        exclusions.exclude(con, settings, "select pseudonym from forgotten", reason=exclusions.ERASURE)


def _excluded(settings: Settings) -> list[str]:
    with connect(None, settings=settings, finishing=True) as con:
        return [row[0] for row in con.execute(
            f"select distinct pseudonym from ({registers.exclusions(settings)}) order by 1").fetchall()]


def _since(settings: Settings, scope: str, known: Collection[str]) -> list[str]:
    """The persons erased, wholly or from former versions, by an act that a backup does not know."""
    with connect(None, settings=settings) as con:
        return [row[0] for row in con.execute(
            f"select distinct pseudonym from ({erasures(settings)}) "
            "where scope_code = $1 and not list_contains($2, erasure_id) order by 1", [scope, list(known)]).fetchall()]


def _with_files(settings: Settings, plan: Plan, seeker: Seeker) -> Plan:
    """The plan with every file concerned, where it lies and what it was."""
    with connect(None, settings=settings, finishing=True) as con:
        rebuild.name_persons(con, settings, plan.pseudonyms)
        only = _superseded_files(con, settings) if plan.scope == SUPERSEDED else None
        found = [(path, REWRITTEN, rows) for path in rebuild.person_tables(con, settings)
                 if (only is None or path in only) and (rows := rebuild.rows_of(con, path))]
        answered = _answered(con, settings, superseded_only=only is not None)
    if only is None:
        found += [(path, REWRITTEN, 0) for path in settings.exchange_dir.rglob("*.csv") if seeker.is_in(path)]
    if plan.scope == PERSON and plan.request_id is None:
        found += [(path, REMOVED, 0) for path in _copies(settings)]
    if plan.scope != RESTORED:
        found += [(path, REMOVED, 0) for path in originals(settings)
                  if seeker.is_in(path) and seeker.is_answered(path, answered)]
    found += [(path, REMOVED, 0) for path in rebuild.derived_files(settings)]
    return replace(plan, files=tuple(file_fact(settings, *item) for item in found),
                   places=tuple(str(path) for path, *_ in found))


def _superseded_files(con: duckdb.DuckDBPyConnection, settings: Settings) -> set[Path]:
    rows = con.execute("select table_name, sender_code, period, delivery_id "
                       f"from ({registers.deliveries(settings)}) where accepted_row_count > 0 and not is_current")
    return {lake.accepted_file(settings, *row) for row in rows.fetchall()}


def _answered(con: duckdb.DuckDBPyConnection, settings: Settings, *, superseded_only: bool) -> set[str]:
    """Hashes of the files that have their receipt; of those that are no longer in force, when asked."""
    condition = "having not bool_or(is_current) and max(accepted_row_count) > 0" if superseded_only else ""
    return {row[0] for row in con.execute(f"select sha256 from ({registers.deliveries(settings)}) "
                                          f"group by sha256 {condition}").fetchall()}


def _copies(settings: Settings) -> list[Path]:
    """What was written for the desk about persons (requests of access): it says not whose it is, so all of it goes.

    Not when a request is executed: its ledger knows which copies are that person's.
    """
    return [path for path in (settings.requests_dir / "copies").rglob("*") if path.is_file()]


def _finish(settings: Settings, plan: Plan, key: AnalysisKey) -> Certificate:
    """Do what the plan says, as often as it takes; ``UserError`` STORAGE when something is still found."""
    if plan.scope == RESTORED:
        backup.swap(settings)
        plan = replace(plan, pseudonyms=tuple(sorted({*plan.pseudonyms, *_excluded(settings)})))
        plan = _with_files(settings, plan, Seeker(key, plan.pseudonyms))
    seeker = Seeker(key, plan.pseudonyms)
    _rewrite(settings, plan, seeker)
    rebuild.remove([*plan.of_action(REMOVED), *rebuild.derived_files(settings)])
    certificate = Certificate(
        plan.erasure_id, "restauration" if plan.scope == RESTORED else "effacement", plan.date, plan.operator, plan.why,
        len(plan.pseudonyms), plan.files, search := _search(settings, plan, seeker), request_id=plan.request_id,
        remarks=_remarks(plan, search))
    certificates.issue(settings, certificate)
    rebuild.pending_file(settings).unlink()
    return certificate


def _remarks(plan: Plan, search: Search) -> tuple[str, ...]:
    copies = any(fact.path.startswith("requests/copies/") for fact in plan.files)
    return tuple(remark for remark, is_due in (
        (WAITING_REMARK, search.waiting_count), (COPIES_REMARK, copies), (REDO_REMARK, plan.redo_count),
        (BACKUP_REMARK, True)) if is_due)


def _rewrite(settings: Settings, plan: Plan, seeker: Seeker) -> None:
    with connect(None, settings=settings, finishing=True) as con:
        rebuild.name_persons(con, settings, plan.pseudonyms)
        for path in filter(Path.exists, plan.of_action(REWRITTEN)):
            if path.suffix == ".csv":
                seeker.write_without(path)
                continue
            rebuild.write_without(con, path)
            if rebuild.rows_of(con, path):
                raise PermanentError(f"rows left in {path.name}")
        if plan.scope != RESTORED:
            _remember(con, settings, plan)


def _remember(con: duckdb.DuckDBPyConnection, settings: Settings, plan: Plan) -> None:
    """Add the act to the list that restorations obey, once."""
    con.execute(f"create or replace temp table erasures as from ({erasures(settings)}) where erasure_id <> $id "
                "union all select $id, unnest($who::varchar[]), $scope, $day::date",
                {"id": plan.erasure_id, "who": list(plan.pseudonyms), "scope": plan.scope, "day": plan.date})
    lake.write_parquet(con, "from erasures", erasures_file(settings))
    erasures_file(settings).chmod(0o600)


def _search(settings: Settings, plan: Plan, seeker: Seeker) -> Search:
    """Every byte of the data directory and of the inbox, but the lists that keep these persons out."""
    inbox = set(originals(settings))
    files = {path for path in settings.root.rglob("*") if path.is_file()} | inbox
    if plan.scope == SUPERSEDED:
        files = {path for path in map(Path, plan.places) if path.exists()}
    spared = {settings.requests_dir, settings.root / ANSWER_KEY, *(inbox if plan.scope == RESTORED else ())}
    files = {path for path in files if spared.isdisjoint({path, *path.parents})}
    holding = {path for path in files if seeker.is_in(path)}
    if left := sorted(str(path.relative_to(settings.root)) for path in holding - inbox):
        raise UserError("L'effacement n'est pas achevé : un identifiant se trouve encore dans des fichiers.",
                        where=", ".join(left[:10]), why="ils n'auraient jamais dû le contenir",
                        remedy="supprimer ces fichiers, signaler l'anomalie, puis : tznr erase --resume",
                        exit_code=ExitCode.STORAGE)
    return Search(len(files), sum(path.stat().st_size for path in files), 0, len(holding & inbox))
