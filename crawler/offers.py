"""What a site offers: seeds that were fetched and read, and why one is not worth following beside others. Pure."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from crawler.seeds import SeedReading
from crawler.seeds.link import same_site
from crawler.source import Seed, SeedKind, is_language

SMALL_INDEX = 20
"""An index of at most so many sitemaps is followed; a larger one is a site's whole past."""

_FEEDS = ("rss", "atom", "json feed")


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A seed that was fetched and read."""

    seed: Seed
    reading: SeedReading
    origin: str = ""
    """Where it was found, as the middle of a sentence: `named by the front page`."""

    @property
    def urls(self) -> set[str]:
        """What it offers."""
        return {candidate.url for candidate in self.reading.candidates}

    @property
    def newest(self) -> datetime | None:
        """The newest date of what it offers."""
        return newest_of(self.reading)

    def describe(self) -> str:
        """Where it was found and what it offered, in one line."""
        newest = f", the newest of {self.newest:%Y-%m-%d %H:%M} UTC" if self.newest else ""
        origin = f"{self.origin[:1].upper()}{self.origin[1:]}"
        return f"{origin}: {self.reading.form}, {count_of(self.reading)}{newest}."


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, and is not followed."""

    url: str
    reason: str
    kind: SeedKind | None = None
    reading: SeedReading | None = None
    """`None` where it was not read."""


def newest_of(reading: SeedReading) -> datetime | None:
    """The newest date of any candidate or child."""
    dates = [reading.newest, *(child.modified for child in reading.children)]
    return max((date for date in dates if date), default=None)


def count_of(reading: SeedReading) -> str:
    """How much a reading offers, in words."""
    return counts(len(reading.candidates), len(reading.children))


def counts(candidates: int, children: int) -> str:
    """How much so many are, in words: an index is counted by its sitemaps."""
    return counted(children, "sitemap") if children else counted(candidates, "URL")


def counted(number: int, noun: str) -> str:
    """A number and its noun.

    >>> counted(1, "seed"), counted(2, "seed")
    ('1 seed', '2 seeds')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def reason_against(
    url: str, reading: SeedReading, *, chosen: Sequence[Offer], site: str, language: str | None, has_editions: bool
) -> str | None:
    """Why a seed is not worth following; `language` is that of the front page, `has_editions` whether it has others."""
    urls = {candidate.url for candidate in reading.candidates}
    if re.search(r"\bcomments\b", url):
        return "is about readers' comments"
    if len(reading.children) > SMALL_INDEX:
        return f"lists {len(reading.children)} sitemaps: the whole past of the site (add it to archive that too)"
    if has_editions and language and reading.language and _primary(reading.language) != _primary(language):
        # Languages come from strangers; the form of a language is all that may be shown.
        tag = reading.language if is_language(reading.language) else "another language"
        return f"is in {tag}, which is another edition"
    if chosen and 2 * sum(1 for one in urls if same_site(one, site)) < len(urls):
        return "leads to other sites"
    for one in chosen:
        # Also RSS beside Atom. A feed stays beside its sitemap: it is smaller to ask for, and both may change.
        if one.seed.kind == "feed" and reading.form in _FEEDS and urls <= one.urls:
            return f"offers nothing that {one.seed.url} does not"
    return None


def all_urls(offers: Iterable[Offer], *forms: str) -> set[str]:
    """What offers of these forms list."""
    return {url for one in offers if one.reading.form in forms for url in one.urls}


def _primary(tag: str) -> str:
    return re.split(r"[-_]", tag.strip().lower())[0]
