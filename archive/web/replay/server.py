"""Answers on the origin of captured pages.

    /20240501103000/https://example.org/a       a page, followed to from a link
    /20240501103000fr_/https://example.org/a    a page in a frame of another
    /20240501103000cs_/https://example.org/a    a style sheet
    /20240501103000im_/https://example.org/a    an image, font, film or sound

Each is the capture closest to the time; what is not archived is a 404 without more. Nothing leads out.
"""

import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from archive.coding import decode_content
from archive.collection import Collection
from archive.errors import ArchiveError, NoCapture, QueryInvalid
from archive.formats import http
from archive.formats.encoding import to_utf8
from archive.formats.style import decode_style, rewrite_style
from archive.formats.timestamp import from_timestamp, to_http_date
from archive.model import Capture
from archive.web.links import escape_url, path_target, replay_path
from archive.web.pool import CollectionPool
from archive.web.replay.addresses import Addresses
from archive.web.replay.finding import find_shown
from archive.web.replay.kinds import is_page, is_style, is_text, media_type
from archive.web.replay.notices import to_notice, to_picture, to_turn
from archive.web.replay.origins import Origins
from archive.web.replay.page import rewrite_page
from archive.web.replay.paths import CAPTURED, address
from archive.web.replay.policy import may_be
from archive.web.replay.ranges import cut_range

logger = logging.getLogger(__name__)

HTML, CSS = "text/html; charset=utf-8", "text/css; charset=utf-8"
MOST_BYTES = 200 * 1024 * 1024
MOST_PAGE_BYTES = 32 * 1024 * 1024
"""Of a page that is rewritten; the largest of news sites have a tenth of it."""
_WORDS = {
    400: "This is no address of a page.",
    404: "Nothing is archived of this address.",
    502: "This page cannot be read back just now.",
}
_DOCUMENTS = frozenset(("document", "iframe", "frame", "object", "embed"))


class ReplayServer:
    """Everything that is served there."""

    def __init__(self, pool: CollectionPool, origins: Origins) -> None:
        self._pool = pool
        self._origins = origins

    def routes(self) -> list[Route]:
        return [
            Route("/", self.home),
            Route("/robots.txt", self.robots),
            Route("/{target:path}", self.captured),
        ]

    async def home(self, request: Request) -> Response:
        return RedirectResponse(self._origins.main(request) + "/", 302)

    async def robots(self, _request: Request) -> Response:
        return PlainTextResponse("User-agent: *\nDisallow: /\n")

    async def captured(self, request: Request) -> Response:
        stamped = CAPTURED.fullmatch(path_target(request.scope, "/"))
        if not stamped:
            raise HTTPException(404)
        if not may_be(request):
            raise HTTPException(403)
        timestamp, role, url = stamped[1], stamped[2] or "", address(stamped[3])
        wanted_as = request.headers.get("sec-fetch-dest")
        framed = self._origins.main(request) + replay_path(timestamp, url)
        if role in ("", "fr_") and wanted_as == "document":
            # Without the frame a page could draw a banner of its own; a link from anywhere may lead to it.
            return RedirectResponse(framed, 302)
        if not role and wanted_as == "iframe" and request.headers.get("sec-fetch-site") == "same-origin":
            # A captured page took the frame for itself, and the banner above it would go on to name the former page.
            return HTMLResponse(to_turn(framed))
        if role == "im_" and wanted_as in _DOCUMENTS:
            raise HTTPException(403)  # an image that is opened as a document may hold scripts
        return await self._pool.ask(lambda collection: self._answer(collection, request, url, timestamp, role))

    def _answer(self, collection: Collection, request: Request, url: str, timestamp: str, role: str) -> Response:
        capture = find_shown(collection, url, timestamp)
        if capture is None:
            raise NoCapture(url)
        shown = self._shown(collection, capture, role, self._origins.main(request))
        if shown is None:
            raise NoCapture(url)
        body, kind = shown
        is_document = role not in ("cs_", "im_")
        status = capture.status if is_document and 400 <= (capture.status or 0) <= 599 else 200
        response = Response(body, status or 200, media_type=kind)
        response.headers["memento-datetime"] = to_http_date(from_timestamp(capture.timestamp))
        response.headers["link"] = f'<{escape_url(capture.url)}>; rel="original"'
        return response if is_document else cut_range(request, response)

    def _shown(self, collection: Collection, capture: Capture, role: str, main: str) -> tuple[bytes, str] | None:
        """Body and type of what is shown of a capture in a role; `None` where it cannot be that."""
        addresses = Addresses(capture.timestamp, capture.url, main)
        if role not in ("cs_", "im_") and capture.dom:
            return rewrite_payload(collection.dom(capture), "text/html; charset=utf-8", addresses), HTML
        memento = collection.memento(capture)
        mime, content_type = http.media_type(memento.header("Content-Type")), memento.header("Content-Type")
        if role in ("cs_", "im_") and not 200 <= memento.status <= 299:
            return None
        payload = decode_content(memento.payload, memento.header("Content-Encoding"), limit=MOST_BYTES)
        if role == "im_":
            kind = media_type(mime, payload)
            return (payload, kind) if kind else None
        if role == "cs_":
            if not is_style(mime, payload):
                return None
            style = rewrite_style(decode_style(payload, content_type or ""), addresses.in_style)
            return style.encode("utf-8", "replace"), CSS
        if is_page(mime, payload):
            return rewrite_payload(payload, content_type, addresses), HTML
        if media_type(mime, payload):
            return to_picture(capture).encode(), HTML
        if is_text(mime):
            return to_utf8(payload, content_type), "text/plain; charset=utf-8"
        return to_notice(f"This is {mime}, which is not shown here.").encode(), HTML


def rewrite_payload(payload: bytes, content_type: str | None, addresses: Addresses) -> bytes:
    """A page as captured, made to be shown from the archive, in UTF-8."""
    if len(payload) > MOST_PAGE_BYTES:
        return to_notice("This page is too large to be shown here.").encode()
    text = to_utf8(payload, content_type).decode("utf-8", "replace")
    return rewrite_page(text, addresses).encode("utf-8", "replace")


def to_fault(origins: Origins, request: Request, error: Exception) -> Response:
    """The answer to any error: a status, and as few words as there is room for in a frame of a page."""
    if isinstance(error, HTTPException):
        status = error.status_code
    elif isinstance(error, ArchiveError):
        status = 404 if isinstance(error, NoCapture) else 400 if isinstance(error, QueryInvalid) else 502
        if status == 502:
            logger.warning("failed path=%s error=%s", request.url.path, error)
    else:
        status = 500
    words = _WORDS.get(status, "")
    target = CAPTURED.fullmatch(path_target(request.scope, "/"))
    if not words or target is None or target[2] in ("cs_", "im_"):
        return Response(status_code=status)
    return HTMLResponse(to_notice(words, target[3], origins.main(request) + "/"), status)
