"""Whatever is asked, the answer is a clear line with a status that fits, and never a server error."""

import json
import string
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from httpx import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp

from archive.config import Settings, init_collection
from archive.web.app import create_app

BRIDGE = "https://www.example.org/news/bridge"

ADDRESSES = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [BRIDGE, "http://[::1", "http://[x]/", "//x", "http://x:99999/", "javascript:alert(1)", "\x00", "é.example"]
    ),
)
ODD = st.text(alphabet=string.printable + "éپ港\x00\u202e\ud7ff", max_size=40)
PARAMETERS = st.dictionaries(
    st.sampled_from(
        [
            "q",
            "url",
            "at",
            "a",
            "b",
            "from",
            "to",
            "source",
            "language",
            "limit",
            "offset",
            "view",
            "matchType",
            "closest",
            "sort",
            "filter",
            "fl",
            "output",
            "page",
        ]
    ),
    st.one_of(
        ODD, st.integers().map(str), st.sampled_from(["2024", "20240501103000", "1", "~url:(a|b)*", "json", "*"])
    ),
    max_size=5,
)


@given(
    path=st.sampled_from(["/", "/article", "/diff", "/cdx", "/api/search", "/api/history"]),
    query=PARAMETERS,
    url=ADDRESSES,
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_odd_parameters_are_no_server_error(client: Client, path: str, query: dict[str, str], url: str) -> None:
    answer = client.get(path, params={"url": url, **query})
    assert answer.status_code < 500, answer.text


@given(stamp=st.text(alphabet="0123456789id_*/", max_size=20), url=ADDRESSES, tail=ODD)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_odd_paths_are_no_server_error(client: Client, stamp: str, url: str, tail: str) -> None:
    for start in ("/web/", "/web/timemap/link/", "/warc/", "/static/", "/"):
        path = quote(f"{start}{stamp}/{url}{tail}".encode("utf-8", "replace"), safe="/:?&=*[]@")
        answer = client.send(client.build_request("GET", client.base_url.copy_with(raw_path=path.encode())))
        assert answer.status_code < 500, answer.text


@pytest.mark.parametrize(
    "path",
    ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/warc/../catalog.sqlite", "/warc/..%2fcatalog.sqlite",
     "/warc/%2e%2e%2fmorgue.toml", "/warc/catalog.sqlite", "/warc/.warc.gz", "/static/", "/static//etc/passwd"],
)  # fmt: skip
def test_paths_lead_nowhere_else(client: Client, path: str) -> None:
    answer = client.send(client.build_request("GET", client.base_url.copy_with(raw_path=path.encode())))
    assert answer.status_code == 404


def test_error_comes_in_the_form_that_was_asked_for(client: Client) -> None:
    assert client.get("/diff", headers={"accept": "text/html"}).text.startswith("<!DOCTYPE html>")
    assert client.get("/diff").text == "the parameter url is missing (write url= and the address of a page)\n"
    answer = client.get("/api/history", params={"url": "https://nowhere.example/"})
    assert answer.status_code == 404
    assert json.loads(answer.text)["error"].startswith("https://nowhere.example/")


@pytest.mark.parametrize(
    ("path", "accept", "way_out"),
    [
        ("/api/history", "", "(try /api/captures with match=prefix)"),
        ("/article", "text/html", "(try its words in the search above)"),
        ("/article", "", "(try /cdx with matchType=prefix)"),
    ],
)
def test_what_is_not_archived_is_sought_where_the_reader_is(
    client: Client, path: str, accept: str, way_out: str
) -> None:
    answer = client.get(path, params={"url": "https://nowhere.example/"}, headers={"accept": accept})
    assert answer.status_code == 404
    assert f"https://nowhere.example/: no capture of it {way_out}" in answer.text
    assert "morgue lookup" not in answer.text


def test_unknown_path_is_not_found(client: Client) -> None:
    answer = client.get("/nothing/here")
    assert (answer.status_code, answer.text) == (404, "there is nothing at this address\n")
    for path in ("/api", "/api/", "/api/nothing"):
        assert "/api/openapi.json describes" in client.get(path).text


def test_collection_without_indexes_says_what_to_do(tmp_path: Path, serve_app: Callable[[ASGIApp], Client]) -> None:
    folder = tmp_path / "news"
    init_collection(folder)
    (folder / "archive" / "x.warc.gz").write_bytes(b"")
    client = serve_app(create_app(folder, Settings()))
    for path in ("/", "/healthz", f"/cdx?url={BRIDGE}", "/api/search?q=a"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert "morgue reindex" in answer.text
        assert str(tmp_path) not in answer.text


def test_what_is_not_served_says_why(client: Client) -> None:
    answer = client.get(f"/web/20240501103000im_/{BRIDGE}")
    assert (answer.status_code, answer.text[:18]) == (404, "im_ is not served ")
