"""How many versions there are, by source: counted from readings whenever asked.

Most articles have shown one text at one address, and those need no history to be counted.
"""

from collections import Counter
from itertools import groupby

from archive.index.catalog_articles import ArticleCatalog
from archive.index.catalog_database import Row
from archive.index.catalog_packing import NAMES_DOM, ODD, REVISIT_SHIFT, STATUS, TRUNCATED
from archive.index.catalog_rows import NOT_MODIFIED, OUTCOMES, pack_timestamp
from archive.versions import derive_versions

SHOWN = (OUTCOMES.index("article"), OUTCOMES.index("unchanged"))
"""Outcomes of readings that show an article."""


_SEEN_ARTICLES = (
    "SELECT DISTINCT r.article FROM reading r JOIN page a ON a.id = r.page "
    "JOIN capture c ON c.urlkey = a.urlkey AND c.timestamp = r.timestamp WHERE r.article IS NOT NULL"
)


class VersionCatalog(ArticleCatalog):
    """The part of the catalog that counts versions."""

    def edits(self, *, since: str) -> dict[str, list[str]]:
        """By source, when the versions since a timestamp were first seen that are not their article's first."""
        rows = self._all(
            "SELECT p.urlkey, n.name FROM reading r JOIN page p ON p.id = r.article LEFT JOIN name n ON n.id = r.source "
            "WHERE r.article IN (SELECT article FROM reading WHERE timestamp >= ? AND article IS NOT NULL) "
            "AND r.text_digest IS NOT NULL GROUP BY r.article HAVING count(DISTINCT r.text_digest) > 1",
            (pack_timestamp(since),),
        )
        found: dict[str, list[str]] = {}
        for key, source in rows:
            versions = derive_versions((key,), self.observations((key,)))
            seen = [one.first_seen for one in versions[1:] if one.first_seen >= since]
            if seen:
                found.setdefault(source or "", []).extend(seen)
        return found

    def versions_by_source(self) -> dict[str, int]:
        """Versions of each source's articles."""
        rows = self._all(
            "SELECT r.article, p.urlkey, n.name, count(DISTINCT r.text_digest), min(r.page), max(r.page) "
            "FROM reading r JOIN page p ON p.id = r.article "
            "LEFT JOIN name n ON n.id = r.source WHERE r.text_digest IS NOT NULL GROUP BY r.article"
        )
        if self._is_hidden:
            seen = self.seen_articles()
            rows = [row for row in rows if row[0] in seen]
        plain = self._plain_versions({first for *_, texts, first, last in rows if texts > 1 and first == last})
        counts: Counter[str] = Counter()
        for article, key, source, texts, first, last in rows:
            versions = 1
            if texts > 1:
                known = plain.get((article, first)) if first == last else None
                versions = known or self._count_versions(key)
            counts[source or ""] += versions
        return dict(sorted(counts.items()))

    def seen_articles(self) -> set[int]:
        """The articles of which not every capture is hidden, by the ids of their pages."""
        return {int(article) for (article,) in self._all(_SEEN_ARTICLES)}

    def _count_versions(self, key: str) -> int:
        return len(derive_versions((key,), self.observations((key,))))

    def _plain_versions(self, pages: set[int]) -> dict[tuple[int, int], int]:
        """Versions by article and page, of pages that one extractor read as one article: there each change of text is one.

        What `derive_versions` would say of them, for all of them in one pass.
        """
        if not pages:
            return {}
        rows = self._all(
            f"SELECT q.page, r.article, c.flags, r.outcome, r.text_digest, c.flags & {ODD} OR instr(c.body, ?) "
            "FROM (SELECT page FROM reading GROUP BY page "
            "HAVING min(extractor) = max(extractor) AND min(article) = max(article) AND count(DISTINCT text_digest) > 1) q "
            "JOIN page p ON p.id = q.page CROSS JOIN capture c ON c.urlkey = p.urlkey "
            "LEFT JOIN reading r ON r.page = q.page AND r.digest = substr(c.body, 1, 20) "
            "ORDER BY q.page, c.timestamp, c.tie",
            (NAMES_DOM,),
        )
        found: dict[tuple[int, int], int] = {}
        for page, captures in groupby(rows, key=lambda row: int(row[0])):
            if page in pages and (counted := _count_texts(list(captures))):
                article, versions = counted
                found[article, page] = versions
        return found


def _count_texts(captures: list[Row]) -> tuple[int, int] | None:
    """The article of a page and how often its text became another; `None` where a capture's reading must be looked for."""
    article, versions, shown = None, 0, None
    for _, read_as, flags, outcome, text, is_read_otherwise in captures:
        revisit = flags >> REVISIT_SHIFT & 3
        if flags & TRUNCATED or not (flags & STATUS == 200 or revisit == NOT_MODIFIED):
            continue
        # What a browser made of it was read, or its digest is no SHA-1, or it is spelled as another writer spelled it.
        if is_read_otherwise or (outcome is None and revisit):
            return None
        if outcome not in SHOWN:
            continue
        article = read_as
        if versions == 0 or text != shown:
            versions, shown = versions + 1, text
    return (article, versions) if article is not None else None
