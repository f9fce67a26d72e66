"""Long answers, line by line: a host with a million captures is never in memory, and no thread waits for a slow reader."""

from collections.abc import Callable, Iterator
from itertools import islice

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from archive.collection import Collection
from archive.web.pool import CollectionPool

LINES_AT_ONCE = 500


async def respond_with_lines(
    pool: CollectionPool, answer: Callable[[Collection], Iterator[str]], media_type: str
) -> Response:
    """The lines of an answer. What goes wrong before the first of them is raised, so that it has a status of its own."""
    pieces = _pieces(pool, answer)
    first = await run_in_threadpool(next, pieces, b"")
    second = await run_in_threadpool(next, pieces, None)
    if second is None:
        return Response(first, media_type=media_type)
    return StreamingResponse(_chain(first, second, pieces), media_type=media_type)


def _pieces(pool: CollectionPool, answer: Callable[[Collection], Iterator[str]]) -> Iterator[bytes]:
    with pool.borrow() as collection:
        lines = answer(collection)
        while piece := "".join(islice(lines, LINES_AT_ONCE)):
            yield piece.encode("utf-8", "replace")


def _chain(first: bytes, second: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield second
    yield from rest
