"""A capture as a row of four values, packed so that a long answer decodes only what is asked of it.

    urlkey  timestamp  flags                                            body
    text    14 digits  mime<<21 odd<<20 form<<16 redirect<<15           digest 20 bytes, record id 16 bytes,
                       rights<<14 truncated<<12 revisit<<10 status      msgpack [length, size, offset, file, {the rest}]

Four, because a row costs what its columns do: twenty took seven times as long to read. A URL that its key gives back is
a `form` (scheme, `www.`, a slash at the end) and takes no bytes. A digest that is no SHA-1 stands in the rest (`odd`), and its
own SHA-1 in its place, so that equal digests have equal bytes. What is missing is zero.
"""

import hashlib
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from archive.errors import IndexOutdated, QueryInvalid
from archive.formats.digest import format_sha1, sha1_bytes
from archive.formats.urlkey import urlkey as urlkey_of
from archive.index.catalog_rows import (
    REVISITS,
    TRUNCATIONS,
    pack_digest,
    pack_record_id,
    pack_timestamp,
    unpack_record_id,
    unpack_timestamp,
)
from archive.model import Capture, Reference

PackedRow = tuple[str, int, int, bytes]
"""urlkey, timestamp, flags, body."""

STATUS: Final = 0x3FF
REVISIT_SHIFT: Final = 10
TRUNCATED: Final = 3 << 12
HAS_RIGHTS: Final = 1 << 14
HAS_REDIRECT: Final = 1 << 15
ANSWER: Final = STATUS | 3 << REVISIT_SHIFT | TRUNCATED
"""The flags that say how a URL answered: equal to 200 for a complete 200 in full."""
MIME_SHIFT: Final = 21
HTML_NUMBERS: Final = 2
"""Media types up to this number are what extraction reads."""

TRUNCATED_SHIFT, _FORM_SHIFT, _FORM = 12, 16, 15
FORM: Final = _FORM << _FORM_SHIFT
"""The flags that say how a URL is made of its key."""
ODD: Final = 1 << 20
_DIGEST, _BODY, _TIME, _SHORT = 20, 36, 6, 8
NAMES_DOM = b"\xa1D"
"""How the rest of a body begins to tell of a DOM."""
_NO_DIGEST, _NO_ID = bytes(20), bytes(16)
_STARTS = ("http://", "https://", "http://www.", "https://www.")
_BY_KEY, _WITH_SLASH, _OTHER_PATH = 0, 4, 8


class Rest(msgspec.Struct, frozen=True, omit_defaults=True):
    """What most captures do not have; named by a letter each on disk."""

    url: str | None = msgspec.field(default=None, name="u")
    """All of the URL, or what follows its host."""
    digest: str | None = msgspec.field(default=None, name="d")
    record_id: str | None = msgspec.field(default=None, name="i")
    status: int | None = msgspec.field(default=None, name="s")
    """One that is no HTTP status."""
    refers_to: bytes | None = msgspec.field(default=None, name="t")
    """Timestamp in 6 bytes, and the record id in 16 where it is a UUID."""
    refers_record: str | None = msgspec.field(default=None, name="r")
    """Another record id."""
    refers_url: str | None = msgspec.field(default=None, name="f")
    """`None` where it is the capture's own."""
    redirect: str | None = msgspec.field(default=None, name="l")
    dom_digest: Any = msgspec.field(default=None, name="D")
    """As `pack_digest` packs it."""
    dom_offset: int = msgspec.field(default=0, name="O")
    dom_length: int = msgspec.field(default=0, name="L")
    rights: str | None = msgspec.field(default=None, name="R")


class Tail(msgspec.Struct, frozen=True, array_like=True):
    """What follows digest and record id in a body."""

    length: int
    size: int | None
    offset: int
    file: int
    """By number."""
    rest: Rest = Rest()


_NOTHING = Rest()
_decode_tail: Callable[[bytes], Tail] = msgspec.msgpack.Decoder(Tail).decode
_decode_old_tail: Callable[[bytes], list[Any]] = msgspec.msgpack.Decoder(list).decode
_encode = msgspec.msgpack.Encoder().encode


