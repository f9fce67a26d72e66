"""A source: one newspaper, where its URLs come from, and how it may be visited; kept in `sources/NAME.toml`.

Each key is described once, here: `crawler.source_file` writes the descriptions as comments. Polling the seeds is
`crawler.seeds`, finding them `crawler.discovery`; shared settings are in `archive.config`.
"""

import re
from functools import cache
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from archive.formats.toml import FieldInvalid
from archive.formats.units import Duration
from crawler.watch.rules import WatchRules
from pipelines.source_rules import ExtractRules

SeedKind = Literal["feed", "sitemap", "page", "api"]

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
# BCP 47 as far as its form goes; the registry of subtags is not ours to check.
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


class Seed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A feed, sitemap or page that is polled for URLs."""

    kind: Annotated[
        SeedKind,
        Meta(
            description="feed: RSS, Atom or JSON Feed. sitemap: also an index of sitemaps. page: a page of links. "
            "api: WordPress posts."
        ),
    ]
    url: Annotated[str, Meta(description="Where it is.")]
    every: Annotated[
        Duration, Meta(description="Time between two visits at first; how often it has news is learned.")
    ] = Duration(minutes=15)

    def __post_init__(self) -> None:
        if not is_web_url(self.url):
            raise FieldInvalid("url", 'is not a web address (write it like "https://www.example.org/feed.xml")')
        if not self.every:
            raise FieldInvalid("every", 'is too short (write at least "1s")')


class CrawlRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the pages of a source are visited."""

    delay: Annotated[
        Duration,
        Meta(description='Least time between two requests to one host. "0s" is allowed and turns throttling off.'),
    ] = Duration(seconds=2)
    concurrency: Annotated[int, Meta(ge=1, le=100, description="Requests under way at once to one host.")] = 1
    article_urls: Annotated[
        tuple[str, ...],
        Meta(
            description="Regular expressions: a candidate is an article when one is found in its URL. "
            "[]: every candidate is an article."
        ),
    ] = ()
    requisites: Annotated[
        bool,
        Meta(description="Keep the images, styles and fonts of an article's page too. They come after all articles."),
    ] = True
    render: Annotated[
        bool,
        Meta(
            description="Articles are rendered in Chromium and read as their scripts made them. Costs a browser; needs the "
            "extra newsmorgue[render]."
        ),
    ] = False
    wait_for: Annotated[
        str,
        Meta(
            description='With render: a CSS selector, such as "article p", that a page is not done without. "": done when '
            "nothing seems to come any more."
        ),
    ] = ""
    max_age: Annotated[
        Duration, Meta(description="An article is visited again until it is this old. Rejects no candidate.")
    ] = Duration(days=7)
    every_min: Annotated[Duration, Meta(description="Least time between two visits of a seed, however much news.")] = (
        Duration(minutes=1)
    )
    every_max: Annotated[
        Duration, Meta(description="Longest time between two visits of a seed, however little news.")
    ] = Duration(days=1)
    page_budget: Annotated[
        int,
        Meta(
            ge=0,
            le=10_000_000,
            description="Pages fetched a day (UTC) at most, visits to known articles included; what is beyond waits for "
            "the next day. 0: no bound. Polls of the seeds, images, styles and fonts are not counted.",
        ),
    ] = 10_000
    max_waiting: Annotated[
        int,
        Meta(
            ge=0,
            le=100_000_000,
            description="Pages that may wait for their first visit; what seeds offer beyond is left out, and counted. 0: no bound.",
        ),
    ] = 1_000_000
    robots: Annotated[
        Literal["obey", "ignore"],
        Meta(description='robots.txt. "ignore" is for legal deposit, and is recorded in the WARC files.'),
    ] = "obey"

    def __post_init__(self) -> None:
        if not self.every_min:
            raise FieldInvalid("every_min", 'is too short (write at least "1s")')
        if self.every_max < self.every_min:
            raise FieldInvalid("every_max", "is shorter than every_min (make it longer, or every_min shorter)")
        for index, pattern in enumerate(self.article_urls):
            try:
                _compile(pattern)
            except re.error as error:
                key = f"article_urls[{index}]"
                raise FieldInvalid(key, f"is not a regular expression: {error} (escape . ? + ( ) [ with \\)") from None


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One newspaper that a collection follows."""

    name: Annotated[str, Meta(description="Its name in commands and answers: the name of this file.")]
    site: Annotated[str, Meta(description="Its front page. Rules apply to all URLs below it.")]
    language: Annotated[
        str,
        Meta(description='Language of articles whose page names none, such as "fa". "": not known.'),
    ] = ""
    timezone: Annotated[
        str, Meta(description="Its time zone, in which dates of its feeds and sitemaps are that name none.")
    ] = "UTC"
    seeds: tuple[Seed, ...] = ()
    crawl: CrawlRules = CrawlRules()
    extract: ExtractRules = ExtractRules()
    watch: WatchRules = WatchRules()

    def __post_init__(self) -> None:
        if not is_source_name(self.name):
            raise FieldInvalid("name", "is not a name (1 to 64 of a-z 0-9 . _ -, a letter or digit first)")
        if not is_web_url(self.site):
            raise FieldInvalid("site", 'is not a web address (write it like "https://www.example.org/")')
        if self.language and not is_language(self.language):
            raise FieldInvalid("language", 'is not a language code (write it like "en" or "zh-Hans")')
        if not _is_timezone(self.timezone):
            raise FieldInvalid("timezone", 'is not a time zone (write it like "Europe/Berlin", or "UTC")')
        seen: dict[str, int] = {}
        for index, seed in enumerate(self.seeds):
            if (first := seen.setdefault(seed.url, index)) != index:
                raise FieldInvalid(f"seeds[{index}].url", f"is the url of seeds[{first}] too (remove one of the two)")

    @property
    def zone(self) -> ZoneInfo:
        """Its time zone."""
        return ZoneInfo(self.timezone)

    def is_article_url(self, url: str) -> bool:
        r"""Whether a candidate is worth fetching as an article.

        >>> site = "https://www.example.org/"
        >>> voa = Source(name="voa", site=site, crawl=CrawlRules(article_urls=(r"/a/[0-9]+\.html",)))
        >>> voa.is_article_url(site + "a/4662445.html"), voa.is_article_url(site + "about")
        (True, False)
        """
        patterns = self.crawl.article_urls
        return not patterns or any(_compile(pattern).search(url) for pattern in patterns)


def is_web_url(url: str) -> bool:
    """Whether `url` is an absolute http or https URL with a host, without spaces and without a password."""
    try:
        parts = urlsplit(url)
        # What is escaped in it, or no character that is printed, could be resolved, and has no place in an index.
        has_host = bool(parts.hostname) and re.search(r"[%\x00-\x20\x7f]", parts.netloc) is None
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and has_host
        and has_port
        and "@" not in parts.netloc
        and not re.search(r"[\s\x00]", url)
    )


def is_language(code: str) -> bool:
    """Whether `code` has the form of a language tag (BCP 47)."""
    return bool(_LANGUAGE.fullmatch(code))


def is_source_name(name: str) -> bool:
    """Whether `name` can name a source and its file."""
    return bool(_NAME.fullmatch(name))


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@cache
def _is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # ZoneInfo lets the file system's own errors through: "Europe" is a folder
        return False
    return True
