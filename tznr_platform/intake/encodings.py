"""Which characters the bytes of a text file stand for.

Here: byte order marks, UTF-8, UTF-16, the single-byte encodings of French offices (Windows, Macintosh, DOS), and a
vote of ``charset_normalizer`` for the others. A file is decoded without loss or refused: one that mixes two
encodings, that was decoded wrongly once already, or that holds control characters is refused.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from tznr_platform.intake.arrivals import FileRefusedError

HEAD_BYTES = 64 * 1024
SAMPLE_BYTES = 1 << 20
LONGEST_LINE_BYTES = 16 << 20
FEW = 3
CONTROL_BYTES = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")
TWICE_ENCODED = "Ã\u0082".encode()[:-1]
COMMON = frozenset("éèàêçùîôâûïëœÉÈÀÊÇ«»’°€")
EXPECTED = COMMON | frozenset("äöüÿæÂÄËÎÏÔÖÙÛÜŸŒÆáíóúñìòßãõåÁÍÓÚÑÌÒÃÕÅ‘“”–—…²³§½·©®™µ×ºª¼¾¡¿\u00a0")
OFFICE_ENCODINGS = ("mac_roman", "cp850")
OTHER_ENCODINGS = frozenset({"cp1250", "iso8859_2", "cp1251", "iso8859_5", "koi8_r", "cp1253", "iso8859_7", "cp1254",
                             "iso8859_9", "cp1255", "cp1256", "cp1257"})
LOST = re.compile("\ufffd|[a-zà-ÿ]\\?[a-zà-ÿ](?!\\w*=)")


def encoding_of(path: Path) -> str:
    """The Python name of the encoding of a text file; ``FileRefusedError`` ENCODING_UNKNOWN or FILE_UNREADABLE."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not head:
        raise FileRefusedError("FILE_EMPTY")
    encoding = detect_encoding(head)
    if encoding.startswith("utf-16"):
        return encoding
    if CONTROL_BYTES.search(head):
        raise FileRefusedError("FILE_UNREADABLE")
    foreign = _foreign_part(path, is_utf8=encoding == "utf-8")
    return encoding if foreign is None else detect_encoding(foreign)


def detect_encoding(head: bytes) -> str:
    """The encoding told by some bytes (``utf-8`` whether or not a mark comes first); ENCODING_UNKNOWN otherwise."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head.count(b"\0") > len(head) // 3:
        return "utf-16-le" if head[1:2] == b"\0" else "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=len(head) < HEAD_BYTES)
        return "utf-8"
    except UnicodeDecodeError:
        return _single_byte(head)


def holds_lost_letters(text: str) -> bool:
    """Whether letters were replaced by a question mark before the file came: nobody can find them again."""
    return LOST.search(text) is not None


def _single_byte(head: bytes) -> str:
    """The single-byte encoding under which letters beyond ASCII are those of French, or of a known alphabet."""
    foreign = bytes(byte for byte in head if byte > 127)
    if b"\0" in head or not head.decode("utf-8", errors="ignore").isascii():
        raise FileRefusedError("ENCODING_UNKNOWN")
    if _share(foreign, "cp1252", EXPECTED) >= 0.7:
        return "cp1252"
    others = {encoding: _share(foreign, encoding, COMMON) for encoding in OFFICE_ENCODINGS}
    best = max(others, key=others.get)
    if others[best] >= 0.6 and len(foreign) >= FEW:
        return best
    from charset_normalizer import from_bytes

    found = from_bytes(head, cp_isolation=sorted(OTHER_ENCODINGS)).best() if len(foreign) > 2 * FEW else None
    if found is None or found.encoding not in OTHER_ENCODINGS:
        raise FileRefusedError("ENCODING_UNKNOWN")
    return found.encoding


def _share(foreign: bytes, encoding: str, letters: frozenset[str]) -> float:
    try:
        text = foreign.decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    return sum(character in letters for character in text) / len(text)


def _foreign_part(path: Path, *, is_utf8: bool) -> bytes | None:
    """Read a whole file once; the first bytes that are not UTF-8, if it was thought to be, else None.

    ``FileRefusedError``: ENCODING_UNKNOWN for two encodings or text encoded twice, FILE_UNREADABLE for a zero byte or
    an endless line, FILE_TRUNCATED for a file cut inside a character.
    """
    decoder, only_ascii, gap, edge = codecs.getincrementaldecoder("utf-8")(), True, 0, b""
    with path.open("rb") as stream:
        while chunk := stream.read(SAMPLE_BYTES):
            end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
            gap = len(chunk) - end if end >= 0 else gap + len(chunk)
            if b"\0" in chunk or gap > LONGEST_LINE_BYTES:
                raise FileRefusedError("FILE_UNREADABLE")
            if chunk.isascii() and not edge:
                continue
            if TWICE_ENCODED in edge + chunk:
                raise FileRefusedError("ENCODING_UNKNOWN")
            edge = chunk[-2:] if not chunk[-2:].isascii() else b""
            if not is_utf8:
                continue
            try:
                only_ascii = decoder.decode(chunk).isascii() and only_ascii
            except UnicodeDecodeError:
                if not only_ascii:
                    raise FileRefusedError("ENCODING_UNKNOWN") from None
                return chunk
    if is_utf8 and decoder.getstate()[0]:
        raise FileRefusedError("FILE_TRUNCATED")
    return None
