"""A server of odd, broken and hostile HTTP exchanges, to find out what a crawler makes of them, byte by byte.

    with Oddities() as odd:
        odd.url("/folded")          # ask for it with any client
        odd.sent["/folded"]         # the response bytes of its last exchange
        odd.received["/folded"]     # the request bytes

What each path answers is in `crawler.demo.cases`.
"""

import asyncio
import socket
import ssl
import struct
from html import escape

from crawler.demo.answer import parse_request
from crawler.demo.cases import CASES, Case, ok
from crawler.demo.loopback import Loopback, read_request

MAX_ENDLESS_BYTES = 32 * 1024 * 1024
HANG_SECONDS = 600.0
_RESET_AFTER_SECONDS = 0.05


class Oddities(Loopback):
    """Serves every case of `CASES` at its path, and a front page that links to those that end."""

    def __init__(self, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        super().__init__([host], tls=tls)
        self._scheme = "https" if tls else "http"
        self.sent: dict[str, bytearray] = {}
        """By path: what was sent in the last exchange, or what has been so far."""
        self.received: dict[str, bytes] = {}
        """By path: the last request."""
        self.counts: dict[str, int] = {}
        """By path: how often it was asked for."""

    def url(self, path: str) -> str:
        """Where a case is served."""
        return f"{self._scheme}://{self.addresses[0]}{path}"

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, place: int) -> None:
        """Answers requests until a case ends the connection, or the client does."""
        while True:
            raw = await read_request(reader)
            request = parse_request(raw)
            if request is None:
                return
            case = CASES.get(request.path) or _ordinary(request.path)
            self.received[request.path] = raw
            self.counts[request.path] = self.counts.get(request.path, 0) + 1
            sent = self.sent[request.path] = bytearray()
            await _send(case, writer, sent)
            match case.ending:
                case "keep":
                    continue
                case "reset":
                    # What was sent has to arrive before the reset does.
                    await asyncio.sleep(_RESET_AFTER_SECONDS)
                    peer: socket.socket = writer.get_extra_info("socket")
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    writer.transport.abort()
                case "hang":
                    await _silence(reader)
            return


async def _send(case: Case, writer: asyncio.StreamWriter, sent: bytearray) -> None:
    for i, part in enumerate(case.parts):
        if i and case.pause_seconds:
            await asyncio.sleep(case.pause_seconds)
        sent += part  # Before it leaves: the client may look as soon as it has it.
        writer.write(part)
        await writer.drain()
    while case.endless and len(sent) < MAX_ENDLESS_BYTES:
        sent += case.endless
        writer.write(case.endless)
        await writer.drain()
        # Over TLS neither call waits once the client has gone, so nobody would learn that it has.
        await asyncio.sleep(0)


async def _silence(reader: asyncio.StreamReader) -> None:
    try:
        async with asyncio.timeout(HANG_SECONDS):
            while await reader.read(4096):
                pass
    except TimeoutError:
        return


def _ordinary(path: str) -> Case:
    """The answers that are not odd: robots.txt, the front page, 404."""
    if path == "/robots.txt":
        return Case(about="robots.txt", parts=(ok(body=b"User-agent: *\nDisallow:\n", kind=b"text/plain"),))
    if path == "/":
        ends = [(path, case) for path, case in CASES.items() if not case.endless and case.ending != "hang"]
        links = "".join(f'<li><a href="{path}">{escape(case.about)}</a></li>\n' for path, case in ends)
        page = f"<!DOCTYPE html>\n<title>Oddities</title>\n<ul>\n{links}</ul>\n"
        return Case(about="front page", parts=(ok(body=page.encode()),))
    return Case(
        about="nothing here", parts=(ok(body=b"not here\n", kind=b"text/plain", status=b"HTTP/1.1 404 Not Found"),)
    )
