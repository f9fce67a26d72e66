"""From a payload to text: content codings first, then the character encoding.

Codings are undone within a bound on the decoded size. The encoding is found in the order of the HTML standard
(https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding), except that a declaration
which the bytes contradict is not believed: decoding never fails, and mojibake would be kept for ever.
"""

import io
import re
import zlib

import brotli
import zstandard

from pipelines.errors import PayloadTooLarge, PayloadUnreadable
from pipelines.extract.charsets import codec_for

MAX_DECODED_BYTES = 64 * 1024 * 1024
PRESCAN_BYTES = 4096
"""The standard asks for 1024; news pages are known to put preloads and scripts before the declaration."""

_GZIP_MAGIC = b"\x1f\x8b"
_HTTP_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';,]+)", re.IGNORECASE)
_META = re.compile(rb"<meta\b[^>]{0,500}", re.IGNORECASE)
_META_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([^\s\"'/>;]+)", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"']+)", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le"))
_DETECTION_BYTES = 32 * 1024
_FAULT_SHARE = 0.01
"""How many of the non-ASCII characters may be malformed before a declared encoding is given up."""


def decode_content(payload: bytes, codings: str, *, limit: int = MAX_DECODED_BYTES) -> bytes:
    """Undo a Content-Encoding header's codings, last applied first.

    A stream that breaks off gives what could be read; a payload that is not in the coding it claims is returned as it
    is, when it looks like text. Raises `PayloadTooLarge` past the limit and `PayloadUnreadable` otherwise.
    """
    names = [name.strip().lower() for name in codings.split(",")]
    for name in reversed(names):
        payload = _decode_one(payload, name, limit)
    if len(payload) > limit:
        raise PayloadTooLarge(f"the payload has {len(payload)} bytes, more than the {limit} that are read")
    return payload


def gunzip_if_gzipped(payload: bytes, *, limit: int = MAX_DECODED_BYTES) -> bytes:
    """Undo gzip where the payload begins with its magic: some servers compress without saying so."""
    return _inflate(payload, 31, limit) if payload.startswith(_GZIP_MAGIC) else payload


def _decode_one(payload: bytes, name: str, limit: int) -> bytes:
    if not payload:
        return payload
    try:
        if name in {"gzip", "x-gzip"}:
            return gunzip_if_gzipped(payload, limit=limit)
        if name in {"deflate", "x-deflate"}:
            return _inflate_either(payload, limit)
        if name == "br":
            return _unbrotli(payload, limit)
        if name == "zstd":
            return _unzstd(payload, limit)
    except (zlib.error, brotli.error, zstandard.ZstdError) as error:
        if _looks_like_text(payload):
            return payload
        raise PayloadUnreadable(f"the payload is no {name} stream: {error}") from error
    if name in {"compress", "x-compress", "dcb", "dcz", "exi", "pack200-gzip"}:
        raise PayloadUnreadable(f"content coding {name!r} is not supported")
    return payload  # identity, and the misuses seen in the wild: "utf-8", "none", "text/html"


def _inflate(payload: bytes, wbits: int, limit: int) -> bytes:
    """Decompress one or more concatenated members; a broken tail ends the output."""
    output = bytearray()
    while payload:
        stream = zlib.decompressobj(wbits)
        try:
            output += stream.decompress(payload, limit - len(output) + 1)
        except zlib.error:
            if output:
                break
            raise
        if len(output) > limit:
            raise PayloadTooLarge(f"the payload decodes to more than {limit} bytes")
        payload = stream.unused_data if stream.eof else b""
        if not payload.startswith(_GZIP_MAGIC):
            break  # zero padding or rubbish after the last member
    return bytes(output)


def _inflate_either(payload: bytes, limit: int) -> bytes:
    """`deflate` means zlib (RFC 9110), but some servers send the raw stream."""
    try:
        return _inflate(payload, 15, limit)
    except zlib.error:
        return _inflate(payload, -15, limit)


def _unbrotli(payload: bytes, limit: int) -> bytes:
    stream = brotli.Decompressor()
    output = bytearray()
    piece = payload
    while not stream.is_finished():
        try:
            chunk = stream.process(piece, output_buffer_limit=1 << 20)
        except brotli.error:
            if output:
                break
            raise
        piece = b""
        output += chunk
        if len(output) > limit:
            raise PayloadTooLarge(f"the payload decodes to more than {limit} bytes")
        if not chunk and stream.can_accept_more_data():
            break
    return bytes(output)


def _unzstd(payload: bytes, limit: int) -> bytes:
    # RFC 9659: a decoder for the web need not accept windows over 8 MB.
    decompressor = zstandard.ZstdDecompressor(max_window_size=8 << 20)
    output = bytearray()
    with decompressor.stream_reader(io.BytesIO(payload), read_across_frames=True) as reader:
        while True:
            try:
                chunk = reader.read(1 << 20)
            except zstandard.ZstdError:
                if output:
                    break
                raise
            if not chunk:
                break
            output += chunk
            if len(output) > limit:
                raise PayloadTooLarge(f"the payload decodes to more than {limit} bytes")
    return bytes(output)


def _looks_like_text(payload: bytes) -> bool:
    head = payload[:512]
    return b"<" in head and b"\x00" not in head


def to_utf8(payload: bytes, content_type: str | None = None) -> bytes:
    """A payload in UTF-8, without byte order mark; what cannot be decoded becomes U+FFFD."""
    codec = find_codec(payload, content_type)
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
    if b"\x1b$" in payload or b"\x1b(" in payload or payload.count(b"\x00") > len(payload) // 8:
        return False
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.end >= len(payload) and error.reason == "unexpected end of data"
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
