"""Which characters the bytes of a text file stand for.

Here: byte order marks, UTF-8, UTF-16, the single-byte encodings of French offices (Windows, Macintosh, DOS), and a
vote of ``charset_normalizer`` for the others. A file is decoded without loss or refused: one that mixes two
encodings, that was decoded wrongly once already, or that holds control characters is refused.
"""

from __future__ import annotations

import codecs
import mmap
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
    _refuse_odd_bytes(path)
    if encoding != "utf-8":
        return encoding
    first = _first_foreign(path)
    return encoding if first is None else detect_encoding(first)


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


def _first_foreign(path: Path) -> bytes | None:
    """The bytes around the first one that is not UTF-8; None if all is. Beyond the head, accents may come first."""
    decoder, ascii_so_far = codecs.getincrementaldecoder("utf-8")(), True
    with path.open("rb") as stream:
        while chunk := stream.read(SAMPLE_BYTES):
            try:
                ascii_so_far = decoder.decode(chunk).isascii() and ascii_so_far
            except UnicodeDecodeError:
                if not ascii_so_far:
                    raise FileRefusedError("ENCODING_UNKNOWN") from None
                return chunk
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            raise FileRefusedError("FILE_TRUNCATED") from None
    return None


def _refuse_odd_bytes(path: Path) -> None:
    """Refuse control characters, UTF-8 read as Windows and saved again, and lines that no table has."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if CONTROL_BYTES.search(content, 0, HEAD_BYTES) or content.find(b"\0") >= 0:
            raise FileRefusedError("FILE_UNREADABLE")
        if content.find(TWICE_ENCODED) >= 0:
            raise FileRefusedError("ENCODING_UNKNOWN")
        start = 0
        while len(content) - start > LONGEST_LINE_BYTES:
            end = max(content.rfind(b"\n", start, start + LONGEST_LINE_BYTES),
                      content.rfind(b"\r", start, start + LONGEST_LINE_BYTES))
            if end < 0:
                raise FileRefusedError("FILE_UNREADABLE")
            start = end + 1
