"""The entries of a feed or sitemap: which tags belong together, whatever namespaces and prefixes they come under."""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from crawler.seeds.markup import End, Run, Start, Text, iter_tokens
from crawler.seeds.payload import Payload
from crawler.seeds.reading import CutShort
from crawler.seeds.text import iter_text, unescape

MAX_TOKENS = 20_000_000
MAX_SECONDS = 180.0
"""Of a thread's processor time. With `MAX_TOKENS` it bounds what a hostile payload costs; ten million plain URLs take less
than half of it."""

_TOKENS_A_LOOK = 256
_MAX_FIELDS = 100
_MAX_PREAMBLE = 10_000
_MAX_FIELD_TEXT = 4096

_ENTRIES = {
    "rss": "item",
    "rdf": "item",
    "channel": "item",
    "feed": "entry",
    "urlset": "url",
    "sitemapindex": "sitemap",
}
_HTML = {"html", "head", "body", "title", "meta", "script"}
_ROOTS = {*_ENTRIES, *_HTML, "opml"}
_FIELDS = {
    *("title", "link", "guid", "id", "loc", "language", "feedburner:origlink", "pheedo:origlink", "news:title"),
    *("pubdate", "published", "issued", "created", "updated", "modified", "lastmod"),
    *("dc:date", "dc:created", "dc:modified", "dc:title", "news:publication_date", "news:language"),
}
# Elements that only group fields; what stands inside any other element is none of the entry's own.
_GROUPS = {"channel", "news:news", "news:publication", "head", "body"}
# Prefixes are the writer's choice; these namespaces are known by a part of their name that all spellings share.
_NAMESPACES = (
    ("sitemap-news", "news:"),
    ("schemas/sitemap", ""),
    ("w3.org/2005/atom", ""),
    ("purl.org/atom", ""),
    ("purl.org/rss", ""),
    ("netscape.com/rdf", ""),
    ("purl.org/dc/", "dc:"),
    ("w3.org/1999/02/22-rdf", ""),
    ("feedburner", "feedburner:"),
)
_PREFIXES = {"atom": "", "rdf": "", "rss": "", "dcterms": "dc:"}


