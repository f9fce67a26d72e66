"""The catalog's articles: their keys, their addresses, and the captures that showed them.

An article is known by its key; the pages whose readings name that key are its addresses, and redirects lead from those it
has left.
"""

import heapq
from collections.abc import Callable, Collection, Iterator

from archive.index.catalog_readings import ENTRIES, ReadingCatalog, position_of
from archive.index.catalog_rows import OUTCOMES, CaptureKey, capture_key, unpack_timestamp
from archive.model import Capture
from archive.versions import Observation, ReadingEntry

_REDIRECTS = 5
"""Redirects followed from one address to the next."""
_LANDING = 3
"""A page that more articles than this redirect to is where a site sends readers of what is gone, not a new address."""
_ADDRESSES = 100
"""Addresses of one article that are searched for redirects, the newest first."""
_LAST = "\U0010ffff"


class ArticleCatalog(ReadingCatalog):
    """The part of the catalog that knows articles."""

    def article_keys(self, urlkey: str) -> tuple[str, ...]:
        """Keys of the article at this address, its present one first; none where no article is.

        More than one when it has moved: addresses that redirect to each other, over at most five hops, are one
        article's.
        """
        page = self._page(urlkey)
        if page is None:
            return ()
        todo = list(self._articles_at(page))
        if not todo:
            moved = self._moved_to(page)
            todo = list(self._articles_at(moved)) if moved else []
        if not todo:
            # A new address that nobody has read yet, and that an article redirects to already.
            todo = [article for other in self._moved_from(page) for article in self._articles_at(other)]
        if not todo and self._addresses(page):
            # The canonical address of an article that was captured at others only.
            todo = [page]
        keys: dict[int, int] = {}
        while todo:
            article = todo.pop()
            if article in keys:
                continue
            addresses = self._addresses(article)
            keys[article] = max(addresses.values(), default=0)
            for address in addresses:
                moved = self._moved_to(address)
                for other in (*self._moved_from(address), *([moved] if moved else [])):
                    todo.extend(self._articles_at(other))
        newest_first = sorted(keys, key=lambda article: (-keys[article], article))
        return tuple(self._urlkey(article) for article in newest_first)

    def observations(
        self,
        keys: Collection[str],
        *,
        newest_first: bool = False,
        until: str | None = None,
        address: str | None = None,
    ) -> Iterator[Observation]:
        """The complete 200s and revisits that showed this article, over all its addresses, oldest first, lazily.

        `until` leaves out what was captured after that timestamp, `address` (a urlkey) all other addresses. The newest
        come quickly: with `newest_first` a reading is looked up when its capture is come to.
        """
        addresses: set[int] = set()
        for key in keys:
            page = self._page(key)
            if page is not None:
                addresses.update(self._addresses(page, limit=-1))
        if address is not None:
            addresses &= {self._page(address)}
        streams = [self._observations_at(address, keys, newest_first, until) for address in addresses]
        return heapq.merge(*streams, key=_moment, reverse=newest_first)

    def sites(self) -> list[str]:
        """The sites of all pages: the first part of their urlkeys, such as `org,example)`."""
        rows = self._all("SELECT DISTINCT substr(urlkey, 1, instr(urlkey, ')')) AS site FROM page ORDER BY site")
        return [site for (site,) in rows if site]

    def recent_articles(
        self, site: str, extractor: str, *, limit: int
    ) -> list[tuple[Capture, tuple[ReadingEntry, ...]]]:
        """The newest pages of a site that this extractor took for articles; newest first.

        Each page once, with its newest capture that was read, and with all readings of that, oldest first.
        """
        outcomes = OUTCOMES.index("article"), OUTCOMES.index("unchanged")
        # Pages first: one that changes all day has more readings than all the others.
        pages = self._all(
            "SELECT p.id, p.urlkey, max(r.timestamp) AS newest FROM page p JOIN reading r ON r.page = p.id "
            "JOIN extractor e ON e.id = r.extractor WHERE p.urlkey >= ? AND p.urlkey < ? AND e.name = ? "
            "AND r.outcome IN (?, ?) GROUP BY p.id ORDER BY newest DESC, p.id DESC LIMIT ?",
            (site, site + _LAST, extractor, *outcomes, limit),
        )
        found = []
        for page, urlkey, newest in pages:
            rows = self._all(
                ENTRIES + "WHERE r.page = ? AND r.timestamp = ? AND e.name = ? AND r.outcome IN (?, ?)",
                (page, newest, extractor, *outcomes),
            )
            entries = sorted(map(self._entry, rows), key=position_of)
            capture = self._capture_with(urlkey, entries[-1])
            if capture is not None:
                found.append((capture, tuple(entry for entry in entries if entry.digest == capture.read_digest)))
        return found

    def first_article(self, site: str) -> str | None:
        """Timestamp of the oldest capture of this site that was taken for an article."""
        row = self._one(
            "SELECT min(r.timestamp) FROM page p JOIN reading r ON r.page = p.id "
            "WHERE p.urlkey >= ? AND p.urlkey < ? AND r.outcome IN (?, ?)",
            (site, site + _LAST, OUTCOMES.index("article"), OUTCOMES.index("unchanged")),
        )
        return unpack_timestamp(row[0]) if row and row[0] else None

    def _capture_with(self, urlkey: str, entry: ReadingEntry) -> Capture | None:
        """The capture that a reading was made of."""
        seen = self.captures(urlkey=urlkey, from_timestamp=entry.timestamp, to_timestamp=entry.timestamp)
        return next((one for one in seen if one.read_digest == entry.digest), None)

    def _articles_at(self, page: int) -> set[int]:
        """Articles (ids of their keys' pages) that this page shows, by the reading that holds of each payload."""
        rows = self._all(
            "SELECT digest, article, outcome, file, offset FROM reading WHERE page = ? AND outcome != ?",
            (page, OUTCOMES.index("failed")),
        )
        holding: dict[bytes | str, tuple[tuple[str, int], int | None]] = {}
        for digest, article, outcome, file, offset in rows:
            shown = article if OUTCOMES[outcome] in ("article", "unchanged") else None
            position = (self.file_name(file), offset)
            if digest not in holding or holding[digest][0] < position:
                holding[digest] = (position, shown)
        return {article for _, article in holding.values() if article is not None}

    def _addresses(self, article: int, *, limit: int = _ADDRESSES) -> dict[int, int]:
        """Pages that show the article, each with the time of its newest reading; the newest first."""
        rows = self._all(
            "SELECT page, max(timestamp) AS newest FROM reading WHERE article = ? GROUP BY page "
            "ORDER BY newest DESC, page LIMIT ?",
            (article, limit),
        )
        return {page: newest for page, newest in rows if article in self._articles_at(page)}

    def _moved_to(self, page: int) -> int | None:
        """The article's page that redirects from this page end at."""
        seen = {page}
        for _ in range(_REDIRECTS):
            row = self._one(
                "SELECT target FROM redirect WHERE source = ? ORDER BY timestamp DESC, target LIMIT 1", (page,)
            )
            if row is None or row[0] in seen:
                return None
            page = row[0]
            seen.add(page)
            if self._articles_at(page):
                return page if len(self._sources(page)) <= _LANDING else None
        return None

    def _moved_from(self, page: int) -> list[int]:
        """Pages of articles that redirect to this page; none where it is a landing page."""
        sources = self._sources(page)
        return sources if len(sources) <= _LANDING else []

    def _sources(self, page: int) -> list[int]:
        """Pages of articles whose newest redirects end at this page; one too many at most."""
        found: list[int] = []
        seen, level = {page}, [page]
        for _ in range(_REDIRECTS):
            following: list[int] = []
            for target in level:
                rows = self._all(
                    "SELECT source FROM redirect WHERE target = ? ORDER BY source LIMIT ?", (target, _ADDRESSES)
                )
                for (source,) in rows:
                    if source in seen or not self._leads_to(source, target):
                        continue
                    seen.add(source)
                    if not self._articles_at(source):
                        following.append(source)
                    else:
                        found.append(source)
                        if len(found) > _LANDING:
                            return found
            level = following[:_ADDRESSES]
        return found

    def _leads_to(self, source: int, target: int) -> bool:
        row = self._one(
            "SELECT target FROM redirect WHERE source = ? ORDER BY timestamp DESC, target LIMIT 1", (source,)
        )
        return row is not None and row[0] == target

    def _observations_at(
        self, address: int, keys: Collection[str], newest_first: bool, until: str | None
    ) -> Iterator[Observation]:
        readings_of = self._readings_at(address, one_by_one=newest_first)
        for capture in self.captures(urlkey=self._urlkey(address), newest_first=newest_first, to_timestamp=until):
            if capture.truncated or not (capture.status == 200 or capture.revisit == "not-modified"):
                continue
            readings = readings_of(capture.read_digest)
            if capture.revisit and capture.dom is None and not readings:
                original = self.original_of(capture)  # whose digest is not spelled as a foreign writer spelled it
                readings = readings_of(original.digest) if original else ()
            observation = Observation(capture=capture, readings=readings)
            reading = observation.reading
            if reading and reading.is_article and reading.key in keys:
                yield observation

    def _readings_at(self, page: int, *, one_by_one: bool) -> Callable[[str | None], tuple[ReadingEntry, ...]]:
        """What finds the readings of a digest of a page: all of them read now, or each when it is asked for."""
        known = {} if one_by_one else self._page_readings(page)

        def find(digest: str | None) -> tuple[ReadingEntry, ...]:
            if digest is None:
                return ()
            if one_by_one and digest not in known:
                known[digest] = self._page_readings(page, digest).get(digest, ())
            return known.get(digest, ())

        return find

    def _urlkey(self, page: int) -> str:
        row = self._one("SELECT urlkey FROM page WHERE id = ?", (page,))
        return str(row[0]) if row else ""


def _moment(observation: Observation) -> tuple[str, CaptureKey]:
    return observation.capture.timestamp, capture_key(observation.capture)
