"""Puts the web application together: routes, errors, and what stands before them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount, Route

from archive.access import AccessRules
from archive.config import Settings
from archive.errors import ArchiveError
from archive.stores.store import open_store
from archive.web.api import Api
from archive.web.assets import Assets, robots
from archive.web.cdx import CdxServer
from archive.web.changes import Changes
from archive.web.explaining import Explain
from archive.web.faults import Faults
from archive.web.feeds import Feeds
from archive.web.kept import KeptPages
from archive.web.links import Site
from archive.web.memento import MementoServer
from archive.web.metrics import Metrics
from archive.web.pages import Pages
from archive.web.pages_article import ArticlePages
from archive.web.pages_news import NewsPages
from archive.web.pool import CollectionPool
from archive.web.quick import QuickAnswers
from archive.web.rendering import Renderer
from archive.web.replay.frame import ReplayFrame
from archive.web.replay.origins import Origins
from archive.web.shield import Hosts, Shield
from archive.web.stories import Stories
from archive.web.warcfiles import WarcFiles


def create_app(
    folder: Path,
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    allow_hosts: Sequence[str] = (),
    origins: Origins | None = None,
    explain: Explain | None = None,
) -> Starlette:
    """The application that serves the collection in `folder`, bound to `host`.

    `origins` says where `archive.web.replay.app` is served; `None` where it is not. `explain` reads a page again for who
    asks what was taken from it; it is closed with the application.
    """
    pool = CollectionPool(folder)
    site = Site(folder.name, settings.public_url, origins)
    renderer = Renderer(site)
    faults = Faults(renderer, folder)
    metrics = Metrics(pool)
    store = open_store(settings, folder) if settings.store else None
    stories, kept = Stories(), KeptPages(folder)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        pool.close()
        if explain is not None:
            explain.close()

    cdx = CdxServer(pool, site)
    hosts = Hosts(host, settings.public_url, allow_hosts)
    app = Starlette(
        routes=[
            *Pages(pool, site, renderer, stories, kept).routes(),
            *NewsPages(pool, site, renderer, stories, kept).routes(),
            *ArticlePages(pool, site, renderer, explain).routes(),
            *Feeds(pool, site, stories, kept).routes(),
            *Changes(pool, renderer).routes(),
            *cdx.routes(),
            *MementoServer(pool, site).routes(),
            *ReplayFrame(pool, site, renderer).routes(),
            *WarcFiles(folder, store, pool if AccessRules.of(settings).hides_any else None).routes(),
            *Api(pool, site).routes(),
            *metrics.routes(),
            Route("/robots.txt", robots),
            Mount("/static", Assets()),
        ],
        middleware=[
            Middleware(metrics.around),
            Middleware(Shield, hosts=hosts),
        ],
        exception_handlers={
            ArchiveError: faults.of_archive,
            HTTPException: faults.of_http,
            Exception: faults.of_bug,
        },
        lifespan=lifespan,
    )
    app.state.answer = QuickAnswers(
        pool, hosts, metrics, cdx.answer_short
    ).answer  # archive.web.server has it asked first
    return app
