"""What captured pages may do in a browser: be looked at. The headers of every answer on their origin.

The policy is the wall: it holds whatever a page says. Rewriting (`archive.web.replay.page`) is for the reader, who wants
to see the images; that it takes scripts out besides is a second wall.
"""

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from archive.web.replay.origins import Origins, origin_of

SANDBOX = "sandbox allow-same-origin allow-top-navigation-by-user-activation"
"""No scripts, forms, popups, downloads.

Same origin: fonts and SVG symbols are loaded from their own origin only, and without scripts nobody can make use of it.
Top navigation, by the reader's own click: links lead to the frame around the next page, whose banner is true then.
"""
SCRIPTED = "allow-scripts allow-same-origin allow-forms"
"""Of the frame around the player that runs captured scripts: they may neither leave the frame nor open another."""
_SOURCES = (
    "default-src 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
    "media-src 'self' data:; frame-src 'self'; object-src 'self'; form-action 'none'; base-uri 'none'"
)
_NEVER = frozenset(
    ("script", "worker", "sharedworker", "serviceworker", "audioworklet", "paintworklet", "manifest", "xslt", "json")
)
"""Values of Sec-Fetch-Dest for what no answer is ever to be used as."""


def policy(main: str) -> str:
    """The Content-Security-Policy of captured pages; only the archive's own pages, at `main`, may frame them."""
    return f"{_SOURCES}; frame-ancestors 'self' {origin_of(main)}; {SANDBOX}"


class Wall:
    """Gives every answer of the replay origin its headers, whatever it is."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                # The player of `archive.web.replay.scripted`, which is no captured page, brings one of its own.
                headers.setdefault("content-security-policy", policy(self._origins.main(request)))
                headers["x-content-type-options"] = "nosniff"
                headers["referrer-policy"] = "no-referrer"
                headers["x-dns-prefetch-control"] = "off"
                headers["cross-origin-resource-policy"] = "same-origin"
                headers["origin-agent-cluster"] = "?1"
                headers["permissions-policy"] = "camera=(), microphone=(), geolocation=(), fullscreen=(), autoplay=()"
                del headers["set-cookie"]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def may_be(request: Request) -> bool:
    """Whether what a request is for may be had here: not scripts, workers and their like.

    Browsers say it in Sec-Fetch-Dest (https://www.w3.org/TR/fetch-metadata/), and pages cannot lie there.
    """
    return request.headers.get("sec-fetch-dest", "") not in _NEVER
