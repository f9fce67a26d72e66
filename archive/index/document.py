"""An article version in the search index: what is taken in, the fields it is found by, and what is kept to show it."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec
import tantivy

from archive.errors import QueryInvalid
from archive.formats.urlkey import urlkey
from archive.index.folding import fold, folded_compounds, folded_tokens
from archive.index.search_texts import Place, Texts
from archive.index.snippet import Lines
from archive.index.sought import Sought
from archive.model import SearchHit

_OPENING = 300  # characters of the body: the lead paragraph, where a news text says what it is about
_LONGEST_BODY = 1_000_000  # characters; beyond it no reader wrote the text


class SearchDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One article version as it goes into the index."""

    key: str
    """The article's key."""
    timestamp: str
    """The version's id: 14 digits."""
    url: str
    source: str | None = None
    language: str | None = None
    headline: str | None = None
    standfirst: str | None = None
    authors: tuple[str, ...] = ()
    body: str = ""
    date_published: datetime | None = None
    text_digest: str | None = None


class StoredDocument(msgspec.Struct, frozen=True, array_like=True):
    """One article version as the index keeps it: what a hit shows, and no more."""

    key: str
    timestamp: str
    url: str
    source: str | None
    language: str | None
    headline: str | None
    lines: Lines
    own_urlkey: str | None = None
    """The urlkey of its URL where that is not the article's key: working it out takes longer than reading it."""

    @property
    def urlkey(self) -> str:
        """Of its URL."""
        return self.own_urlkey or self.key

    def to_hit(self, score: float, sought: Sequence[Sought]) -> SearchHit:
        """As a reader gets it, what is sought marked in its snippet."""
        return SearchHit(
            url=self.url,
            timestamp=self.timestamp,
            headline=self.headline,
            snippet=self.lines.snippet(sought),
            score=score,
            source=self.source,
            language=self.language,
        )


_encode = msgspec.msgpack.encode
_decoder = msgspec.msgpack.Decoder(StoredDocument)


def make_schema() -> tantivy.Schema:
    """The fields of the index."""
    builder = tantivy.SchemaBuilder()
    for name in ("headline", "opening", "text", "authors"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in ("version", "source", "language"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("article", "timestamp"):
        builder.add_unsigned_field(name, indexed=True, fast=True)
    for name in ("place", "size"):
        builder.add_unsigned_field(name, indexed=False, fast=True)
    return builder.build()


def read_documents(
    searcher: tantivy.Searcher, texts: Texts, addresses: Sequence[tantivy.DocAddress]
) -> list[StoredDocument]:
    """What is kept of these versions."""
    places, sizes = (searcher.fast_field_values(name, list(addresses)) for name in ("place", "size"))
    return [
        _decoder.decode(texts.read(int(place or 0), int(size or 0))) for place, size in zip(places, sizes, strict=True)
    ]


def to_tantivy(document: SearchDocument, keep: Callable[[bytes], Place]) -> tantivy.Document:
    """A version as tantivy takes it in; `keep` puts away what shows it."""
    # Fields are filled by their typed methods: a value of the wrong type given to Document() ends the writer later on.
    document = _encodable(document)
    folds = _Folds()
    terms = _Terms(folds)
    paragraphs = [document.standfirst or "", *document.body.split("\n")]
    converted = tantivy.Document()
    converted.add_text("version", version_id(document.key, document.timestamp))
    converted.add_unsigned("article", article_id(document.key))
    converted.add_unsigned("timestamp", int(document.timestamp))
    if document.source is not None:
        converted.add_text("source", document.source.casefold())
    subtags = (document.language or "").casefold().split("-")
    for count in range(1, len(subtags) + 1):
        converted.add_text("language", "-".join(subtags[:count]))
    values = {
        "headline": [document.headline],
        "opening": [document.standfirst, *_opening(document.body).split("\n")],
        "text": [document.headline, *paragraphs],
        "authors": document.authors,
    }
    for name, texts in values.items():
        for text in filter(None, texts):
            # Each value keeps its distance from the next, so no phrase runs from one paragraph into another.
            for value in terms[text]:
                converted.add_text(name, value)
    own_urlkey = None
    with suppress(QueryInvalid):  # no URL of a capture is none, so its article's key will do
        own_urlkey = urlkey(document.url)
    stored = StoredDocument(
        document.key,
        document.timestamp,
        document.url,
        document.source,
        document.language,
        document.headline,
        Lines.of(paragraphs, folds.__getitem__),
        None if own_urlkey == document.key else own_urlkey,
    )
    kept = keep(_encode(stored))
    converted.add_unsigned("place", kept.place)
    converted.add_unsigned("size", kept.size)
    return converted


def version_id(key: str, timestamp: str) -> str:
    """The one term of a version."""
    return f"{timestamp} {_replaced(key)}"


def article_id(key: str) -> int:
    """The number of an article within the index."""
    return int.from_bytes(blake2b(_replaced(key).encode(), digest_size=8).digest())


class _Folds(dict[str, str]):
    """Folds each text once: the same line is looked for in several fields, and kept."""

    def __missing__(self, text: str) -> str:
        self[text] = folded = fold(text)
        return folded


class _Terms(dict[str, list[str]]):
    """What goes into the index of each text: its tokens, and its compounds where it has any."""

    def __init__(self, folds: _Folds) -> None:
        self._folds = folds

    def __missing__(self, text: str) -> list[str]:
        folded = self._folds[text]
        values = [" ".join(folded_tokens(folded))]
        if joined := folded_compounds(folded):
            values.append(" ".join(joined))
        self[text] = values
        return values


def _opening(body: str) -> str:
    """The first lines of a body, cut between words where there are any."""
    if len(body) <= _OPENING:
        return body
    cut = body[:_OPENING]
    words = cut.rsplit(None, 1)
    return words[0] if len(words) == 2 else cut


def _encodable(document: SearchDocument) -> SearchDocument:
    """The document within measure, and without lone surrogates: hostile JSON brings them in, UTF-8 has no form for them."""
    if len(document.body) > _LONGEST_BODY:
        document = msgspec.structs.replace(document, body=document.body[:_LONGEST_BODY])
    try:
        _encode(document)
    except UnicodeEncodeError:
        fields = {name: _replaced(value) for name, value in msgspec.structs.asdict(document).items()}
        return SearchDocument(**fields)
    return document


def _replaced(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return tuple(map(_replaced, value)) if isinstance(value, tuple) else value
