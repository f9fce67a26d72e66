"""Full-text search over article versions: a tantivy index in the collection's folder `search/`. Derived data.

Hits are ranked by where the words stand, not by how rare they are in the collection: such a score depends on the
article alone, so it stays the same after a rebuild, after deletions, and while a crawl adds. Within a rank the newest
comes first, then by URL (`archive.index.ranking`). The folder's own files are in `archive.index.search_folder`.
"""

import re
import shutil
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Self, Unpack

import msgspec
import tantivy
from tantivy import FieldType, Query

from archive.errors import ArchiveError, IndexOutdated, QueryInvalid
from archive.index.answer import Answer
from archive.index.document import SearchDocument, article_id, make_schema, to_tantivy, version_id
from archive.index.matching import filter_query
from archive.index.query import parse_query
from archive.index.search_folder import STAMP, reading, refuse_second_writer, share, stamped_version, state, writing
from archive.index.search_mirror import Mirror, is_needed
from archive.index.search_texts import Texts, TextsWriter
from archive.model import Order, SearchFilters, SearchHit, Versions

__all__ = ["DEEPEST_HIT", "VERSION", "Answer", "SearchDocument", "SearchIndex"]

VERSION = 3
"""Of schema, folding and ranking together: a folder of another version is made anew."""
DEEPEST_HIT = 10_000
"""`offset + limit` may not go beyond it; a cursor may."""

_TRIES = 10
_digits = re.compile(r"[0-9]{4,14}")


