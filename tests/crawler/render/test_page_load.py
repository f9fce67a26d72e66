"""The bounds of one page, with an origin that a test makes up."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from scrapy import Request

from archive.model import Exchange
from crawler.render import page_load
from crawler.render.message import Asked
from crawler.render.page_load import MAX_HOSTS, MAX_REQUESTS, PageLoad
from crawler.wire import Fetched

PAGE = Exchange(url="http://a.example/", request=b"", response=b"HTTP/1.1 200 OK\r\n\r\nx", began=datetime.now(UTC))


class Origin:
    """Answers every request alike, and counts."""

    def __init__(
        self, response: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", seconds: float = 0.0
    ) -> None:
        self.response = response
        self.seconds = seconds
        self.under_way = self.most = 0
        self.asked: list[str] = []
        self.kept: list[Exchange] = []

    async def fetch(self, request: Request) -> Fetched:
        self.asked.append(request.url)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(self.seconds)
        self.under_way -= 1
        exchange = Exchange(url=request.url, request=b"GET", response=self.response, began=datetime.now(UTC))
        return Fetched(exchange, None, None)

    async def keep(self, exchange: Exchange, error: Exception | None) -> None:
        self.kept.append(exchange)


def ask(origin: Origin, urls: list[str], **options: Any) -> list[int]:
    """The status of the answer to each of these, asked for one after the other once the page is there."""

    async def run() -> list[int]:
        load = PageLoad(PAGE, agent="test", fetch=origin.fetch, keep=origin.keep, permission=None, **options)
        told = [await load.answer(Asked("GET", "", ()), url) for url in (PAGE.url, *urls)]
        return [int(one.message.split()[1]) for one in told[1:]]

    return asyncio.run(run())


def test_a_page_may_ask_for_so_many_parts() -> None:
    origin = Origin()
    statuses = ask(origin, [f"http://a.example/{number}" for number in range(MAX_REQUESTS + 5)])
    assert statuses == [200] * MAX_REQUESTS + [403] * 5
    assert len(origin.kept) == len(origin.asked) == MAX_REQUESTS


def test_what_is_asked_for_in_vain_fills_no_memory() -> None:
    async def run() -> list[str]:
        origin = Origin()
        load = PageLoad(PAGE, agent="test", fetch=origin.fetch, keep=origin.keep, permission=None)
        for number in range(2 * MAX_REQUESTS):
            await load.answer(Asked("POST", "", ()), f"http://a.example/{number}?{'x' * 60_000}")
        return load.refused

    refused = asyncio.run(run())
    assert len(refused) == MAX_REQUESTS
    assert sum(map(len, refused)) < 1_000_000


def test_and_so_many_hosts() -> None:
    origin = Origin()
    statuses = ask(origin, [f"http://h{number}.example/" for number in range(MAX_HOSTS + 5)] + ["http://h0.example/x"])
    assert statuses == [200] * MAX_HOSTS + [403] * 5 + [200]


def test_and_so_many_bytes() -> None:
    origin = Origin(b"HTTP/1.1 200 OK\r\nContent-Length: 60000000\r\n\r\n" + bytes(60_000_000))
    assert ask(origin, [f"http://a.example/{number}" for number in range(4)]) == [200, 200, 403, 403]


def test_a_host_that_rests_is_not_asked() -> None:
    origin = Origin()
    assert ask(origin, ["http://b.example/"], is_resting=lambda url: "b.example" in url) == [503]
    assert origin.asked == []


def test_so_many_are_under_way_at_once_and_end_though_nobody_waits() -> None:
    origin = Origin(seconds=0.02)

    async def run() -> None:
        load = PageLoad(PAGE, agent="test", fetch=origin.fetch, keep=origin.keep, permission=None)
        await load.answer(Asked("GET", "", ()), PAGE.url)
        waiting = [asyncio.ensure_future(load.answer(Asked("GET", "", ()), f"http://a.example/{n}")) for n in range(30)]
        await asyncio.sleep(0.01)
        for one in waiting:
            one.cancel()  # the browser is gone
        await asyncio.gather(*load.fetching)

    asyncio.run(run())
    assert origin.most == page_load.AT_ONCE
    assert len(origin.kept) == 30
