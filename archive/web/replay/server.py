"""Answers on the origin of captured pages.

    /20240501103000/https://example.org/a       a page, followed to from a link
    /20240501103000fr_/https://example.org/a    a page in a frame of another
    /20240501103000cs_/https://example.org/a    a style sheet
    /20240501103000im_/https://example.org/a    an image, font, film or sound

Each is the capture closest to the time; what is not archived is a 404 without more. Nothing leads out.
"""

import logging
import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from archive.coding import decode_content
from archive.collection import Collection
from archive.errors import ArchiveError, NoCapture, QueryInvalid
from archive.formats.timestamp import from_timestamp, to_http_date
from archive.web.links import check_url, path_target, replay_path
from archive.web.pool import CollectionPool
from archive.web.replay.finding import find_shown
from archive.web.replay.origins import Origins
from archive.web.replay.policy import may_be

logger = logging.getLogger(__name__)

_STAMPED = re.compile(r"([0-9]{4,14})(fr_|cs_|im_)?/(https?:/.+)", re.DOTALL | re.IGNORECASE)


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
        stamped = _STAMPED.fullmatch(path_target(request.scope, "/"))
        if not stamped:
            raise HTTPException(404)
        if not may_be(request):
            raise HTTPException(403)
        timestamp, role, url = stamped[1], stamped[2] or "", check_url(stamped[3])
        if not role and request.headers.get("sec-fetch-dest") == "document":
            # Without the frame a page could draw a banner of its own.
            return RedirectResponse(self._origins.main(request) + replay_path(timestamp, url), 302)
        return await self._pool.ask(lambda collection: self._answer(collection, url, timestamp, role))

    def _answer(self, collection: Collection, url: str, timestamp: str, role: str) -> Response:
        capture = find_shown(collection, url, timestamp)
        if capture is None:
            raise NoCapture(url)
        memento = collection.memento(capture)
        payload = decode_content(memento.payload, memento.header("Content-Encoding"))
        response = Response(payload, media_type=capture.mime)
        response.headers["memento-datetime"] = to_http_date(from_timestamp(capture.timestamp))
        return response


def to_fault(request: Request, error: Exception) -> Response:
    """The answer to any error: a status, and as few words as there is room for in a frame of a page."""
    if isinstance(error, HTTPException):
        status = error.status_code
    elif isinstance(error, ArchiveError):
        status = 404 if isinstance(error, NoCapture) else 400 if isinstance(error, QueryInvalid) else 502
        if status == 502:
            logger.warning("failed path=%s error=%s", request.url.path, error)
    else:
        status = 500
    return Response(status_code=status)
