"""The URLs in CSS: `url()`, `@import`, the sources of `@font-face`, and the strings of `image-set()`.

A scanner after https://www.w3.org/TR/css-syntax-3/#tokenization that goes through the text once, whatever stands in it;
comments, strings and `@namespace` name nothing that is loaded.
"""

import re
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from archive.formats.charset import codec_for

Role = Literal["style", "font", "image"]
"""What a URL in a style sheet is for."""

MAX_STYLE_CHARS = 2_000_000
"""Of one style sheet; the largest of news sites have half a million."""
MAX_NESTING = 100
_MARK = re.compile(r"""/\*|["'(){};\\]|@[A-Za-z-]{1,20}""")
_NAMING = ("url(", "@import", "image-set(")
_NAME_BEFORE = re.compile(r"[\w-]+\Z")
_LONGEST_NAME = 24
_STRINGS = {
    '"': re.compile(r'(?:[^"\\\n\r\f]|\\(?:\r\n|[\s\S]))*+'),
    "'": re.compile(r"(?:[^'\\\n\r\f]|\\(?:\r\n|[\s\S]))*+"),
}
_SPACE = re.compile(r"[ \t\n\r\f]*+")
_UNQUOTED = re.compile(r"(?:[^)\\]|\\[\s\S])*+")
_BAD_IN_UNQUOTED = re.compile(r"""["'( \t\n\r\f]""")
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})(?:\r\n|[ \t\n\r\f])?|(\r\n|[\n\r\f])|([\s\S]))")
_CHARSET = re.compile(rb'@charset "([^"]{1,40})";')
_HTTP_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';,]+)", re.IGNORECASE)
_UNSAFE_IN_STRING = re.compile(r"""["\\<\x00-\x1f\x7f]""")
_IMAGE_SETS = ("image-set", "-webkit-image-set")


class StyleUrl(NamedTuple):
    """One URL in a style sheet, and which part of the text is to be replaced to name another."""

    value: str
    role: Role
    start: int
    end: int
    is_string: bool
    """Whether that part is a string, as in `@import "a.css"`, and not `url(…)`."""


def iter_style_urls(text: str) -> Iterator[tuple[str, Role]]:
    """The URLs that a style sheet, or a `style` attribute, names, as it has them, each with what it is for.

    >>> list(iter_style_urls('@import "a.css"; @font-face{src:url(b.woff2)} p{background:url("c.png")}'))
    [('a.css', 'style'), ('b.woff2', 'font'), ('c.png', 'image')]
    """
    for found in scan_style(text[:MAX_STYLE_CHARS]):
        yield found.value, found.role


def rewrite_style(text: str, link: Callable[[str, Role], str]) -> str:
    """A style sheet that names what `link` makes of each of its URLs. Beyond `MAX_STYLE_CHARS` it ends.

    >>> rewrite_style('@import "a.css"; p{background: url(b.png)}', lambda url, role: f"/{role}/{url}")
    '@import "/style/a.css"; p{background: url("/image/b.png")}'
    """
    text = text[:MAX_STYLE_CHARS]
    if "\\" in text:
        text = _ESCAPE.sub(_plain_letter, text)
    parts: list[str] = []
    at = 0
    for found in scan_style(text):
        quoted = f'"{_UNSAFE_IN_STRING.sub(_escape, link(found.value, found.role))}"'
        parts += (text[at : found.start], quoted if found.is_string else f"url({quoted})")
        at = found.end
    return "".join(parts) + text[at:] if parts else text


def scan_style(text: str) -> Iterator[StyleUrl]:
    """As `iter_style_urls`, with places, and to the text's end."""
    # Most styles name nothing, and large ones little in their later half.
    small = text.lower()  # some letters become two, none becomes less: what is found here stands there or before
    last = max(small.rfind(word) for word in _NAMING)
    if last < 0:
        return
    place = _Place()
    at = 0
    while (match := _MARK.search(text, at)) and (match.start() <= last + _LONGEST_NAME or place.takes_strings):
        mark, at = match[0], match.end()
        if mark == "/*":
            at = _behind(text, "*/", at)
        elif mark == "\\":
            at += 1
        elif mark in _STRINGS:
            value, at = _string(text, mark, at)
            if place.takes_strings:
                yield StyleUrl(value, place.role(), match.start(), at, is_string=True)
        elif mark == "(" and _name_before(text, match.start()) == "url":
            value, at = _url(text, at)
            if value and place.rule != "@namespace":
                yield StyleUrl(value, place.role(), match.start() - len("url"), at, is_string=False)
        else:
            place.move(mark, _name_before(text, match.start()) if mark == "(" else "")


