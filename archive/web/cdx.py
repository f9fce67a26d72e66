"""The CDX server, in the dialect of pywb: `/cdx?url=…`, one line a capture. What is asked, what is answered, and as what.

    url matchType from to    which captures            fl output    which fields, as cdxj, json or text
    closest sort             in which order            page pageSize showNumPages
    filter=[!][=|~]field:value   those whose field contains it, is equal to it (=), matches it as an expression (~), or not (!)

https://github.com/webrecorder/pywb/wiki/CDX-Server-API. Not-modified revisits are left out, as they are of `indexes/`.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Literal, TypeVar, get_args

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from archive.collection import Collection
from archive.errors import QueryInvalid
from archive.formats.cdxj import to_cdxj
from archive.formats.timestamp import parse_time, to_timestamp
from archive.formats.urlkey import Match, match_range
from archive.model import Capture
from archive.web.links import check_url
from archive.web.pattern import Pattern
from archive.web.pool import CollectionPool
from archive.web.questions import parse_number
from archive.web.streaming import respond_with_lines

Output = Literal["cdxj", "json", "text"]
Sort = Literal["default", "reverse", "closest"]
Fields = dict[str, str]
Choice = TypeVar("Choice", bound=str)

MEDIA_TYPES: dict[Output, str] = {"cdxj": "text/x-cdxj", "json": "application/x-ndjson", "text": "text/plain"}
FIELDS = (
    "urlkey",
    "timestamp",
    "url",
    "mime",
    "status",
    "digest",
    "redirect",
    "robotflags",
    "length",
    "offset",
    "filename",
)
"""The fields that other archives know, in the order of `output=text`."""

PAGE_SIZE = 5_000
_MOST = 10**9
_MOST_FILTERS = 10
_ALIASES = {"statuscode": "status", "mimetype": "mime", "original": "url"}


class CdxQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked, checked."""

    url: str
    match: Match = "exact"
    from_: str | None = None
    to: str | None = None
    closest: str | None = None
    """Timestamp to sort by; `None` for another order."""
    sort: Sort = "default"
    limit: int | None = None
    filters: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    """Empty for all."""
    output: Output = "cdxj"
    page: int | None = None
    page_size: int = PAGE_SIZE
    count_pages: bool = False


