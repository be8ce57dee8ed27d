"""The sealed register of exchange identifiers: what is needed to ask a benefit body about a person, and only for that.

Here: sealing at the door, unsealing for a list sent out. P1 lies in clear in no file of the platform: the register
holds AES-SIV ciphertexts under a key derived from K2, each bound to its pseudonym, apart from the lake. Not here: who
is asked about, and the list itself (``release.lists``). Sources: RFC 5297 (AES-SIV), RFC 5869 (HKDF).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import duckdb
import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tznr_platform.errors import ExitCode, UserError
from tznr_platform.privacy.pseudonym import AnalysisKey
from tznr_platform.settings import Settings
from tznr_platform.storage import lake, registers

PURPOSE, SEALING_KEY_BYTES = b"TZNR exchange register 1", 64
PERSONS_AT_ONCE, SEALED_AT_ONCE = 400_000, 50_000


def seal(con: duckdb.DuckDBPyConnection, key: AnalysisKey, settings: Settings) -> int:
    """Seal the identifiers of the temporary table ``keys`` whose persons are declared and not sealed yet; how many.

    The same identifier under the same key gives the same bytes: sealing twice changes nothing.
    """
    known = registers.sealed_identifiers(settings)
    waiting = (f"select person_id, pseudonym from ({registers.persons(settings)}) "
               f"where person_id not in (select person_id from ({known}))")
    con.execute("create or replace temp table newly_sealed (person_id integer, sealed_identifier blob)")
    first, last = con.execute(f"select coalesce(min(person_id), 0), coalesce(max(person_id), -1) from ({waiting})"
                              ).fetchone()
    for start in range(first, last + 1, PERSONS_AT_ONCE):
        some = f"from ({waiting}) where person_id between {start} and {start + PERSONS_AT_ONCE - 1}"
        con.execute("create or replace temp table unsealed as select person_id, pseudonym, min(lower(trim(p1))) as p1 "
                    f"from keys join ({some}) using (pseudonym) group by all order by person_id")
        _seal_table(con, _cipher(key))
    count = con.execute("select count(*) from newly_sealed").fetchone()[0]
    if count:
        path = registers.sealed_file(settings)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lake.write_parquet(con, f"{known} union all by name from newly_sealed", path)
        path.chmod(0o600)
    return count


def _seal_table(con: duckdb.DuckDBPyConnection, cipher: AESSIV) -> None:
    """Add to ``newly_sealed`` the rows of ``unsealed``, by slices: identifiers leave the database to be sealed."""
    count = con.execute("select count(*) from unsealed").fetchone()[0]
    for start in range(0, count, SEALED_AT_ONCE):
        rows = con.execute("select person_id, pseudonym, p1 from unsealed where rowid between ? and ?",
                           [start, start + SEALED_AT_ONCE - 1]).fetchall()
        sealed = [cipher.encrypt(bytes.fromhex(identifier), [pseudonym.encode()]) for _, pseudonym, identifier in rows]
        con.register("sealed_rows", pa.table({"person_id": pa.array([row[0] for row in rows], pa.int32()),
                                              "sealed_identifier": pa.array(sealed, pa.binary())}))
        con.execute("insert into newly_sealed from sealed_rows")
        con.unregister("sealed_rows")
    con.execute("drop table unsealed")


def unsealed(key: AnalysisKey, rows: Iterable[tuple[str, bytes]]) -> Iterator[str]:
    """Exchange identifiers of (pseudonym, sealed identifier) rows; ``UserError`` STORAGE when one was altered."""
    cipher = _cipher(key)
    for pseudonym, sealed in rows:
        try:
            yield cipher.decrypt(sealed, [pseudonym.encode()]).hex()
        except InvalidTag:
            raise UserError("Le registre d'échange est altéré ou d'une autre clé.", where="exchange/sealed.parquet",
                            why="une ligne ne correspond plus à sa personne",
                            remedy="restaurer la sauvegarde du registre et de la clé K2 qui vont ensemble",
                            exit_code=ExitCode.STORAGE) from None


def _cipher(key: AnalysisKey) -> AESSIV:
    return AESSIV(HKDF(SHA256(), SEALING_KEY_BYTES, salt=None, info=PURPOSE).derive(key.secret))
