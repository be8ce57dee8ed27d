"""The retention clock: until which day a class of data may be opened, and a day that never goes back.

Here: the end of each class, the refusal to open what is over, the last day seen. Not here: what a class holds and its
destruction (``privacy.retention``). Source: ``contracts/reference/retention_classes.csv`` and the calendar.

The day is that of the machine, or the one given by ``TZNR_TODAY`` for a rehearsal. Only days of the machine are
remembered; whatever was seen once is over for good, so that turning a clock back opens nothing.
"""

from __future__ import annotations

import datetime as dt
import json
from functools import lru_cache

from tznr_platform import french
from tznr_platform.contracts import calendar, reference
from tznr_platform.errors import ExitCode, UserError
from tznr_platform.settings import Settings
from tznr_platform.storage import lake

WORKING = "travail"
CLOCK_WRONG = "corriger l'horloge de la machine ; si le jour noté est faux, le corriger à deux dans ce fichier"


@lru_cache
def end_date(retention_code: str) -> dt.date | None:
    """Last day on which a class may be kept, None without a limit; ``UserError`` CONFIGURATION if it is unknown."""
    found = [row["end_event_code"] for row in reference("retention_classes") if row["retention_code"] == retention_code]
    if not found:
        raise UserError(f"Classe de conservation inconnue : {retention_code}.", where="retention_classes.csv",
                        why="sans date de fin connue, rien ne s'ouvre", remedy="corriger la classe demandée",
                        exit_code=ExitCode.CONFIGURATION)
    return calendar()[found[0]] if found[0] else None


def last_seen(settings: Settings) -> dt.date | None:
    """The latest day the platform has run on; ``UserError`` STORAGE when the note of it cannot be read."""
    try:
        return dt.date.fromisoformat(json.loads(settings.clock_file.read_text())["last_seen_date"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, OSError):
        raise UserError("L'horloge de conservation est illisible.", where=str(settings.clock_file),
                        why="le dernier jour vu n'est plus connu : rien ne s'ouvre sans lui",
                        remedy="le restaurer depuis une sauvegarde", exit_code=ExitCode.STORAGE) from None


def day(settings: Settings) -> dt.date:
    """The day of the retention clock: today, or the last day seen when the clock went back since."""
    return max(settings.today, last_seen(settings) or settings.today)


def is_over(settings: Settings, end: dt.date | None) -> bool:
    """The last day has passed."""
    return end is not None and day(settings) > end


def require_open(settings: Settings, retention_code: str = WORKING) -> None:
    """Refuse what is past its last day (``UserError`` CONFIGURATION), and remember the day.

    Called before every opening of a database, so it costs a read of one small file.
    """
    _remember(settings)
    end = end_date(retention_code)
    if is_over(settings, end):
        raise UserError("La durée de conservation de ces données est terminée : elles ne s'ouvrent plus.",
                        where=str(settings.root), why=f"elles se conservaient jusqu'au {french.day(end)} inclus",
                        remedy="les effacer et établir le certificat : tznr retention purge",
                        exit_code=ExitCode.CONFIGURATION)


def require_steady(settings: Settings, act: str) -> None:
    """Refuse an act (« une purge », « une remise ») while the clock is behind the last day seen: ``UserError``."""
    seen = last_seen(settings)
    if seen and settings.today < seen:
        raise UserError(f"L'horloge a reculé : {act} est impossible.", where=str(settings.clock_file),
                        why=f"ce jour est le {french.day(settings.today)}, alors que le {french.day(seen)} a été vu",
                        remedy=CLOCK_WRONG, exit_code=ExitCode.CONFIGURATION)


def _remember(settings: Settings) -> None:
    if settings.is_day_given:
        return
    seen = last_seen(settings)
    if seen is None or settings.today > seen:
        lake.atomic_write_text(settings.clock_file, json.dumps({"last_seen_date": settings.today.isoformat()}) + "\n")
