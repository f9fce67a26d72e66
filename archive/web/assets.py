"""Style sheets and pictures of our pages: addresses that change with their content, so that browsers may keep them for good."""

import hashlib
import os
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"
_FOR_GOOD = "public, max-age=31536000, immutable"
_FOR_AN_HOUR = "public, max-age=3600"


class Assets(StaticFiles):
    """Serves the folder `static`. An address with a version is kept for a year, any other for an hour."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["cache-control"] = _FOR_GOOD if b"v=" in scope["query_string"] else _FOR_AN_HOUR
        return response


async def robots(_request: Request) -> Response:
    """Keeps crawlers out of what others have published, and out of walks that never end."""
    return PlainTextResponse("User-agent: *\nDisallow: /\n", headers={"cache-control": _FOR_AN_HOUR})


def versions() -> dict[str, str]:
    """By name of each file, what its address is to say of its content."""
    return {
        path.name: hashlib.blake2b(path.read_bytes(), digest_size=6).hexdigest()
        for path in FOLDER.iterdir()
        if path.is_file()
    }
