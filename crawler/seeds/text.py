"""A seed's payload as text, piece by piece, decoded by what it really is.

Feeds misstate their encoding often; bytes that are valid UTF-8 are UTF-8, whatever the label says.
"""

import codecs
import re
from collections.abc import Iterator
from html.entities import html5

from crawler.seeds.payload import Payload

_DECLARED = re.compile(rb"""(?:encoding|charset)\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
# What a label means in practice: the larger set that its writers use (https://encoding.spec.whatwg.org/#names-and-labels).
_IN_PRACTICE = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
}
# Python also names codecs that are no character sets (zip, rot13, punycode): a stranger must not choose those. Nor
# UTF-8 or UTF-16, which are known by their bytes.
_CODEC = re.compile(r"iso(?:8859-|2022_).+|cp\d+|koi8-.+|gb.+|big5.*|euc_.+|shift_jis.*|mac-.+|tis-620")
_ENTITY = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9A-Fa-f]{1,6})|([A-Za-z][A-Za-z0-9]{1,31}));")
_NO_TEXT = re.compile(r"<[^<>]*>|[\x00-\x08\x0e-\x1f\x7f]")


def iter_text(payload: bytes | Payload, content_type: str | None = None, *, limit: int | None = None) -> Iterator[str]:
    """The payload's text in pieces; raises `CutShort` after `limit` bytes, or where its packed data breaks off."""
    pieces = (payload if isinstance(payload, Payload) else Payload(payload, limit=limit)).pieces(limit)
    head = next(pieces)
    decoder = codecs.getincrementaldecoder(guess_encoding(head, content_type))(errors="replace")
    yield decoder.decode(head).lstrip("\ufeff")
    for piece in pieces:
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def guess_encoding(head: bytes, content_type: str | None = None) -> str:
    """The codec that the first bytes of a payload are in: byte order mark, then UTF-8 where it fits, then the label."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return name
    if head[:2] == b"<\0":
        return "utf-16-le"
    if head[:2] == b"\0<":
        return "utf-16-be"
    label = _CHARSET.search(content_type or "")
    declared = _DECLARED.search(head[:1024])
    names = [name for name in (label and label[1], declared and declared[1].decode()) if name]
    named = [codec for name in names if (codec := _known_codec(name))]
    if b"\x1b" in head:  # ISO-2022 is ASCII to look at
        return next((codec for codec in named if codec.startswith("iso2022")), "utf-8")
    if _fits_utf8(head):
        return "utf-8"
    return next(iter(named), None) or _nearest(head)


def unescape(text: str) -> str:
    """Text with its character references resolved; what only looks like one (`?a=1&copy=2`) stays.

    >>> unescape("caf&eacute; &amp; &#1711; ?a=1&copy=2")
    'café & گ ?a=1&copy=2'
    """
    return _ENTITY.sub(_character, text) if "&" in text else text


def clean_title(text: str) -> str | None:
    """A title as plain text on one line: feeds put HTML, once or twice escaped, into theirs.

    >>> clean_title("  Storm &amp;amp; <b>flood</b> ")
    'Storm & flood'
    """
    plain = " ".join(unescape(_NO_TEXT.sub("", unescape(text[:4000]))).split())
    return plain[:500] or None


def _character(found: re.Match[str]) -> str:
    if found[3]:
        return html5.get(f"{found[3]};", found[0])
    number = int(found[1]) if found[1] else int(found[2], 16)
    if 0x80 <= number <= 0x9F:  # meant as windows-1252, as in HTML
        return bytes([number]).decode("cp1252", "replace")
    return chr(number) if 0x20 <= number < 0xD800 or 0xE000 <= number <= 0x10FFFF or number in (9, 10, 13) else ""


def _known_codec(name: str) -> str | None:
    try:
        codec = codecs.lookup(name)
    except LookupError:
        return None
    return _IN_PRACTICE.get(codec.name, codec.name) if _CODEC.fullmatch(codec.name) else None


def _fits_utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _nearest(head: bytes) -> str:
    """UTF-8 with a few broken bytes, or Western text without any label."""
    text = head.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    foreign = len(text) - len(text.encode("ascii", "ignore")) - broken
    return "utf-8" if foreign >= broken else "cp1252"
