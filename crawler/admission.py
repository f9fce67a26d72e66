"""What comes into the frontier: candidates and child sitemaps of a seed, targets of redirects; not what is a trap.

What is refused is counted by source and reason, and said once.
"""

import logging
from collections import Counter
from collections.abc import Mapping

import msgspec

from crawler.edits import section_of
from crawler.frontier.entry import Entry, Lease, to_entry_url
from crawler.seeds import SeedReading
from crawler.seeds.reading import newest_children
from crawler.source import Source
from crawler.traps import Queries, find_trap, without_session

logger = logging.getLogger(__name__)

CHILD_SITEMAPS = 200
"""Sitemaps taken from one sitemap index at a time; the newest go first, and of those without a date the first and last."""
SITEMAP_DEPTH = 3


class Admission:
    """Lets in what is worth a visit. Safe in any thread."""

    def __init__(self) -> None:
        self.refused: Counter[tuple[str, str]] = Counter()
        """By source name and reason."""
        self._queries = Queries()

    def entries_of(
        self, reading: SeedReading, seed: Entry, source: Source, *, since: float | None, now: float
    ) -> list[Entry]:
        """What a seed's reading means for the frontier; of what says it is older than `since`, nothing."""
        entries = []
        for candidate in reading.candidates:
            touched = candidate.touched.timestamp() if candidate.touched else None
            if not _is_recent(touched, since):
                continue
            url = without_session(candidate.url)
            if source.is_article_url(url) and self._is_admitted(url, source.name, now):
                section = section_of(url) or None
                entries.append(Entry(url=url, kind="page", source=source.name, modified=touched, section=section))
        children = newest_children(reading.children, CHILD_SITEMAPS) if seed.redirects < SITEMAP_DEPTH else []
        if 0 < len(children) < len(reading.children):
            logger.info(
                "took the newest sitemaps url=%s taken=%d of=%d", seed.url, len(children), len(reading.children)
            )
        for child in children:
            touched = child.touched.timestamp() if child.touched else None
            if _is_recent(touched, since) and self._is_admitted(child.url, source.name, now):
                entries.append(msgspec.structs.replace(_led_to(seed, child.url, modified=touched), is_listed=True))
        return entries

    def target_of(self, lease: Lease, target: str, *, max_redirects: int, now: float) -> Entry | None:
        """What a redirect means for the frontier."""
        entry = lease.entry
        if entry.redirects >= max_redirects:
            logger.warning("too many redirects url=%s hops=%d", entry.url, entry.redirects)
            return None
        url = to_entry_url(target)
        bare = url if entry.kind == "requisite" else to_entry_url(without_session(target))
        if bare == entry.url and lease.last_fetched is None:
            # A site that shows nobody a page without a session of its own: it is followed there once, not at each look.
            bare = url
        if bare is None or bare == entry.url or not self._is_admitted(bare, entry.source or "", now):
            return None
        return _led_to(entry, bare)

    def report(self, dropped: Mapping[str, int]) -> None:
        """Say what was refused in all, and how much of each source the frontier had no room for."""
        for (source, reason), count in sorted(self.refused.items()):
            logger.info("refused candidates source=%s reason=%s count=%d", source, reason, count)
        for source, count in sorted(dropped.items()):
            logger.warning("dropped candidates source=%s count=%d (max_waiting in its [crawl])", source, count)

    def _is_admitted(self, url: str, source: str, now: float) -> bool:
        trap = find_trap(url, now) or ("query explosion" if self._queries.explodes(url) else None)
        if trap is None:
            return True
        if not self.refused[source, trap]:
            logger.warning("refused url=%s source=%s reason=%s (its like are counted, not listed)", url, source, trap)
        self.refused[source, trap] += 1
        return False


def _led_to(entry: Entry, url: str, *, modified: float | None = None) -> Entry:
    """What an entry leads to; of a seed, it says which one, so that its news counts as that seed's."""
    referrer = entry.url if entry.kind == "seed" and not entry.redirects else entry.referrer
    return msgspec.structs.replace(entry, url=url, redirects=entry.redirects + 1, modified=modified, referrer=referrer)


def _is_recent(touched: float | None, since: float | None) -> bool:
    return since is None or touched is None or touched >= since
