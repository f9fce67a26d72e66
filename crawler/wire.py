"""The wire: a Scrapy download handler that keeps each exchange as the bytes that crossed the socket.

Scrapy's own responses have lost header case and order, chunk framing, interim answers and everything truncated, so the
tap sits on Twisted's HTTP/1.1 protocol, below all parsing. It leans on private names of Scrapy 2.19 and Twisted
(`_pool._factory`, `_LenientHTTP11ClientProtocol`, `_ScrapyAgent`): Scrapy's minor version is pinned and
`tests/crawler/test_wire.py` is the canary. Which addresses may be talked to is `crawler.guard`'s.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import urljoin, urlsplit

import msgspec
from scrapy import Request
from scrapy.core.downloader.handlers import http11
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError, IgnoreRequest
from scrapy.http import Response
from scrapy.utils._download_handlers import wrap_twisted_exceptions
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet import defer
from twisted.internet.error import ConnectError, ConnectionDone
from twisted.internet.interfaces import IAddress
from twisted.web._newclient import ParseError
from twisted.web.client import Agent
from twisted.web.http_headers import Headers

from archive.formats import http
from archive.model import Exchange, Truncation
from crawler.clock import SYSTEM, Clock
from crawler.frontier.entry import to_entry_url
from crawler.guard import Networks, PeerRefused, is_odd_address, is_refused

if TYPE_CHECKING:
    from crawler.render.renderer import Renderer

logger = logging.getLogger(__name__)

FRAMING_ALLOWANCE = 1 << 20
"""Bytes that chunk framing may add to a body before its size counts as a lie."""

_MOST_CAUSES = 20

Sink = Callable[[Request, Exchange | None, Exception | None], Awaitable[None]]
"""Takes each exchange (`None` where nothing was sent) and the error it ended with (`None` where it is complete)."""


class Fetched(NamedTuple):
    """What came of a request."""

    exchange: Exchange | None
    """`None` where nothing was sent."""
    response: Response | None
    """`None` where there is an error."""
    error: Exception | None


class Wire:
    """What crosses the socket for one request; an exchange in the making."""

    def __init__(self, *, max_header_bytes: int, max_bytes: int, clock: Clock = SYSTEM) -> None:
        self._clock = clock
        self.max_header_bytes = max_header_bytes
        self.max_bytes = max_bytes
        self.truncated: Truncation | None = None
        self.begin(None)

    def begin(self, protocol: "TapProtocol | None") -> None:
        """Start over: Twisted sends a request again where a kept-alive connection turned out to be closed."""
        self.began = self._clock.utc()
        self.sent: list[bytes] = []
        self.received: list[bytes] = []
        self.size = 0
        self.head_size = 0
        self.excess = 0
        self.ip: str | None = None
        self._tls: Any = None
        """OpenSSL's connection, which outlives ours; `None` where there is no TLS."""
        if protocol is not None:
            self.ip = getattr(protocol.transport.getPeer(), "host", None)
            handle = protocol.transport.getHandle()
            self._tls = handle if hasattr(handle, "get_cipher_name") else None

    def measure_heads(self) -> int:
        """Bytes of all heads received, interim ones too; the last may be incomplete."""
        interim, message = http.split_interim(b"".join(self.received))
        return len(interim) + len(http.split_head(message)[0])

    def exchange(self, request: Request) -> Exchange | None:
        """The exchange as it stands; `None` where not a byte was sent.

        With TLS the request is written at once, and held back until both sides have shaken hands.
        """
        if not self.sent or (self._tls is not None and self._tls.get_peer_finished() is None):
            return None
        received = b"".join(self.received)
        return Exchange(
            url=request.url.partition("#")[0],
            method=request.method,
            request=b"".join(self.sent),
            response=received[: len(received) - self.excess],
            ip=self.ip,
            tls_version=self._tls and self._tls.get_protocol_version_name(),
            tls_cipher=self._tls and self._tls.get_cipher_name(),
            began=self.began,
            truncated=self.truncated,
        )


class _TappedHeaders(Headers):
    """Request headers that carry the wire through Twisted's agent and pool down to the protocol."""

    wire: Wire

    def copy(self) -> "_TappedHeaders":
        return _tap(super().copy(), self.wire)


def _tap(headers: Headers, wire: Wire) -> _TappedHeaders:
    tapped = _TappedHeaders(dict(headers.getAllRawHeaders()))
    tapped.wire = wire
    return tapped


