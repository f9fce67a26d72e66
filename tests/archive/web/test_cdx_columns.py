"""The seven columns of many rows at a time: those of each row by itself."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.errors import IndexOutdated
from archive.formats.digest import format_sha1
from archive.formats.urlkey import urlkey
from archive.index.catalog import Catalog
from archive.model import Capture, RecordLocation
from archive.web.cdx_columns import read_columns
from archive.web.cdx_row import WAYBACK_FIELDS, Row, wayback_value

URLS = st.one_of(
    st.sampled_from(["https://www.example.org/", "http://example.org/", "https://example.org/a/"]),
    st.text(alphabet='ab/?=& "\\%é漢', max_size=8).map(lambda path: f"https://example.org/{path}"),
)
CAPTURES = st.builds(
    lambda url, number, **fields: Capture(
        urlkey=urlkey(url),
        url=url,
        timestamp=f"{number:014}",
        location=RecordLocation(file="a.warc.gz", offset=number, length=number),
        **fields,
    ),
    URLS,
    st.integers(101000000, 20991231235959),
    mime=st.sampled_from(["text/html", "image/png", 'odd "type"', "warc/revisit", "unk", ""]),
    status=st.sampled_from([200, 200, 404, None, 0, 9999]),
    digest=st.one_of(
        st.binary(min_size=20, max_size=20).map(format_sha1),
        st.sampled_from([None, "sha256:abcd", format_sha1(bytes(20)), format_sha1(bytes(16) + b"four")]),
    ),
    record_id=st.sampled_from([None, "urn:uuid:00000000-0000-4000-8000-000000000001"]),
    revisit=st.sampled_from([None, None, "identical", "not-modified"]),
    rights=st.sampled_from([(), ("noindex",)]),
)
VALUES = [value for name in WAYBACK_FIELDS if (value := wayback_value(name))]


@settings(max_examples=60, deadline=None)
@given(captures=st.lists(CAPTURES, max_size=30))
def test_columns_are_those_of_each_row(tmp_path_factory: pytest.TempPathFactory, captures: list[Capture]) -> None:
    with Catalog.open(tmp_path_factory.mktemp("columns") / "catalog.sqlite") as catalog:
        catalog.add_captures(captures)
        rows = list(catalog.rows())
        assert read_columns(rows) == [tuple(value(Row(row, None)) for value in VALUES) for row in rows]


def test_damaged_row_says_so(tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "catalog.sqlite") as catalog:
        catalog.add_captures(
            Capture(
                urlkey="org,example)/",
                timestamp=f"2024050100000{number}",
                url="https://example.org/",
                mime="text/html",
                status=200,
                digest=format_sha1(bytes([number]) * 20),
                location=RecordLocation(file="a.warc.gz", offset=number, length=1),
            )
            for number in range(3)
        )
        catalog._run("UPDATE capture SET body = ? WHERE timestamp = 20240501000001", (b"short",))
        with pytest.raises(IndexOutdated, match="morgue reindex"):
            read_columns(list(catalog.rows()))
