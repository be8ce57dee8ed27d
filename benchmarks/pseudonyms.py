"""Identifiers of a whole file, names read and made canonical, against bare HMAC-SHA-256 in one Python process.

Here: a file of names in the proportions of French files, both sides, the ratio. ``python -m benchmarks pseudonyms``
runs each side in a process of its own, in turn, and keeps the best of each: the machine may be busy.
"""

from __future__ import annotations

import hmac
import sys
import time
from pathlib import Path

from benchmarks.measure import run
from tznr_platform.privacy.exchange import ExchangeKey
from tznr_platform.sender.pseudonymise import MEMORY_LIMIT, pseudonymise
from tznr_platform.sender.workshop import workshop
from tznr_platform.storage import connect
from tznr_platform.storage.lake import quote

TARGET, TURNS = 0.5, 3
KEY = ExchangeKey("tznr1_m1_k1v1", bytes(range(32)))
MESSAGES = [f"TZNR1|M1|LEFEBVRE{number}|MARIECLAUDE|1985-03-07".encode() for number in range(1000)]
# one in five surnames and first names has an accent, a particle, a hyphen or a second word; one in fifty a ligature
NAMES = ["Martin", "BERNARD", "Thomas", "PETIT", "Robert", "RICHARD", "Durand", "DUBOIS", "Moreau", "LAURENT", "Simon",
         "MICHEL", "Garcia", "DAVID", "Bertrand", "ROUX", "Vincent", "FOURNIER", "Morel", "GIRARD", "Benali", "DIALLO",
         "Nguyen", "TRAORE", "Da Silva", "EL AMRANI", "Lefèvre", "Müller-Schmidt", "D'ALMEIDA", "de La Tour", "Guérin",
         "Hébert", "Œuvrard"]
FIRST_NAMES = ["Marie", "JEAN", "Michel", "NATHALIE", "Isabelle", "PIERRE", "Mohamed", "FATIMA", "Nicolas", "SANDRINE",
               "Julien", "CAMILLE", "Lucas", "EMMA", "Karim", "AMINATA", "David", "JULIE", "Kevin", "LAURA", "Paul",
               "SARAH", "Hugo", "INES", "Jean-Pierre", "Anne Sophie", "Éloïse, Marie", "José", "Noémie"]
ROWS = """select names[1 + (hash(i) % len(names))::integer] || chr(65 + (i % 26)::integer)
    || chr(65 + (i // 26 % 26)::integer) as nom_naissance,
    first_names[1 + (hash(i + 1) % len(first_names))::integer] as prenoms,
    strftime(date '1940-01-01' + (hash(i + 2) % 24000)::integer, '%d/%m/%Y') as date_naissance,
    date '2024-01-01' + (i % 300)::integer as date_premier_contact, '35_44' as tranche_age
    from range({rows}) t(i), (select {names} as names, {first_names} as first_names)"""


def compare(rows: int, folder: Path) -> str:
    """Make the file, run both sides in turn, say both rates and their ratio."""
    source = folder / f"identities_{rows}.csv"
    folder.mkdir(parents=True, exist_ok=True)
    with workshop() as settings, connect(None, settings=settings) as con:
        con.execute(f"copy ({ROWS.format(rows=rows, names=_list(NAMES), first_names=_list(FIRST_NAMES))}) "
                    f"to {quote(source)} (delimiter ';', header true)")
    best = {"identifiers": 0.0, "hmac": 0.0}
    peak = 0.0
    for _ in range(TURNS):
        for side, arguments in (("hmac", []), ("identifiers", [source, folder / "identifiers.csv"])):
            log = folder / "logs" / f"{side}.txt"
            cost = run([sys.executable, "-m", "benchmarks.pseudonyms", str(rows), *arguments], log)
            best[side] = max(best[side], float(log.read_text()))
            peak = max(peak, cost.peak)
    return (f"{rows} rows: {best['identifiers']:,.0f} rows/s from file to file, peak {peak:.0f} MiB; "
            f"HMAC-SHA-256 alone: {best['hmac']:,.0f}/s\n"
            f"ratio {best['identifiers'] / best['hmac']:.2f} (target: at least {TARGET})")


def main(rows: int, source: Path | None = None, out: Path | None = None) -> None:
    """One side, in this process: say how many a second."""
    start = time.monotonic()
    if source is None:
        for number in range(rows):
            hmac.digest(KEY.secret, MESSAGES[number % 1000], "sha256").hex()
    else:
        with workshop(memory_limit=MEMORY_LIMIT) as settings:
            pseudonymise(source, out, KEY, settings, report=out.with_suffix(".report.csv"))
    sys.stdout.write(str(rows / (time.monotonic() - start)))


def _list(words: list[str]) -> str:
    return f"[{', '.join(map(quote, words))}]"


if __name__ == "__main__":
    main(int(sys.argv[1]), *map(Path, sys.argv[2:]))
