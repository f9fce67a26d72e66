"""The web application over the archive of these tests, behind a real server on a loopback port."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

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
