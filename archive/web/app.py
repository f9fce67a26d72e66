"""Puts the web application together: routes, errors, and what stands before them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from archive.access import AccessRules
from archive.config import Settings
from archive.errors import ArchiveError
from archive.stores.store import open_store
from archive.web.api import Api
from archive.web.cdx import CdxServer
from archive.web.changes import Changes
from archive.web.faults import Faults
from archive.web.links import Site
from archive.web.memento import MementoServer
from archive.web.metrics import Metrics
from archive.web.pages import Pages
from archive.web.pool import CollectionPool
from archive.web.rendering import Renderer
from archive.web.replay.frame import ReplayFrame
from archive.web.replay.origins import Origins
from archive.web.shield import Hosts, Shield
from archive.web.warcfiles import WarcFiles

_STATIC = Path(__file__).parent / "static"


def create_app(
    folder: Path,
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    allow_hosts: Sequence[str] = (),
    origins: Origins | None = None,
) -> Starlette:
    """The application that serves the collection in `folder`, bound to `host`.

    `origins` says where `archive.web.replay.app` is served; `None` where it is not.
    """
    pool = CollectionPool(folder)
    site = Site(folder.name, settings.public_url, origins)
    renderer = Renderer(site)
    faults = Faults(renderer)
    metrics = Metrics(pool)
    store = open_store(settings, folder) if settings.store else None

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        pool.close()

    return Starlette(
        routes=[
            *Pages(pool, site, renderer).routes(),
            *Changes(pool, renderer).routes(),
            *CdxServer(pool, site).routes(),
            *MementoServer(pool, site).routes(),
            *ReplayFrame(pool, site, renderer).routes(),
            *WarcFiles(folder, store, pool if AccessRules.of(settings).hides_any else None).routes(),
            *Api(pool, site).routes(),
            *metrics.routes(),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ],
        middleware=[
            Middleware(metrics.around),
            Middleware(Shield, hosts=Hosts(host, settings.public_url, allow_hosts)),
        ],
        exception_handlers={
            ArchiveError: faults.of_archive,
            HTTPException: faults.of_http,
            Exception: faults.of_bug,
        },
        lifespan=lifespan,
    )
