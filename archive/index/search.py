"""Full-text search over article versions: a tantivy index in the collection's folder `search/`. Derived data.

Hits are ranked by where the words stand, not by how rare they are in the collection: such a score depends on the
article alone, so it stays the same after a rebuild, after deletions, and while a crawl adds. Within a rank the newest
comes first, then by URL (`archive.index.ranking`). The folder's own files are in `archive.index.search_folder`.
"""

import re
import shutil
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

import msgspec
import tantivy
from tantivy import Query

from archive.errors import ArchiveError, IndexOutdated, QueryInvalid
from archive.index.folding import tokens_and_compounds
from archive.index.matching import both, filter_query, to_query
from archive.index.query import parse_query, pattern, positive_leaves
from archive.index.ranking import best_articles, newest_first
from archive.index.search_folder import STAMP, reading, refuse_second_writer, stamped_version, state, writing
from archive.index.snippet import make_snippet
from archive.model import SearchHit

VERSION = 1
"""Of schema, folding and ranking together: a folder of another version is made anew."""
DEEPEST_HIT = 10_000
"""`offset + limit` may not go beyond it."""

_RANKS = ((3.0, ("headline",)), (2.0, ("headline", "opening")), (1.0, ("text",)))  # score, and where all words stand
_OPENING = 300  # characters of the body: the lead paragraph, where a news text says what it is about
_LONGEST_BODY = 1_000_000  # characters; beyond it no reader wrote the text
_digits = re.compile(r"[0-9]{4,14}")


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


_decoder = msgspec.msgpack.Decoder(SearchDocument)


