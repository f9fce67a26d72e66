"""The front door: open a collection and ask what a page said, and when.

    >>> collection = Collection.open("news")                                   # doctest: +SKIP
    >>> collection.article("https://example.org/story", at="20240501").text    # doctest: +SKIP

Reads only; any number of processes may read while one writes (`archive.writer`). How captures are found is the
catalog's, how versions come about `archive.versions`'.
"""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Self, Unpack

import msgspec

from archive.capture_lookup import CaptureLookup
from archive.config import Settings, find_collection, load_settings
from archive.errors import LOOK_WIDER, NoCapture, RecordUnreadable
from archive.formats.urlkey import urlkey
from archive.index.catalog import Catalog
from archive.index.catalog_database import HTML_MIMES
from archive.model import (
    Article,
    ArticleVersion,
    Capture,
    SearchFilters,
    SearchHit,
    SearchPage,
    SearchPlace,
)
from archive.versions import Observation, ReadingEntry

if TYPE_CHECKING:
    from archive.assessor import Assessor
    from archive.diff import Diff
    from archive.formats.warc import Record
    from archive.history import History
    from archive.index.search import SearchIndex

CATALOG_FILE = "catalog.sqlite"
SEARCH_FOLDER = "search"
_NO_ARTICLE = "holds no article (run `morgue verify`)"


