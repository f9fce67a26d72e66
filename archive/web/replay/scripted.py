"""Replay with scripts, by ReplayWeb.page (https://replayweb.page), for those who opt in. The archive's owner brings it.

    /replayweb/view/20240501103000/https://example.org/a      starts its service worker, and shows that page through it
    /replayweb/raw/20240501103000id_/https://example.org/a    what the worker reads: payloads as captured
    /replayweb/replay/sw.js                                   the worker
    /replayweb/replay/…                                       answered by the worker, in the browser

Captured scripts do run here, on the replay origin. So it has to have a host name of its own: cookies ignore ports.
"""

import html
from pathlib import Path
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from archive.coding import decode_content
from archive.collection import Collection
from archive.config import Settings
from archive.errors import ArchiveError, NoCapture
from archive.web.links import escape_url, path_target, replay_path
from archive.web.pool import CollectionPool
from archive.web.replay.origins import Origins, origin_of
from archive.web.replay.paths import RAW, VIEW, address

WORKER = "sw.js"
_PLAYER = Path(__file__).with_name("player.js")
_PAGE = (
    '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Replay with scripts</title>'
    "<style>html,body,iframe{{display:block;height:100%;width:100%;margin:0;border:0}}p{{padding:1rem}}p[hidden]{{display:none}}</style>"
    "<p hidden>This page cannot be replayed with scripts here (a browser allows it over https, or on this machine):</p>"
    '<iframe title="The captured page" data-prefix="{prefix}" data-page="{page}"></iframe>'
    '<script src="/replayweb/player.js"></script>'
)
_WORKER_POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'"
_PLAYER_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; frame-src 'self'; worker-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors {main}"
)
"""Of the page around the captured one; that one has the worker's own."""


def check_script_replay(folder: Path, settings: Settings, host: str) -> None:
    """Raises ArchiveError where scripts may not be replayed: without the player, or beside the archive's own host name."""
    if not (folder / WORKER).is_file():
        raise ArchiveError(f"--replayweb {folder}: holds no {WORKER} (name the folder of ReplayWeb.page's files)")
    own, other = urlsplit(settings.public_url).hostname, urlsplit(settings.public_replay_url).hostname
    if not (own and other) or own == other:
        raise ArchiveError(
            f"--replayweb: captured scripts need another host name than {own or host}, as cookies ignore ports "
            '(set public_url and public_replay_url, such as "https://replay.example.org/")'
        )


class ScriptReplay:
    """Everything below `/replayweb/`."""

    def __init__(self, folder: Path, pool: CollectionPool, origins: Origins) -> None:
        self._folder = folder
        self._pool = pool
        self._origins = origins

    def routes(self) -> list[Route]:
        return [
            Route("/replayweb/player.js", self.player),
            Route("/replayweb/replay/sw.js", self.worker),
            Route("/replayweb/view/{target:path}", self.view),
            Route("/replayweb/raw/{target:path}", self.raw),
        ]

    async def player(self, _request: Request) -> Response:
        return FileResponse(_PLAYER, media_type="text/javascript", headers={"cache-control": "no-cache"})

    async def worker(self, _request: Request) -> Response:
        headers = {"content-security-policy": _WORKER_POLICY, "cache-control": "no-cache"}
        return FileResponse(self._folder / WORKER, media_type="text/javascript", headers=headers)

    async def view(self, request: Request) -> Response:
        stamped = VIEW.fullmatch(path_target(request.scope, "/replayweb/view/"))
        if not stamped:
            raise HTTPException(404)
        url = address(stamped[2])
        if request.headers.get("sec-fetch-dest") == "document":
            # Without the frame a page could draw a banner of its own, and leave for the live web.
            framed = replay_path(stamped[1], url).replace("/replay/", "/replay/with-scripts/", 1)
            return RedirectResponse(self._origins.main(request) + framed, 302)
        origin = self._origins.public_replay_url.rstrip("/")
        page = f"{stamped[1].ljust(14, '0')}mp_/{escape_url(url)}"
        page = _PAGE.format(prefix=html.escape(f"{origin}/replayweb/"), page=html.escape(page))
        policy = _PLAYER_POLICY.format(main=origin_of(self._origins.main(request)))
        return HTMLResponse(page, headers={"content-security-policy": policy})

    async def raw(self, request: Request) -> Response:
        stamped = RAW.fullmatch(path_target(request.scope, "/replayweb/raw/"))
        if not stamped:
            raise HTTPException(404)
        if request.headers.get("sec-fetch-dest", "empty") != "empty":
            raise HTTPException(403)  # for the service worker to read, never to be opened or run
        return await self._pool.ask(lambda collection: _raw(collection, address(stamped[2]), stamped[1]))


def _raw(collection: Collection, url: str, timestamp: str) -> Response:
    capture = collection.closest(url, timestamp)
    if capture is None:
        raise NoCapture(url)
    if capture.redirect:
        return RedirectResponse(f"/replayweb/raw/{capture.timestamp}id_/{escape_url(capture.redirect)}", 302)
    memento = collection.memento(capture)
    payload = decode_content(memento.payload, memento.header("Content-Encoding"))
    kind = (memento.header("Content-Type") or "").encode("latin-1", "replace").decode("latin-1")
    status = memento.status if 200 <= memento.status <= 599 and memento.status not in (204, 205, 304) else 200
    return Response(payload, status, {"content-type": kind} if kind.isprintable() and kind else {})
