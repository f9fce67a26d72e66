"""Attributes of an HTML tag, read and written: as a browser reads them, and so that it can read them in one way only."""

import html
import re
from html.entities import html5

_ATTRIBUTE = re.compile(
    r"([^\t\n\f\r />][^\t\n\f\r />=]*+)"
    r"""(?:[\t\n\f\r ]*+=[\t\n\f\r ]*+(?:"([^"]*+)"|'([^']*+)'|([^\t\n\f\r >"'][^\t\n\f\r >]*+)|(?=>)))?+"""
)
_REFERENCE = re.compile(r"&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[A-Za-z][A-Za-z0-9]*+;?)(=?)")
_NAME = re.compile(r"[^\x00-\x20\"'<>/=&`\x7f]+")


def parse_attributes(text: str, start: int, end: int) -> dict[str, str]:
    """The attributes between a tag's name and its closing `>` at `end - 1`, by lower-case name; of two the first counts.

    Values are as they stand, with character references (`unescape`).
    """
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text, start, end):
        name = match[1]
        name = name.lower() if name.isascii() else name
        if name not in found:
            found[name] = match[match.lastindex] if match.lastindex != 1 else ""  # type: ignore[index]
    return found


def to_tag(name: str, attributes: dict[str, str], *, closed: bool = False) -> str:
    """A start tag. Values keep their character references; neither `"` nor `<` stands in any of them.

    >>> to_tag("a", {"href": 'x"y', "on<": "z"})
    '<a href="x&quot;y">'
    """
    parts = [name]
    for key, value in attributes.items():
        if not _NAME.fullmatch(key):
            continue
        if '"' in value or "<" in value:
            value = value.replace('"', "&quot;").replace("<", "&lt;")
        parts.append(f'{key}="{value}"' if value else key)
    return f"<{' '.join(parts)}{' /' if closed else ''}>"


def unescape(value: str) -> str:
    r"""A value without its character references, as browsers read them in attributes.

    >>> unescape("a?x=1&amp;copy=2&copy=3&lt"), unescape("&#106;ava&Tab;script&colon;")
    ('a?x=1&copy=2&copy=3<', 'java\tscript:')
    """
    return _REFERENCE.sub(_character, value) if "&" in value else value


def escape(value: str) -> str:
    """A text as a value, so that `unescape` gives it back."""
    return value.replace("&", "&amp;") if "&" in value else value


def _character(match: re.Match[str]) -> str:
    reference = match[0].removesuffix("=") if match[1] else match[0]
    if reference[1] == "#":
        return html.unescape(reference) + match[1]
    # A name without its semicolon is none where "=" or a letter follows: so that ?a=1&copy=2 stays what it is.
    if not reference.endswith(";") and match[1]:
        return match[0]
    return html5.get(reference[1:], reference) + match[1]
