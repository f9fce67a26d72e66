"""Both origins of an archive behind real servers, as `morgue serve` runs them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from starlette.types import ASGIApp

from archive.config import Settings
from archive.web.app import create_app
from archive.web.replay.app import create_replay_app
from archive.web.replay.origins import Origins
from archive.web.server import ServerPair, listen


class Pair:
    """The addresses of both servers, and a client for each."""

    def __init__(self, main: str, replay: str) -> None:
        self.main_url = main
        self.replay_url = replay
        self.main = httpx.Client(base_url=main, trust_env=False)
        self.replay = httpx.Client(base_url=replay, trust_env=False)


@contextmanager
def serving_pair(
    folder: Path,
    settings: Settings | None = None,
    allow_hosts: tuple[str, ...] = (),
    replayweb: Path | None = None,
    name: str = "news.localhost",
    wrap: Callable[[ASGIApp, Origins], ASGIApp] = lambda app, _origins: app,
) -> Iterator[Pair]:
    """With `replayweb` the origins have names: `name`, and one below it. `wrap` may put something else in the place of the replay application."""
    settings = settings or Settings()
    with listen("127.0.0.1", 0) as listener, listen("127.0.0.1", 0) as beside:
        ports = listener.getsockname()[1], beside.getsockname()[1]
        if replayweb:
            main, replay = f"http://{name}:{ports[0]}/", f"http://replay.{name}:{ports[1]}/"
            settings = msgspec.structs.replace(settings, public_url=main, public_replay_url=replay)
        origins = Origins(
            public_url=settings.public_url,
            public_replay_url=settings.public_replay_url,
            with_scripts=replayweb is not None,
            main_port=ports[0],
            replay_port=ports[1],
        )
        app = create_app(folder, settings, origins=origins, allow_hosts=allow_hosts)
        replay = create_replay_app(folder, settings, origins, allow_hosts=allow_hosts, replayweb=replayweb)
        server = ServerPair(app, (wrap(replay, origins), beside))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            pair = Pair(*(f"http://127.0.0.1:{port}" for port in ports))
            with pair.main, pair.replay:
                yield pair
        finally:
            server.should_exit = True
            thread.join(10)


@pytest.fixture
def serve_pair() -> Iterator[Callable[..., Pair]]:
    """Serves a collection on both origins until the test ends."""
    with ExitStack() as stack:

        def serve(folder: Path, settings: Settings | None = None, **given: Any) -> Pair:
            return stack.enter_context(serving_pair(folder, settings, **given))

        yield serve


@pytest.fixture(scope="session")
def pair(news: Path) -> Iterator[Pair]:
    with serving_pair(news) as pair:
        yield pair
