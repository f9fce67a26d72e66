"""One line of a CDX answer: a capture and its fields, by the names of either dialect. Pure.

pywb        url       mime       status       digest = sha1:3I42…   a revisit keeps its status
Wayback     original  mimetype   statuscode   digest = 3I42…        a revisit has `-`
"""

import re
from collections.abc import Callable, Sequence
from urllib.parse import quote

from archive.formats.cdxj import cdxj_fields
from archive.index.catalog_row import CaptureRow
from archive.model import Capture

PYWB_FIELDS = (
    "urlkey",
    "timestamp",
    "url",
    "mime",
    "status",
    "digest",
    "redirect",
    "robotflags",
    "length",
    "offset",
    "filename",
)
"""The fields that other archives know, in the order of `output=text`."""
ORIGINAL_FIELDS = ("orig.length", "orig.offset", "orig.filename")
"""Where the full response of a resolved revisit lies."""
WAYBACK_FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")

ALIASES = {"statuscode": "status", "mimetype": "mime", "original": "url"}
UNKNOWN = "-"
REVISIT = "warc/revisit"
_NO_WORD = re.compile(r"[\s\x00-\x1f\x7f]+")


class Row:
    """A capture that is answered, what stood before it in the index, and what was left out behind it."""

    __slots__ = ("_fields", "_original", "capture", "is_resolved", "last_skipped", "previous", "skipped")

    def __init__(self, capture: CaptureRow, previous: CaptureRow | None) -> None:
        self.capture = capture
        self.previous = previous
        """The capture read right before; an answer that ends between the two goes on behind it."""
        self.skipped = 0
        """Captures behind this one that filters and collapsing left out."""
        self.last_skipped: str | None = None
        """Timestamp of the last of them."""
        self.is_resolved = False
        """Whether a revisit says what its original does, so that the line is not the index's."""
        self._fields: dict[str, str] | None = None
        self._original: Capture | None = None

    def resolve(self, original: Capture | None) -> None:
        """Answer a revisit with media type and status of its original."""
        self._original = original
        self.is_resolved = True

    @property
    def fields(self) -> dict[str, str]:
        """All that is known, by pywb's names, urlkey and timestamp first."""
        if self._fields is None:
            self._fields = self.capture.fields()
            if self.is_resolved:
                self._add_original(self._fields)
        return self._fields

    def get(self, name: str) -> str | None:
        """One field by pywb's name; what is asked most is read without the others."""
        if self._fields is None and not self.is_resolved:
            read = _READ.get(name)
            if read:
                return read(self.capture)
        return self.fields.get(name)

    def _add_original(self, fields: dict[str, str]) -> None:
        original = cdxj_fields(self._original) if self._original else {}
        for name in ("mime", "status"):
            if name in original:
                fields[name] = original[name]
        for name in ORIGINAL_FIELDS:
            fields[name] = original.get(name.removeprefix("orig."), UNKNOWN)


def _status(capture: CaptureRow) -> str | None:
    status = capture.status
    return None if status is None else str(status)


def _mime(capture: CaptureRow) -> str:
    # What a server says of itself is no revisit: readers would look for an original that does not exist.
    return REVISIT if capture.revisit else "unk" if capture.mime == REVISIT else capture.mime


_READ: dict[str, Callable[[CaptureRow], str | None]] = {
    "urlkey": lambda capture: capture.urlkey,
    "timestamp": lambda capture: capture.timestamp,
    "url": lambda capture: capture.url,
    "mime": _mime,
    "status": _status,
    "digest": lambda capture: capture.digest,
    "length": lambda capture: str(capture.length),
}

Value = Callable[[Row], str]
"""One field of a row."""


def pywb_value(name: str) -> Value:
    """The field of that name; empty where a capture does not have it."""
    name = ALIASES.get(name, name)
    return lambda row: row.get(name) or ""


def wayback_value(name: str) -> Value | None:
    """The field of that name as the Internet Archive writes it; `None` where it knows none."""
    name = ALIASES.get(name, name)
    if name == "status":
        return lambda row: UNKNOWN if _is_revisit(row) else row.get("status") or UNKNOWN
    if name == "digest":
        return lambda row: (row.get("digest") or UNKNOWN).removeprefix("sha1:")
    if name == "skipcount":
        return lambda row: str(row.skipped)
    if name == "endtimestamp":
        return lambda row: row.last_skipped or row.capture.timestamp
    if name in PYWB_FIELDS or name in ORIGINAL_FIELDS:
        return lambda row: row.get(name) or UNKNOWN
    return None


def to_word(value: str) -> str:
    r"""A value that cannot end its column or its line: what would is escaped as in a URL.

    >>> to_word("https://example.org/a b\n"), to_word("")
    ('https://example.org/a%20b%0A', '-')
    """
    if value.isprintable() and " " not in value and value:
        return value
    return _NO_WORD.sub(lambda found: quote(found[0].encode("utf-8", "replace")), value) or UNKNOWN


def to_words(values: Sequence[str]) -> str:
    r"""A line of values, each as `to_word` has it.

    >>> to_words(["a b", "", "c"]), to_words(["a", "b"])
    ('a%20b - c', 'a b')
    """
    line = " ".join(values)
    if line.isprintable() and line.count(" ") == len(values) - 1 and all(values):
        return line
    return " ".join([to_word(value) for value in values])


def _is_revisit(row: Row) -> bool:
    if row.is_resolved:
        return row.fields["mime"] == REVISIT
    return row.capture.revisit is not None
