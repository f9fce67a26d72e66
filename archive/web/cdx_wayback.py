"""The dialect of the Internet Archive: `/cdx/search/cdx?url=…`, seven fields a line, or with `output=json` an array of arrays.

    com,example)/a 20240501103000 https://example.com/a text/html 200 3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ 1043
    com,example)/a 20240502103000 https://example.com/a warc/revisit - 3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ 512

    1WyJjb20s…                                       with showResumeKey, where there is more: resumeKey of the next query

https://github.com/internetarchive/wayback/blob/master/wayback-cdx-server/README.md
"""

import json
from collections.abc import Iterator
from json.encoder import encode_basestring_ascii as quote

from starlette.datastructures import QueryParams

from archive.collection import Collection
from archive.errors import QueryInvalid
from archive.index.catalog import CaptureKey
from archive.index.catalog_row import CaptureRow
from archive.web.cdx_columns import AT_ONCE, Columns, read_columns
from archive.web.cdx_filter import parse_collapse, parse_wayback_filters
from archive.web.cdx_pages import Pages, page_rows
from archive.web.cdx_query import BLOCK, LARGEST_PAGE, CdxQuery, Parameters, check_held
from archive.web.cdx_row import WAYBACK_FIELDS, Value, to_words, wayback_value
from archive.web.cdx_walk import Rows, take
from archive.web.cursor import from_capture_cursor, to_cursor

MEDIA_TYPES: dict[str, str] = {"text": "text/plain", "json": "application/json"}
_USUAL = frozenset(WAYBACK_FIELDS)
_OUTPUTS = ("text", "json")
_SORTS = ("default", "reverse", "closest")
_REFUSED = {
    "showPagedIndex": "the index has no blocks (see showNumPages=true)",
    "showDupeCount": "all digests of an answer would have to be held (see collapse=digest)",
}


def parse_query(given: QueryParams) -> CdxQuery:
    """From a query string. Raises QueryInvalid, naming the parameter."""
    parameters = Parameters(given)
    url, match, (start, end) = parameters.url_range()
    for name, why in _REFUSED.items():
        if parameters.flag(name):
            raise QueryInvalid(f"{name} is not answered here: {why}")
    sort = parameters.choice("sort", _SORTS, "closest" if parameters.text("closest") else "default")
    limit, from_end = _limit(parameters)
    counters = [name for name, flag in _COUNTERS.items() if parameters.flag(flag)]
    if sort != "default" and (from_end or counters):
        raise QueryInvalid(f"sort={sort} goes neither with a negative limit nor with showSkipCount")
    page = parameters.number("page", least=0)
    if page is not None and from_end:
        raise QueryInvalid("page goes with no limit from the end (leave out one of them)")
    query = CdxQuery(
        url=url,
        start=start,
        end=end,
        from_=parameters.time("from"),
        to=parameters.time("to", end=True),
        closest=parameters.closest(sort),
        newest_first=sort == "reverse",
        filters=parse_wayback_filters(parameters.texts("filter")),
        collapse=parse_collapse(parameters.texts("collapse"), wayback_value),
        resolve=parameters.flag("resolveRevisits"),
        offset=parameters.number("offset", least=0) or 0,
        limit=limit,
        from_end=from_end,
        after=_after(parameters, start, end),
        page=page,
        page_size=BLOCK * (parameters.number("pageSize", most=LARGEST_PAGE // BLOCK) or 1),
        count_pages=parameters.flag("showNumPages"),
        output=parameters.choice("output", _OUTPUTS, "text"),
        fields=_fields(parameters, counters),
        chosen_by=("wayback", *parameters.texts("filter"), *parameters.texts("collapse")),
        show_resume_key=parameters.flag("showResumeKey") and page is None and not from_end and sort != "closest",
        count_skipped=bool(counters),
    )
    return check_held(query, match)


def iter_lines(query: CdxQuery, collection: Collection, pages: Pages) -> Iterator[str]:
    """The pieces of the answer, empty ones as signs of life. Raises QueryInvalid for a page past the end."""
    rows = page_rows(query, collection, pages)
    columns = _columns(query, take(rows, query.limit))
    if query.output == "json":
        yield from _json_lines(query, columns, rows)
        return
    for one in columns:
        yield to_words(one) + "\n" if one else ""
    for key in _resume_keys(query, rows):
        yield f"\n{key}\n" if key else ""


def _columns(query: CdxQuery, shown: Rows) -> Iterator[Columns | None]:
    """The values of each row, and signs of life."""
    if query.resolve or not _USUAL.issuperset(query.fields):
        values = [_value(name) for name in query.fields]
        for row in shown:
            yield tuple([value(row) for value in values]) if row else None
        return
    places = [WAYBACK_FIELDS.index(name) for name in query.fields]
    choose = None if query.fields == WAYBACK_FIELDS else lambda one: tuple([one[place] for place in places])
    held: list[CaptureRow] = []
    for row in shown:
        if row is not None:
            held.append(row.capture)
            if len(held) < AT_ONCE:
                continue
        yield from map(choose, read_columns(held)) if choose else read_columns(held)
        held.clear()
        if row is None:
            yield None
    yield from map(choose, read_columns(held)) if choose else read_columns(held)


def _json_lines(query: CdxQuery, columns: Iterator[Columns | None], rows: Rows) -> Iterator[str]:
    """One array on each line; nothing found is an empty array without a header, as clients expect."""
    before = "[" + json.dumps(query.fields)
    for one in columns:
        if one is None:
            yield ""
            continue
        yield f"{before},\n[{', '.join(map(quote, one))}]"
        before = ""
    if before:
        yield "[]\n"
        return
    for key in _resume_keys(query, rows):
        yield f",\n[],\n{json.dumps([key])}" if key else ""
    yield "]\n"


def _resume_keys(query: CdxQuery, rows: Rows) -> Iterator[str | None]:
    """Signs of life, then where the next answer begins, if there is more. `rows` stands behind the last that was shown."""
    if not query.show_resume_key:
        return
    for following in rows:
        if following is not None and following.previous:
            yield to_cursor(following.previous.key)
            return
        yield None


def _after(parameters: Parameters, start: str, end: str) -> CaptureKey | None:
    key = parameters.text("resumeKey")
    return None if key is None else from_capture_cursor(key, start, end)


def _limit(parameters: Parameters) -> tuple[int | None, bool]:
    """How many, and whether of the last."""
    text = parameters.text("limit") or ""
    newest = parameters.flag("fastLatest")
    if text.startswith("-"):
        limit = Parameters(QueryParams({"limit": text[1:] or "-"})).number("limit")
        return limit, True
    limit = parameters.number("limit")
    return (limit or 1, True) if newest else (limit, False)


_COUNTERS = {"skipcount": "showSkipCount", "endtimestamp": "lastSkipTimestamp"}


def _fields(parameters: Parameters, counters: list[str]) -> tuple[str, ...]:
    names = parameters.names("fl", "fields")
    for name in names:
        _value(name)
    return (names or WAYBACK_FIELDS) + tuple(name for name in counters if name not in names)


def _value(name: str) -> Value:
    value = wayback_value(name)
    if value is None:
        raise QueryInvalid(f"fl={name[:40]} is no field (write {', '.join(WAYBACK_FIELDS)})")
    return value
