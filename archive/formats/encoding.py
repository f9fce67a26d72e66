"""The character encoding of a page or text file, and its text in UTF-8.

It is found in the order of the HTML standard
(https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding), except that a declaration
which the bytes contradict is not believed: decoding never fails, and mojibake would be kept for ever.
"""

import codecs
import re

from archive.formats.charset import codec_for

PRESCAN_BYTES = 4096
"""The standard asks for 1024; news pages are known to put preloads and scripts before the declaration."""
_HTTP_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';,]+)", re.IGNORECASE)
_META = re.compile(rb"<meta\b[^>]{0,500}", re.IGNORECASE)
_META_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([^\s\"'/>;]+)", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"']+)", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le"))
_DETECTION_BYTES = 32 * 1024
_PIECE_BYTES = 32 * 1024
_FAULT_SHARE = 0.01
"""How many of the non-ASCII characters may be malformed before a declared encoding is given up."""


def to_utf8(payload: bytes, content_type: str | None = None) -> bytes:
    """A payload in UTF-8, without byte order mark; what cannot be decoded becomes U+FFFD."""
    if payload.isascii() and b"\x1b" not in payload and b"\x00" not in payload:
        return payload
    # Nearly all are whole UTF-8: they are decoded once, to see it.
    whole = _is_whole_utf8(payload)
    codec = "utf-8" if whole and not _may_be_another(payload) else find_codec(payload, content_type)
    if codec == "utf-8" and whole:
        return payload.removeprefix(BOMS[0][0])
    mark = next((bom for bom, bom_codec in BOMS if codec == bom_codec and payload.startswith(bom)), b"")
    return payload[len(mark) :].decode(codec, errors="replace").encode("utf-8", errors="replace")


def find_codec(payload: bytes, content_type: str | None = None) -> str:
    """The Python codec to decode a payload with: byte order mark, HTTP, meta declaration, then detection."""
    for bom, codec in BOMS:
        if payload.startswith(bom):
            return codec
    if _is_utf8(payload):
        return "utf-8"
    for codec in filter(None, (_declared_in_http(content_type), _declared_in_document(payload))):
        if _is_plausible(payload, codec):
            return codec
    return _detect(payload)


def _is_utf8(payload: bytes) -> bool:
    """Valid UTF-8, whatever was declared: text in a legacy encoding is practically never valid UTF-8 by chance.

    ISO-2022-JP and HZ are pure ASCII bytes too; their escape sequences give them away.
    """
    if _may_be_another(payload):
        return False
    if payload.isascii():
        return True
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.end >= len(payload) and error.reason == "unexpected end of data"
    return True


def _may_be_another(payload: bytes) -> bool:
    """Whether it may be in another encoding although its bytes are valid UTF-8."""
    # One byte is searched for many times as fast as two, and most pages have none of these.
    if b"\x1b" in payload and (b"\x1b$" in payload or b"\x1b(" in payload):
        return True
    return b"\x00" in payload and payload.count(b"\x00") > len(payload) // 8


def _is_whole_utf8(payload: bytes) -> bool:
    if payload.isascii():
        return True
    # Piece by piece: the text of a long page would be written to memory that has to be fetched anew, and is not wanted.
    whole, at = memoryview(payload), 0
    try:
        while at < len(payload):
            end = at + _PIECE_BYTES
            at += codecs.utf_8_decode(whole[at:end], "strict", end >= len(payload))[1]
    except UnicodeDecodeError:
        return False
    return True


def _declared_in_http(content_type: str | None) -> str | None:
    match = _HTTP_CHARSET.search(content_type or "")
    return codec_for(match[1]) if match else None


def _declared_in_document(payload: bytes) -> str | None:
    head = payload[:PRESCAN_BYTES]
    if match := _XML_ENCODING.match(head):
        return _readable_as_ascii(codec_for(match[1].decode("latin-1")))
    for tag in _META.findall(_COMMENT.sub(b"", head)):
        if match := _META_CHARSET.search(tag):
            return _readable_as_ascii(codec_for(match[1].decode("latin-1")))
    return None


def _readable_as_ascii(codec: str | None) -> str | None:
    """A declaration that could be read as ASCII cannot itself be in UTF-16 (the standard says: take UTF-8)."""
    return "utf-8" if codec and codec.startswith("utf-16") else codec


def _is_plausible(payload: bytes, codec: str) -> bool:
    sample = payload[: 1 << 20]
    decoded = sample.decode(codec, errors="replace")
    foreign = sum(1 for byte in sample if byte > 0x7F) if codec != "iso2022_jp" else len(decoded)
    return decoded.count("\ufffd") <= 2 + foreign * _FAULT_SHARE


def _detect(payload: bytes) -> str:
    import charset_normalizer

    best = charset_normalizer.from_bytes(payload[:_DETECTION_BYTES]).best()
    return (codec_for(best.encoding) or best.encoding) if best else "cp1252"
