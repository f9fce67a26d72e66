"""What strangers may send to the CDX server: answered, or refused in one line; never a mistake of ours."""

import json
import time
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

import pytest
from httpx import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

BRIDGE = "https://www.example.org/news/bridge"
DOORS = ["/cdx", "/cdx/search/cdx"]
NAMES = [
    *("url", "matchType", "from", "to", "closest", "sort", "limit", "page", "pageSize", "showNumPages", "filter", "fl"),
    *("fields", "output", "resolveRevisits", "collapse", "collapseTime", "resumeKey", "showResumeKey", "offset"),
    *("fastLatest", "showSkipCount", "lastSkipTimestamp", "gzip", "reverse", "from_ts"),
]
ODD = [
    *(
        "",
        "-",
        "0",
        "-1",
        "1",
        "9" * 30,
        "1e9",
        "٣",
        "true",
        "exact",
        "prefix",
        "host",
        "domain",
        "json",
        "text",
        "link",
    ),
    *(
        "2024",
        "20240501103000",
        "20249999",
        "99999999999999",
        "now",
        "9999999d",
        "0000",
        "timestamp:99999",
        "digest:-1",
    ),
    *(
        "\x00",
        "\r\nSet-Cookie: a=1",
        "\ud800",
        "\u202e",
        "%00",
        "*.",
        "*",
        "/*",
        "http://",
        "https://[::1",
        "http://[",
        "dns:",
    ),
    *("javascript:alert(1)", "//", "*.*.*", "http://user:pass@example.org:99999/", "example.org" + "/.." * 50),
    *(
        "~url:(",
        "!~~=:",
        ":",
        "~url:(a+)+$",
        "=status:",
        "status:[",
        "x" * 10_000,
        "urlkey:.*" * 20,
        "{",
        '1"',
        "1",
        "1W10",
    ),
    *(
        "1WyJhIiwiYiIsImMiLDFd",
        "1" + "A" * 5000,
        BRIDGE,
        "*.example.org",
        "urlkey,timestamp",
        "nosuch",
        ",,,",
        "a," * 100,
    ),
]
VALUES = st.one_of(st.sampled_from(ODD), st.text(max_size=20), st.integers().map(str))
QUERIES = st.one_of(
    st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=6).map(
        lambda pairs: urlencode([(name, value.encode("utf-8", "surrogatepass")) for name, value in pairs])
    ),
    st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=4).map(
        lambda pairs: urlencode(
            [("url", BRIDGE), *((name, value.encode("utf-8", "surrogatepass")) for name, value in pairs)]
        )
    ),
    st.binary(max_size=60).map(lambda data: "url=" + quote_from_bytes(data)),
    st.binary(max_size=60).map(lambda data: quote_from_bytes(data, safe="=&;+%")),
)


@given(door=st.sampled_from(DOORS), query=QUERIES)
@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_query_is_answered_or_refused_in_one_line(client: Client, door: str, query: str) -> None:
    answer = client.get(f"{door}?{query}")
    assert answer.status_code in (200, 400, 404), (answer.status_code, answer.text)
    if answer.status_code == 400:
        assert answer.text.endswith("\n")
        assert len(answer.text.splitlines()) == 1
        assert len(answer.text) < 1000
        assert answer.text[:-1].isprintable()
    if answer.status_code == 404:
        assert list(answer.json()) == ["message"]
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "parameters",
    [
        {"url": BRIDGE, "filter": ["~url:(a|b)*a(a|b){500}$", "original:(a|b)*a(a|b){500}$"]},
        {"url": BRIDGE, "filter": ["status:" + "2" * 9000]},
        {"url": BRIDGE, "filter": ["status:2"] * 3000},
        {"url": BRIDGE, "collapse": ["digest"] * 50},
        {"url": BRIDGE, "fl": "url," * 1500},
        {"url": BRIDGE, "limit": ["1", "2"]},
        {"url": [BRIDGE, "https://example.org/"]},
        {"url": BRIDGE, "resumeKey": "1" + "A" * 7000, "output": "text", "sort": "nosuch"},
        {"url": BRIDGE, "pageSize": "100000000"},
        {"url": BRIDGE, "page": "-1"},
        {"url": "x" * 10_000},
        {"url": BRIDGE, "from": "2" * 10_000},
    ],
)
def test_what_is_too_much_is_refused_at_once(client: Client, door: str, parameters: dict[str, Any]) -> None:
    began = time.perf_counter()
    answer = client.get(door, params=parameters)
    assert answer.status_code in (400, 431), answer.text
    assert len(answer.text.splitlines()) <= 1
    assert time.perf_counter() - began < 5


def test_the_same_value_twice_is_one(client: Client) -> None:
    answer = client.get("/cdx", params={"url": [BRIDGE, BRIDGE], "limit": ["1", "1"]})
    assert len(answer.text.splitlines()) == 1


@pytest.mark.parametrize("door", DOORS)
def test_captured_values_keep_to_their_line(newspaper: Any, serve_app: Any, door: str) -> None:
    from archive.config import Settings
    from archive.web.app import create_app

    url = "https://www.example.org/a b?q=<script>&r=\u2028x"
    newspaper.capture(url, "20240501103000", b"<p>1", headers=(("Content-Type", "text/html\t;\x0b odd \x85"),))
    client = serve_app(create_app(newspaper.folder, Settings()))
    for output in ("text", "json", "cdxj", "link"):
        answer = client.get(door, params={"url": "*.example.org", "output": output})
        if answer.status_code == 200:
            rows = json.loads(answer.text)[1:] if answer.text.startswith("[") else answer.text.splitlines()
            assert len(rows) == 1, output
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "html" not in answer.headers["content-type"]
    text = client.get(door, params={"url": "*.example.org", "output": "text", "fl": "urlkey,mimetype,timestamp"}).text
    assert len(text.split(" ")) == 3
