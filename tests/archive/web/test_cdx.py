"""The CDX server, as clients of pywb speak to it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from httpx import Client
from starlette.datastructures import QueryParams

from archive.collection import Collection
from archive.errors import QueryInvalid
from archive.formats.cdxj import from_cdxj
from archive.web.cdx_pages import Pages
from archive.web.cdx_pywb import iter_lines, parse_query

BRIDGE = "https://www.example.org/news/bridge"

Ask = Callable[..., list[str]]


@pytest.fixture
def ask(client: Client) -> Ask:
    def ask(url: str = BRIDGE, **parameters: object) -> list[str]:
        answer = client.get("/cdx", params={"url": url, **parameters})
        assert answer.status_code == 200, answer.text
        return answer.text.splitlines()

    return ask


def timestamps(lines: list[str]) -> list[str]:
    return [line.split(" ")[1] for line in lines]


def test_lines_are_cdxj_that_leads_to_the_record(ask: Ask, news: Path) -> None:
    captures = [from_cdxj(line) for line in ask()]
    with Collection.open(news) as collection:
        indexed = [one for one in collection.lookup(BRIDGE) if one.revisit != "not-modified"]
        assert captures == indexed
        assert all(collection.records.read(capture.location) for capture in captures)


def test_revisits_are_told_and_not_modified_ones_left_out(ask: Ask) -> None:
    mimes = [json.loads(line)["mime"] for line in ask(output="json")]
    assert mimes == ["text/html", "warc/revisit", "text/html", "text/html"]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, ["20240501103000", "20240502103000", "20240503103000", "20240505103000"]),
        ({"from": "20240502"}, ["20240502103000", "20240503103000", "20240505103000"]),
        ({"to": "20240502"}, ["20240501103000", "20240502103000"]),
        ({"from": "20240502", "to": "20240503"}, ["20240502103000", "20240503103000"]),
        ({"sort": "reverse"}, ["20240505103000", "20240503103000", "20240502103000", "20240501103000"]),
        ({"sort": "reverse", "limit": 1}, ["20240505103000"]),
        ({"closest": "20240503"}, ["20240503103000", "20240502103000", "20240501103000", "20240505103000"]),
        ({"closest": "20240504110000", "limit": 1}, ["20240505103000"]),
        ({"closest": "2020", "from": "20240502", "limit": 1}, ["20240502103000"]),
        ({"limit": 2}, ["20240501103000", "20240502103000"]),
        ({"filter": "!mime:revisit"}, ["20240501103000", "20240503103000", "20240505103000"]),
        ({"filter": "=mime:warc/revisit"}, ["20240502103000"]),
        ({"filter": "~timestamp:2024050[35]"}, ["20240503103000", "20240505103000"]),
        ({"filter": ["=status:200", "!~timestamp:.*0[135]103000$"]}, ["20240502103000"]),
        ({"filter": "=statuscode:404"}, []),
        ({"filter": "nosuchfield:x"}, []),
        ({"page": 0, "pageSize": 3}, ["20240501103000", "20240502103000", "20240503103000"]),
        ({"page": 1, "pageSize": 3}, ["20240505103000"]),
    ],
)
def test_query_chooses_and_orders_captures(ask: Ask, parameters: dict[str, object], expected: list[str]) -> None:
    assert timestamps(ask(**parameters)) == expected


@pytest.mark.parametrize(
    ("url", "match", "keys"),
    [
        ("https://www.example.org/news/", "prefix", {"org,example)/news/bridge"}),
        ("www.example.org/news/*", None, {"org,example)/news/bridge"}),
        ("example.org", "host", {"org,example)/missing", "org,example)/news/bridge", "org,example)/old-bridge"}),
        ("*.fa.example.org", None, {"org,example,fa)/a/1.html"}),
    ],
)
def test_match_widens_the_query(ask: Ask, url: str, match: str | None, keys: set[str]) -> None:
    lines = ask(url, **({"matchType": match} if match else {}))
    assert {line.split(" ")[0] for line in lines} == keys


def test_domain_holds_its_subdomains(ask: Ask) -> None:
    hosts = {line.split(")")[0] for line in ask("example.org", matchType="domain")}
    assert hosts == {"org,example", "org,example,fa", "org,example,img", "org,example,zh"}


def test_output_and_fields(ask: Ask) -> None:
    assert ask(limit=1, fl="timestamp,status", output="json") == ['{"timestamp": "20240501103000", "status": "200"}']
    assert ask(limit=1, fl="timestamp,statuscode,robotflags", output="text") == ["20240501103000 200 -"]
    assert ask(limit=1, fl="status") == ['org,example)/news/bridge 20240501103000 {"status": "200"}']
    assert len(ask(limit=1, output="text")[0].split(" ")) == 11


def test_nothing_archived_is_an_empty_answer(client: Client) -> None:
    answer = client.get("/cdx", params={"url": "https://nowhere.example/"})
    assert (answer.status_code, answer.content) == (200, b"")


def test_page_past_the_end_is_refused(client: Client) -> None:
    # Clients count pages up until one is refused; an empty answer would keep them asking for ever.
    answer = client.get("/cdx", params={"url": BRIDGE, "page": 2, "pageSize": 3})
    assert answer.status_code == 400
    assert "past the end" in answer.text


def test_pages_are_counted(client: Client) -> None:
    answer = client.get("/cdx", params={"url": BRIDGE, "showNumPages": "true", "pageSize": 3})
    assert answer.json() == {"pages": 2, "pageSize": 3, "blocks": 1}
    for parameters in ({}, {"filter": "status:2"}, {"from": "20240501"}, {"collapse": "timestamp"}):
        # The 304 among them is on no page.
        answer = client.get("/cdx", params={"url": BRIDGE, "showNumPages": "1", "pageSize": 1, **parameters})
        assert answer.json()["pages"] == 4
    answer = client.get("/cdx", params={"url": "https://nowhere.example/", "showNumPages": "true"})
    assert answer.json() == {"pages": 0, "pageSize": 3000, "blocks": 0}


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"url": ""},
        {"url": "http://"},
        {"url": "x" * 9000},
        {"url": BRIDGE, "matchType": "near"},
        {"url": BRIDGE, "limit": "-1"},
        {"url": BRIDGE, "limit": "9" * 30},
        {"url": BRIDGE, "page": "x"},
        {"url": BRIDGE, "from": "noon"},
        {"url": BRIDGE, "closest": "20241399"},
        {"url": BRIDGE, "sort": "closest"},
        {"url": BRIDGE, "sort": "upwards"},
        {"url": BRIDGE, "output": "xml"},
        {"url": BRIDGE, "filter": "status"},
        {"url": BRIDGE, "filter": "~url:("},
        {"url": BRIDGE, "filter": ["status:2"] * 11},
        {"url": "example.org", "matchType": "host", "closest": "2024"},
    ],
)
def test_malformed_query_is_refused_in_one_line(client: Client, parameters: dict[str, object]) -> None:
    answer = client.get("/cdx", params=parameters)
    assert answer.status_code == 400
    assert len(answer.text.splitlines()) == 1


def test_long_answer_is_made_lazily(news: Path) -> None:
    query = parse_query(QueryParams(url="example.org", matchType="domain"))
    with Collection.open(news) as collection:
        lines = iter_lines(query, collection, Pages(), lambda capture: capture.url)
        assert next(lines).startswith("org,example)/missing ")


@pytest.mark.parametrize("more", [{}, {"limit": "10001"}, {"limit": "10", "page": "9999"}])
def test_closest_of_many_urls_is_bounded(more: dict[str, str]) -> None:
    with pytest.raises(QueryInvalid, match="more than one URL"):
        parse_query(QueryParams(url="example.org", matchType="prefix", closest="2024", **more))


def test_closest_of_many_urls(ask: Ask) -> None:
    lines = ask("*.example.org", closest="20240503120000", limit=4)
    assert timestamps(lines) == ["20240503103000", "20240502103000", "20240505103000", "20240501130000"]
    assert (
        ask("*.example.org", closest="20240503120000", limit=2, page=1, pageSize=2, filter="=status:200") == lines[2:]
    )