class _TappedTransport:
    """Stands in for the transport while the request is written; everything else passes through."""

    def __init__(self, transport: Any, wire: Wire) -> None:
        self._transport = transport
        self._wire = wire

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        self._wire.sent.append(bytes(data))
        self._transport.write(data)

    def writeSequence(self, data: Any) -> None:
        parts = [bytes(part) for part in data]
        self._wire.sent.extend(parts)
        self._transport.writeSequence(parts)


class TapProtocol(http11._LenientHTTP11ClientProtocol):
    """Twisted's HTTP/1.1 client, with the guard before its first byte and the tap under its parser."""

    transport: Any
    networks: Networks = ()
    _wire: Wire | None = None
    _refused: str | None = None

    def connectionMade(self) -> None:
        host = getattr(self.transport.getPeer(), "host", None)
        # The connected peer, not the URL: this covers rebinding, redirects and odd spellings of an address.
        if host is not None and is_refused(host, self.networks):
            self._refused = host
            self.transport.abortConnection()
            return
        super().connectionMade()

    def request(self, request: Any) -> "defer.Deferred[Any]":
        if self._refused is not None:
            return defer.fail(PeerRefused(self._refused))
        wire = self._wire = getattr(request.headers, "wire", None)
        if wire is None:
            return super().request(request)
        wire.begin(self)
        transport = self.transport
        self.transport = _TappedTransport(transport, wire)
        try:
            answered = super().request(request)
        finally:
            self.transport = transport
        if self._parser is not None:
            # Twisted would give up on one long header line; what is too long, only the cap on all of them says.
            self._parser.MAX_LENGTH = wire.max_header_bytes
        return answered

    def dataReceived(self, data: bytes) -> None:
        wire = self._wire
        if wire is not None:
            wire.received.append(data)
            wire.size += len(data)
            if wire.size > wire.max_bytes or self._is_head_too_long(len(data)):
                wire.truncated = "length"
                self.transport.abortConnection()
                return
        super().dataReceived(data)

    def _is_head_too_long(self, new_bytes: int) -> bool:
        wire, parser = self._wire, self._parser
        if wire is None or parser is None or parser.state == "BODY":
            return False
        wire.head_size += new_bytes
        # What was read may hold a part of the body too, so only a closer look tells.
        return wire.head_size > wire.max_header_bytes and wire.measure_heads() > wire.max_header_bytes

    def _finishResponse(self, rest: bytes) -> None:
        if self._wire is not None:
            self._wire.excess = len(rest)
            # What a server sends after its answer belongs to no exchange.
            self._wire = None
        super()._finishResponse(rest)


class _TapFactory(http11._LenientHTTP11ClientFactory):
    networks: Networks = ()

    def buildProtocol(self, addr: IAddress | None) -> TapProtocol:
        # Never None, even for a refused peer: TLS then hangs until its time is up.
        protocol = TapProtocol(self._quiescentCallback)
        protocol.networks = self.networks
        return protocol


class _TappedAgent:
    """An agent whose requests carry a wire."""

    def __init__(self, agent: Agent, wire: Wire) -> None:
        self._agent = agent
        self._wire = wire

    def request(self, method: bytes, uri: bytes, headers: Headers, body: Any = None) -> Any:
        if is_odd_address(host := urlsplit(uri.decode("latin-1")).hostname or ""):
            return defer.fail(PeerRefused(host))
        return self._agent.request(method, uri, _tap(headers, self._wire), body)


class _WireAgent(http11._ScrapyAgent):
    wire: Wire
    connect_seconds: float
    """For the connection alone; what Scrapy calls `connectTimeout` is the time for the whole answer."""

    def _get_agent(self, request: Request, timeout: float) -> Any:
        return _TappedAgent(super()._get_agent(request, self.connect_seconds), self.wire)


