"""The web application over the archive of these tests, behind a real server on a loopback port."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.types import ASGIApp

from archive.config import Settings
from archive.web.app import create_app
from archive.web.server import listen, make_config


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Its address, while it is served as `morgue serve` does."""
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(make_config(app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


@pytest.fixture(scope="session")
def serving_app() -> Callable[[ASGIApp], AbstractContextManager[str]]:
    """Serves an application while a block runs; the block gets its address."""
    return serving


@pytest.fixture(scope="session")
def site(news: Path) -> Iterator[str]:
    with serving(create_app(news, Settings())) as address:
        yield address


@pytest.fixture(scope="session")
def client(site: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site, trust_env=False) as client:
        yield client


@pytest.fixture(scope="session")
def chronicle_client(chronicle: Path) -> Iterator[httpx.Client]:
    """A client of the collection in which much changes, in several WARC files."""
    with (
        serving(create_app(chronicle, Settings())) as address,
        httpx.Client(base_url=address, trust_env=False) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def serve_shared() -> Iterator[Callable[[ASGIApp], httpx.Client]]:
    """As `serve_app`, for all tests of a module."""
    with ExitStack() as stack:

        def serve(app: ASGIApp) -> httpx.Client:
            address = stack.enter_context(serving(app))
            return stack.enter_context(httpx.Client(base_url=address, trust_env=False))

        yield serve


@pytest.fixture
def serve_app() -> Iterator[Callable[[ASGIApp], httpx.Client]]:
    """Serves another application until the test ends, and gives a client for it."""
    with ExitStack() as stack:

        def serve(app: ASGIApp) -> httpx.Client:
            address = stack.enter_context(serving(app))
            return stack.enter_context(httpx.Client(base_url=address, trust_env=False))

        yield serve


WAYBACK_HOST = "web.archive.org"
"""The one host that EDGI's wayback knows."""


@pytest.fixture(scope="session")
def wayback_client() -> Callable[[str], Any]:
    """Makes clients of EDGI's wayback for a server of ours, which they reach as through a proxy that keeps their Host."""
    wayback = pytest.importorskip("wayback")
    from requests import PreparedRequest
    from requests.adapters import HTTPAdapter

    class ThroughProxy(HTTPAdapter):
        def __init__(self, address: str) -> None:
            super().__init__()
            self._address = address

        def get_connection_with_tls_context(self, *_: Any, **__: Any) -> Any:
            return self.poolmanager.connection_from_url(self._address)

        def add_headers(self, request: PreparedRequest, **_: Any) -> None:
            request.headers["Host"] = WAYBACK_HOST
            request.headers["X-Forwarded-Proto"] = "https"

    def connect(address: str) -> Any:
        session = wayback.WaybackSession(retries=0, search_calls_per_second=0, memento_calls_per_second=0)
        session.trust_env = False
        session.mount("https://", ThroughProxy(address))
        session.mount("http://", ThroughProxy(address))
        return wayback.WaybackClient(session)

    return connect
