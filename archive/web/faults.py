"""Errors as answers: the status that fits, and one clear line as a page, as JSON or as text, whichever was asked for."""

import http
import logging
import os
import re
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from archive.errors import (
    LOOK_WIDER,
    AccessRulesUnreadable,
    ArchiveError,
    CollectionNotFound,
    FolderUnwritable,
    IndexOutdated,
    NoCapture,
    OriginalMissing,
    QueryInvalid,
    StoreUnreachable,
)
from archive.web.rendering import Renderer

logger = logging.getLogger(__name__)

_STATUS: dict[type[ArchiveError], int] = {
    NoCapture: 404,
    OriginalMissing: 404,  # as lasting as any other: clients try a 5xx again for minutes
    QueryInvalid: 400,
    AccessRulesUnreadable: 503,
    CollectionNotFound: 503,
    IndexOutdated: 503,
    FolderUnwritable: 503,
    StoreUnreachable: 503,
}


class Faults:
    """Makes answers of errors."""

    def __init__(self, renderer: Renderer, folder: Path) -> None:
        """`folder` is the collection's: where it lies on this machine is nobody else's business."""
        self._renderer = renderer
        self._folders = {str(folder.absolute()), str(folder.resolve())}

    def of_archive(self, request: Request, error: Exception) -> Response:
        """The answer to an ArchiveError. What is the archive's own trouble is logged."""
        status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)
        if status >= 500 or isinstance(error, OriginalMissing):
            logger.warning("failed path=%s error=%s", request.url.path, error)
        message = str(error)
        for folder in self._folders:
            message = message.replace(f"{folder}{os.sep}", "").replace(folder, "the collection")
        return self._answer(request, status, message)

    def of_http(self, request: Request, error: Exception) -> Response:
        """The answer to an HTTPException, such as an unknown path."""
        assert isinstance(error, HTTPException)
        message = error.detail
        if message == http.HTTPStatus(404).phrase:
            message = "there is nothing at this address"
            if re.match(r"/api(/|$)", request.url.path):
                message += " (/api/openapi.json describes those that there are)"
        response = self._answer(request, error.status_code, message)
        response.headers.update(error.headers or {})
        return response

    def of_bug(self, request: Request, error: Exception) -> Response:
        """The answer to any other exception; the server logs it."""
        return self._answer(request, 500, "this is a mistake of ours; the server's log says more")

    def _answer(self, request: Request, status: int, message: str) -> Response:
        # It quotes what was sent, and may be read on a terminal.
        message = "".join(one if one.isprintable() else "?" for one in " ".join(message.split()))
        if request.url.path.startswith("/api/"):
            message = message.replace(LOOK_WIDER, " (try /api/captures with match=prefix)")
            return JSONResponse({"status": status, "error": message}, status)
        if "text/html" in request.headers.get("accept", ""):
            message = message.replace(LOOK_WIDER, " (try its words in the search above)")
            phrase = http.HTTPStatus(status).phrase
            return self._renderer.page(request, "error.html", status, title=phrase, code=status, message=message)
        return PlainTextResponse(message.replace(LOOK_WIDER, " (try /cdx with matchType=prefix)") + "\n", status)
