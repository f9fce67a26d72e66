"""From a payload to the page it holds: content codings undone, and what is no text told apart.

Its character encoding is `archive.formats.encoding`'s to find.
"""

from archive import coding
from archive.errors import ContentTooLarge, RecordUnreadable
from archive.formats.encoding import BOMS, PRESCAN_BYTES
from pipelines.errors import PayloadTooLarge, PayloadUnreadable

MAX_DECODED_BYTES = 64 * 1024 * 1024

_GZIP_MAGIC = b"\x1f\x8b"
_SIGNATURES = (
    b"%PDF-", b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"RIFF", b"PK\x03\x04", _GZIP_MAGIC, b"OggS", b"ID3",
    b"wOFF", b"wOF2", b"\x1aE\xdf\xa3", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf", b"BM\x00", b"\x00\x00\x01\x00", b"\x7fELF",
)  # fmt: skip
_BINARY = bytes([*range(1, 9), 0x0B, *range(0x0E, 0x1B), *range(0x1C, 0x20)])
"""What the standard calls binary data bytes, without NUL."""
_BINARY_SHARE = 0.03
_TEXT_BEGINS = (*(bom for bom, _ in BOMS), b"<\x00", b"\x00<", b"\x00\x00")


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
