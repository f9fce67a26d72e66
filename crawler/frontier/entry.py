"""The types of the frontier: an entry waits, a lease is an entry being fetched, a result settles the lease."""

from typing import Literal

import msgspec
from w3lib.url import safe_url_string

from archive.model import Capture
from crawler.source import SeedKind, is_web_url

Kind = Literal["robots", "seed", "page", "requisite"]

PRIORITY: dict[str, int] = {"robots": 0, "seed": 1, "page": 2, "requisite": 3}
"""Lower goes first. Seeds before pages: news is found sooner, and a full queue of pages cannot hold them up. Requisites
last: no article waits for a picture."""


MAX_URL_LENGTH = 2048
"""What servers commonly accept; a redirect to a longer URL is not followed."""


def to_entry_url(url: str) -> str | None:
    """A URL as entries have it, which is how it will be asked for; `None` where it is none that can be.

    >>> to_entry_url("https://news.example/سلام#top"), to_entry_url("http://a:99999/"), to_entry_url("http://[::1/")
    ('https://news.example/%D8%B3%D9%84%D8%A7%D9%85', None, None)
    """
    try:
        url = safe_url_string(url.partition("#")[0])
    except ValueError:
        return None
    return url if is_web_url(url) and len(url) <= MAX_URL_LENGTH else None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A URL to fetch."""

    url: str
    kind: Kind
    source: str | None = None
    """`None` for a URL that `morgue save` was given and no source covers."""
    seed: SeedKind | None = None
    """What kind of seed it is; `None` for what is none."""
    every_seconds: float | None = None
    """Of a seed: its interval. Of a requisite: how long it rests, however often pages name it."""
    is_listed: bool = False
    """Of a sitemap: whether an index listed it, which it does whether or not there is something new."""
    modified: float | None = None
    """Unix time at which the seed says it was last published or changed."""
    redirects: int = 0
    """Hops from the URL that a seed or a person named."""
    referrer: str | None = None
    """Of a requisite: the page or style sheet that names it. Of what a seed led to (a child sitemap, a redirect's
    target): that seed."""
    section: str | None = None
    """Of an article: the part of its site that it stands in, for rates of edits."""


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """An entry taken to be fetched, and what is known of earlier fetches."""

    entry: Entry
    attempts: int = 0
    """Failed fetches since the last good one."""
    first_seen: float
    last_fetched: float | None = None
    last_changed: float | None = None
    status: int | None = None
    """Of the last fetch; `None` where no response came."""
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    """Payload digest of the last 200."""
    trust: int = 0
    """How often the payload and its validators changed together; -1 once one changed without the other."""
    pace: str | None = None
    """Of a seed: what is known of how often it has news, as whoever estimates that wrote it."""


class Unsearched(msgspec.Struct, frozen=True, kw_only=True):
    """A page or style sheet whose requisites have not been looked for yet."""

    place: int = 0
    """In the queue of such documents."""
    url: str
    source: str | None
    styles: int
    """How many style sheets, or redirects, lie between it and the page: 0 for the page itself."""
    capture: Capture


class SeedState(msgspec.Struct, frozen=True, kw_only=True):
    """A seed that a source names, and what is known of how often it has news."""

    url: str
    host: str
    source: str | None
    every_seconds: float | None
    pace: str | None


class Paced(msgspec.Struct, frozen=True, kw_only=True):
    """What was learned of a seed while it was not polled itself."""

    url: str
    pace: str
    due: float


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """How long the articles of a section were watched in one stage of their lives, and how often they were edited then.

    Also what is added to that, or taken from it.
    """

    source: str
    section: str
    stage: int
    """Counted from 0 (`crawler.edits.STAGES`)."""
    edits: float = 0.0
    seconds: float = 0.0


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """How a lease ended."""

    url: str
    due: float | None
    """Unix time of the next fetch; `None` to rest."""
    status: int | None = None
    error: str | None = None
    attempts: int = 0
    fetched: bool = True
    """Whether the peer answered."""
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    trust: int = 0
    changed: bool = False
    section: str | None = None
    """`None` to leave it as it is; `pace` likewise."""
    pace: str | None = None
    discovered: tuple[Entry, ...] = ()
    """Entries that follow from it, such as a redirect's target; added in the same transaction."""
    unsearched: Unsearched | None = None
    """What was fetched, where its requisites are to be looked for; noted in the same transaction."""
    paced: tuple[Paced, ...] = ()
    """Likewise."""
    watched: tuple[Watched, ...] = ()
    """Likewise."""


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """How much of one source the frontier takes in and gives out; 0 for as much as there is."""

    page_budget: int = 0
    """Pages leased a day (UTC); requisites and seeds are not counted."""
    max_waiting: int = 0
    """Pages and child sitemaps known and never fetched."""