def pack_tie(file: str, offset: int) -> bytes:
    """What orders captures of one URL and second: the name of their file, which unlike its number is the same after a
    reindex, and where they begin in it.

    >>> pack_tie("a", 300) < pack_tie("a", 70_000) < pack_tie("a-2", 0)
    True
    """
    return file.encode() + b"\0" + offset.to_bytes(8, "big")


def digest_bytes(digest: str | None) -> bytes:
    """The first 20 bytes of the body of a capture with this digest."""
    return _pack_digest(digest)[0]


def short_digest(digest: str | None) -> bytes:
    """Enough of a digest to find a capture by, whose own digest is then compared."""
    return digest_bytes(digest)[:_SHORT]


def may_have_digest(body: bytes, digests: Collection[bytes]) -> bool:
    """Whether the payload of a row, or its DOM, may have one of these short digests. Nothing is decoded: it is asked of many."""
    return body[:_SHORT] in digests or NAMES_DOM in body


def pack_capture(capture: Capture, file: int, mime: int) -> PackedRow:
    """The row of a capture whose file and media type have these numbers."""
    form, url = _pack_url(capture.urlkey, capture.url)
    digest, is_odd = _pack_digest(capture.digest)
    record_id, foreign_id = _pack_record_id(capture.record_id)
    status, odd_status = (capture.status, None) if 0 < (capture.status or 0) <= STATUS else (0, capture.status)
    flags = (
        (status or 0)
        | REVISITS.index(capture.revisit) << REVISIT_SHIFT
        | TRUNCATIONS.index(capture.truncated) << TRUNCATED_SHIFT
        | (HAS_RIGHTS if capture.rights else 0)
        | (HAS_REDIRECT if capture.redirect else 0)
        | form << _FORM_SHIFT
        | (ODD if is_odd else 0)
        | mime << MIME_SHIFT
    )
    rest = Rest(
        url=url,
        digest=capture.digest if is_odd else None,
        record_id=foreign_id,
        status=odd_status,
        redirect=capture.redirect,
        rights=" ".join(capture.rights) or None,
    )
    if capture.refers_to:
        rest = replace(rest, **_pack_reference(capture.refers_to, capture.url))
    if capture.dom:
        where = capture.dom.location
        packed = pack_digest(capture.dom.digest)
        rest = replace(rest, dom_digest=packed, dom_offset=where.offset, dom_length=where.length)
    numbers: tuple[Any, ...] = (capture.location.length, capture.size, capture.location.offset, file)
    body = digest + record_id + _encode(numbers if rest == _NOTHING else (*numbers, rest))
    return capture.urlkey, pack_timestamp(capture.timestamp), flags, body


def tail_of(body: bytes) -> Tail:
    """What follows digest and record id in a body. Raises IndexOutdated where nothing that was packed does."""
    try:
        return _decode_tail(body[_BODY:])
    except msgspec.DecodeError as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> IndexOutdated:
    return IndexOutdated(f"catalog is damaged: a capture cannot be read: {error} (run `morgue reindex`)")


def is_requisite(flags: int, size: int | None) -> bool:
    """Whether a row is a complete 200 in full of something that is no page, which other captures may refer to."""
    return flags & ANSWER == 200 and flags >> MIME_SHIFT > HTML_NUMBERS and bool(size)


def _target_of(body: bytes) -> str | None:
    """The urlkey that a row redirects to."""
    try:
        return urlkey_of(tail_of(body).rest.redirect or "")
    except QueryInvalid:
        return None


def _pack_url(urlkey: str, url: str) -> tuple[int, str | None]:
    """The form of a URL (0: none), and what of it must be kept as text."""
    surt, has_host, path = urlkey.partition(")")
    if has_host:
        host = _host(surt)
        for number in (3, 2, 1, 0):
            start = _STARTS[number] + host
            if url.startswith(start):
                rest = url[len(start) :]
                if rest == path:
                    return 1 + number + _BY_KEY, None
                if rest == path + "/":
                    return 1 + number + _WITH_SLASH, None
                return 1 + number + _OTHER_PATH, rest
    return 0, url


