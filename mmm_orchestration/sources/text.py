"""Bytes to text: which encoding a delivery is in, told by its own bytes.

Belongs here: byte-order marks, UTF-16 and UTF-8, the Windows fall-back. Must not: cells.
"""

import codecs
import re

from mmm_orchestration.errors import SourceError
from mmm_orchestration.sources.reading import EmptyDeliveryError

# UTF-32 LE starts with the mark of UTF-16 LE, so it is looked for first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_OTHER_KINDS = (
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "gzip-compressed"),
    (b"\xd0\xcf\x11\xe0", "an old binary Excel workbook"),
    (b"PK\x03\x04", "a zip archive or workbook"),
    (b"PAR1", "a Parquet file"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
REPLACED = "\ufffd"


def decode_text(content: bytes, *, file: str) -> str:
    """The text of a delivery with line feeds for line ends and no leading byte-order mark.

    Single undecodable bytes of a UTF text become U+FFFD, so that only their rows are lost.
    Raises EmptyDeliveryError when nothing but white space is there, SourceError when the
    content is no text.
    """
    if not content.strip(b" \t\r\n\x00"):
        raise EmptyDeliveryError(f"{file} is empty: it has no rows in the period")
    for magic, kind in _OTHER_KINDS:
        if content.startswith(magic):
            raise SourceError(f"{file} is {kind}", fix="Export it as CSV or as XLSX")
    text = _decode(content).removeprefix("\ufeff")
    n_strange = len(_CONTROL.findall(text)) + text.count(REPLACED)
    if n_strange > max(8, len(text) // 50):
        raise SourceError(
            f"{file} is not readable as text: {n_strange} of {len(text)} characters are no letters",
            fix="Export it again as CSV in UTF-8",
        )
    if not text.strip():
        raise EmptyDeliveryError(f"{file} is empty: it has no rows in the period")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decode(content: bytes) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, errors="replace")
    sample = content[:4096]
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if sample[offset::2].count(0) > len(sample) // 6 > sample[1 - offset :: 2].count(0):
            return content.decode(encoding, errors="replace")
    text = content.decode("utf-8", errors="replace")
    n_bad = text.count(REPLACED)
    if not n_bad:
        return text
    n_good = sum(len(run) for run in re.findall(r"[^\x00-\x7f\ufffd]+", text))
    # A cut or damaged UTF-8 text still has most of its multi-byte letters; Windows text has none.
    if n_bad <= n_good or (n_bad == 1 and text.endswith(REPLACED)):
        return text
    return content.decode("cp1252", errors="replace")