class _Place:
    """Where in a style sheet the scanner is."""

    def __init__(self) -> None:
        self.rule = ""
        """The at-rule that has begun and whose block or semicolon has not come yet."""
        self._in_font = False
        self._functions: list[str] = []

    @property
    def takes_strings(self) -> bool:
        """Whether a string is a URL here."""
        return self.rule == "@import" or (bool(self._functions) and self._functions[-1] in _IMAGE_SETS)

    def role(self) -> Role:
        """What a URL here is for. Of an `@import` only the first is one: the rest says when it holds."""
        if self.rule == "@import":
            self.rule = "@"
            return "style"
        return "font" if self._in_font else "image"

    def move(self, mark: str, name: str) -> None:
        """Go past a bracket, a semicolon or the name of an at-rule; `name` is that of a function which opens."""
        if mark == "(":
            if len(self._functions) < MAX_NESTING:
                self._functions.append(name)
        elif mark == ")":
            del self._functions[-1:]
        elif mark[0] == "@":
            self.rule = mark.lower()
        else:
            self._in_font = (mark == "{" and self.rule == "@font-face") or (mark == ";" and self._in_font)
            self.rule = ""
            self._functions.clear()


def decode_style(payload: bytes, content_type: str = "") -> str:
    """A style sheet's text, by its byte order mark, the HTTP header, or its `@charset`; UTF-8 where none says otherwise."""
    for mark, codec in ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le")):
        if payload.startswith(mark):
            return payload[len(mark) :].decode(codec, "replace")
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError:
        named = _HTTP_CHARSET.search(content_type)
        inside = _CHARSET.match(payload)
        label = named[1] if named else inside[1].decode("latin-1") if inside else ""
        codec = codec_for(label) or "utf-8"
        # What is read as ASCII up to here cannot be in UTF-16.
        return payload.decode("utf-8" if codec.startswith("utf-16") else codec, "replace")


def _plain_letter(match: re.Match[str]) -> str:
    r"""An escape that is but a letter as that letter: so that `u\72l(` is found as the URL that a browser takes it for.

    Any other stays, closed by a space where it is a number: what comes behind it is no part of it.
    """
    letter = _character(match)
    if letter.isascii() and letter.isalpha():
        return letter
    return f"\\{match[1]} " if match[1] else match[0]


def _behind(text: str, end: str, at: int) -> int:
    found = text.find(end, at)
    return len(text) if found < 0 else found + len(end)


def _string(text: str, quote: str, at: int) -> tuple[str, int]:
    """A string's value and where it ends: at its quote, or, unclosed, with its line."""
    match = _STRINGS[quote].match(text, at)
    assert match
    end = match.end() + (text[match.end() : match.end() + 1] == quote)
    return _unescape(match[0]), end


def _url(text: str, at: int) -> tuple[str, int]:
    """The URL behind `url(`, and where its bracket closes; empty where it is malformed."""
    space = _SPACE.match(text, at)
    assert space
    at = space.end()
    if text[at : at + 1] in _STRINGS:
        value, end = _string(text, text[at], at + 1)
        return value, _behind(text, ")", end)
    match = _UNQUOTED.match(text, at)
    assert match
    raw = match[0].rstrip(" \t\n\r\f")
    is_bad = _BAD_IN_UNQUOTED.search(_ESCAPE.sub("", raw)) is not None
    return "" if is_bad else _unescape(raw), match.end() + 1


def _name_before(text: str, at: int) -> str:
    if text[at - 1 : at] not in ("l", "L", "t", "T"):  # neither url nor image-set
        return ""
    match = _NAME_BEFORE.search(text[max(0, at - _LONGEST_NAME) : at])
    return match[0].lower() if match else ""


def _escape(match: re.Match[str]) -> str:
    return f"\\{ord(match[0]):x} "


def _unescape(text: str) -> str:
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(match: re.Match[str]) -> str:
    if match[1]:
        code = int(match[1], 16)
        return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
    return match[3] or ""
