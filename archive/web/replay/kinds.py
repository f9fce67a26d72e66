"""What a captured payload may be served as, on the origin of captured pages. Scripts are served as nothing."""

import re

_MEDIA = re.compile(
    r"(?:image|audio|video|font)/[a-z0-9.+-]+|text/vtt"
    r"|application/(?:x-)?font-[a-z0-9]+|application/vnd\.ms-fontobject|application/ogg"
)
_VAGUE = frozenset(("unk", "text/plain", "application/octet-stream", "binary/octet-stream"))
"""What servers say that do not know."""
_SIGNATURES = (
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "image/webp"),
    (b"\x00\x00\x01\x00", "image/x-icon"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"OTTO", "font/otf"),
    (b"\x00\x01\x00\x00", "font/ttf"),
    (b"OggS", "application/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\x1aE\xdf\xa3", "video/webm"),
)
_FTYP = re.compile(rb".{4}ftyp(.{4})", re.DOTALL)
PAGES = frozenset(("text/html", "application/xhtml+xml"))
_TEXT = re.compile(r"text/[a-z0-9.+-]+|application/(?:[a-z0-9.-]+\+)?(?:json|xml)|application/(?:x-)?javascript")


def media_type(mime: str, payload: bytes) -> str | None:
    """The type to serve an image, font, film or sound as; `None` where it is none."""
    if _MEDIA.fullmatch(mime):
        return mime
    if mime not in _VAGUE:
        return None
    known = next((kind for start, kind in _SIGNATURES if payload.startswith(start)), None)
    if known is None and (brand := _FTYP.match(payload)):
        known = "image/avif" if brand[1] in (b"avif", b"avis") else "video/mp4"
    return known


def is_style(mime: str, payload: bytes) -> bool:
    """Whether a payload that was asked for as a style sheet is one, and no page that says it is missing."""
    return mime == "text/css" or (mime in _VAGUE and not payload.lstrip().startswith(b"<"))


def is_page(mime: str, payload: bytes) -> bool:
    """Whether a payload is a page: by its type, else, where it has none, by how it begins."""
    return mime in PAGES or (mime == "unk" and payload.lstrip()[:1] == b"<")


def is_text(mime: str) -> bool:
    """Whether a payload can be read as it is."""
    return _TEXT.fullmatch(mime) is not None