class SearchIndex:
    """The search index of one collection: one writer at a time, any number of readers in any process."""

    def __init__(
        self, path: Path, index: tantivy.Index, writer: tantivy.IndexWriter | None, seen: tuple[int, int] | None
    ) -> None:
        self._path = path
        self._index = index
        self._schema = index.schema
        self._writer = writer
        self._seen = seen

    @classmethod
    def create(cls, path: Path, *, memory_bytes: int = 64_000_000) -> Self:
        """An empty index, open for writing, in place of whatever the folder held.

        Raises `CollectionBusy` while another process writes to it.
        """
        refuse_second_writer(path)
        with writing(path):
            if path.exists():
                shutil.rmtree(path)
            path.mkdir(parents=True)
            tantivy.Index(_schema(), str(path), reuse=False)
            (path / STAMP).write_bytes(msgspec.json.encode({"version": VERSION}))
        return cls.open(path, memory_bytes=memory_bytes)

    @classmethod
    def open(cls, path: Path, *, readonly: bool = False, memory_bytes: int = 64_000_000) -> Self:
        """The index in a folder.

        Raises `IndexOutdated` where there is none that this version can read, `CollectionBusy` when another process
        writes to it and this one wants to.
        """
        if stamped_version(path) != VERSION:
            raise IndexOutdated(f"{path}: no search index of version {VERSION} (run `morgue reindex`)")
        seen = state(path)  # before opening: a commit in between must not be missed
        with reading(path):
            index = tantivy.Index.open(str(path))
            index.config_reader("manual")
            index.searcher()
        if readonly:
            return cls(path, index, None, seen)
        with writing(path):
            return cls(path, index, index.writer(memory_bytes, 1), seen)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def add(self, document: SearchDocument) -> None:
        """Take in a version, in the place of one with the same key and timestamp. It is found after `commit`."""
        self.replace(document.key, document.timestamp, document)

    def replace(self, key: str, timestamp: str, document: SearchDocument) -> None:
        """Put a better reading in the place of a version, whatever key and timestamp it has now."""
        converted = _to_tantivy(document)
        self.remove(key, timestamp)
        with writing(self._path):
            self._open_writer().add_document(converted)

    def remove(self, key: str, timestamp: str) -> None:
        """Take a version out; none there is no error."""
        with writing(self._path):
            self._open_writer().delete_documents_by_term("version", _version_id(key, timestamp))

    def remove_article(self, key: str) -> None:
        """Take all versions of an article out."""
        # By query: deleting by the term of an unsigned field finds nothing in tantivy-py 0.27, and says nothing.
        article = Query.term_query(self._schema, "article", _article_id(key))
        with writing(self._path):
            self._open_writer().delete_documents_by_query(article)

    def commit(self) -> None:
        """Make everything so far durable and visible to readers."""
        with writing(self._path):
            self._open_writer().commit()

    def close(self) -> None:
        """Release the folder. What was not committed is dropped."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            with writing(self._path):
                writer.rollback()
                writer.wait_merging_threads()

    def search(
        self,
        query: str,
        *,
        source: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        language: str | None = None,
        limit: int = 20,
        offset: int = 0,
    ) -> list[SearchHit]:
        """The articles that answer a query, each by its newest matching version.

        An article stands where its best matching version stands. `from_` and `to` bound the version's timestamp, both
        included; `language` also finds its own kinds (`zh` finds `zh-Hans`). A score is 3 where the headline holds all
        that was asked for, 2 where headline and opening do, else 1. Raises `QueryInvalid`.
        """
        if limit < 0 or offset < 0 or offset + limit > DEEPEST_HIT:
            raise QueryInvalid(f"hits {offset} to {offset + limit}: beyond {DEEPEST_HIT} (narrow the query)")
        tree = parse_query(query)
        filters = filter_query(
            self._schema, source=source, language=language, from_=_bound(from_, "0"), to=_bound(to, "9")
        )
        matching = both(to_query(self._schema, tree, ("text",)), *filters)
        # Within `matching`, because an opening may end in the middle of a word that the text does not hold as such.
        ranked = [(score, both(to_query(self._schema, tree, fields), matching)) for score, fields in _RANKS]
        patterns = [pattern(leaf) for leaf in positive_leaves(tree) if leaf.field is None]
        with reading(self._path):
            searcher = self._searcher()

            def tie_break(address: tantivy.DocAddress) -> tuple[str, str]:
                document = _document(searcher, address)
                return document.url, document.key

            articles = best_articles(searcher, ranked, offset + limit, tie_break)[offset:]
            hits = []
            for score, article, address in articles:
                if searcher.doc_freq("article", article) > 1:
                    versions = both(matching, Query.term_query(self._schema, "article", article))
                    _, address = next(newest_first(searcher, versions, 2, tie_break))
                hits.append(_to_hit(_document(searcher, address), score, patterns))
            return hits

    def _searcher(self) -> tantivy.Searcher:
        now = state(self._path)
        if now != self._seen:
            self._index.reload()
            self._seen = now
        return self._index.searcher()

    def _open_writer(self) -> tantivy.IndexWriter:
        if self._writer is None:
            raise ArchiveError(f"{self._path}: opened for reading only, or closed")
        return self._writer


def _document(searcher: tantivy.Searcher, address: tantivy.DocAddress) -> SearchDocument:
    stored: bytes = searcher.doc(address)["document"][0]
    return _decoder.decode(stored)


def _to_hit(document: SearchDocument, score: float, patterns: Sequence[Any]) -> SearchHit:
    paragraphs = document.body.split("\n")
    if document.standfirst:
        paragraphs.insert(0, document.standfirst)
    return SearchHit(
        url=document.url,
        timestamp=document.timestamp,
        headline=document.headline,
        snippet=make_snippet(paragraphs, patterns),
        score=score,
        source=document.source,
        language=document.language,
    )


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in ("headline", "opening", "text", "authors"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in ("version", "source", "language"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("article", "timestamp"):
        builder.add_unsigned_field(name, indexed=True, fast=True)
    builder.add_bytes_field("document", stored=True, indexed=False, fast=False)
    return builder.build()


def _to_tantivy(document: SearchDocument) -> tantivy.Document:
    # Fields are filled by their typed methods: a value of the wrong type given to Document() ends the writer later on.
    document = _encodable(document)
    converted = tantivy.Document()
    converted.add_text("version", _version_id(document.key, document.timestamp))
    converted.add_unsigned("article", _article_id(document.key))
    converted.add_unsigned("timestamp", int(document.timestamp))
    if document.source is not None:
        converted.add_text("source", document.source.casefold())
    subtags = (document.language or "").casefold().split("-")
    for count in range(1, len(subtags) + 1):
        converted.add_text("language", "-".join(subtags[:count]))
    values = {
        "headline": [document.headline],
        "opening": [document.standfirst, *_opening(document.body).split("\n")],
        "text": [document.headline, document.standfirst, *document.body.split("\n")],
        "authors": document.authors,
    }
    for name, texts in values.items():
        for text in filter(None, texts):
            # Each value keeps its distance from the next, so no phrase runs from one paragraph into another.
            found, joined = tokens_and_compounds(text)
            converted.add_text(name, " ".join(found))
            if joined:
                converted.add_text(name, " ".join(joined))
    converted.add_bytes("document", msgspec.msgpack.encode(document))
    return converted


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
        msgspec.msgpack.encode(document)
    except UnicodeEncodeError:
        fields = {name: _replaced(value) for name, value in msgspec.structs.asdict(document).items()}
        return SearchDocument(**fields)
    return document


def _replaced(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return tuple(map(_replaced, value)) if isinstance(value, tuple) else value


def _version_id(key: str, timestamp: str) -> str:
    return f"{timestamp} {_replaced(key)}"


def _article_id(key: str) -> int:
    return int.from_bytes(blake2b(_replaced(key).encode(), digest_size=8).digest())


def _bound(timestamp: str | None, padding: str) -> int | None:
    if timestamp is None:
        return None
    if not _digits.fullmatch(timestamp):
        raise QueryInvalid(f"timestamp {timestamp!r}: not 4 to 14 digits (write 20260729 or 20260729120000)")
    return int(timestamp.ljust(14, padding))
