"""The CDX walk against the plainest way to the same answer: all captures in a list, filtered, collapsed and cut."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from archive.collection import CATALOG_FILE, Collection
from archive.config import init_collection
from archive.errors import QueryInvalid
from archive.formats.digest import payload_digest
from archive.index.catalog import Catalog, capture_key
from archive.model import Capture, RecordLocation
from archive.web import cdx_wayback
from archive.web.cdx_pages import Pages

# Few values of each kind, so that seconds, digests and addresses are shared.
CAPTURES = st.lists(
    st.tuples(
        st.sampled_from(["", "a", "a/b", "b", "c?d=1"]),
        st.integers(0, 6),
        st.sampled_from([200, 200, 404, None]),
        st.sampled_from([b"1", b"2", b"3"]),
        st.sampled_from([None, None, None, "identical", "not-modified"]),
        st.sampled_from(["a.warc.gz", "b.warc.gz"]),
    ),
    max_size=40,
)
FILTERS = {
    "statuscode:200": lambda one: one.status == 200 and not one.revisit,
    "!statuscode:200": lambda one: one.status != 200 or one.revisit,
    "mimetype:warc/revisit": lambda one: one.revisit,
    "!timestamp:.*[135]": lambda one: one.timestamp[-1] not in "135",
}
COLLAPSES = {
    "urlkey": lambda one: one.urlkey,
    "timestamp": lambda one: one.timestamp,
    "digest": lambda one: one.digest,
    "urlkey:14": lambda one: one.urlkey[:14],
}
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "filter": st.sampled_from(sorted(FILTERS)),
        "collapse": st.sampled_from(sorted(COLLAPSES)),
        "from": st.sampled_from(["20240501120002"]),
        "to": st.sampled_from(["20240501120004"]),
        "sort": st.just("reverse"),
    },
)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    init_collection(folder)
    return folder


def fill(folder: Path, given: list[tuple[Any, ...]]) -> list[Capture]:
    captures = [
        Capture(
            urlkey=f"org,example)/{path}",
            timestamp=f"2024050112000{second}",
            url=f"https://example.org/{path}",
            mime="text/html",
            status=status,
            digest=payload_digest(payload),
            location=RecordLocation(file=file, offset=number, length=1),
            revisit=revisit,
        )
        for number, (path, second, status, payload, revisit, file) in enumerate(given)
    ]
    for name in folder.glob(CATALOG_FILE + "*"):
        name.unlink()
    with Catalog.open(folder / CATALOG_FILE) as catalog:
        catalog.add_captures(captures)
    return captures


def expected(captures: list[Capture], query: dict[str, str]) -> list[Capture]:
    found = sorted((one for one in captures if one.revisit != "not-modified"), key=capture_key)
    found = [one for one in found if query.get("from", "") <= one.timestamp <= query.get("to", "9")]
    if "filter" in query:
        found = [one for one in found if FILTERS[query["filter"]](one)]
    if "collapse" in query:
        value = COLLAPSES[query["collapse"]]
        found = found[:1] + [two for one, two in pairwise(found) if value(one) != value(two)]
    return found[::-1] if query.get("sort") else found


def ask(collection: Collection, pages: Pages, **query: Any) -> tuple[list[int], str | None]:
    """The offsets of what is answered, and the resume key."""
    parameters = {"url": "*.example.org", "fl": "offset", **{name: str(value) for name, value in query.items()}}
    text = "".join(cdx_wayback.iter_lines(cdx_wayback.parse_query(QueryParams(parameters)), collection, pages))
    lines, _, key = text.partition("\n\n")
    return [int(line) for line in lines.split()], key.strip() or None


@given(given_captures=CAPTURES, query=QUERIES, size=st.integers(1, 7))
@settings(max_examples=60)
def test_answers_are_those_of_the_plainest_way(
    folder: Path, given_captures: list[tuple[Any, ...]], query: dict[str, str], size: int
) -> None:
    whole = [one.location.offset for one in expected(fill(folder, given_captures), query)]
    with Collection.open(folder) as collection:
        assert ask(collection, Pages(), **query) == (whole, None)
        assert ask(collection, Pages(), **query, limit=size, offset=2)[0] == whole[2:][:size]
        if "sort" not in query:
            assert ask(collection, Pages(), **query, limit=-size)[0] == whole[-size:]
        found, key = ask(collection, Pages(), **query, limit=size, showResumeKey=True)
        while key:
            more, key = ask(collection, Pages(), **query, limit=size, showResumeKey=True, resumeKey=key)
            assert len(more) == size or not key
            found += more
        assert found == whole


@given(given_captures=CAPTURES, query=QUERIES, size=st.integers(1, 7))
@settings(max_examples=60)
def test_pages_are_the_answer_in_pieces(
    folder: Path, given_captures: list[tuple[Any, ...]], query: dict[str, str], size: int
) -> None:
    whole = [one.location.offset for one in expected(fill(folder, given_captures), query)]
    pages = Pages()
    with Collection.open(folder) as collection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(cdx_wayback, "BLOCK", size)  # of 3,000
        count = -(-len(whole) // size)
        for _ in range(2):  # not known yet, then known
            for page in range(count):
                assert ask(collection, pages, **query, page=page)[0] == whole[page * size :][:size]
        for page in (count, count + 3):
            if page:
                with pytest.raises(QueryInvalid, match="past the end"):
                    ask(collection, pages, **query, page=page)
        for page in reversed(range(count)):
            assert ask(collection, Pages(), **query, page=page)[0] == whole[page * size :][:size]
