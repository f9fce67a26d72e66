"""Where a long answer goes on: opaque text that a client gives back as it got it.

A cursor holds the key of the last thing that was given, not a count, so that whatever a crawl adds meanwhile neither
repeats nor skips anything that was there.

    1WyJjb20sZXhhbXBsZSkvIiwiMjAyNDA1MDEiXQ     version of the form, then JSON in URL-safe base64 without padding
"""

import binascii
from base64 import urlsafe_b64encode
from typing import TypeVar

import msgspec

from archive.errors import QueryInvalid
from archive.index.catalog_rows import CaptureKey

LONGEST = 12_000
"""Characters: a key may hold a URL."""
_VERSION = "1"

Key = TypeVar("Key")


def to_cursor(key: object) -> str:
    """The cursor behind a key of plain values.

    >>> to_cursor(("com,example)/", 7))
    '1WyJjb20sZXhhbXBsZSkvIiw3XQ'
    """
    return _VERSION + urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def from_cursor(text: str, form: type[Key]) -> Key:
    """The key again, checked to be of this form. Raises QueryInvalid: clients make their own, and keep old ones.

    >>> from_cursor("1WyJjb20sZXhhbXBsZSkvIiw3XQ", tuple[str, int])
    ('com,example)/', 7)
    """
    if len(text) <= LONGEST and text.isascii() and text.startswith(_VERSION):
        packed = text[len(_VERSION) :]
        try:
            # Strict, unlike urlsafe_b64decode: it passes over what is no base64.
            decoded = binascii.a2b_base64(packed.translate(_STANDARD) + "=" * (-len(packed) % 4), strict_mode=True)
            return msgspec.json.decode(decoded, type=form)
        except (binascii.Error, msgspec.DecodeError, ValueError):
            pass
    raise QueryInvalid(f"cursor {text[:40]!r} is none of ours (begin without one)")


def from_capture_cursor(text: str, start: str = "", end: str | None = None) -> CaptureKey:
    """The key of a capture whose urlkey is in a half-open range. Raises QueryInvalid.

    Behind a key from elsewhere there is nothing, or all of it: the walk to find that out would be through every capture.
    """
    key = from_cursor(text, tuple[str, str, str, int])
    urlkey, timestamp, *_ = key
    is_inside = start <= urlkey and (end is None or urlkey < end)
    if not (is_inside and len(timestamp) == 14 and timestamp.isascii() and timestamp.isdigit()):
        raise QueryInvalid(f"cursor {text[:40]!r} is of another question (send url and match as they were)")
    return key


_STANDARD = str.maketrans("-_", "+/")