class WireHandler(http11.HTTP11DownloadHandler):
    """Downloads http and https for Scrapy, and hands each exchange to the spider's `keep`, which may wait.

    Every outcome is handed over, failures too; then a failure is raised as IgnoreRequest, because it has been dealt with.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        networks = tuple(settings.getlist("MORGUE_NETWORKS"))
        # The pool builds factories from a class, so what this crawl may reach has to be the class's.
        self._pool._factory = cast("type[_TapFactory]", type("TapFactory", (_TapFactory,), {"networks": networks}))
        self._max_header_bytes = settings.getint("MORGUE_MAX_HEADER_SIZE")
        self._connect_seconds = settings.getfloat("MORGUE_CONNECT_TIMEOUT")
        self._answer_seconds = settings.getfloat("DOWNLOAD_TIMEOUT")
        self._clock: Clock = getattr(crawler.spider, "clock", SYSTEM)
        self._renderer: Renderer | None = None
        self._keep: Sink = getattr(crawler.spider, "keep")  # noqa: B009  every spider of ours has it, Scrapy's base has not

    async def download_request(self, request: Request) -> Response:
        fetched = await self.fetch(request)
        if (source := request.meta.get("render")) is not None:
            fetched = await self._render(source, fetched)
        await self._keep(request, fetched.exchange, fetched.error)
        if fetched.response is None:
            assert fetched.error
            raise IgnoreRequest(describe(fetched.error)) from fetched.error
        return fetched.response

    async def close(self) -> None:
        if self._renderer is not None:
            await self._renderer.close()
        await super().close()

    async def _render(self, source: Any, fetched: Fetched) -> Fetched:
        from crawler.render.renderer import Renderer  # few sources need it, and it brings a browser's driver along

        if self._renderer is None:
            self._renderer = Renderer(self._crawler, getattr(self._crawler.spider, "run"), self.fetch)  # noqa: B009
        return await self._renderer.render(source, fetched)

    async def fetch(self, request: Request) -> Fetched:
        """Send a request and take what comes, without handing it on. Never raises what the network does."""
        wire = Wire(
            max_header_bytes=self._max_header_bytes,
            max_bytes=self._default_maxsize + self._max_header_bytes + FRAMING_ALLOWANCE,
            clock=self._clock,
        )
        agent = _WireAgent(
            contextFactory=self._contextFactory,
            connectTimeout=self._answer_seconds,
            bindAddress=self._bind_address,
            pool=self._pool,
            maxsize=self._default_maxsize,
            warnsize=0,
            fail_on_dataloss=True,
            crawler=self._crawler,
        )
        agent.wire = wire
        agent.connect_seconds = self._connect_seconds
        try:
            with wrap_twisted_exceptions():
                response = await maybe_deferred_to_future(agent.download_request(request))
        except Exception as failure:  # noqa: BLE001  It is handed over, whatever it is: the caller decides.
            error = DownloadCancelledError() if wire.truncated == "length" else failure
            exchange = wire.exchange(request)
            # In a thread: what is to be walked through may be tiny chunks by the million.
            if wire.truncated is None and exchange and (whole := await asyncio.to_thread(_read_whole, exchange)):
                # Twisted's parser gave up on a form it does not know, but all that was announced is there.
                return Fetched(exchange, whole, None)
            if exchange:
                exchange = msgspec.structs.replace(exchange, truncated=wire.truncated or _why(error))
            return Fetched(exchange, None, error)
        return Fetched(wire.exchange(request), response, None)


def _read_whole(exchange: Exchange) -> Response | None:
    """The response of an exchange, if it is complete, read by our own parser."""
    message = http.split_interim(exchange.response)[1]
    if not http.is_complete(message):
        return None
    raw_head, body = http.split_head(message)
    head = http.parse_head(raw_head)
    assert head
    headers = [(name, value.encode("latin-1")) for name, value in head.headers]
    return Response(exchange.url, status=head.status, headers=headers, body=http.entity(head, body))


def redirect_of(response: Response) -> str | None:
    """Where a redirect leads; `None` for any other answer, and where it leads to no URL."""
    location = response.headers.get("Location")
    if not (300 <= response.status < 400 and location):
        return None
    try:
        # Not the response's own `urljoin`, which goes by the page's <base>.
        return to_entry_url(urljoin(response.url, location.decode("utf-8", "replace")))
    except ValueError:
        return None


def causes(error: BaseException) -> list[BaseException]:
    """An error and what caused it, the first cause last: Twisted's errors wrap lists of tracebacks."""
    found = [error]
    while len(found) < _MOST_CAUSES:
        reasons = getattr(found[-1], "reasons", None)
        following = reasons[0].value if reasons else found[-1].__cause__
        if following is None:
            break
        found.append(following)
    return found


def describe(error: Exception) -> str:
    """What went wrong, in a few words."""
    if isinstance(error, DownloadCancelledError):
        return "its answer exceeds max_response_size or max_header_size, and was cut"
    cause = causes(error)[-1]
    if isinstance(cause, ConnectionDone):
        return "the server closed the connection before its answer was complete"
    if isinstance(cause, ParseError):
        return "its answer is not HTTP"
    if isinstance(cause, ConnectError) and isinstance(cause.osError, int):
        return os.strerror(cause.osError)
    text = " ".join(str(cause).split())
    return text.rstrip(".") if text and not text.startswith("[<") else type(cause).__name__


def _why(error: Exception) -> Truncation:
    if isinstance(error, DownloadTimeoutError):
        return "time"
    return "length" if isinstance(error, DownloadCancelledError) else "disconnect"
