"""/.well-known/tdmrep.json: a site's reservation of text and data mining, by path. Pure.

    [{"location": "/news/*", "tdm-reservation": 1, "tdm-policy": "https://example.org/tdm.json"}, …]

A location is a pattern as in robots.txt, with `*` and `$`. The longest that matches holds; of two equal ones that which
reserves. https://www.w3.org/2022/tdmrep/
"""

from typing import Any
from urllib.parse import urlsplit

import msgspec

from archive.formats.rights import NOTHING_SAID, Rights, to_policy

PATH = "/.well-known/tdmrep.json"
MOST_BYTES = 512 * 1024
_MOST_RULES = 2000
_MOST_LOCATION = 2048


class TdmRule(msgspec.Struct, frozen=True, kw_only=True):
    """What a site says of some of its paths."""

    location: str
    is_reserved: bool
    policy: str | None


def parse_tdmrep(body: bytes) -> tuple[TdmRule, ...]:
    """The rules of a file; none of what is no such file, and what is no rule is passed over."""
    if len(body) > MOST_BYTES:
        return ()
    try:
        entries = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()
    if not isinstance(entries, list):
        return ()
    return tuple(rule for entry in entries[:_MOST_RULES] if (rule := _to_rule(entry)))


def site_rights(rules: tuple[TdmRule, ...], url: str) -> Rights:
    """What a site's rules say of one of its URLs.

    >>> rules = parse_tdmrep(b'[{"location": "/", "tdm-reservation": 1}, {"location": "/open/", "tdm-reservation": 0}]')
    >>> [site_rights(rules, f"https://example.org{path}").reservation for path in ("/a", "/open/b")]
    [True, False]
    """
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    found = [rule for rule in rules if _matches(rule.location, path)]
    if not found:
        return NOTHING_SAID
    holding = max(found, key=lambda rule: (len(rule.location), rule.is_reserved))
    return Rights(reservation=holding.is_reserved, policy=holding.policy if holding.is_reserved else None)


def _to_rule(entry: Any) -> TdmRule | None:
    if not isinstance(entry, dict):
        return None
    location, reservation, policy = (entry.get(key) for key in ("location", "tdm-reservation", "tdm-policy"))
    if not isinstance(location, str) or len(location) > _MOST_LOCATION or reservation not in (0, 1, "0", "1"):
        return None
    policy = to_policy(policy) if isinstance(policy, str) else None
    return TdmRule(location=location, is_reserved=str(int(reservation)) == "1", policy=policy)


def _matches(pattern: str, path: str) -> bool:
    """Whether a path begins as the pattern says; in one pass, whatever a stranger has written."""
    is_whole = pattern.endswith("$")
    first, *others = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    if not others:
        return not is_whole or at == len(path)
    *between, last = others
    for part in between:
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    if is_whole:
        return len(path) - at >= len(last) and path.endswith(last)
    return path.find(last, at) >= 0
