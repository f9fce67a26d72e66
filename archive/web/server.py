"""Runs the web applications under uvicorn until they are told to stop: the archive's own pages, and replay beside them."""

import asyncio
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from archive.config import Settings
from archive.errors import ArchiveError, SettingInvalid
from archive.web.app import create_app
from archive.web.explaining import Explain
from archive.web.protocol import PatientProtocol
from archive.web.replay.app import create_replay_app
from archive.web.replay.origins import Origins
from archive.web.replay.scripted import check_script_replay

SHUTDOWN_SECONDS = 5


def serve(
    folder: Path,
    settings: Settings,
    *,
    host: str,
    port: int,
    replay_port: int | None = None,
    replayweb: Path | None = None,
    allow_hosts: Sequence[str] = (),
    explain: Explain | None = None,
    on_ready: Callable[[str, int], None] = lambda _url, _replay_port: None,
) -> None:
    """Serve a collection until SIGINT or SIGTERM; `on_ready` gets the address and the replay port.

    Port 0 takes any that is free. `replay_port` is where captured pages are shown: the next port where none is given. `replayweb` is a folder with
    ReplayWeb.page, for those who want their scripts to run.
    """
    if settings.public_replay_url and not settings.public_url:
        raise SettingInvalid("morgue.toml: public_replay_url: says nothing without public_url (set both)")
    if replayweb is not None:
        check_script_replay(replayweb, settings, host)
    if replay_port is None:
        replay_port = port + 1 if port else 0
    with listen(host, port) as listener, listen(host, replay_port, "--replay-port") as replay_listener:
        origins = Origins(
            public_url=settings.public_url,
            public_replay_url=settings.public_replay_url,
            main_port=listener.getsockname()[1],
            replay_port=replay_listener.getsockname()[1],
            with_scripts=replayweb is not None,
        )
        app = create_app(folder, settings, host=host, allow_hosts=allow_hosts, origins=origins, explain=explain)
        replay = create_replay_app(folder, settings, origins, host=host, allow_hosts=allow_hosts, replayweb=replayweb)
        on_ready(_address(listener), replay_listener.getsockname()[1])
        ServerPair(app, (replay, replay_listener)).run(sockets=[listener])


class ServerPair(uvicorn.Server):
    """A server, and one of another application that starts and stops with it."""

    def __init__(self, app: ASGIApp, beside: tuple[ASGIApp, socket.socket]) -> None:
        super().__init__(make_config(app))
        self._companion = _Companion(make_config(beside[0]))
        self._listener = beside[1]
        self._running: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._running = asyncio.create_task(self._companion.serve([self._listener]))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._companion.should_exit = True
        await super().shutdown(sockets)
        if self._running is not None:
            await self._running


class _Companion(uvicorn.Server):
    """Leaves signals to the server that it runs beside."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def make_config(app: ASGIApp) -> uvicorn.Config:
    """How uvicorn is to serve an application."""
    return uvicorn.Config(
        app,
        http=partial(PatientProtocol, answer=getattr(getattr(app, "state", None), "answer", None)),  # type: ignore[arg-type]
        loop="auto",  # uvloop where it is installed
        ws="none",
        lifespan="on",
        log_config=None,  # logging is the command line's to configure
        access_log=False,
        server_header=False,
        proxy_headers=False,  # archive.web.links decides whom to believe
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )


def listen(host: str, port: int, flag: str = "--port") -> socket.socket:
    """A socket that listens there; `flag` is the one that chooses another port. Raises ArchiveError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small answers at once (TCP_NODELAY) only where the protocol is spelled out; else each waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:  # Overflow: behind the last port there is none
        listener.close()
        reason = error.strerror if isinstance(error, OSError) else "there is no such port"
        raise ArchiveError(
            f"{host}:{port}: cannot listen there: {reason} (choose another with --host and {flag})"
        ) from error
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
