"""Servers on loopback in a background thread, with raw bytes in both directions. Newsroom and Oddities build on it.

What is said on a connection is left to them (`converse`); nothing here listens on anything but loopback.
"""

import asyncio
import ipaddress
import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Self

MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 1024 * 1024


class Loopback(ABC):
    """One listening socket for each address given as `HOST` or `HOST:PORT`; without a port, a free one is taken."""

    def __init__(self, addresses: Sequence[str], *, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._wanted = [_parse_address(address) for address in addresses]
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._started = threading.Event()
        self._is_listening = False
        self._failure: Exception = RuntimeError(f"{type(self).__name__} did not start")
        self._talks: set[asyncio.Task[None]] = set()
        self.addresses: tuple[str, ...] = ()
        """`HOST:PORT` of each socket, once started."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listens; raises `OSError` where an address cannot be bound."""
        if self._thread:
            raise RuntimeError(f"{type(self).__name__} is already started")
        self._started.clear()
        self._thread = threading.Thread(target=self._run, name=type(self).__name__.lower(), daemon=True)
        self._thread.start()
        self._started.wait()
        if not self._is_listening:
            self._thread.join()
            self._thread = None
            raise self._failure

    def stop(self) -> None:
        """Closes every connection and socket. Safe to call twice."""
        if self._thread is None:
            return
        if self._loop and self._stop:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._thread = None

    def prepare(self) -> None:  # noqa: B027 - who needs nothing before leaves it as it is
        """Called once the addresses are known and before anyone can connect."""

    @abstractmethod
    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, place: int) -> None:
        """Holds one connection's whole conversation; `place` counts the address it came in on."""

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as error:
            self._failure = error
        finally:
            self._is_listening = False
            self._started.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        servers: list[asyncio.Server] = []
        try:
            for place, (host, port) in enumerate(self._wanted):
                server = await asyncio.start_server(
                    self._listener(place), host, port, limit=MAX_HEAD_BYTES, ssl=self._tls, start_serving=False
                )
                servers.append(server)
            self.addresses = tuple("{}:{}".format(*server.sockets[0].getsockname()[:2]) for server in servers)
            self.prepare()
            for server in servers:
                await server.start_serving()
            self._is_listening = True
            self._started.set()
            await self._stop.wait()
        finally:
            for server in servers:
                server.close()
            for talk in self._talks:
                talk.cancel()
            await asyncio.gather(*self._talks, return_exceptions=True)

    def _listener(self, place: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]:
        # A plain function, not a coroutine: asyncio then leaves the task to us, and closing can wait for it.
        def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            talk = asyncio.ensure_future(self._talk(reader, writer, place))
            self._talks.add(talk)
            talk.add_done_callback(self._talks.discard)

        return listen

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, place: int) -> None:
        try:
            await self.converse(reader, writer, place)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # The client went away, or sent what is no request: nobody is left to answer.
        finally:
            writer.close()


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """One request message as received: head and, where it has a Content-Length, body.

    Raises `asyncio.IncompleteReadError` at the end of the connection, `asyncio.LimitOverrunError` when it is too large.
    """
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            length = int(value)
            if length > MAX_BODY_BYTES:
                raise asyncio.LimitOverrunError("request body too large", length)
            return head + await reader.readexactly(length)
    return head


def _parse_address(address: str) -> tuple[str, int]:
    host, _, port = address.partition(":")
    try:
        is_loopback = ipaddress.IPv4Address(host).is_loopback
    except ipaddress.AddressValueError as error:
        raise ValueError(f"{address!r} is not an IPv4 address: {error} (write 127.0.0.1 or 127.0.0.1:PORT)") from None
    if not is_loopback:
        raise ValueError(f"{address!r} is not on loopback (write 127.0.0.1 or 127.0.0.1:PORT)")
    if port and not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise ValueError(f"{address!r} has no port from 0 to 65535 (write 127.0.0.1 for a free one)")
    return host, int(port or 0)
