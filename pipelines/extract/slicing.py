"""Cuts a page's bytes down to what a template reads, before anything is parsed: head, linked data, and the template's frame.

Parsing is most of the time that a long page takes, and most of a page is neither. Tags are balanced by name alone, as they are
written: where a page is written otherwise than it is parsed the slice is wrong, so a template is sliced only after its slices have
given the very same articles as whole pages (`proof`).
"""

import re
from collections.abc import Callable
from functools import lru_cache

import msgspec

_SELECTOR = re.compile(r'([a-z][a-z0-9-]*)(?:\.([\w-]+)|#([\w-]+)|\[([\w:-]+)(\*?=)"([^"]*)"\])?', re.ASCII)
_SCRIPT_END = re.compile(rb"</script\s*>", re.IGNORECASE)
_ENDS = {b"": re.compile(rb"-->"), b"script": _SCRIPT_END, b"style": re.compile(rb"</style\s*>", re.IGNORECASE)}
"""What ends a comment, a script, a style."""
_HEAD_ENDS = frozenset({b"/head", b"body"})
_LINKED_DATA = re.compile(rb"<script\b[^>]{0,400}ld\+json[^>]{0,400}>", re.IGNORECASE)
_PARAGRAPH = re.compile(rb"<p(?:\s[^>]{0,500})?>([^<]*)", re.IGNORECASE)
_LONGEST_TAG = 5000


class Slice(msgspec.Struct, frozen=True):
    """A piece of a page that can be read as a page."""

    document: bytes
    outside: int
    """Characters of the paragraphs that were left out, as far as they stand before the first tag in each."""


class _Frame(msgspec.Struct, frozen=True):
    """How a frame's selector looks in bytes."""

    tag: bytes
    tokens: re.Pattern[bytes]
    """Where comments, scripts, styles, the end of the head and the frame's own tags begin."""
    says: bytes
    """What stands in the frame's opening tag; empty where nothing has to."""
    fits: Callable[[bytes], bool]
    """Whether an opening tag is the frame's."""


def cut_slice(document: bytes, frame: str) -> Slice | None:
    """The slice of a page in UTF-8 for a frame's selector; `None` where it cannot be cut.

    Takes time in proportion to the page, whatever it holds.
    """
    looked_for = _frame(frame)
    return _Cutter(document, looked_for).cut() if looked_for else None


class _Cutter:
    """Walks over the tokens of one page, and keeps what is between those that it passes over."""

    def __init__(self, document: bytes, frame: _Frame) -> None:
        self._document = document
        self._frame = frame
        self._kept: list[bytes] = []
        self._linked: list[bytes] = []
        """Linked data between head and frame."""
        self._passed = 0
        """Up to where nothing is looked at any more."""
        self._keeps_from: int | None = 0
        """Where what is kept now begins; `None` between head and frame."""
        self._head_ends = self._frame_begins = 0

    def cut(self) -> Slice | None:
        frame, document = self._frame, self._document
        opening, closing = frame.tag, b"/" + frame.tag
        # No tag before this says what the frame's does.
        nearest = document.find(frame.says) - _LONGEST_TAG
        depth = 0
        for token in frame.tokens.finditer(document):
            at, name = token.start(), token[1]
            if at < self._passed:
                continue
            if name != opening and name != closing:
                name = (name or b"").lower()
                if name in _ENDS:
                    if not self._pass_over(at, name):
                        return None
                    continue
                if name in _HEAD_ENDS:
                    self._end_head(at)
                    continue
            if depth:
                depth += 1 if name == opening else -1
                if not depth:
                    return self._slice(at)
            elif at >= nearest and self._head_ends and name == opening and self._opens(at):
                depth = 1
        return None

    def _pass_over(self, at: int, name: bytes) -> bool:
        """A comment, script or style: only linked data is kept. False where it never ends."""
        ends = _ENDS[name].search(self._document, at)
        if ends is None:
            return False
        self._passed = ends.end()
        is_linked = name == b"script" and _LINKED_DATA.match(self._document, at) is not None
        if self._keeps_from is None:
            if is_linked:
                self._linked.append(self._document[at : self._passed])
        elif not is_linked:
            self._kept.append(self._document[self._keeps_from : at])
            self._keeps_from = self._passed
        return True

    def _end_head(self, at: int) -> None:
        if not self._head_ends:
            self._kept.append(self._document[self._keeps_from : at])
            self._head_ends, self._keeps_from = at, None

    def _opens(self, at: int) -> bool:
        """Begin the frame, if it is its tag that opens here."""
        tag_ends = self._document.find(b">", at, at + _LONGEST_TAG)
        if tag_ends < 0 or not self._frame.fits(self._document[at:tag_ends]):
            return False
        self._frame_begins = self._keeps_from = at
        self._kept += [b"</head><body>", *self._linked]
        return True

    def _slice(self, end: int) -> Slice:
        """The frame ends with the tag that begins here."""
        document = self._document
        self._kept.append(document[self._keeps_from : end])
        piece = b"".join([*self._kept, b"</", self._frame.tag, b">", *_linked_data(document, end), b"</body></html>"])
        before, behind = document[self._head_ends : self._frame_begins], document[end:]
        return Slice(piece, _paragraph_chars(before) + _paragraph_chars(behind))


def _linked_data(document: bytes, start: int) -> list[bytes]:
    found: list[bytes] = []
    if document.find(b"ld+json", start) < 0:
        return found
    for opening in _LINKED_DATA.finditer(document, start):
        ends = _SCRIPT_END.search(document, opening.end())
        if ends is None:
            break
        found.append(document[opening.start() : ends.end()])
    return found


def _paragraph_chars(document: bytes) -> int:
    text = b"".join(_PARAGRAPH.findall(document))
    return len(text) if text.isascii() else len(text.decode("utf-8", "replace"))


@lru_cache(maxsize=1000)
def _frame(selector: str) -> _Frame | None:
    match = _SELECTOR.fullmatch(selector)
    if match is None or match[1] in {"body", "html", "head", "script", "style"}:
        return None
    tag, name, identity, attribute, sign, value = match.groups()
    named = re.escape(tag.encode())
    # By first letters: a tag that is none of these fails sooner.
    names = rb"/(?:head|" + named + rb")|body|s(?:cript|tyle)|" + named
    tokens = re.compile(rb"<(?:!--|(" + names + rb")(?=[\s>/]))", re.IGNORECASE)
    wanted, wanted_value = (name or identity or "").encode(), (value or "").encode()

    def fits(opening: bytes) -> bool:
        if name:
            return wanted in opening and wanted in (_attribute(opening, b"class") or b"").split()
        if identity:
            return _attribute(opening, b"id") == wanted
        if attribute:
            found = _attribute(opening, attribute.encode())
            return found is not None and (wanted_value in found if sign == "*=" else found == wanted_value)
        return True

    return _Frame(tag.encode(), tokens, wanted or wanted_value, fits)


def _attribute(opening: bytes, name: bytes) -> bytes | None:
    found = _attribute_pattern(name).search(opening)
    return (found[1] or found[2] or found[3] or b"") if found else None


@lru_cache(maxsize=100)
def _attribute_pattern(name: bytes) -> re.Pattern[bytes]:
    return re.compile(
        rb"[\s\"']" + re.escape(name) + rb"\s{0,9}=\s{0,9}(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+))", re.IGNORECASE
    )
