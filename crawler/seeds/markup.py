"""Reads the tags of XML that may be none: unclosed, mismatched, cut short, with stray `<` and unknown entities.

A strict parser loses a feed to one bad byte, and libxml2's recovery the rest of it to one stray end tag. This reader
knows only tags and text, builds no tree, resolves no declared entity and opens nothing: what it holds in memory is one
tag or one piece of text, whatever the payload does. Spec: https://www.w3.org/TR/xml/.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from crawler.seeds.text import unescape

_MAX_TAG = 16 * 1024
# No part of the pattern can match what its neighbour matches, and none passes the next "<": one walk over the text.
_TAG = re.compile(r"""<(/?)([A-Za-z_][\w.:-]*+)((?:[^<>"']++|"[^"<]*"|'[^'<]*')*+)>""")
_ATTRIBUTE = re.compile(r"""(?<![\w.:-])([A-Za-z_][\w.:-]*+)\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_HINTS = r"(?:<(?:changefreq|priority)>[^<]*+</(?:changefreq|priority)>\s*+)*+"
_PLAIN_URL = re.compile(
    rf"<url>\s*+{_HINTS}<loc>\s*+([^<\s]*+)\s*+</loc>\s*+{_HINTS}(?:<lastmod>\s*+([^<\s]*+)\s*+</lastmod>\s*+)?+{_HINTS}</url>"
)
_END_OF_URL = "</url>"
_SKIPPED = (("<!--", "-->"), ("<?", "?>"), ("<!", ">"))


class Text(NamedTuple):
    """A piece of text, character references resolved."""

    text: str


class Start(NamedTuple):
    """A start tag."""

    name: str
    """As written, prefix included, in lower case."""
    raw: str
    """The attributes as written; `attributes` reads them."""

    @property
    def empty(self) -> bool:
        """Whether the tag closes itself."""
        return self.raw.endswith("/")

    @property
    def attributes(self) -> dict[str, str]:
        """Attributes by lower-case name; of two by one name, the first."""
        found: dict[str, str] = {}
        for name, double, single, bare in _ATTRIBUTE.findall(self.raw):
            found.setdefault(name.lower(), unescape(double or single or bare))
        return found


class End(NamedTuple):
    """An end tag."""

    name: str


class Run(NamedTuple):
    """Neighbouring `<url>` elements of a sitemap that hold no more than plain URLs and dates: most sitemaps, nearly whole."""

    urls: list[tuple[str, str]]
    """`loc` and `lastmod` (`""` for none), as written."""


Token = Text | Start | End | Run


def iter_tokens(pieces: Iterable[str]) -> Iterator[Token]:
    """The tags and texts of a document, in order; comments, instructions and the document type are left out."""
    reader = _Reader()
    for piece in pieces:
        yield from reader.read(piece, final=False)
    yield from reader.read("", final=True)


class _Reader:
    """Cuts text into tokens, and keeps the start of a token whose end has not arrived."""

    def __init__(self) -> None:
        self._rest = ""
        self._until: str | None = None
        """What ends the section we are in: `]]>` of CDATA, whose content is text, or the end of a skipped one."""
        self._looked = False
        """Whether this piece was searched for plain URLs: once is enough, or the work would grow with its square."""

    def read(self, piece: str, *, final: bool) -> Iterator[Token]:
        text = self._rest + piece
        at = 0
        self._looked = False
        while at < len(text):
            if self._until:
                end = text.find(self._until, at)
                stop = end if end >= 0 else len(text) if final else max(at, len(text) - len(self._until) + 1)
                if self._until == "]]>" and stop > at:
                    yield Text(text[at:stop])
                if end < 0:
                    at = stop
                    break
                at = end + len(self._until)
                self._until = None
                continue
            opening = text.find("<", at)
            # An "&" without its ";" waits for the next piece, so that no reference is cut in two.
            stop = opening if opening >= 0 else _cut(text, at, final)
            if stop > at:
                yield Text(unescape(text[at:stop]))
            at = stop
            if opening < 0:
                break
            if run := self._run_at(text, at):
                yield Run(run)
                at = text.rfind(_END_OF_URL) + len(_END_OF_URL)
                continue
            if found := _TAG.match(text, at):
                yield End(found[2].lower()) if found[1] else Start(found[2].lower(), found[3])
                at = found.end()
            elif not final and len(text) - at < (_MAX_TAG if text[at + 1 : at + 2] != "!" else len("<![CDATA[")):
                break
            elif text.startswith("<![CDATA[", at):
                self._until, at = "]]>", at + len("<![CDATA[")
            elif skipped := next((pair for pair in _SKIPPED if text.startswith(pair[0], at)), None):
                self._until, at = skipped[1], at + len(skipped[0])
            else:
                yield Text("<")
                at += 1
        self._rest = text[at:]

    def _run_at(self, text: str, at: int) -> list[tuple[str, str]]:
        """The URLs from here to the last one of the piece, if there is nothing more than plain; a tenth of the cost of tags."""
        if self._looked or not text.startswith("<url>", at):
            return []
        self._looked = True
        end = text.rfind(_END_OF_URL, at) + len(_END_OF_URL)
        if text.find("<!", at, end) >= 0:
            return []
        found: list[tuple[str, str]] = _PLAIN_URL.findall(text, at, end)
        return found if len(found) == text.count("<url", at, end) else []


def _cut(text: str, at: int, final: bool) -> int:
    """Where text without any tag may be cut."""
    reference = -1 if final else text.rfind("&", max(at, len(text) - 40))
    return reference if reference >= 0 and ";" not in text[reference:] else len(text)
