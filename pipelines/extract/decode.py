"""From a payload to text: content codings first, then the character encoding.

The encoding is found in the order of the HTML standard
(https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding), except that a declaration
which the bytes contradict is not believed: decoding never fails, and mojibake would be kept for ever.
"""

import re

from archive import coding
from archive.errors import ContentTooLarge, RecordUnreadable
from pipelines.errors import PayloadTooLarge, PayloadUnreadable
from pipelines.extract.charsets import codec_for

MAX_DECODED_BYTES = 64 * 1024 * 1024
PRESCAN_BYTES = 4096
"""The standard asks for 1024; news pages are known to put preloads and scripts before the declaration."""

_GZIP_MAGIC = b"\x1f\x8b"
_SIGNATURES = (
    b"%PDF-", b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"RIFF", b"PK\x03\x04", _GZIP_MAGIC, b"OggS", b"ID3",
    b"wOFF", b"wOF2", b"\x1aE\xdf\xa3", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf", b"BM\x00", b"\x00\x00\x01\x00", b"\x7fELF",
)  # fmt: skip
_BINARY = bytes([*range(1, 9), 0x0B, *range(0x0E, 0x1B), *range(0x1C, 0x20)])
"""What the standard calls binary data bytes, without NUL."""
_BINARY_SHARE = 0.03
_HTTP_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';,]+)", re.IGNORECASE)
_META = re.compile(rb"<meta\b[^>]{0,500}", re.IGNORECASE)
_META_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([^\s\"'/>;]+)", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"']+)", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le"))
_TEXT_BEGINS = (*(bom for bom, _ in _BOMS), b"<\x00", b"\x00<", b"\x00\x00")
_DETECTION_BYTES = 32 * 1024
_FAULT_SHARE = 0.01
"""How many of the non-ASCII characters may be malformed before a declared encoding is given up."""


def decode_content(payload: bytes, content_encoding: str, *, limit: int = MAX_DECODED_BYTES) -> bytes:
    """Undo the content codings of a payload; one that is plain text in spite of its header stays as it is.

    Raises `PayloadUnreadable` for what is neither, `PayloadTooLarge` for what decodes to more than `limit` bytes.
    """
    try:
        return coding.decode_content(payload, content_encoding, limit=limit)
    except ContentTooLarge as error:
        raise PayloadTooLarge(str(error)) from error
    except RecordUnreadable as error:
        if b"<" in payload[:512] and not is_binary(payload):
            return payload
        raise PayloadUnreadable(str(error)) from error


def gunzip_if_gzipped(payload: bytes, *, limit: int = MAX_DECODED_BYTES) -> bytes:
    """Undo gzip where the payload begins with its magic: some servers compress without saying so."""
    return decode_content(payload, "gzip", limit=limit) if payload.startswith(_GZIP_MAGIC) else payload


def is_binary(payload: bytes) -> bool:
    """Whether a payload is no text in any encoding, whatever its declared type: a picture, a PDF, an archive.

    Told by signatures (https://mimesniff.spec.whatwg.org), else by control characters; NUL is left to UTF-16, and what
    opens as markup is markup.
    """
    if payload.startswith(_SIGNATURES):
        return True
    head = payload[:PRESCAN_BYTES]
    if head.startswith(_TEXT_BEGINS) or head.lstrip()[:1] == b"<":
        return False
    return len(head) - len(head.translate(None, _BINARY)) > len(head) * _BINARY_SHARE


def to_utf8(payload: bytes, content_type: str | None = None) -> bytes:
    """A payload in UTF-8, without byte order mark; what cannot be decoded becomes U+FFFD."""
    if payload.isascii() and b"\x1b" not in payload and b"\x00" not in payload:
        return payload
    codec = find_codec(payload, content_type)
    if codec == "utf-8" and _is_whole_utf8(payload):
        return payload.removeprefix(_BOMS[0][0])
    mark = next((bom for bom, bom_codec in _BOMS if codec == bom_codec and payload.startswith(bom)), b"")
    return payload[len(mark) :].decode(codec, errors="replace").encode("utf-8", errors="replace")


def find_codec(payload: bytes, content_type: str | None = None) -> str:
    """The Python codec to decode a payload with: byte order mark, HTTP, meta declaration, then detection."""
    for bom, codec in _BOMS:
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
    # One byte is searched for many times as fast as two, and most pages have none of these.
    if b"\x1b" in payload and (b"\x1b$" in payload or b"\x1b(" in payload):
        return False
    if b"\x00" in payload and payload.count(b"\x00") > len(payload) // 8:
        return False
    if payload.isascii():
        return True
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.end >= len(payload) and error.reason == "unexpected end of data"
    return True


def _is_whole_utf8(payload: bytes) -> bool:
    if payload.isascii():
        return True
    try:
        payload.decode("utf-8")
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