class Collection(CaptureLookup):
    """One collection on disk, open for reading, by one thread at a time.

    Times are text as `archive.formats.timestamp.parse_time` takes it: digits, ISO 8601, `2d`, `yesterday`.
    """

    def __init__(self, folder: Path, settings: Settings, catalog: Catalog) -> None:
        super().__init__(folder, settings, catalog)
        self._search: SearchIndex | None = None
        self._assessor: Assessor | None = None

    @classmethod
    def open(cls, folder: str | PathLike[str] | None = None) -> Self:
        """Open the collection in `folder`, else the one that `MORGUE_COLLECTION` or the working folder names.

        Raises CollectionNotFound, SettingInvalid, IndexOutdated.
        """
        path = find_collection(Path.cwd(), Path(folder) if folder is not None else None)
        settings = load_settings(path)
        return cls(path, settings, Catalog.open(path / CATALOG_FILE, readonly=True))

    def close(self) -> None:
        """Let go of the indexes."""
        super().close()
        if self._search is not None:
            self._search.close()

    def article(self, url: str, at: str | None = None) -> Article:
        """What the article said in the version seen nearest to this time, else in the newest. Raises NoCapture."""
        # By versions, not by captures: an AMP page that was captured in between reads a little differently.
        history = self.history_of(url)
        return history.article(history.nearest(at), at)

    def history(self, url: str, *, min_change: float = 0.0, judged: bool = True) -> list[ArticleVersion]:
        """The versions of the article at this URL, oldest first, across all its URLs. Raises NoCapture.

        With `min_change` (0 to 1) those are left out that changed less of the meaning than that since the one listed before. Where
        nobody asks what they changed, `judged=False` spares reading every text: each is then `edited`, and has no significance.
        """
        found = self.history_of(url)
        return found.listed(min_change) if judged else found.unjudged()

    def history_of(self, url: str) -> "History":
        """The same for who asks more than one thing of it, or for a few versions only. Raises NoCapture."""
        from archive.history import History

        return History(url, self._keys(url), self._observations(url), self._judge, self.read_article)

    def version_article(self, version: ArticleVersion) -> Article:
        """What the article said in this version, by the reading that holds."""
        return self.history_of(version.url).article(version)

    def read_article(self, entry: ReadingEntry) -> Article:
        """What an article's reading says, its text included. Raises RecordUnreadable."""
        from archive.records import TEXT

        place = f"text/{entry.location.file} at byte {entry.location.offset}"
        if entry.text_location is None:
            raise RecordUnreadable(f"{place}: {_NO_ARTICLE}")
        fields, text = self.records.read_pair(entry.location, entry.text_location, TEXT)
        return msgspec.structs.replace(_article(fields, place), text=text.block.decode("utf-8", "replace"))

    def read_fields(self, entry: ReadingEntry) -> Article:
        """What an article's reading says but for its text, which is left empty. Raises RecordUnreadable."""
        from archive.records import TEXT

        place = f"text/{entry.location.file} at byte {entry.location.offset}"
        return _article(self.records.read(entry.location, TEXT), place)

    def article_captures(self, url: str) -> list[Capture]:
        """All captures of the article at this URL, revisits included, across all its URLs, oldest first."""
        return [one.capture for one in self._observations(url)]

    def diff(self, url: str, a: str | None = None, b: str | None = None) -> "Diff":
        """What changed between two versions, given by number or time, as `History.choose` has them. Raises NoCapture, QueryInvalid."""
        from archive.diff import diff_texts

        history = self.history_of(url)
        old, new = history.choose(a, b)
        return diff_texts(history.read(old), history.read(new))

    def search(
        self, query: str, *, limit: int = 20, offset: int = 0, **filters: Unpack[SearchFilters]
    ) -> list[SearchHit]:
        """Articles whose text matches, best first, each once wherever it has moved, by its newest version that matches.

        With `versions="all"` every version that matches is a hit of its own. Raises QueryInvalid, IndexOutdated.
        """
        from archive.hits import read_hits

        return read_hits(self, query, filters, limit=limit, offset=offset)

    def search_page(
        self, query: str, *, limit: int = 20, after: SearchPlace | None = None, **filters: Unpack[SearchFilters]
    ) -> SearchPage:
        """Hits as `search` gives them, and where to go on: `after` is the `next` of the page before.

        All pages together show the archive as it was for the first of them, by the timestamps of versions: no hit comes
        twice, and none is left out but those of articles whose older versions came, went or were read anew meanwhile.
        """
        from archive.hits import read_page

        return read_page(self, query, filters, limit=limit, after=after)

    def count_hits(self, query: str, **filters: Unpack[SearchFilters]) -> int | None:
        """About how many hits a search has: those that moved or are not to be mined are counted too.

        `None` where captures are hidden: asked for word by word, their number would tell what stands in them.
        """
        from archive.hits import ask

        return None if self.access.hides_any else ask(self, query, filters).count()

    def may_be_found(self, url: str, timestamp: str) -> bool:
        """Whether a search may show a version: its page may have said that it is not to be given out, or not to be mined."""
        return self.are_searchable([(urlkey(url), timestamp)])[0]

    def are_searchable(self, versions: Sequence[tuple[str, str]]) -> list[bool]:
        """The same of many, each by urlkey and timestamp."""
        rights = self.catalog.rights_of(versions)
        return [
            not all(self.access.excludes(one) for one in some) if some else not self.access.hides_any for some in rights
        ]

    @property
    def search_index(self) -> "SearchIndex":
        """Opened when it is first asked for. Raises IndexOutdated."""
        if self._search is None:
            from archive.index.search import SearchIndex

            self._search = SearchIndex.open(self.folder / SEARCH_FOLDER, readonly=True)
        return self._search

    def _keys(self, url: str) -> tuple[str, ...]:
        return self.catalog.article_keys(urlkey(url))

    def _observations(self, url: str) -> list[Observation]:
        found = list(self.catalog.observations(self._keys(url)))
        if found:
            return found
        capture = self.closest(url)
        if capture is None:
            raise NoCapture(f"{url}: no capture of it{LOOK_WIDER}")
        why = self._why_no_article(capture)
        if why is None:
            raise NoCapture(f"{url}: captured at {capture.timestamp}, but not read yet (run `morgue extract`)")
        remedy = "" if why.endswith(")") else " (see `morgue show --as html`)"
        raise NoCapture(f"{url}: captured at {capture.timestamp}, but no article: {why}{remedy}")

    def _why_no_article(self, capture: Capture) -> str | None:
        """Why a capture shows no article, in words; `None` where it was not read yet."""
        shown = self.catalog.read_from(capture)  # a 304 says nothing by itself
        if shown is None:
            return "what this revisit refers to is not archived"
        readings = self.catalog.readings(shown.urlkey, shown.read_digest or "")
        if shown.truncated:
            return f"truncated ({shown.truncated})"
        if shown.status != 200:
            return f"status {shown.status}" + (f", leads to {shown.redirect}" if shown.redirect else "")
        if readings:
            return self._reason(readings[-1])
        if not shown.size and not shown.dom:
            return "empty"
        return None if shown.mime in HTML_MIMES else shown.mime

    def _reason(self, entry: ReadingEntry) -> str:
        from archive.readings import decode_reading
        from archive.records import TEXT

        record = self.records.read(entry.location, TEXT)
        return decode_reading(record, entry.location.file).reason or entry.outcome

    def _judge(self) -> "Assessor":
        if self._assessor is None:
            from archive.assessor import Assessor

            self._assessor = Assessor(self.folder, self.read_article, self.read_fields)
        return self._assessor


def _article(record: "Record", place: str) -> Article:
    """The article in a reading's record, its text empty."""
    from archive.readings import decode_reading

    article = decode_reading(record, place).article
    if article is None:
        raise RecordUnreadable(f"{place}: {_NO_ARTICLE}")
    return article