class Field(NamedTuple):
    """One element of an entry."""

    name: str
    text: str
    attributes: dict[str, str]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of one `item`, `entry`, `url` or `sitemap`, or those of the document about itself."""

    fields: tuple[Field, ...]
    attributes: dict[str, str]

    def texts(self, *names: str) -> Iterator[str]:
        """The non-empty texts of fields, in the order of `names`."""
        return (field.text for name in names for field in self.fields if field.name == name and field.text)

    def first(self, *names: str) -> str | None:
        """The first non-empty text of the fields named."""
        return next(self.texts(*names), None)


class EntryReader:
    """Iterates over the entries of one payload; afterwards `root` and `header` tell what the document is."""

    def __init__(
        self,
        payload: bytes | Payload,
        content_type: str | None = None,
        *,
        max_tokens: int = MAX_TOKENS,
        max_seconds: float = MAX_SECONDS,
        clock: Callable[[], float] = time.thread_time,
    ) -> None:
        self.root: str | None = None
        """`rss`, `rdf`, `feed`, `urlset`, `sitemapindex`, `html` or another first tag; `None` where there is no tag."""
        self._tokens = iter_tokens(iter_text(payload, content_type))
        self._max_tokens = max_tokens
        self._max_seconds = max_seconds
        self._clock = clock
        self._prefixes = dict(_PREFIXES)
        self._header = _Gathering({})
        self._current: _Gathering | None = None

    @property
    def header(self) -> Entry:
        """What the document says about itself, as far as it was read."""
        return self._header.to_entry()

    def __iter__(self) -> Iterator[Entry]:
        """Raises `CutShort` at the end of a document that has none."""
        for one in self.iter_runs():
            if isinstance(one, Entry):
                yield one
            else:
                yield from (_plain_entry(*url) for url in one.urls)

    def iter_runs(self) -> Iterator[Entry | Run]:
        """As `__iter__`, but the plain URLs of a sitemap come as they were read, many at once."""
        ended = False
        until = self._clock() + self._max_seconds
        try:
            for number, token in enumerate(self._tokens):
                if number >= self._max_tokens:
                    raise CutShort(f"has more than {self._max_tokens} tags; the rest was not read")  # noqa: TRY301
                if number % _TOKENS_A_LOOK == 0 and self._clock() > until:
                    raise CutShort(f"takes more than {self._max_seconds:g} s to read; the rest was not read")  # noqa: TRY301
                if isinstance(token, Run):
                    if self.root == "urlset":
                        yield from self._flush()
                        yield token
                    continue
                if self.root is None and number > _MAX_PREAMBLE:
                    return
                scope = self._current or self._header
                if isinstance(token, Text):
                    scope.add_text(token.text)
                elif isinstance(token, Start):
                    yield from self._start(token)
                    if self.root and self.root not in _ENTRIES:
                        return
                else:
                    yield from self._end(token)
                    ended = ended or self._name(token.name) == self.root
        except CutShort:
            yield from self._flush(whole=False)
            raise
        yield from self._flush(whole=False)
        if self.root and not ended:
            raise CutShort(f"is cut short: it has no </{self.root}>")

    def _start(self, tag: Start) -> Iterator[Entry]:
        name = self._name(tag.name)
        if self.root is None:
            self._open_root(tag)
        elif name == _ENTRIES[self.root]:
            yield from self._flush()
            self._current = _Gathering(tag.attributes)
        else:
            (self._current or self._header).start(name, tag)

    def _end(self, tag: End) -> Iterator[Entry]:
        name = self._name(tag.name)
        if self.root and name == _ENTRIES[self.root]:
            yield from self._flush()
        else:
            (self._current or self._header).end(name)

    def _open_root(self, tag: Start) -> None:
        """Skip what stands before the document, such as a PHP warning, until a tag that can be its root."""
        prefix, _, local = tag.name.rpartition(":")
        if local not in _ROOTS:
            return
        self.root = "html" if local in _HTML else local
        self._header = _Gathering(tag.attributes)
        for name, value in self._header.attributes.items():
            if name.startswith("xmlns:"):
                known = next((to for part, to in _NAMESPACES if part in value.lower()), None)
                if known is not None:
                    self._prefixes[name.removeprefix("xmlns:")] = known
        if prefix:
            self._prefixes[prefix] = ""

    def _name(self, written: str) -> str:
        prefix, colon, local = written.rpartition(":")
        return self._prefixes.get(prefix, f"{prefix}:") + local if colon else local

    def _flush(self, *, whole: bool = True) -> Iterator[Entry]:
        """The current entry. At the end of a payload its last field may be half a URL, and is left out."""
        if self._current:
            if whole:
                self._current.close_field()
            yield self._current.to_entry()
            self._current = None


def _plain_entry(url: str, date: str) -> Entry:
    return Entry(fields=(Field("loc", unescape(url), {}), Field("lastmod", unescape(date), {})), attributes={})


class _Gathering:
    """An entry whose end has not come."""

    def __init__(self, attributes: dict[str, str]) -> None:
        self.attributes = attributes
        self._fields: list[Field] = []
        self._open: Start | None = None
        self._name = ""
        self._text: list[str] = []
        self._room = _MAX_FIELD_TEXT
        self._ignored: str | None = None
        """The element of no interest that we are in."""

    def start(self, name: str, tag: Start) -> None:
        if self._ignored:
            return
        if name in _FIELDS:
            # A field inside a field: the end tag of the outer one is missing.
            self.close_field()
            self._open, self._name = tag, name
            if tag.empty:
                self.close_field()
        elif not self._open and name not in _GROUPS and not tag.empty:
            self._ignored = name

    def add_text(self, text: str) -> None:
        if self._open and not self._ignored and self._room > 0:
            self._text.append(text[: self._room])
            self._room -= len(text)

    def end(self, name: str) -> None:
        if self._ignored:
            if name == self._ignored:
                self._ignored = None
        elif name == self._name:
            self.close_field()

    def close_field(self) -> None:
        if self._open and len(self._fields) < _MAX_FIELDS:
            self._fields.append(Field(self._name, "".join(self._text).strip(), self._open.attributes))
        self._open, self._name, self._text, self._room = None, "", [], _MAX_FIELD_TEXT

    def to_entry(self) -> Entry:
        return Entry(fields=tuple(self._fields), attributes=self.attributes)
