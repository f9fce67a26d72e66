"""The frame around a captured page: a page of our own that says what is shown, when it was captured, and leads on.

    /replay/20240501103000/https://example.org/a     on the archive's own origin

The captured page is in a sandboxed frame from the other origin: it can neither draw over the banner nor change it.
"""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from archive.collection import Collection
from archive.errors import NoCapture
from archive.model import Capture
from archive.web.links import Site, escape_url, path_target, replay_path
from archive.web.pool import CollectionPool
from archive.web.rendering import Renderer
from archive.web.replay.finding import find_neighbours, find_shown
from archive.web.replay.paths import FRAMED, address
from archive.web.replay.policy import SANDBOX, SCRIPTED
from archive.web.shield import PAGE_POLICY


class ReplayFrame:
    """Answers everything below `/replay/`."""

    def __init__(self, pool: CollectionPool, site: Site, renderer: Renderer) -> None:
        self._pool = pool
        self._site = site
        self._renderer = renderer

    def routes(self) -> list[Route]:
        return [Route("/replay/{target:path}", self.frame)]

    async def frame(self, request: Request) -> Response:
        origin = self._site.origins.replay(request) if self._site.origins else None
        if origin is None:
            raise HTTPException(404, "whole pages are not shown here (set public_replay_url)")
        stamped = FRAMED.fullmatch(path_target(request.scope, "/replay/"))
        if not stamped:
            raise HTTPException(404, "no such page (write /replay/, a time of 4 to 14 digits, / and an address)")
        timestamp, url = stamped[2], address(stamped[3])
        can_script = self._site.origins is not None and self._site.origins.with_scripts
        if stamped[1] and not can_script:
            raise HTTPException(404, "scripts are not run here (start the server with --replayweb FOLDER)")
        shown, earlier, later = await self._pool.ask(lambda collection: _find(collection, url, timestamp))
        if shown.timestamp != timestamp:
            return RedirectResponse(self._site.absolute(request, _path(shown, scripts=bool(stamped[1]))), 302)
        page = self._renderer.page(
            request,
            "replay.html",
            title=shown.url,
            capture=shown,
            earlier=earlier,
            later=later,
            source=f"{origin}{'/replayweb/view' if stamped[1] else ''}/{shown.timestamp}/{escape_url(shown.url)}",
            sandbox=SCRIPTED if stamped[1] else SANDBOX.partition(" ")[2],
            is_scripted=bool(stamped[1]),
            can_script=can_script,
            replay_path=_path,
        )
        page.headers["content-security-policy"] = f"{PAGE_POLICY}; frame-src {origin}"
        return page


def _path(capture: Capture, *, scripts: bool = False) -> str:
    plain = replay_path(capture.timestamp, capture.url)
    return plain.replace("/replay/", "/replay/with-scripts/", 1) if scripts else plain


def _find(collection: Collection, url: str, timestamp: str) -> tuple[Capture, Capture | None, Capture | None]:
    shown = find_shown(collection, url, timestamp)
    if shown is None:
        raise NoCapture(f"{url}: nothing is archived of this address, or it leads to one that is not")
    return shown, *find_neighbours(collection, shown)
