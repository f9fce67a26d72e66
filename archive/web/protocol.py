"""HTTP/1.1 on one connection: uvicorn's own, with an end to a client's time and to the size of a request's head.

httptools (llhttp) reads requests where it is installed; it takes a third of the time of h11, which stands in elsewhere.
uvicorn leaves both without a clock, and httptools without a bound: headers that never end would fill the memory.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as _Protocol
else:
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as _Protocol
    except ImportError:
        from uvicorn.protocols.http.h11_impl import H11Protocol as _Protocol

MAX_HEAD_BYTES = 65_536
"""Of a request's head that has not ended. One that ends is never larger than this and one read of the socket."""
HEAD_SECONDS = 20.0
"""From the first byte of a request, or from the connection, to the end of its head."""
STALL_SECONDS = 60.0
"""How long a client may take nothing of an answer."""

_OK = b"HTTP/1.1 200 OK\r\n"
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: 39\r\nconnection: close\r\n\r\nthe headers of this request do not end\n"
)


Answer = Callable[[bytes, Sequence[tuple[bytes, bytes]]], bytes | None]
"""From target and headers of a GET to what follows status line and date; `None` for what the application is to answer."""

MOST_UNREAD = 1 << 20
"""Bytes behind requests that wait: reading is paused then, and only what asks for a body reads on."""
_PIECE = 4096
"""Bytes handed on at a time: some hundred requests at most."""
MOST_AT_ONCE = 8
"""Quick answers to requests that came in one go; others are to have their turn before the next."""


class _Answered:
    """Stands for a request that was answered before it became one (uvicorn's `RequestResponseCycle`)."""

    response_complete = True
    message_event = asyncio.Event()


class PatientProtocol(_Protocol):
    """One connection, served until its client takes too long or says too much."""

    def __init__(self, *arguments: Any, answer: Answer | None = None, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._answer = answer
        self._at_once = 0
        self._headers: list[tuple[bytes, bytes]] | None = None
        self._start = b""
        """Of a quick answer: status line, and these headers."""
        self._unread = b""
        self._is_reading = self._is_paused = False
        self._in_head = False
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._stall_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_of_head()
        self._unset_stall()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unread += data
        if len(self._unread) > MOST_UNREAD:
            self.transport.abort()
        else:
            self._read_on()

    def on_response_complete(self) -> None:
        """Goes on with what was received meanwhile."""
        super().on_response_complete()  # which would have more read at once
        if self._unread and not self._is_reading and not self.transport.is_closing():
            self._pause()
            self.loop.call_soon(self._read_on)

    def _read_on(self) -> None:
        """Hand on what was received, while no request waits behind the one that is being answered.

        uvicorn reads them all at once, and again after each answer: 40 MB a second of requests that wait for their turn.
        """
        self._at_once = 0
        self._is_reading = True
        try:
            while self._unread and not self.transport.is_closing() and not getattr(self, "pipeline", ()):
                piece, self._unread = self._unread[:_PIECE], self._unread[_PIECE:]
                self._read(piece)
        finally:
            self._is_reading = False
        if self.transport.is_closing():
            self._unread = b""
        elif self._unread:
            self._pause()
        elif self._is_paused and not getattr(self, "pipeline", ()):
            self._is_paused = False
            self.flow.resume_reading()

    def _pause(self) -> None:
        self._is_paused = True  # uvicorn has reasons of its own, and is not to be overruled
        self.flow.pause_reading()

    def _read(self, data: bytes) -> None:
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:  # a head has ended, and its request is being answered, or waits for its turn
            self._end_of_head()
        elif self.transport.is_closing():
            return
        elif not _is_answering(before):
            self._wait_for_head(len(data))
        else:
            self._head_bytes += len(data)  # of a request behind the one that is being answered
            if self._head_bytes > MAX_HEAD_BYTES:
                self.transport.abort()

    def on_message_begin(self) -> None:
        """What httptools calls with the first byte of a request."""
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """What httptools calls when it has read a head: here short questions are answered without a task of their own."""
        self._in_head = False
        if self._answer is not None and not _is_answering(self.cycle) and self._is_plain():
            answer = self._answer(self.url, self.headers)
            if answer is not None:
                self._at_once += 1
                headers = self.server_state.default_headers  # new ones once a second, for the date
                if headers is not self._headers:
                    self._headers = headers
                    self._start = b"".join((_OK, *(b"%s: %s\r\n" % header for header in headers)))
                self.transport.write(self._start + answer)
                self.cycle = cast(Any, _Answered())
                self.on_response_complete()
                return
        super().on_headers_complete()

    def _is_plain(self) -> bool:
        """Whether a request has nothing that uvicorn would look at: and its client takes what it is sent."""
        parser = self.parser
        return bool(
            parser.get_method() == b"GET"
            and parser.should_keep_alive()
            and parser.get_http_version() == "1.1"
            and not parser.should_upgrade()
            and not self.expect_100_continue
            and not self.flow.write_paused
            and self._at_once < MOST_AT_ONCE
        )

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_writing()

    def resume_writing(self) -> None:
        self._unset_stall()
        super().resume_writing()

    def _wait_for_head(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MAX_HEAD_BYTES:
            if self._in_head:  # else it is the rest of a body that nobody asked for
                self.transport.write(_TOO_LARGE)
            self.transport.close()
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _end_of_head(self) -> None:
        self._head_bytes = 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()

    def _watch_writing(self) -> None:
        self._unset_stall()
        left = self.transport.get_write_buffer_size()
        self._stall_timer = self.loop.call_later(STALL_SECONDS, self._judge_writing, left)

    def _judge_writing(self, left: int) -> None:
        # A large answer on a slow line may take its time, as long as it goes on.
        if self.transport.get_write_buffer_size() < left:
            self._watch_writing()
        else:
            self.transport.abort()

    def _unset_stall(self) -> None:
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None


def _is_answering(cycle: Any) -> bool:
    return cycle is not None and not cycle.response_complete
