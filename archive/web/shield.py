"""What stands before every request: which hosts and methods are served, and which headers every answer has.

The Host check keeps a page of some other site from reading the archive by pointing its own name at this address (DNS
rebinding). Only names can be pointed elsewhere, so an address that was bound as "all of them" answers to any address.
"""

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Our own pages need no script and nothing from anywhere else."""

GUARDS = (
    (b"content-security-policy", PAGE_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
"""The headers of an answer that does not set them itself."""
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:@/\\?#\[\]]*)(?::[0-9]*)?")
"""A name and a port (RFC 9110, section 7.2) and nothing behind them that would name another host in an address made of it."""


class Hosts:
    """The Host values that are served. Ports do not matter: whoever forwards one may have changed it."""

    def __init__(self, bound: str, public_url: str = "", allowed: Iterable[str] = ()) -> None:
        self._any_address = bound in ("", "0.0.0.0", "::")  # noqa: S104
        self._names = {_bare(name) for name in (bound, *allowed)}
        if public := urlsplit(public_url).hostname:
            self._names.add(public)
        if self._any_address or _is_loopback(_bare(bound)):
            self._names |= {"localhost", "127.0.0.1", "::1"}

    def serves(self, host: str) -> bool:
        """Whether a Host header names this server.

        >>> hosts = Hosts("127.0.0.1", allowed=["archive.example.org"])
        >>> [hosts.serves(host) for host in ("localhost:8080", "Archive.example.org", "elsewhere.example", "")]
        [True, True, False, False]
        """
        if not _HOST.fullmatch(host.strip()):
            return False
        name = _bare(host)
        return name in self._names or (self._any_address and _is_address(name))


class Shield:
    """Refuses other hosts and methods, and gives every answer the headers that it does not set itself."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message["headers"])
                given = {name for name, _ in headers}
                message["headers"] = headers + [guard for guard in GUARDS if guard[0] not in given]
            await send(message)

        app = self._refusal(scope) or self._app
        await app(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1:  # RFC 9112, section 3.2
            return PlainTextResponse("a request names one Host\n", 400)
        if not self._hosts.serves(hosts[0].decode("latin-1")):
            message = "this server does not answer for that Host (start it with --allow-host NAME, or set public_url)\n"
            return PlainTextResponse(message, 421)
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("only GET and HEAD are answered here\n", 405, {"allow": "GET, HEAD"})
        return None


def _bare(host: str) -> str:
    """The host without port and brackets, lower-case."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host if host.count(":") > 1 else host.partition(":")[0].rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(name: str) -> bool:
    return name == "localhost" or (_is_address(name) and ipaddress.ip_address(name).is_loopback)
