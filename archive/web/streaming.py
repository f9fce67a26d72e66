"""Long answers, line by line: a host with a million captures is never in memory, and no thread waits for a slow reader.

An answer may look long for its next line. It gives an empty line now and then meanwhile, which nobody gets to see: what was
found goes out, and where the client is gone the search ends.
"""

from collections.abc import AsyncIterator, Callable, Generator, Iterator

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from archive.collection import Collection
from archive.web.pool import CollectionPool

LINES_AT_ONCE = 500
MOST_LENT = 100
"""Collections lent out at a time, of which threads use forty. A long answer keeps one as long as its reader takes: up to 2 MB."""
_BUSY = "as many long answers as are given at a time are being read (try again, or ask for fewer lines)\n"


async def respond_with_lines(
    pool: CollectionPool, answer: Callable[[Collection], Iterator[str]], media_type: str, request: Request
) -> Response:
    """The lines of an answer, or 503 where it would be one too many long ones.

    What goes wrong before the first line is raised, so that it has a status of its own.
    """
    pieces = _pieces(pool, answer)
    first = await _next(pieces)
    second = await _next(pieces) if first else None
    if (first == b"" or second is not None) and pool.lent > MOST_LENT:
        await run_in_threadpool(pieces.close)
        return PlainTextResponse(_BUSY, 503, {"retry-after": "10"})
    while first == b"":
        if await request.is_disconnected():
            await run_in_threadpool(pieces.close)
            return Response(status_code=499)  # nobody reads it
        first = await _next(pieces)
        second = await _next(pieces) if first else None
    if second is None:
        return Response(first or b"", media_type=media_type)
    if request.method == "HEAD":  # nobody would read the rest, nor slow it down
        await run_in_threadpool(pieces.close)
        return StreamingResponse(iter(()), media_type=media_type)
    return StreamingResponse(_chain(first or b"", second, pieces), media_type=media_type)


def _pieces(pool: CollectionPool, answer: Callable[[Collection], Iterator[str]]) -> Generator[bytes, None, None]:
    """Some lines each; empty where nothing was found for a while."""
    with pool.borrow() as collection:
        held: list[str] = []
        for line in answer(collection):
            if line:
                held.append(line)
            if not line or len(held) == LINES_AT_ONCE:
                yield "".join(held).encode("utf-8", "replace")
                held.clear()
        if held:
            yield "".join(held).encode("utf-8", "replace")


async def _next(pieces: Iterator[bytes]) -> bytes | None:
    return await run_in_threadpool(next, pieces, None)


async def _chain(first: bytes, second: bytes, rest: Generator[bytes, None, None]) -> AsyncIterator[bytes]:
    try:
        yield first
        piece: bytes | None = second
        while piece is not None:
            if piece:  # an empty one would end a chunked answer
                yield piece
            piece = await _next(rest)
    finally:
        rest.close()
