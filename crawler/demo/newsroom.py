"""The newsroom: three local news sites, one for each family, that print a new edition when told to.

    with Newsroom() as room:
        room.sites[0].url       # "http://127.0.0.1:40123/"
        room.edit()             # the second edition; the third takes an edit back

Everything it was asked and everything it sent stays in `room.log`. It never listens beyond loopback.
"""

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from crawler.demo.answer import Request, answer, parse_request
from crawler.demo.edition import LAST_EDITION, Change, Edition, changes_of, edition_of, print_time
from crawler.demo.loopback import Loopback, read_request
from crawler.demo.paths import image_path, story_path
from crawler.demo.site import STALE_ETAG_FEED, Page, Site
from crawler.demo.sources import SITE_NAMES, source_of
from crawler.demo.story import FAMILIES, Family, Story, expected_article, load_stories, ordered_images
from crawler.source_file import write_source

EDIT_PATH = "/_newsroom/edit"
"""POST here prints the next edition."""


class SiteAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where one of the sites answers."""

    name: str
    """Of its source file."""
    family: Family
    url: str
    """With a slash at its end."""

    @property
    def base(self) -> str:
        """The URL without the slash, to put paths after."""
        return self.url.rstrip("/")


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """One request the newsroom answered."""

    time: datetime
    host: str
    """`HOST:PORT` it was received on."""
    method: str
    path: str
    status: int
    request: bytes
    """As received."""
    response: bytes
    """As sent."""

    @property
    def url(self) -> str:
        """The URL that was asked for."""
        return f"http://{self.host}{self.path}"


class TransactionLog:
    """The newest transactions, in order; the oldest go when their number or their bytes pass a bound."""

    def __init__(self, max_count: int = 20_000, max_bytes: int = 64 * 1024 * 1024) -> None:
        self._kept: deque[Transaction] = deque()
        self._max_count, self._max_bytes, self._bytes = max_count, max_bytes, 0
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Transaction]:
        with self._lock:
            return iter(tuple(self._kept))

    def __len__(self) -> int:
        return len(self._kept)

    def __getitem__(self, index: int) -> Transaction:
        with self._lock:
            return self._kept[index]

    def append(self, transaction: Transaction) -> None:
        """Adds one, and lets go of the oldest beyond the bounds."""
        with self._lock:
            self._kept.append(transaction)
            self._bytes += len(transaction.request) + len(transaction.response)
            while len(self._kept) > self._max_count or self._bytes > self._max_bytes:
                oldest = self._kept.popleft()
                self._bytes -= len(oldest.request) + len(oldest.response)

    def clear(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0


class Newsroom(Loopback):
    """The three sites, served from a background thread."""

    def __init__(
        self,
        *,
        hosts: Sequence[str] = ("127.0.0.1",) * len(FAMILIES),
        today: date | None = None,
        stories: Iterable[Story] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`hosts` are `HOST` or `HOST:PORT`, one for each family; `today` moves the stories' dates near it."""
        if len(hosts) != len(FAMILIES):
            raise ValueError(f"hosts: {len(hosts)} given, one for each of the {len(FAMILIES)} families is needed")
        super().__init__(hosts)
        self.log = TransactionLog()
        self.sites: tuple[SiteAddress, ...] = ()
        self.changes: tuple[Change, ...] = ()
        """What every edition since the first has done."""
        self._written = tuple(stories) if stories is not None else load_stories(today)
        self._edition: Edition = edition_of(self._written, 1)
        self._open: dict[Family, Site] = {}
        self._clock = clock
        self._lock = threading.Lock()

    @property
    def edition(self) -> int:
        """Number of the edition in print, from 1."""
        return self._edition.number

    @property
    def stories(self) -> tuple[Story, ...]:
        """The stories as they read now, newest first."""
        return self._edition.stories

    @property
    def stale_etag_feed(self) -> str:
        """URL of the one feed that repeats its ETag after changing."""
        return self._base(STALE_ETAG_FEED) + "/feed.xml"

    def prepare(self) -> None:
        """Builds the sites at their addresses; `sites` tells where they are from then on."""
        self.sites = tuple(
            SiteAddress(name=SITE_NAMES[family], family=family, url=f"http://{address}/")
            for family, address in zip(FAMILIES, self.addresses, strict=True)
        )
        self.print_edition(1)

    def edit(self, to: int | None = None) -> tuple[Change, ...]:
        """Prints the next edition, or all up to edition `to`; returns what changed. The last one has no next."""
        with self._lock:
            new: list[Change] = []
            for number in range(self.edition + 1, min(to or self.edition + 1, LAST_EDITION) + 1):
                new += changes_of(self._written, number, {site.family: site.base for site in self.sites})
                self.print_edition(number)
            self.changes = (*self.changes, *new)
            return tuple(new)

    def url_of(self, story: Story) -> str:
        """Where a story stands."""
        return self._base(story.family) + story_path(story)

    def expected(self, url: str) -> dict[str, Any]:
        """`expected_article` of the story that a URL shows now, with its own and its images' URLs."""
        story = next((story for story in self.stories if self.url_of(story) == url), None)
        if story is None:
            raise KeyError(f"{url}: no story stands there in edition {self.edition}")
        article = expected_article(story)
        base = self._base(story.family)
        urls = [base + image_path(story, image) for image in ordered_images(story)]
        images = [{"url": url, **image} for url, image in zip(urls, article["images"], strict=True)]
        return {**article, "url": url, "canonical_url": url, "images": images}

    def write_sources(self, folder: Path, *, requisites: bool = False) -> tuple[Path, ...]:
        """Writes one source file for each site into the folder; raises `SourceExists` where there is one already."""
        sources = (source_of(site.family, site.base, requisites=requisites) for site in self.sites)
        return tuple(write_source(source, folder) for source in sources)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, place: int) -> None:
        """Answers requests until the client has no more."""
        while True:
            raw = await read_request(reader)
            request = parse_request(raw)
            now = self._clock()
            if request is None:
                writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            page = self.page_for(request, FAMILIES[place])
            response = answer(page, request, now)
            self.log.append(
                Transaction(
                    time=now,
                    host=self.addresses[place],
                    method=request.method,
                    path=request.path,
                    status=int(response[9:12]),
                    request=raw,
                    response=response,
                )
            )
            writer.write(response)
            await writer.drain()
            if not request.keeps_alive:
                return

    def page_for(self, request: Request, family: Family) -> Page:
        """What a request to one of the sites is answered with."""
        if request.method == "POST" and request.path == EDIT_PATH:
            return self._edited(request)
        if request.method not in ("GET", "HEAD"):
            return Page(status=405, content_type="text/plain", body=b"GET or HEAD only\n")
        return self._open[family].page(request.path)

    def _edited(self, request: Request) -> Page:
        """A browser's form goes back to the front page; anyone else gets the changes as JSON."""
        changes = self.edit()
        if "text/html" in request.headers.get("accept", ""):
            return Page(status=303, content_type="text/plain", body=b"", location="/")
        body = json.dumps({"edition": self.edition, "changes": msgspec.to_builtins(changes)}, indent=1)
        return Page(content_type="application/json", body=body.encode() + b"\n")

    def print_edition(self, number: int) -> None:
        """Puts an edition in the place of the one in print."""
        edition = edition_of(self._written, number, time_of=self.time_of)
        updated = self.time_of(number)
        # Whole new sites, put in place at once: a request sees one edition or the other, never half of each.
        self._open = {site.family: Site(site.family, site.base, edition, updated) for site in self.sites}
        self._edition = edition

    def time_of(self, edition: int) -> datetime:
        """When an edition goes to print."""
        return print_time(self._written, edition)

    def _base(self, family: Family) -> str:
        return self.sites[FAMILIES.index(family)].base
