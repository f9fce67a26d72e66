"""JSON from strangers: decoded within bounds, and read without trusting its shape."""

from collections.abc import Mapping

import msgspec

from crawler.seeds.payload import Payload, to_payload

MAX_JSON_BYTES = 20 * 2**20


def decode_json(payload: bytes | Payload) -> object:
    """The decoded value; `None` where the payload is no JSON, is nested without end, or exceeds `MAX_JSON_BYTES`."""
    text = to_payload(payload).whole(MAX_JSON_BYTES)
    if text is None:
        return None
    try:
        return msgspec.json.decode(text.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def text_of(table: Mapping[str, object], *keys: str) -> str:
    """The text under a path of keys, `""` where there is none.

    >>> text_of({"title": {"rendered": "Storm"}}, "title", "rendered")
    'Storm'
    """
    value: object = table
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""
