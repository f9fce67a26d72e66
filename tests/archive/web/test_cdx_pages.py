"""Pages of long answers: whole together, also while a crawl adds, and not walked to from the start."""

from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import QueryParams

from archive.collection import CATALOG_FILE, Collection
from archive.config import init_collection
from archive.errors import QueryInvalid
from archive.index.catalog import Catalog
from archive.model import Capture, RecordLocation
from archive.web.cdx_pages import FORGET_AFTER_SECONDS, Pages
from archive.web.cdx_pywb import iter_lines, parse_query

Line = tuple[str, str]


def capture(number: int, second: int = 0, status: int = 200) -> Capture:
    return Capture(
        urlkey=f"org,example)/{number:03}",
        timestamp=f"202405011200{second:02}",
        url=f"https://example.org/{number:03}",
        mime="text/html",
        status=status,
        digest=None,
        location=RecordLocation(file="a.warc.gz", offset=number * 100 + second, length=1),
    )


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """Addresses 0, 10, 20, … of ten captures each: the first a 404."""
    init_collection(tmp_path)
    with Catalog.open(tmp_path / CATALOG_FILE) as catalog:
        catalog.add_captures(
            capture(number, second, 200 if second else 404) for number in range(0, 200, 10) for second in range(10)
        )
    return tmp_path


def add(folder: Path, *captures: Capture) -> None:
    with Catalog.open(folder / CATALOG_FILE) as catalog:
        assert catalog.add_captures(captures) == len(captures)


def read_page(folder: Path, pages: Pages, page: int, **asked: Any) -> list[Line]:
    parameters = [
        (name, one) for name, given in asked.items() for one in (given if isinstance(given, list) else [given])
    ]
    usual = [] if "url" in asked else [("url", "example.org"), ("matchType", "host")]
    query = parse_query(QueryParams([*usual, ("page", str(page)), *parameters]))
    with Collection.open(folder) as collection:
        lines = list(iter_lines(query, collection, pages, lambda one: one.url))
    return [(line.split(" ")[0], line.split(" ")[1]) for line in lines if line]


QUESTIONS: list[dict[str, Any]] = [
    {"pageSize": "30"},
    {"pageSize": "7"},
    {"pageSize": "30", "sort": "reverse"},
    {"pageSize": "3", "filter": "=status:404"},
    {"pageSize": "30", "filter": "!=status:404", "from": "20240501120003"},
    {"pageSize": "3", "collapse": "urlkey"},
    {"pageSize": "3", "collapse": "urlkey", "sort": "reverse"},
    {"pageSize": "20"},  # the last page is full
]


@pytest.mark.parametrize("asked", QUESTIONS, ids=str)
def test_pages_are_the_whole_answer_in_order(town: Path, asked: dict[str, Any]) -> None:
    whole = read_page(town, Pages(), 0, **{**asked, "pageSize": "1000"})
    size = int(asked["pageSize"])
    for pages in (Pages(), None):  # in a row, and each by itself
        found: list[Line] = []
        for page in range(-(-len(whole) // size)):
            found += read_page(town, pages or Pages(), page, **asked)
            assert len(found) == min(len(whole), (page + 1) * size)
        assert found == whole
        with pytest.raises(QueryInvalid, match="past the end"):
            read_page(town, pages or Pages(), page + 1, **asked)


@pytest.mark.parametrize("asked", QUESTIONS, ids=str)
def test_what_a_crawl_adds_neither_repeats_nor_skips(town: Path, asked: dict[str, Any]) -> None:
    before = read_page(town, Pages(), 0, **{**asked, "pageSize": "1000"})
    pages, found = Pages(), list[Line]()
    for page in range(100):
        try:
            found += read_page(town, pages, page, **asked)
        except QueryInvalid:
            break
        if page < 5:
            # Where the client has been, where it is, and where it goes.
            add(town, *(capture(number + page + 1, 0, 404) for number in range(0, 200, 10)))
    else:
        pytest.fail("no end")
    assert len(found) == len(set(found)) > len(before) - 1
    assert set(before) <= set(found)


def test_a_page_asked_for_again_holds_what_was_added_to_it(town: Path) -> None:
    pages = Pages()
    first, second = (read_page(town, pages, page, pageSize="30") for page in range(2))
    add(town, capture(5), capture(35))
    assert set(read_page(town, pages, 0, pageSize="30")) == {*first, ("org,example)/005", "20240501120000")}
    assert set(read_page(town, pages, 1, pageSize="30")) == {*second, ("org,example)/035", "20240501120000")}


def test_limit_and_offset_are_of_the_page(town: Path) -> None:
    pages = Pages()
    whole = read_page(town, pages, 1, pageSize="30")
    assert read_page(town, pages, 1, pageSize="30", limit="2") == whole[:2]
    assert read_page(town, pages, 2, pageSize="30", limit="2") == read_page(town, Pages(), 2, pageSize="30")[:2]


@pytest.mark.parametrize("match", ["exact", "host"])
def test_pages_of_the_nearest_begin_at_no_place_of_another_order(town: Path, match: str) -> None:
    nearest = {"closest": "20240501120005", "pageSize": "3", "matchType": match, "limit": "3"}
    nearest |= {"url": "example.org/010" if match == "exact" else "example.org"}
    asked = [read_page(town, Pages(), page, **nearest) for page in range(3)]
    pages = Pages()
    for page in range(3):
        read_page(town, pages, page, **{name: one for name, one in nearest.items() if name != "closest"})
    assert [read_page(town, pages, page, **nearest) for page in range(3)] == asked
    assert len({one for page in asked for one in page}) == 9


def test_places_are_forgotten(town: Path) -> None:
    now = [0.0]
    pages = Pages(clock=lambda: now[0])
    query = parse_query(QueryParams(url="example.org", matchType="host", pageSize="30"))
    for page in range(3):
        read_page(town, pages, page, pageSize="30")
    assert len(pages.ends(query)) == 3
    now[0] += FORGET_AFTER_SECONDS + 1
    assert pages.ends(query) == []


@pytest.mark.parametrize("longest", [1, 7_000])
def test_places_of_many_queries_are_bounded(longest: int) -> None:
    """Queries and addresses of any length: the newest are kept."""
    pages = Pages()
    for number in range(10_000):
        query = parse_query(QueryParams(url="example.org", filter=f"url:{number}" + "x" * longest))
        pages.add(query, 0, ("org,example)/" + "y" * longest, "20240501120000", "a.warc.gz", number))
        assert pages.ends(query)
    held = sum(len(repr(identity)) + len(repr(places.ends)) for identity, places in pages._places.items())
    assert held < 11_000_000
    assert len(pages._places) > 500