def url_from(urlkey: str, flags: int, body: bytes) -> str:
    """The URL of a row."""
    form = (flags >> _FORM_SHIFT & _FORM) - 1
    if form < 0:
        return tail_of(body).rest.url or ""
    surt, _, path = urlkey.partition(")")
    start = _STARTS[form & 3] + _host(surt)
    if form >= _OTHER_PATH:
        return start + (tail_of(body).rest.url or "")
    return start + path + "/" if form >= _WITH_SLASH else start + path


def has_url_of_key(flags: int) -> bool:
    """Whether key and flags are all that `url_from` needs: so the captures of one URL mostly are."""
    return 0 < flags >> _FORM_SHIFT & _FORM <= _OTHER_PATH


@lru_cache(maxsize=4096)
def _host(surt: str) -> str:
    return ".".join(reversed(surt.split(",")))


def digest_from(flags: int, body: bytes) -> str | None:
    """The payload digest of a row."""
    if flags & ODD:
        return tail_of(body).rest.digest
    digest = body[:_DIGEST]
    return None if digest == _NO_DIGEST else _format_digest(digest)


# Revisits stand beside what they repeat.
_format_digest = lru_cache(maxsize=1024)(format_sha1)
_format_record_id = lru_cache(maxsize=1024)(unpack_record_id)


def record_id_from(body: bytes, rest: Rest) -> str | None:
    """The record id of a row."""
    record = body[_DIGEST:_BODY]
    return rest.record_id if record == _NO_ID else unpack_record_id(record)


def reference_from(rest: Rest, url: str) -> Reference | None:
    """What a row of this URL refers to."""
    packed = rest.refers_to
    if packed is None:
        return None
    record_id = _format_record_id(packed[_TIME:]) if len(packed) > _TIME else rest.refers_record
    moment = int.from_bytes(packed[:_TIME], "big")  # 0 where there is none
    timestamp = unpack_timestamp(moment) if moment else None
    return Reference(url=rest.refers_url or url, timestamp=timestamp, record_id=record_id)


def _pack_digest(digest: str | None) -> tuple[bytes, bool]:
    """20 bytes, and whether the digest must be kept as text beside them."""
    if digest is None:
        return _NO_DIGEST, False
    packed = sha1_bytes(digest)
    if packed and packed != _NO_DIGEST:
        return packed, False
    return hashlib.sha1(digest.encode(), usedforsecurity=False).digest(), True


def _pack_record_id(record_id: str | None) -> tuple[bytes, str | None]:
    """16 bytes, and a record id that is kept as text."""
    packed = pack_record_id(record_id)
    return (packed, None) if isinstance(packed, bytes) and packed != _NO_ID else (_NO_ID, record_id)


def _pack_reference(reference: Reference, url: str) -> dict[str, Any]:
    """The fields of `Rest` that hold a reference."""
    record_id, foreign_id = _pack_record_id(reference.record_id)
    timestamp = (pack_timestamp(reference.timestamp) if reference.timestamp else 0).to_bytes(_TIME, "big")
    return {
        "refers_to": timestamp + (record_id if record_id != _NO_ID else b""),
        "refers_record": foreign_id,
        "refers_url": reference.url if reference.url != url else None,
    }


def add_place(body: bytes, file: int, offset: int) -> bytes:
    """The body of a row that told its place in a column, as rows of version 5 did. Raises IndexOutdated."""
    try:
        length, size, *rest = _decode_old_tail(body[_BODY:])
    except (msgspec.DecodeError, ValueError) as error:
        raise _damaged(error) from error
    return body[:_BODY] + _encode((length, size, offset, file, *rest))


FUNCTIONS: tuple[tuple[str, int, Callable[..., Any]], ...] = (
    ("url_of", 3, url_from),
    ("size_of", 1, lambda body: tail_of(body).size),
    ("target_of", 1, _target_of),
    ("file_of", 1, lambda body: tail_of(body).file),
    ("rights_of", 1, lambda body: tail_of(body).rest.rights),
)
"""What SQL asks of rows, of the few that are left when their flags have been looked at."""
