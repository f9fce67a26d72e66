"""What a page says of its own use: X-Robots-Tag, meta robots, and the reservation of text and data mining (TDMRep). Pure.

    X-Robots-Tag: noarchive            <meta name="robots" content="noindex, noai">      of any number, each may name a robot
    tdm-reservation: 1                 <meta name="tdm-reservation" content="1">          any that reserves holds
    tdm-policy: https://…              <meta name="tdm-policy" content="https://…">

https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag, https://www.w3.org/2022/tdmrep/
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from archive.formats.timestamp import to_timestamp

HEAD_BYTES = 64 * 1024
"""How much of a page is looked through."""
ROBOT_NAMES = frozenset({"robots", "newsmorgue"})
"""Whom a tag has to name, to be meant for us."""
RESERVED = "tdm"
_KNOWN = frozenset({"noindex", "nofollow", "noarchive", "nosnippet", "noimageindex", "noai", "noimageai"})
_MEANS = {"none": ("noindex", "nofollow"), "nocache": ("noarchive",)}
_WITH_VALUE = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
_FLAGS = {"noarchive": "A", "noindex": "I", "nofollow": "F"}

_MOST_DIRECTIVES = 100
_MOST_METAS = 200
_MOST_TAG_BYTES = 4096
_MOST_URL_BYTES = 2048
_TAG = re.compile(rb"<(?:!--|script\b|style\b|meta\b|body\b)")
_SKIPPED = {b"<!--": b"-->", b"<script": b"</script", b"<style": b"</style"}
_ATTRIBUTE = re.compile(r"(?<![\w-])(name|content)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_PREFIX = re.compile(r"([A-Za-z0-9_-]{1,64})\s*:\s*(.*)", re.DOTALL)
_AFTER = re.compile(r"unavailable_after=[0-9]{14}", re.ASCII)
_FIELD = re.compile(r"([a-z-]+): (.*)")


class Rights(msgspec.Struct, frozen=True, kw_only=True):
    """What was said; nothing said is `NOTHING_SAID`."""

    directives: tuple[str, ...] = ()
    """Of robots tags, in alphabetical order; `unavailable_after=` with a timestamp."""
    reservation: bool | None = None
    """Whether text and data mining is reserved; `None` where that is not said."""
    policy: str | None = None
    """URL of the terms for mining."""

    def __or__(self, other: "Rights") -> "Rights":
        """Both together: where one reserves and the other does not, it is reserved."""
        said = [one for one in (self, other) if one.reservation is not None]
        stricter = max(said, key=lambda one: bool(one.reservation), default=NOTHING_SAID)
        directives = tuple(sorted({*self.directives, *other.directives}))
        return Rights(directives=directives, reservation=stricter.reservation, policy=stricter.policy)

    @property
    def marks(self) -> tuple[str, ...]:
        """What an index keeps: the directives, and `tdm` where mining is reserved."""
        return (*self.directives, RESERVED) if self.reservation else self.directives

    def to_fields(self) -> bytes:
        """As application/warc-fields, the body of a `metadata` record."""
        lines = [f"robots: {', '.join(self.directives)}"] if self.directives else []
        if self.reservation is not None:
            lines.append(f"tdm-reservation: {int(self.reservation)}")
        if self.policy:
            lines.append(f"tdm-policy: {self.policy}")
        return "".join(f"{line}\r\n" for line in lines).encode()


NOTHING_SAID = Rights()


def from_fields(block: bytes) -> Rights:
    r"""What `to_fields` wrote; what others wrote into such a record says nothing.

    >>> from_fields(b"robots: noarchive, noai\r\ntdm-reservation: 1\r\n").marks
    ('noai', 'noarchive', 'tdm')
    """
    fields = {}
    for line in block[:8192].decode("utf-8", "replace").split("\r\n"):
        if found := _FIELD.fullmatch(line):
            fields[found[1]] = found[2]
    names = fields.get("robots", "").split(", ")[:_MOST_DIRECTIVES]
    known = [name for name in names if name in _KNOWN or _AFTER.fullmatch(name)]
    return Rights(
        directives=tuple(sorted(set(known))),
        reservation=_reservation(fields.get("tdm-reservation")),
        policy=to_policy(fields.get("tdm-policy")),
    )


def header_rights(headers: Iterable[tuple[str, str]], names: frozenset[str] = ROBOT_NAMES) -> Rights:
    """What response headers say; `names` are ours, in lower case, and `robots`.

    >>> header_rights([("X-Robots-Tag", "otherbot: noindex, noarchive"), ("x-robots-tag", "noai")]).marks
    ('noai',)
    """
    directives: list[str] = []
    reservation = policy = None
    for name, value in headers:
        lower = name.lower()
        if lower == "x-robots-tag":
            directives += _directives(value, names)
        elif lower == "tdm-reservation" and reservation is None:
            reservation = _reservation(value)
        elif lower == "tdm-policy":
            policy = policy or to_policy(value)
    return _rights(directives, reservation, policy)


def page_rights(page: bytes, names: frozenset[str] = ROBOT_NAMES) -> Rights:
    """What the meta elements of a page's head say; of UTF-16 pages, nothing."""
    page = page[:HEAD_BYTES]
    lower = page.lower()
    end = lower.find(b"</head")
    if end >= 0:
        lower = lower[:end]
    words = (b"tdm-", *(name.encode() for name in names))
    if not any(word in lower for word in words):
        return NOTHING_SAID
    directives: list[str] = []
    reservation = policy = None
    for name, content in _iter_metas(page, lower, words):
        if name in names:
            # A whole tag is one robot's: there is no prefix in it.
            directives += _directives(content, names, prefixes=False)
        elif name == "tdm-reservation" and reservation is None:
            reservation = _reservation(content)
        elif name == "tdm-policy":
            policy = policy or to_policy(content)
    return _rights(directives, reservation, policy)


