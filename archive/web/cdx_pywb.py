"""The dialect of pywb: `/cdx?url=…`, one line a capture.

    url matchType from to    which captures            fl output                which fields, as cdxj, json, link or text
    closest sort             in which order            page pageSize showNumPages
    filter=[!][=|~]field:value                         resolveRevisits          answer revisits with what their original says

https://github.com/webrecorder/pywb/wiki/CDX-Server-API
"""

from collections.abc import Callable, Iterator
from json.encoder import encode_basestring_ascii as quote

from starlette.datastructures import QueryParams

from archive.collection import Collection
from archive.errors import QueryInvalid
from archive.formats.timestamp import from_timestamp, to_http_date
from archive.index.catalog import Catalog
from archive.index.catalog_row import CaptureRow
from archive.web.cdx_filter import parse_collapse, parse_pywb_filters
from archive.web.cdx_pages import Pages, page_rows
from archive.web.cdx_query import LARGEST_PAGE, PAGE_SIZE, CdxQuery, Parameters, check_held
from archive.web.cdx_row import ALIASES, PYWB_FIELDS, Row, pywb_value, to_words
from archive.web.cdx_walk import Rows, take

Address = Callable[[CaptureRow], str]
"""Where a capture is answered as a memento."""
Write = Callable[[Row, tuple[str, ...]], str]

MEDIA_TYPES: dict[str, str] = {
    "cdxj": "text/x-cdxj",
    "json": "application/x-ndjson",
    "link": "application/link-format",
    "text": "text/plain",
}
_OUTPUTS = ("cdxj", "json", "link", "text")
_BEFORE_BLOCK = ("urlkey", "timestamp")
_AT_ONCE = 100
"""Lines that are written together."""
_SORTS = ("default", "reverse", "closest")


def parse_query(given: QueryParams) -> CdxQuery:
    """From a query string. Raises QueryInvalid, naming the parameter."""
    parameters = Parameters(given)
    url, match, (start, end) = parameters.url_range()
    if parameters.flag("showPagedIndex"):
        raise QueryInvalid("showPagedIndex is not answered here: the index has no blocks (see showNumPages=true)")
    default = "closest" if parameters.text("closest") else "reverse" if parameters.flag("reverse") else "default"
    sort = parameters.choice("sort", _SORTS, default)
    query = CdxQuery(
        url=url,
        start=start,
        end=end,
        from_=parameters.time("from", "from_ts"),
        to=parameters.time("to", end=True),
        closest=parameters.closest(sort),
        newest_first=sort == "reverse",
        limit=parameters.number("limit"),
        filters=parse_pywb_filters(parameters.texts("filter")),
        collapse=parse_collapse(_collapse(parameters), pywb_value),
        resolve=parameters.flag("resolveRevisits"),
        fields=tuple(ALIASES.get(name, name) for name in parameters.names("fields", "fl")),
        output=parameters.choice("output", _OUTPUTS, "cdxj"),
        page=parameters.number("page", least=0),
        page_size=parameters.number("pageSize", most=LARGEST_PAGE) or PAGE_SIZE,
        count_pages=parameters.flag("showNumPages"),
        chosen_by=("pywb", *parameters.texts("filter"), *_collapse(parameters)),
    )
    return check_held(query, match)


def iter_lines(query: CdxQuery, collection: Collection, pages: Pages, address: Address | None = None) -> Iterator[str]:
    """The lines of the answer, empty ones as signs of life. Raises QueryInvalid for a page past the end.

    Without `address` there is no `output=link`.
    """
    rows = take(page_rows(query, collection, pages), query.limit)
    if query.output == "link" and address is not None:
        yield from _link_lines(rows, address)
        return
    if query.output != "text" and not query.fields and not query.resolve:
        yield from _index_lines(rows, collection.catalog, as_json=query.output == "json")
        return
    write = _WRITERS[query.output]
    for row in rows:
        yield write(row, query.fields) + "\n" if row else ""


def _index_lines(rows: Rows, catalog: Catalog, *, as_json: bool) -> Iterator[str]:
    """The lines as the index gives them, many at a time."""
    found: list[CaptureRow] = []
    for row in rows:
        if row:
            found.append(row.capture)
        if row is None or len(found) == _AT_ONCE:
            yield from catalog.lines_of(found, as_json=as_json)
            found.clear()
        if row is None:
            yield ""
    yield from catalog.lines_of(found, as_json=as_json)


def _collapse(parameters: Parameters) -> list[str]:
    digits = parameters.number("collapseTime", most=14)
    return [f"timestamp:{digits}", "statuscode"] if digits else parameters.texts("collapse")


def _write_cdxj(row: Row, names: tuple[str, ...]) -> str:
    block = {name: value for name, value in _chosen(row, names).items() if name not in _BEFORE_BLOCK}
    return f"{row.capture.urlkey} {row.capture.timestamp} {_to_json(block)}"


def _write_json(row: Row, names: tuple[str, ...]) -> str:
    return _to_json(_chosen(row, names))


def _to_json(fields: dict[str, str]) -> str:
    """As `json.dumps` has it, in half its time."""
    return "{" + ", ".join([f"{quote(name)}: {quote(value)}" for name, value in fields.items()]) + "}"


def _write_text(row: Row, names: tuple[str, ...]) -> str:
    return to_words([row.get(name) or "" for name in names or PYWB_FIELDS])


def _chosen(row: Row, names: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name in names if (value := row.get(name)) is not None} if names else row.fields


_WRITERS: dict[str, Write] = {"cdxj": _write_cdxj, "json": _write_json, "text": _write_text}


def _link_lines(rows: Rows, address: Address) -> Iterator[str]:
    held = None
    for row in rows:
        if row is None:
            yield ""
            continue
        if held is not None:
            yield _link(held, address) + ",\n"
        held = row.capture
    if held is not None:
        yield _link(held, address) + "\n"


def _link(capture: CaptureRow, address: Address) -> str:
    time = to_http_date(from_timestamp(capture.timestamp))
    return f'<{address(capture)}>; rel="memento"; datetime="{time}"'
