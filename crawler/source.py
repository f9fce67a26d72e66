"""A source: one newspaper, where its URLs come from, and how it may be visited; kept in `sources/NAME.toml`.

Each key is described once, here: `write_source` writes the descriptions as comments. Polling the seeds is
`crawler.seeds`, finding them `crawler.discovery`; shared settings are in `archive.config`.
"""

import re
import textwrap
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, get_type_hints
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from archive.errors import FolderUnwritable, SettingInvalid
from archive.formats.toml import FieldInvalid, decode_toml, to_toml
from archive.formats.units import Duration
from crawler.errors import SourceExists, SourceInvalid
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


class SourceNotes(msgspec.Struct, frozen=True, kw_only=True):
    """What a source file says in comments besides its keys' descriptions: where it comes from, and why."""

    head: tuple[str, ...] = ()
    """Above everything else."""
    seeds: dict[str, str] = {}
    """By URL of a seed: where it was found, and what it offered."""
    left_out: tuple[str, ...] = ()
    """What was found and is no seed, and why."""


NO_NOTES = SourceNotes()


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


def load_source(path: Path) -> Source:
    """Read one source file; `SourceInvalid` names file, key, value and remedy in one line."""
    file = f"{path.parent.name}/{path.name}"
    try:
        source = decode_toml(path.read_bytes(), Source, file)
    except OSError as error:
        raise SourceInvalid(f"{file}: cannot be read: {error.strerror} (check the file and its permissions)") from None
    except SettingInvalid as error:
        raise SourceInvalid(str(error)) from None
    if source.name != path.stem:
        raise SourceInvalid(f'{file}: name: "{source.name}" is not the file\'s name (write "{path.stem}")')
    return source


def load_sources(folder: Path) -> list[Source]:
    """All sources of a folder, by name; names are unique because each is its file's name."""
    # Hidden ones are what editors keep beside a file that is being changed.
    paths = [path for path in folder.glob("*.toml") if not path.name.startswith(".")]
    return [load_source(path) for path in sorted(paths, key=lambda path: path.stem)]


def write_source(source: Source, folder: Path, notes: SourceNotes = NO_NOTES) -> Path:
    """Write `NAME.toml` with every key, each under its description; never over a file that is there."""
    path = folder / f"{source.name}.toml"
    if path.exists():
        raise SourceExists(f"{folder.name}/{path.name}: exists already (give another --name, or remove it first)")
    unfinished = folder / f".{source.name}.new"
    try:
        folder.mkdir(exist_ok=True)
        unfinished.write_text(source_toml(source, notes), encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        raise FolderUnwritable(f"{folder}: cannot be written: {error.strerror} (check its permissions)") from None
    return path


def source_toml(source: Source, notes: SourceNotes = NO_NOTES) -> str:
    """A source file: every key, uncommented, on a line of its own; notes are comments."""
    lines = [_comment(note) for note in notes.head]
    lines += ["# One newspaper. A time is a number and a unit: ms, s, m, h, d, w.", *_assign(source)]
    if not source.seeds:
        lines.append("seeds = []")
    for index, seed in enumerate(source.seeds):
        about = [_comment(note)] if (note := notes.seeds.get(seed.url)) else []
        lines += ["", *about, "[[seeds]]", *_assign(seed, explain=index == 0)]
    if notes.left_out:
        lines += ["", "# Found, and left out:", *(_comment(note, "#   ") for note in notes.left_out)]
    for name, rules in (("crawl", source.crawl), ("extract", source.extract), ("watch", source.watch)):
        lines += ["", f"[{name}]", *_assign(rules)]
    return "\n".join(lines) + "\n"


def source_for(url: str, sources: Iterable[Source]) -> Source | None:
    """The source a URL belongs to: the one with the nearest host, then the longest path of its `site`.

    The host of a source is that of its site or of one of its seeds; `www.` makes no difference, and a subdomain
    belongs to the source of its parent unless it has its own.
    """
    try:
        parts = urlsplit(url)
        best = max(
            ((_nearness(parts, url, source), source) for source in sources), key=lambda pair: pair[0], default=None
        )
    except ValueError:
        return None
    return best[1] if best and best[0] > (0, 0) else None


def _nearness(parts: SplitResult, url: str, source: Source) -> tuple[int, int]:
    """How well a source fits a URL: `(0, 0)` for not at all."""
    site = urlsplit(source.site)
    folder = site.path.rpartition("/")[0] + "/"
    depth = len(folder) if parts.path.startswith(folder) else 1
    if any(seed.url == url for seed in source.seeds):
        return 5, depth
    host, own = _host(parts), _host(site)
    if host == own:
        return 4, depth
    # Two hosts of one newspaper often differ in nothing but the port when they are tried out on one machine.
    if any(host == _host(urlsplit(seed.url)) for seed in source.seeds):
        return 3, depth
    if host.endswith(f".{own}"):
        return 2, len(own)
    return 0, 0


def _host(parts: SplitResult) -> str:
    """Host and, where it is not the scheme's own, port; without `www.`."""
    port = {("http", 80): None, ("https", 443): None}.get((parts.scheme, parts.port or 0), parts.port)
    host = (parts.hostname or "").removeprefix("www.")
    return f"{host}:{port}" if port else host


def _comment(note: str, mark: str = "# ") -> str:
    """A note as one line: what a stranger's page says must not become a key."""
    return mark + " ".join("".join(one if one.isprintable() else " " for one in note).split())[:2000]


def _assign(struct: msgspec.Struct, *, explain: bool = True) -> list[str]:
    """`key = value` for each plain field, with its description above."""
    hints = get_type_hints(type(struct), include_extras=True)
    lines = []
    for key in struct.__struct_fields__:
        described = getattr(hints[key], "__metadata__", ())
        if not described:
            continue
        if explain:
            lines += textwrap.wrap(described[0].description, 118, initial_indent="# ", subsequent_indent="# ")
        lines.append(f"{key} = {_to_toml(getattr(struct, key))}")
    return lines


def _to_toml(value: object) -> str:
    r"""As `to_toml`, with lists of expressions one to a line and in literal quotes: `'[0-9]+\.html'`."""
    if not isinstance(value, tuple):
        return to_toml(value)
    items = [_to_literal(item) for item in value]
    return (
        f"[{items[0]}]"
        if len(items) == 1
        else "[\n" + "".join(f"    {item},\n" for item in items) + "]"
        if items
        else "[]"
    )


def _to_literal(text: str) -> str:
    return f"'{text}'" if text.isprintable() and "'" not in text else to_toml(text)


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