def robot_flags(marks: Sequence[str]) -> str | None:
    """The `robotflags` of CDX files: A, I and F for noarchive, noindex and nofollow.

    >>> robot_flags(("nofollow", "noindex", "tdm")), robot_flags(("tdm",))
    ('IF', None)
    """
    return "".join(flag for mark, flag in _FLAGS.items() if mark in marks) or None


def is_past(mark: str, now: str) -> bool:
    """Whether a mark is an `unavailable_after` of a time before this timestamp."""
    name, equals, moment = mark.partition("=")
    return name == "unavailable_after" and bool(equals) and moment < now


def _rights(directives: list[str], reservation: bool | None, policy: str | None) -> Rights:
    if not directives and reservation is None:
        return NOTHING_SAID
    return Rights(
        directives=tuple(sorted(set(directives))), reservation=reservation, policy=policy if reservation else None
    )


def _directives(value: str, names: frozenset[str], *, prefixes: bool = True) -> Iterator[str]:
    """The directives of one tag that are meant for us. A robot's name holds for all that follows it."""
    is_ours = True
    parts = value[:_MOST_TAG_BYTES].split(",")[:_MOST_DIRECTIVES]
    for index, part in enumerate(parts):
        found = _PREFIX.fullmatch(part.strip())
        if prefixes and found and found[1].lower() not in _WITH_VALUE:
            is_ours = found[1].lower() in names
            part = found[2]
            found = _PREFIX.fullmatch(part.strip())
        if not is_ours:
            continue
        if found and found[1].lower() == "unavailable_after":
            # Some forms of a date have a comma of their own.
            following = ",".join(parts[index + 1 : index + 2])
            moment = _moment(found[2]) or _moment(f"{found[2]},{following}")
            if moment:
                yield f"unavailable_after={moment}"
            continue
        name = part.strip().lower()
        yield from _MEANS.get(name, (name,) if name in _KNOWN else ())


def _moment(text: str) -> str | None:
    """A date in RFC 822, RFC 850 or ISO 8601 form as a timestamp; UTC where it names no zone."""
    from email.utils import parsedate_to_datetime  # takes 10 ms to import, which every command would wait for

    text = text.strip()[:64]
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(text)
            return to_timestamp(moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC))
        except (ValueError, OverflowError, TypeError):
            continue
    return None


def _reservation(value: str | None) -> bool | None:
    return {"0": False, "1": True}.get((value or "").strip(" \"'"))


def to_policy(value: str | None) -> str | None:
    """The URL of terms, where a value is one."""
    url = (value or "").strip(" \"'<>")
    is_url = url.isascii() and url.isprintable() and " " not in url and len(url) <= _MOST_URL_BYTES
    return url if is_url and url.lower().startswith(("http://", "https://", "/")) else None


def _iter_metas(page: bytes, lower: bytes, words: Sequence[bytes]) -> Iterator[tuple[str, str]]:
    """Name, in lower case, and content of the meta elements that hold one of these words; scripts, styles and comments are passed over."""
    at, metas = 0, 0
    while metas < _MOST_METAS and (found := _TAG.search(lower, at)):
        at = found.end()
        tag = found[0]
        if end := _SKIPPED.get(tag):
            at = lower.find(end, at)
            if at < 0:
                return
        elif tag == b"<meta":
            metas += 1
            end_of_tag = page.find(b">", at, at + _MOST_TAG_BYTES)
            if end_of_tag < 0:
                end_of_tag = at + _MOST_TAG_BYTES
            if not any(word in lower[at:end_of_tag] for word in words):
                continue
            text = page[at:end_of_tag].decode("utf-8", "replace")
            values = {one[1].lower(): one[2] or one[3] or one[4] or "" for one in _ATTRIBUTE.finditer(text)}
            if "name" in values:
                yield values["name"].strip().lower(), values.get("content", "")
        else:
            return
