"""Runs the web application under uvicorn until it is told to stop."""

import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from archive.config import Settings
from archive.errors import ArchiveError
from archive.web.app import create_app

SHUTDOWN_SECONDS = 5


def serve(
    folder: Path,
    settings: Settings,
    *,
    host: str,
    port: int,
    allow_hosts: Sequence[str] = (),
    on_ready: Callable[[str], None] = lambda _url: None,
) -> None:
    """Serve a collection until SIGINT or SIGTERM; `on_ready` gets the address. Port 0 takes any that is free."""
    with listen(host, port) as listener:
        app = create_app(folder, settings, host=host, allow_hosts=allow_hosts)
        on_ready(_address(listener))
        uvicorn.Server(make_config(app)).run(sockets=[listener])


def make_config(app: ASGIApp) -> uvicorn.Config:
    """How uvicorn is to serve an application."""
    return uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,  # logging is the command line's to configure
        access_log=False,
        server_header=False,
        proxy_headers=False,  # archive.web.links decides whom to believe
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises ArchiveError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small answers at once (TCP_NODELAY) only where the protocol is spelled out; else each waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ArchiveError(
            f"{host}:{port}: cannot listen there: {error.strerror} (choose another with --host and --port)"
        ) from error
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
