"""A recording proxy in a process of its own, for tests that talk to it as a browser would: python proxy_process.py FOLDER.

Prints its port, the name of a page load, and its authority's certificate, in JSON; keeps what it records in FOLDER, and ends with
its standard input.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from scrapy import Spider

from archive.config import Settings
from archive.formats.units import Duration, Size
from archive.model import Exchange
from crawler.download_error import describe
from crawler.render.authority import Authority
from crawler.render.page_load import PageLoad
from crawler.render.permission import Permission
from crawler.render.proxy import RecordingProxy
from crawler.settings import project_settings, scrapy_process
from crawler.spiders import no_requests

AGENT = "newsmorgue/0 (+desk@example.org)"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Disposition: attachment\r\n\r\n<p>the page in hand"


class ProxySpider(Spider):
    name = "proxy"

    def __init__(self, folder: Path, networks: Any) -> None:
        super().__init__()
        self.networks = networks
        self.folder = folder
        self.count = 0

    async def keep(self, *_: object) -> None:
        """What the wire keeps by itself: nothing here."""

    async def record(self, exchange: Exchange, error: Exception | None) -> None:
        self.count += 1
        path = self.folder / f"{self.count:03}.exchange"
        path.with_suffix(".part").write_bytes(
            msgspec.msgpack.encode((exchange, None if error is None else describe(error)))
        )
        path.with_suffix(".part").replace(path)

    async def start(self) -> AsyncIterator[Any]:
        handlers = self.crawler.engine.downloader.handlers
        fetch = handlers._get_handler("http").fetch
        permission = Permission(agent=AGENT, fetch=fetch, keep=self.record, clock=lambda: datetime.now(UTC))
        page = Exchange(url="http://page.example/", request=b"", response=PAGE, began=datetime.now(UTC), source="paper")
        proxy = RecordingProxy(Authority())
        proxy.open()
        load = PageLoad(page, agent=AGENT, fetch=fetch, keep=self.record, permission=permission, networks=self.networks)
        about = {"port": proxy.port, "name": proxy.admit(load), "pem": proxy.authority.pem.decode()}
        sys.stdout.write(json.dumps(about) + "\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        proxy.close()
        for request in no_requests():
            yield request


if __name__ == "__main__":
    settings = msgspec.structs.replace(
        Settings(allow_networks=("127.0.0.1/32",)), max_response_size=Size(2_000_000), timeout=Duration(seconds=2)
    )
    process = scrapy_process({**project_settings(settings), "SCHEDULER": "scrapy.core.scheduler.Scheduler"})
    process.crawl(ProxySpider, folder=Path(sys.argv[1]), networks=settings.networks)
    process.start()
