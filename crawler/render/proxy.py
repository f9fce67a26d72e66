"""The recording proxy on loopback: the only way out that Chromium has. It ends TLS, and asks the page load for each answer.

Whoever asks without the name of a page load under way gets 407: other programs on this machine, and the browser's own
errands. What a page load may fetch is `page_load`'s, how bytes are read and put together `message`'s.
"""

import asyncio
import base64
import logging
import secrets
from contextlib import suppress
from typing import Any, Protocol, cast

from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, connectionDone
from twisted.internet.protocol import Protocol as Connection
from twisted.python.failure import Failure

from crawler.render.authority import Authority
from crawler.render.message import MAX_HEAD_BYTES, Asked, Told, origin_url, parse_authority, parse_request, refusal

logger = logging.getLogger(__name__)

MAX_CONNECTIONS = 1000
MAX_UNREAD_BYTES = 1 << 20
"""What a browser may send without being answered."""

_TUNNEL = b"HTTP/1.1 200 Connection Established\r\n\r\n"
_TLS_HANDSHAKE = 0x16


class Answers(Protocol):
    """Answers the requests of one page load."""

    async def answer(self, asked: Asked, url: str) -> Told:
        """The response for the browser."""


class RecordingProxy(Factory):
    """Listens on a free port of 127.0.0.1, from `open` to `close`."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.port = 0
        self.strangers: list[str] = []
        """The targets of the last requests that named no page load: a browser first asks without."""
        self.connections: set[_BrowserConnection] = set()
        self._loads: dict[str, Answers] = {}
        self._listening: Any = None

    def open(self) -> None:
        """Begin to listen."""
        from twisted.internet import reactor

        listen: Any = cast("Any", reactor).listenTCP  # typed as the interface, which it provides, not implements
        self._listening = listen(0, self, interface="127.0.0.1")
        self.port = self._listening.getHost().port

    def close(self) -> None:
        """Stop listening, and hang up."""
        if self._listening is not None:
            self._listening.stopListening()
            self._listening = None
        for connection in tuple(self.connections):
            connection.hang_up()

    def admit(self, load: Answers) -> str:
        """Let a page load's requests in; the name that the browser has to give."""
        name = secrets.token_hex(16)
        self._loads[name] = load
        return name

    def dismiss(self, name: str) -> None:
        """A page load is over: let no more of its requests in, and hang up on those that wait."""
        load = self._loads.pop(name, None)
        for connection in tuple(self.connections):
            if connection.load is load:
                connection.hang_up()

    def load_of(self, asked: Asked) -> Answers | None:
        """The page load that a request belongs to."""
        scheme, _, credentials = (asked.get("proxy-authorization") or "").partition(" ")
        name = ""
        if scheme.lower() == "basic":
            with suppress(ValueError):
                name = base64.b64decode(credentials).decode("latin-1").partition(":")[0]
        load = self._loads.get(name)
        if load is None and not name:
            self.strangers = [*self.strangers[-99:], asked.target]
        return load

    def buildProtocol(self, addr: IAddress | None) -> "_BrowserConnection | None":
        return _BrowserConnection(self) if len(self.connections) < MAX_CONNECTIONS else None


class _BrowserConnection(Connection):
    """One connection of the browser: requests in absolute form, or a tunnel with requests inside."""

    transport: Any

    def __init__(self, proxy: RecordingProxy) -> None:
        self.load: Answers | None = None
        """Whose it is, once that has been said."""
        self._proxy = proxy
        self._tunnel: tuple[str, int] | None = None
        self._scheme = "http"
        self._is_opening = False
        """Whether the next byte tells if there is TLS in the tunnel."""
        self._unread = bytearray()
        self._more = asyncio.Event()
        self._talk: asyncio.Task[None] | None = None
        self._ended = False

    def connectionMade(self) -> None:
        self._proxy.connections.add(self)
        self._talk = asyncio.ensure_future(self._converse())

    def dataReceived(self, data: bytes) -> None:
        if self._is_opening and data:
            self._is_opening = False
            if data[0] == _TLS_HANDSHAKE:
                assert self._tunnel
                self._scheme = "https"
                self.transport.startTLS(self._proxy.authority.tls_for(self._tunnel[0]))
                self.transport.protocol.dataReceived(data)
                return
        self._unread += data
        if len(self._unread) > MAX_UNREAD_BYTES:
            self.hang_up()
        self._more.set()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._proxy.connections.discard(self)
        self._ended = True
        if self._talk is not None:
            self._talk.cancel()

    def hang_up(self) -> None:
        self.transport.abortConnection()

    async def _converse(self) -> None:
        try:
            while (head := await self._read_head()) is not None:
                asked = parse_request(head)
                told = refusal(400, "That is no request.") if asked is None else await self._answer(asked)
                if told is None:
                    continue
                self.transport.write(told.message)
                if asked is None or not told.is_whole or asked.has_body:
                    break
        finally:
            if not self._ended:
                self.transport.loseConnection()

    async def _answer(self, asked: Asked) -> Told | None:
        """The answer to a request; `None` where it has been given."""
        if self._tunnel is not None:
            assert self.load
            url = origin_url(self._scheme, *self._tunnel, asked.target)
            return await self.load.answer(asked, url)
        load = self._proxy.load_of(asked)
        if load is None:
            return refusal(407, "No page load of this name.", 'Proxy-Authenticate: Basic realm="page"')
        self.load = load
        if asked.method != "CONNECT":
            return await load.answer(asked, asked.target)
        place = parse_authority(asked.target)
        if place is None:
            return refusal(400, "That is no place to go to.")
        self._tunnel, self._is_opening = place, True
        self.transport.write(_TUNNEL)
        return None

    async def _read_head(self) -> bytes | None:
        """The next request's head; `None` where none comes any more."""
        while (end := self._unread.find(b"\r\n\r\n")) < 0:
            if len(self._unread) > MAX_HEAD_BYTES or self._ended:
                return None
            self._more.clear()
            await self._more.wait()
        head = bytes(self._unread[: end + 4])
        del self._unread[: end + 4]
        return head
