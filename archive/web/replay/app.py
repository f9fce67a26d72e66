"""Puts the application of the second origin together: captured pages, behind their wall, and nothing else."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from archive.config import Settings
from archive.errors import ArchiveError
from archive.web.pool import CollectionPool
from archive.web.replay.origins import Origins
from archive.web.replay.policy import Wall
from archive.web.replay.scripted import ScriptReplay
from archive.web.replay.server import ReplayServer, to_fault
from archive.web.shield import Hosts, Shield


def create_replay_app(
    folder: Path,
    settings: Settings,
    origins: Origins,
    *,
    host: str = "127.0.0.1",
    allow_hosts: Sequence[str] = (),
    replayweb: Path | None = None,
) -> Starlette:
    """The application that shows captured pages of the collection in `folder`, bound to `host`.

    `replayweb` is a folder with ReplayWeb.page, which runs their scripts; `None` where none is to run.
    """
    pool = CollectionPool(folder)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        pool.close()

    public = settings.public_replay_url or settings.public_url
    return Starlette(
        routes=[
            *(ScriptReplay(replayweb, pool, origins).routes() if replayweb else ()),
            *ReplayServer(pool, origins).routes(),
        ],
        middleware=[
            Middleware(Shield, hosts=Hosts(host, public, allow_hosts)),
            Middleware(Wall, origins=origins),
        ],
        exception_handlers=dict.fromkeys((ArchiveError, HTTPException, Exception), partial(to_fault, origins)),
        lifespan=lifespan,
    )
