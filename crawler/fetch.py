"""Fetching a few URLs outside a crawl, through the same guarded wire, keeping nothing: for `source add` and `source check`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Generic, TypeVar

import msgspec
from scrapy import Request, Spider
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from archive.config import Settings
from archive.model import Exchange
from crawler.errors import SiteUnreachable
from crawler.frontier.entry import to_entry_url
from crawler.seed_body import SeedBody, seed_body_of
from crawler.settings import project_settings, scrapy_process
from crawler.spiders import no_requests
from crawler.wire import redirect_of

T = TypeVar("T")

REDIRECTS = 5


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, its content codings not undone."""

    url: str
    """Where it was found, after redirects."""
    status: int
    """0 where there was no answer: `error` says why."""
    headers: tuple[tuple[str, str], ...] = ()
    payload: bytes = b""
    error: str | None = None
    cut: str | None = None
    """Why the payload is not whole."""

    def header(self, name: str) -> str:
        """The first header of this name, `""` where there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def body(self) -> SeedBody:
        """What a seed's parser needs."""
        return SeedBody(
            url=self.url,
            status=self.status,
            payload=self.payload,
            codings=self.header("content-encoding"),
            content_type=self.header("content-type") or None,
        )


Fetch = Callable[[str], Awaitable[Fetched]]


class Ended(Generic[T]):
    """What `work` returned, or what it raised."""

    def __init__(self, result: T | None, error: Exception | None) -> None:
        self.result = result
        self.error = error


class _FetchSpider(Spider):
    name = "fetch"

    def __init__(
        self, work: Callable[[Fetch], Awaitable[Any]], agent: str, delay_seconds: float, ended: list[Ended[Any]]
    ) -> None:
        super().__init__()
        self.work = work
        self.agent = agent
        self.delay_seconds = delay_seconds
        self.ended = ended
        self._fetched = 0

    async def start(self) -> AsyncIterator[Any]:
        try:
            self.ended.append(Ended(await self.work(self.fetch), None))
        except Exception as error:  # noqa: BLE001  Scrapy would log it and go on: the caller of `with_fetch` gets it.
            self.ended.append(Ended(None, error))
        for request in no_requests():
            yield request

    async def keep(self, request: Request, exchange: Exchange | None, error: Exception | None) -> None:
        """Keep nothing: the archive holds what a crawl saw. What was cut at a limit, no response will give."""
        if exchange is not None and exchange.truncated == "length":
            request.meta["cut"] = exchange

    async def fetch(self, url: str) -> Fetched:
        if to_entry_url(url) is None:
            return Fetched(url=url, status=0, error="is not a web address")
        way = [url]
        for _ in range(REDIRECTS + 1):
            if self._fetched:
                await asyncio.sleep(self.delay_seconds)
            self._fetched += 1
            headers = {"User-Agent": self.agent, "Accept-Encoding": "gzip, deflate, br"}
            # What says to be too long is cut by the wire, not left unread.
            request = Request(url, headers=headers, meta={"download_maxsize": 0})
            try:
                response = await self.crawler.engine.download_async(request)
            except IgnoreRequest as error:
                cut = request.meta.get("cut")
                return _from_cut(cut, str(error)) if cut else Fetched(url=url, status=0, error=str(error))
            target = redirect_of(response)
            if target is None:
                return _from_response(response)
            if target in way:
                circle = " to ".join([*way[way.index(target) :], target])
                return Fetched(url=url, status=response.status, error=f"redirects in a circle: {circle}")
            way.append(target)
            url = target
        return Fetched(url=url, status=response.status, error=f"redirects more than {REDIRECTS} times")


def _from_cut(exchange: Exchange, error: str) -> Fetched:
    body = seed_body_of(exchange)
    if body is None or not body.payload:
        return Fetched(url=exchange.url, status=0, error=error)
    headers = (("content-encoding", body.codings), ("content-type", body.content_type or ""))
    return Fetched(url=body.url, status=body.status, headers=headers, payload=body.payload, cut=error)


def _from_response(response: Response) -> Fetched:
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
    )
    return Fetched(url=response.url, status=response.status, headers=headers, payload=response.body)


def with_fetch(settings: Settings, work: Callable[[Fetch], Awaitable[T]], *, delay_seconds: float = 0.5) -> T:
    """Run `work`, which fetches with what it is given, and return its result. Once per process: it runs the reactor."""
    ended: list[Ended[T]] = []
    process = scrapy_process({**project_settings(settings), "SCHEDULER": "scrapy.core.scheduler.Scheduler"})
    process.crawl(_FetchSpider, work=work, agent=settings.agent, delay_seconds=delay_seconds, ended=ended)
    process.start()
    if not ended:
        raise SiteUnreachable("stopped before anything was fetched")
    if ended[0].error is not None:
        raise ended[0].error
    return ended[0].result  # type: ignore[return-value]  # one of the two is always set
