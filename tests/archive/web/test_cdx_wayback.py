"""The CDX server in the Internet Archive's dialect: forms, filters, collapsing, and where an answer goes on."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from httpx import Client
from starlette.types import ASGIApp

from archive.config import Settings
from archive.web.app import create_app

BRIDGE = "https://www.example.org/news/bridge"
SEVEN = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]

Ask = Callable[..., str]


@pytest.fixture
def ask(client: Client) -> Ask:
    def ask(url: str = BRIDGE, **parameters: Any) -> str:
        answer = client.get("/cdx/search/cdx", params={"url": url, **parameters})
        assert answer.status_code == 200, answer.text
        return answer.text

    return ask


def days(text: str) -> list[str]:
    return [line.split(" ")[1][6:8] for line in text.splitlines()]


def test_plain_text_has_seven_fields(client: Client) -> None:
    answer = client.get("/cdx/search/cdx", params={"url": BRIDGE, "gzip": "false"})
    assert answer.headers["content-type"].startswith("text/plain")
    first, revisit, *_ = (line.split(" ") for line in answer.text.splitlines())
    assert first[:6] == [
        *("org,example)/news/bridge", "20240501103000", BRIDGE, "text/html", "200"),
        "AVAVDWQMFEN5UULBYC65AA4FDSV3GAED",
    ]
    assert revisit[3:6] == ["warc/revisit", "-", first[5]]
    assert len(first) == len(revisit) == 7
    assert first[6].isdigit()


def test_json_is_an_array_of_arrays_with_their_names(client: Client, ask: Ask) -> None:
    answer = client.get("/cdx/search/cdx", params={"url": BRIDGE, "output": "json"})
    assert answer.headers["content-type"] == "application/json"
    header, *rows = answer.json()
    assert header == SEVEN
    assert [" ".join(row) for row in rows] == ask().splitlines()
    header, row = json.loads(ask(output="json", fl="statuscode,url", limit=1))
    assert (header, row) == (["statuscode", "url"], ["200", BRIDGE])


def test_nothing_is_an_empty_text_or_array(ask: Ask) -> None:
    assert ask("nowhere.example") == ""
    assert json.loads(ask("nowhere.example", output="json", showResumeKey="true")) == []
    assert ask("nowhere.example", showNumPages="true").strip() == "0"
    assert ask(showNumPages="true").strip() == "1"


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"filter": "statuscode:200"}, ["01", "03", "05"]),
        ({"filter": "!statuscode:200"}, ["02"]),
        ({"filter": "statuscode:-"}, ["02"]),
        ({"filter": "statuscode:2.."}, ["01", "03", "05"]),
        ({"filter": "statuscode:20"}, []),
        ({"filter": "mimetype:text/html|warc/revisit"}, ["01", "02", "03", "05"]),
        ({"filter": "digest:A.*"}, ["01", "02"]),
        ({"filter": "digest:a.*"}, []),
        ({"filter": "digest:(?i)a.*"}, ["01", "02"]),
        ({"filter": "~timestamp:0503"}, ["03"]),
        ({"filter": "~!timestamp:0503"}, ["01", "02", "05"]),
        ({"filter": "!~timestamp:0503"}, ["01", "02", "05"]),
        ({"filter": "=timestamp:20240503103000"}, ["03"]),
        ({"filter": "4:200"}, ["01", "03", "05"]),
        ({"filter": ".* text/html 200 .*"}, ["01", "03", "05"]),
        ({"filter": "!.*revisit.*"}, ["01", "03", "05"]),
        ({"filter": ["statuscode:200", "!timestamp:.*0501.*"]}, ["03", "05"]),
        ({"filter": "mime:warc/revisit", "resolveRevisits": "true"}, []),
        ({"filter": "statuscode:200", "resolveRevisits": "true"}, ["01", "02", "03", "05"]),
        ({"collapse": "digest"}, ["01", "03", "05"]),
        ({"collapse": "digest", "sort": "reverse"}, ["05", "03", "01"]),
        ({"collapse": "digest", "limit": -2}, ["03", "05"]),
        ({"collapse": "digest", "limit": -3}, ["01", "03", "05"]),
        ({"collapse": ["timestamp:6", "statuscode"]}, ["01", "02", "03"]),
        ({"collapse": "timestamp:7"}, ["01"]),
        ({"limit": -1}, ["05"]),
        ({"limit": -100}, ["01", "02", "03", "05"]),
        ({"limit": -2, "to": "20240503"}, ["02", "03"]),
        ({"limit": -1, "filter": "mimetype:warc.*"}, ["02"]),
        ({"fastLatest": "true"}, ["05"]),
        ({"fastLatest": "true", "limit": 2}, ["03", "05"]),
        ({"offset": 2}, ["03", "05"]),
        ({"offset": 1, "limit": 2}, ["02", "03"]),
        ({"offset": 9}, []),
        ({"sort": "closest", "closest": "20240503", "limit": 2}, ["03", "02"]),
        ({"from": "20240502", "to": "20240503"}, ["02", "03"]),
        ({"page": 0}, ["01", "02", "03", "05"]),
        ({"page": 0, "limit": 2, "offset": 1}, ["02", "03"]),
    ],
)
def test_query_chooses(ask: Ask, parameters: dict[str, Any], expected: list[str]) -> None:
    assert days(ask(**parameters)) == expected


def test_counters_say_what_was_left_out(ask: Ask) -> None:
    fields = {"fl": "urlkey,timestamp", "showSkipCount": "true", "lastSkipTimestamp": "true"}
    assert ask(collapse="digest", **fields).splitlines() == [
        "org,example)/news/bridge 20240501103000 1 20240502103000",
        "org,example)/news/bridge 20240503103000 0 20240503103000",
        "org,example)/news/bridge 20240505103000 0 20240505103000",
    ]
    (row,) = json.loads(ask(collapse="urlkey", output="json", limit=1, **fields))[1:]
    assert row[2:] == ["3", "20240505103000"]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 8])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"collapse": "urlkey"},
        {"collapse": "digest"},
        {"filter": "statuscode:200"},
        {"filter": "!mimetype:text/html", "collapse": "statuscode:1"},
        {"sort": "reverse"},
        {"sort": "reverse", "collapse": "urlkey"},
        {"from": "20240502"},
        {"offset": 2},
        {"collapse": "urlkey", "showSkipCount": "true"},
    ],
    ids=str,
)
@pytest.mark.parametrize("output", ["text", "json"])
def test_resumed_answers_are_the_whole(ask: Ask, limit: int, parameters: dict[str, Any], output: str) -> None:
    whole = ask("*.example.org", **parameters).splitlines()
    found: list[str] = []
    key: dict[str, str] = {}
    for _ in range(20):
        answer = ask("*.example.org", limit=limit, showResumeKey="true", output=output, **parameters, **key)
        if output == "json":
            rows = [" ".join(row) for row in json.loads(answer)[1:]]
        else:
            rows = answer.splitlines()
        has_key = rows[-2:-1] == [""]
        found += rows[:-2] if has_key else rows
        if not has_key:
            break
        assert len(rows) == limit + 2
        key = {"resumeKey": rows[-1]}
    assert found == whole


@pytest.mark.parametrize(
    "parameters",
    [
        {"resumeKey": "org%2Cexample%29%2F+20240501103000%21"},
        {"resumeKey": "1W10"},
        {"resumeKey": "1WyJjb20sZXhhbXBsZSkvIiwiMjAyNDA1MDExMDMwMDAiLCJhIiwxXQ"},  # of com,example)/
        {"filter": "nosuch:x"},
        {"filter": "!"},
        {"filter": "statuscode:(?m)x"},
        {"filter": "!!statuscode:200"},
        {"filter": "=~statuscode:200"},
        {"collapse": "nosuch"},
        {"collapse": "timestamp:x"},
        {"collapse": "timestamp:0"},
        {"collapse": ["urlkey", "digest", "length", "original"]},
        {"fl": "nosuch"},
        {"output": "cdxj"},
        {"showDupeCount": "true"},
        {"showPagedIndex": "true"},
        {"limit": "-"},
        {"limit": "0"},
        {"limit": "-x"},
        {"limit": -1, "sort": "reverse"},
        {"limit": -1, "page": 0},
        {"sort": "reverse", "showSkipCount": "true"},
        {"page": 1},
        {"pageSize": 1000},
        {"offset": -1},
    ],
)
def test_what_is_not_answered_is_refused_in_one_line(client: Client, parameters: dict[str, Any]) -> None:
    answer = client.get("/cdx/search/cdx", params={"url": BRIDGE, **parameters})
    assert answer.status_code == 400
    assert len(answer.text.splitlines()) == 1


def test_what_is_withheld_is_in_no_answer(newspaper: Any, serve_app: Callable[[ASGIApp], Client]) -> None:
    kept_back = (("Content-Type", "text/html"), ("X-Robots-Tag", "noarchive"))
    newspaper.capture("https://www.example.org/open", "20240501100000", b"<p>open")
    newspaper.capture("https://www.example.org/shut", "20240501100000", b"<p>shut", headers=kept_back)
    newspaper.capture("https://www.example.org/shut", "20240502100000", b"<p>shut")
    asked = "/cdx/search/cdx?url=*.example.org"
    open_to_all = serve_app(create_app(newspaper.folder, Settings()))
    assert "20240501100000 https://www.example.org/shut" in open_to_all.get(asked).text
    settings = newspaper.folder / "morgue.toml"
    settings.write_text(settings.read_text().replace('noarchive = "keep"', 'noarchive = "withhold"'))
    client = serve_app(create_app(newspaper.folder, Settings(noarchive="withhold")))
    for query in (
        "",
        "&limit=-9",
        "&sort=reverse",
        "&collapse=digest",
        "&page=0",
        "&resolveRevisits=true&fl=original,orig.offset",
    ):
        text = client.get(asked + query).text
        assert "/open" in text
        assert "20240501100000 https://www.example.org/shut" not in text
        assert "shut 1" not in text  # nor the place of a hidden original
    assert client.get("/cdx?url=www.example.org/shut&to=20240501").text == ""
    assert client.get("/cdx?url=www.example.org/shut&closest=20240501100000&limit=1").text.count("20240501100000 ") == 0
    pages = client.get("/cdx?url=*.example.org&showNumPages=true&pageSize=1").json()["pages"]
    assert pages == len(client.get("/cdx?url=*.example.org").text.splitlines())
