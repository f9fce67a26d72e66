"""The tap: Twisted's HTTP/1.1 client with a guard before its first byte, and a copy of every byte taken below its parser.

    WireAgent ─> pool ─> TapFactory ─> TapProtocol <──> socket
                                            └─> Wire: what was sent and received

It leans on private names of Scrapy 2.19 and Twisted (`_LenientHTTP11ClientProtocol`, `_ScrapyAgent`). What becomes of an
exchange is `crawler.wire`'s; which addresses may be talked to, `crawler.guard`'s.
"""

from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.core.downloader.handlers import http11
from twisted.internet import defer
from twisted.internet.interfaces import IAddress
from twisted.web.client import Agent
from twisted.web.http_headers import Headers

from archive.formats import http
from archive.model import Exchange, Truncation
from crawler.clock import SYSTEM, Clock
from crawler.guard import Networks, PeerRefused, is_odd_address, is_refused


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


class TapFactory(http11._LenientHTTP11ClientFactory):
    """Makes tapped connections, for the addresses that a crawl may talk to."""

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


class WireAgent(http11._ScrapyAgent):
    """Scrapy's agent for one request, whose bytes go by its wire."""

    wire: Wire
    connect_seconds: float
    """For the connection alone; what Scrapy calls `connectTimeout` is the time for the whole answer."""

    def _get_agent(self, request: Request, timeout: float) -> Any:
        return _TappedAgent(super()._get_agent(request, self.connect_seconds), self.wire)