class SearchIndex:
    """The search index of one collection: one writer at a time, any number of readers in any process."""

    def __init__(
        self,
        path: Path,
        index: tantivy.Index,
        writer: tantivy.IndexWriter | None,
        now: "_Now",
        mirror: Mirror | None = None,
    ) -> None:
        self._path = path
        self._index = index
        self._mirror = mirror
        self._schema = index.schema
        self._writer = writer
        self._texts = TextsWriter(path)
        self._now = now

    @classmethod
    def create(cls, path: Path, *, memory_bytes: int = 64_000_000) -> Self:
        """An empty index, open for writing, in place of whatever the folder held.

        Raises `CollectionBusy` while another process writes to it.
        """
        refuse_second_writer(path)
        with writing(path):
            if path.exists():
                # Aside first: a reader may make its lock file between the removals of two others.
                aside = path.with_name(f".{path.name}.replaced")
                shutil.rmtree(aside, ignore_errors=True)
                path.rename(aside)
                shutil.rmtree(aside, ignore_errors=True)
            path.mkdir(parents=True)
            tantivy.Index(make_schema(), str(path), reuse=False)
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
        with reading(path):
            mirror = Mirror(path) if readonly and is_needed(path) else None
            index = tantivy.Index.open(str(mirror.folder if mirror else path))
            index.config_reader("manual")
            now = _Now.of(path, index, mirror)
        if readonly:
            return cls(path, index, None, now, mirror)
        with writing(path):
            writer = index.writer(memory_bytes, 1)
            # What a killed writer left has the very name that this one's commit would give to a list of deletions.
            writer.garbage_collect_files()
            return cls(path, index, writer, now)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def add(self, document: SearchDocument) -> None:
        """Take in a version, in the place of one with the same key and timestamp. It is found after `commit`."""
        self.replace(document.key, document.timestamp, document)

    def replace(self, key: str, timestamp: str, document: SearchDocument) -> None:
        """Put a better reading in the place of a version, whatever key and timestamp it has now."""
        writer = self._open_writer()
        with writing(self._path):
            converted = to_tantivy(document, self._texts.add)
            writer.delete_documents_by_term("version", version_id(key, timestamp))
            writer.add_document(converted)

    def remove(self, key: str, timestamp: str) -> None:
        """Take a version out; none there is no error."""
        with writing(self._path):
            self._open_writer().delete_documents_by_term("version", version_id(key, timestamp))

    def remove_article(self, key: str) -> None:
        """Take all versions of an article out."""
        # By query: deleting by the term of an unsigned field finds nothing in tantivy-py 0.27, and says nothing.
        article = Query.term_query(self._schema, "article", article_id(key))
        with writing(self._path):
            self._open_writer().delete_documents_by_query(article)

    def commit(self) -> None:
        """Make everything so far durable and visible to readers."""
        writer = self._open_writer()
        with writing(self._path):
            self._texts.sync()
            writer.commit()
            share(self._path)

    def close(self) -> None:
        """Release the folder. What was not committed is dropped."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            with writing(self._path):
                writer.rollback()
                self._texts.close()
                self._index.reload()
                self._texts.drop_files(self._is_any_at)
                writer.wait_merging_threads()
                share(self._path)

    def search(
        self, query: str, *, limit: int = 20, offset: int = 0, **filters: Unpack[SearchFilters]
    ) -> list[SearchHit]:
        """The articles that answer a query, each by its newest matching version; or every such version.

        See `ask` for what each argument means. Raises `QueryInvalid`.
        """
        if limit < 0 or offset < 0 or offset + limit > DEEPEST_HIT:
            raise QueryInvalid(f"hits {offset} to {offset + limit}: beyond {DEEPEST_HIT} (narrow the query)")
        answer = self.ask(query, **filters)
        found = islice(answer.found(batch=offset + limit), offset, offset + limit)
        return [one.to_hit(answer.sought) for one in found]

    def ask(
        self,
        query: str,
        *,
        source: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        language: str | None = None,
        versions: Versions = "newest",
        order: Order = "best",
    ) -> Answer:
        """What answers a query, as the index is now, to be taken in its order.

        An article stands where its best matching version stands. `from_` and `to` bound the version's timestamp, both
        included; `language` also finds its own kinds (`zh` finds `zh-Hans`). A score is 3 where the headline holds all
        that was asked for, 2 where headline and opening do, else 1; in order of time alone all are 1. Raises `QueryInvalid`.
        """
        if versions not in ("newest", "all"):
            raise QueryInvalid(f"versions {versions!r}: neither newest nor all")
        tree = parse_query(query)
        filters = filter_query(
            self._schema, source=source, language=language, from_=_bound(from_, "0"), to=_bound(to, "9")
        )
        with reading(self._path):
            now = self._now
            if state(self._path) != now.state:
                self._now = now = _Now.of(self._path, self._index, self._mirror)
            return Answer(
                self._path,
                self._schema,
                now.searcher,
                now.texts,
                now.newest,
                tree,
                filters,
                versions=versions,
                order=order,
            )

    def _is_any_at(self, first: int, last: int) -> bool:
        """Whether the index points between these places."""
        query = Query.range_query(self._schema, "place", FieldType.Unsigned, first, last)
        return bool(self._index.searcher().search(query, limit=1, count=False).hits)

    def _open_writer(self) -> tantivy.IndexWriter:
        if self._writer is None:
            raise ArchiveError(f"{self._path}: opened for reading only, or closed")
        return self._writer


class _Now(NamedTuple):
    """The index as it was at one moment."""

    state: tuple[int, int] | None
    searcher: tantivy.Searcher
    texts: Texts
    newest: list[str]
    """The newest timestamp, once it was asked for."""

    @classmethod
    def of(cls, path: Path, index: tantivy.Index, mirror: Mirror | None) -> Self:
        """As it is now. Raises OSError, ValueError."""
        for _ in range(_TRIES):
            seen = state(path)  # before loading: a commit in between must not be missed
            try:
                texts = Texts(path)
                if mirror:
                    mirror.refresh()
                index.reload()
            except (OSError, ValueError):
                # What was to be read may have been merged away meanwhile.
                if state(path) in (seen, None):
                    raise
                continue
            if texts.are_of(path):
                return cls(seen, index.searcher(), texts, [])
        raise ValueError("it was made anew again and again")


def _bound(timestamp: str | None, padding: str) -> int | None:
    if timestamp is None:
        return None
    if not _digits.fullmatch(timestamp):
        raise QueryInvalid(f"timestamp {timestamp!r}: not 4 to 14 digits (write 20260729 or 20260729120000)")
    return int(timestamp.ljust(14, padding))
