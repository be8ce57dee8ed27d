"""Nothing personal leaves through a log or an error."""

from __future__ import annotations

import io
import logging
import subprocess
import sys

import duckdb
import pytest

from tznr_platform.discretion import MASK, discreet, install, scrubbed
from tznr_platform.errors import PermanentError, UserError

PRIVATE = ["0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9", "prenom.nom@exemple.fr",
           "2 95 10 99 126 111 93", "295109912611193", "253072B07300470", "06 12 34 56 78", "+33612345678",
           "FR76 3000 6000 0112 3456 7890 189"]


@pytest.mark.parametrize("value", PRIVATE)
def test_a_personal_value_is_masked(value):
    assert scrubbed(f"ligne 3 : {value} inattendu") == f"ligne 3 : {MASK} inattendu"


@pytest.mark.parametrize("text", ["Réception : 2635 fichiers, 3812345 lignes en 12,5 s", "2025-06-30 12:30:00",
                                  "TZNR-05_personnes_2025-T2.csv", "10.0.0.1:3000", "version 1.13.27"])
def test_what_is_not_personal_stays(text):
    assert scrubbed(text) == text


def test_every_log_record_is_scrubbed():
    former, stream = logging.getLogRecordFactory(), io.StringIO()
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger("any.library")
    logger.addHandler(handler)
    hooks = sys.excepthook
    try:
        install()
        install()
        logger.warning("valeur %s", PRIVATE[1])
        try:
            raise ValueError(PRIVATE[3])
        except ValueError:
            logger.exception("échec")
    finally:
        logging.setLogRecordFactory(former)
        logger.removeHandler(handler)
        sys.excepthook = hooks
    assert not any(value in stream.getvalue() for value in PRIVATE) and stream.getvalue().count(MASK) == 2


def test_an_unexpected_error_says_its_kind_and_place_only():
    with pytest.raises(PermanentError) as caught, discreet():
        duckdb.sql("select 'DURAND'::date").fetchall()
    assert "DURAND" not in str(caught.value) and "ConversionException" in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_an_error_for_the_user_passes():
    with pytest.raises(UserError), discreet():
        raise UserError("La boîte est vide.")


def test_an_uncaught_exception_is_printed_without_its_value():
    script = ("from tznr_platform.discretion import install\ninstall()\n"
              f"def f():\n    raise RuntimeError('reçu ' + {PRIVATE[0]!r}[:40] + {PRIVATE[0]!r}[40:])\nf()\n")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and MASK in done.stderr and PRIVATE[0] not in done.stderr