class CdxServer:
    """Answers `/cdx`."""

    def __init__(self, pool: CollectionPool) -> None:
        self._pool = pool

    def routes(self) -> list[Route]:
        return [Route("/cdx", self.cdx)]

    async def cdx(self, request: Request) -> Response:
        query = parse_query(request.query_params)
        if query.count_pages:
            count = await self._pool.ask(lambda collection: sum(1 for _ in iter_fields(query, collection)))
            pages = max(1, -(-count // query.page_size))
            return JSONResponse({"pages": pages, "pageSize": query.page_size, "blocks": pages})
        return await respond_with_lines(
            self._pool, lambda collection: iter_lines(query, collection), MEDIA_TYPES[query.output]
        )


def parse_query(parameters: QueryParams) -> CdxQuery:
    """From a query string. Raises QueryInvalid, naming the parameter."""
    url, match = _url_and_match(parameters)
    closest = _time(parameters, "closest")
    sort = _choice(parameters, "sort", get_args(Sort), "closest" if closest else "default")
    if sort == "closest" and not closest:
        raise QueryInvalid("sort=closest needs closest= and a timestamp")
    if sort == "closest" and match != "exact":
        raise QueryInvalid("sort=closest answers for one URL only (leave out matchType)")
    filters = tuple(parameters.getlist("filter"))
    if len(filters) > _MOST_FILTERS:
        raise QueryInvalid(f"{len(filters)} filters are more than the {_MOST_FILTERS} that are answered")
    return CdxQuery(
        url=url,
        match=match,
        from_=_time(parameters, "from"),
        to=_time(parameters, "to", end=True),
        closest=closest if sort == "closest" else None,
        sort=sort,
        limit=_number(parameters, "limit"),
        filters=filters,
        fields=tuple(_field(name) for name in (parameters.get("fl") or "").split(",") if name.strip()),
        output=_choice(parameters, "output", get_args(Output), "cdxj"),
        page=_number(parameters, "page", least=0),
        page_size=_number(parameters, "pageSize", most=100_000) or PAGE_SIZE,
        count_pages=(parameters.get("showNumPages") or "").lower() in ("1", "true"),
    )


def iter_fields(query: CdxQuery, collection: Collection) -> Iterator[Fields]:
    """The fields of each capture that a query wants, in its order, `limit` and page aside."""
    wanted = [_parse_filter(text) for text in query.filters]
    for capture in _captures(query, collection):
        if capture.revisit == "not-modified":
            continue
        fields = _to_fields(capture)
        if all(wants(fields) for wants in wanted):
            yield fields


def iter_lines(query: CdxQuery, collection: Collection) -> Iterator[str]:
    """The lines of the answer. Raises QueryInvalid for a page past the end."""
    found: Iterable[Fields] = iter_fields(query, collection)
    if query.limit is not None:
        found = islice(found, query.limit)
    if query.page is not None:
        start = query.page * query.page_size
        paged = islice(found, start, start + query.page_size)
        first = next(paged, None)
        if first is None and query.page > 0:
            # Clients count pages up until they are told that there is none.
            raise QueryInvalid(f"page={query.page} is past the end (see showNumPages=true)")
        found = _with_first(first, paged)
    write = _WRITERS[query.output]
    for fields in found:
        yield write(fields, query.fields) + "\n"


def _captures(query: CdxQuery, collection: Collection) -> Iterator[Capture]:
    start, end = match_range(query.url, query.match)
    if query.closest:
        first, last = query.from_ or "", query.to or "9" * 14
        nearest = collection.catalog.nearest(start, query.closest)
        return (capture for capture in nearest if first <= capture.timestamp <= last)
    return collection.catalog.captures(
        start=start,
        end=end,
        from_timestamp=query.from_,
        to_timestamp=query.to,
        newest_first=query.sort == "reverse",
    )


def _to_fields(capture: Capture) -> Fields:
    line = to_cdxj(capture)
    fields: Fields = json.loads(line[line.index("{") :])
    return {"urlkey": capture.urlkey, "timestamp": capture.timestamp, **fields}


def _with_first(first: Fields | None, rest: Iterator[Fields]) -> Iterator[Fields]:
    if first is not None:
        yield first
        yield from rest


def _write_cdxj(fields: Fields, names: tuple[str, ...]) -> str:
    shown = names or tuple(fields)
    block = {name: fields[name] for name in shown if name in fields and name not in ("urlkey", "timestamp")}
    return f"{fields['urlkey']} {fields['timestamp']} {json.dumps(block)}"


def _write_json(fields: Fields, names: tuple[str, ...]) -> str:
    return json.dumps({name: fields[name] for name in names if name in fields} if names else fields)


def _write_text(fields: Fields, names: tuple[str, ...]) -> str:
    return " ".join("".join(fields.get(name, "-").split()) or "-" for name in names or FIELDS)


_WRITERS: dict[Output, Callable[[Fields, tuple[str, ...]], str]] = {
    "cdxj": _write_cdxj,
    "json": _write_json,
    "text": _write_text,
}


def _parse_filter(text: str) -> Callable[[Fields], bool]:
    """`[!][=|~]field:value`. A field that a capture does not have is empty."""
    rest = text.removeprefix("!")
    wanted = rest == text
    kind = rest[:1] if rest[:1] in ("=", "~") else ""
    name, colon, value = rest[len(kind) :].partition(":")
    if not colon or not name:
        raise QueryInvalid(f"filter={text[:80]} is no filter (write [!][=|~]field:value)")
    name = _field(name)
    if kind == "~":
        pattern = Pattern(value)
        return lambda fields: pattern.matches(fields.get(name, "")) is wanted
    if kind == "=":
        return lambda fields: (fields.get(name, "") == value) is wanted
    return lambda fields: (value in fields.get(name, "")) is wanted


def _url_and_match(parameters: QueryParams) -> tuple[str, Match]:
    url = check_url(parameters.get("url"))
    match: Match = "exact"
    # The wildcards of the same server: *.example.org is a domain, example.org/* a prefix.
    if url.startswith("*."):
        url, match = url[2:].removesuffix("*"), "domain"
    elif url.endswith("*"):
        url, match = url[:-1], "prefix"
    return url, _choice(parameters, "matchType", get_args(Match), match)


def _choice(parameters: QueryParams, name: str, choices: tuple[Choice, ...], default: Choice) -> Choice:
    value = parameters.get(name) or default
    for choice in choices:
        if choice == value:
            return choice
    raise QueryInvalid(f"{name}={value[:40]} is not answered here (write {', '.join(choices)})")


def _number(parameters: QueryParams, name: str, *, least: int = 1, most: int = _MOST) -> int | None:
    value = parameters.get(name)
    return parse_number(name, value, least=least, most=most, default=0) if value else None


def _time(parameters: QueryParams, name: str, *, end: bool = False) -> str | None:
    value = parameters.get(name)
    return to_timestamp(parse_time(value, now=datetime.now(UTC), end=end)) if value else None


def _field(name: str) -> str:
    name = name.strip()
    return _ALIASES.get(name, name)
