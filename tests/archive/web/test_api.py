"""The JSON interface: what it answers, and that its OpenAPI document is right about it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from httpx import Client

from archive.collection import Collection
from archive.output import capture_fields, hit_fields, version_fields
from archive.web.api.holdings import FRESH_SECONDS, Holdings
from archive.web.api.questions import NoQuestion
from archive.web.api.server import endpoints
from archive.web.cursor import to_cursor
from archive.web.links import Site

BRIDGE = "https://www.example.org/news/bridge"
MISSING = "https://www.example.org/missing"


def get(client: Client, path: str, status: int = 200, **parameters: Any) -> Any:
    given = {name.rstrip("_"): value for name, value in parameters.items()}
    answer = client.get(f"/api/{path}", params=given)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


# Search


def test_search_answers_with_hits(client: Client) -> None:
    hits = get(client, "search", q="harbour bridge")["hits"]
    assert [(hit["url"], hit["timestamp"]) for hit in hits] == [(BRIDGE, "20240505103000")]
    assert hits[0]["source"] == "harbour"
    assert not {"\x02", "\x03"} & set(hits[0]["snippet"])


def test_search_takes_the_filters_of_the_page(client: Client) -> None:
    def found(**parameters: object) -> int:
        return len(get(client, "search", q="bridge OR پل OR 港口", **parameters)["hits"])

    assert found() == 3
    assert found(language="fa") == 1
    assert found(source="harbour") == 1
    assert found(from_="20240502") == 1
    assert found(to="2023") == 0
    assert found(limit=2) == 2
    assert found(offset=2) == 1


def test_search_without_words_is_refused(client: Client) -> None:
    assert get(client, "search", 400, q=" - ")["status"] == 400


# Articles


def test_history_answers_with_versions(client: Client) -> None:
    versions = get(client, "history", url="www.example.org/old-bridge")["versions"]
    assert [(version["number"], version["change"]) for version in versions] == [
        (1, "first"),
        (2, "corrected"),
        (3, "headline"),
    ]


def test_a_version_is_found_again_by_its_id(client: Client) -> None:
    for version in get(client, "history", url=BRIDGE)["versions"]:
        answer = get(client, "article", id=version["id"])
        assert answer["version"] == version
        assert answer["article"]["headline"] == version["headline"]
    hit = get(client, "search", q="harbour bridge")["hits"][0]
    assert get(client, "article", id=hit["id"])["version"]["number"] == 3


def test_an_article_reads_as_it_did_at_a_time(client: Client) -> None:
    assert "5 weeks" in get(client, "article", url=BRIDGE)["article"]["text"]
    first = get(client, "article", url=BRIDGE, at="20240501")
    assert "3 weeks" in first["article"]["text"]
    assert first["version"]["number"] == 1


def test_a_diff_names_both_of_its_versions(client: Client) -> None:
    answer = get(client, "diff", url=BRIDGE, a="1", b="2")
    assert (answer["old"]["number"], answer["new"]["number"], answer["changed"]) == (1, 2, True)
    assert {hunk["op"] for hunk in answer["diff"]["body"]} >= {"equal", "replace"}
    assert get(client, "diff", 404, url="https://fa.example.org/a/1.html")["error"].endswith("nothing to compare")


def walk(client: Client, path: str, key: str, **parameters: Any) -> list[dict[str, Any]]:
    """All of an answer, in pages."""
    walked: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    for _ in range(100):
        page = get(client, path, **parameters, **cursor)
        walked += page[key]
        if page["cursor"] is None:
            return walked
        assert len(page[key]) == parameters["limit"]
        cursor = {"cursor": page["cursor"]}
    raise AssertionError("the pages never end")


def test_articles_come_newest_first_in_pages_that_neither_repeat_nor_skip(client: Client) -> None:
    whole = get(client, "articles", limit=100)["articles"]
    assert [one["first"] for one in whole] == sorted((one["first"] for one in whole), reverse=True)
    assert len({one["url"] for one in whole}) == len(whole) > 3
    for limit in (1, 2, 3):
        assert walk(client, "articles", "articles", limit=limit) == whole
    of_source = get(client, "articles", source="harbour")["articles"]
    assert of_source == [one for one in whole if one["source"] == "harbour"] != []
    some = [one for one in whole if "20240502" <= one["first"] < "20240504"]
    assert get(client, "articles", from_="20240502", to="20240503")["articles"] == some


def test_hits_come_in_pages_that_neither_repeat_nor_skip(client: Client) -> None:
    query = "bridge OR پل OR 港口"
    for versions in ("newest", "all"):
        whole = get(client, "search", q=query, versions=versions)["hits"]
        assert walk(client, "search", "hits", q=query, versions=versions, limit=1) == whole
        assert len({one["id"] for one in whole}) == len(whole) > 1
    assert "cursor=" in get(client, "search", 400, q=query, offset=1, cursor="1abc")["error"]


# Captures


def test_captures_come_in_pages_that_neither_repeat_nor_skip(client: Client) -> None:
    whole = get(client, "captures", url="example.org", match="domain")
    assert whole["cursor"] is None
    walked = walk(client, "captures", "captures", url="example.org", match="domain", limit=3)
    assert walked == whole["captures"]
    assert len({capture["id"] for capture in walked}) == len(walked) > 6


KEY = "org,example)/news/bridge"


@pytest.mark.parametrize(
    "key",
    [
        *((KEY, timestamp, "a.warc.gz", 1) for timestamp in ("", "abc", "2024", "2024050110300²", "9" * 400)),
        ("org,example)/zz", "20240501103000", "a.warc.gz", 1),  # the walk to what is behind it would be through all
    ],
)
def test_a_cursor_that_is_no_place_in_the_answer_is_refused(client: Client, key: tuple[Any, ...]) -> None:
    cursor = to_cursor(key)
    assert "none of ours" in get(client, "captures", 400, url=BRIDGE, cursor="1W10")["error"]
    assert "of another question" in get(client, "captures", 400, url=BRIDGE, cursor=cursor)["error"]
    get(client, "capture", 404 if "zz" in key[0] else 400, id=cursor)


def test_a_capture_is_found_again_by_its_id_and_its_links_lead_somewhere(client: Client) -> None:
    for capture in get(client, "captures", url="example.org", match="domain")["captures"]:
        answer = get(client, "capture", id=capture["id"])
        assert answer["capture"] == capture
        record = client.get(capture["warc"], headers={"Range": f"bytes={capture['offset']}-{capture['offset'] + 9}"})
        assert (record.status_code, record.content[:2]) == (206, b"\x1f\x8b")
        assert client.get(capture["raw"]).status_code in (200, 301, 302, 304, 404, 503)


def test_the_capture_of_a_time_and_its_head(client: Client) -> None:
    answer = get(client, "capture", url=MISSING)
    assert answer["status"] == answer["capture"]["status"] == 404
    assert {"name": "Content-Type", "value": "text/html; charset=utf-8"} in answer["headers"]


def test_captures_of_a_span_of_time(client: Client) -> None:
    times = [
        one["timestamp"] for one in get(client, "captures", url=BRIDGE, from_="20240502", to="20240503")["captures"]
    ]
    assert times
    assert all("20240502" <= time < "20240504" for time in times)


# All of it


def test_sources_and_counts(client: Client) -> None:
    assert "harbour" in [one["source"] for one in get(client, "sources")["sources"]]
    counts = get(client, "status")
    assert counts["captures"] > counts["articles"] > 0


def test_all_is_counted_once_in_a_while_however_often_it_is_asked_for(newspaper: Any) -> None:
    now = [0.0]
    holdings = Holdings(clock=lambda: now[0])
    newspaper.capture(BRIDGE, "20240501103000", b"<p>1")

    def counted() -> int:
        with Collection.open(newspaper.folder) as collection:
            return holdings.status(collection, NoQuestion()).captures

    assert counted() == 1
    newspaper.capture(BRIDGE, "20240502103000", b"<p>2")
    assert counted() == 1
    now[0] += FRESH_SECONDS + 1
    assert counted() == 2


@pytest.mark.parametrize(
    ("path", "parameters", "said"),
    [
        ("captures", {}, "url is missing"),
        ("captures", {"url": BRIDGE, "limit": "0"}, "limit=0: expected `int` >= 1"),
        ("captures", {"url": BRIDGE, "limit": "ten"}, "limit=ten: expected `int`"),
        ("captures", {"url": BRIDGE, "match": "all"}, "match=all: invalid enum value"),
        ("captures", {"url": BRIDGE, "from": "never"}, "never"),
        ("captures", {"url": BRIDGE, "cursor": "1abc"}, "none of ours"),
        ("captures", {"url": [BRIDGE, BRIDGE]}, "url is given 2 times"),
        ("captures", {"url": "x" * 9000}, "expected `str` of length <= 8000"),
        ("capture", {}, "give either url="),
        ("capture", {"url": BRIDGE, "id": "1abc"}, "give either url="),
        ("article", {"id": "1abc"}, "none of ours"),
        ("diff", {"url": BRIDGE, "a": "9"}, "there are versions 1 to 3"),
    ],
)
def test_a_wrong_question_is_told_what_is_wrong(client: Client, path: str, parameters: Any, said: str) -> None:
    answer = client.get(f"/api/{path}", params=parameters)
    assert answer.status_code == 400
    assert said in answer.json()["error"].lower() or said in answer.json()["error"]
    assert "\n" not in answer.json()["error"]


def test_what_is_not_archived_is_not_found(client: Client) -> None:
    for path in ("capture", "article", "history", "diff"):
        assert get(client, path, 404, url="https://nowhere.example/")["status"] == 404
    assert get(client, "captures", url="https://nowhere.example/")["captures"] == []


def test_keys_of_the_command_line_mean_the_same_here(client: Client, news: Any) -> None:
    with Collection.open(news) as collection:
        (printed,) = (version_fields(one) for one in collection.history(BRIDGE)[:1])
        hit = hit_fields(collection.search("harbour bridge")[0])
        captures = [capture_fields(one) for one in collection.lookup("example.org", match="domain")]
    answered = get(client, "captures", url="example.org", match="domain")["captures"]
    assert [{name: one[name] for name in captures[0]} for one in answered] == captures
    assert printed.items() <= get(client, "history", url=BRIDGE)["versions"][0].items()
    assert hit.items() <= get(client, "search", q="harbour bridge")["hits"][0].items()


# The document


def test_the_document_describes_every_endpoint(client: Client) -> None:
    document = get(client, "openapi.json")
    assert set(document["paths"]) == {f"/api/{one.path}" for one in endpoints(Site("x"))}
    for path, operations in document["paths"].items():
        operation = operations["get"]
        assert operation["summary"], path
        assert operation["description"], path
        assert all(set(one) == {"name", "in", "required", "schema"} for one in operation["parameters"])


@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_schemathesis_finds_nothing_that_breaks(site: str, tmp_path: Path, mode: str) -> None:
    # Any text may be a time or an id to a schema. That most of them name nothing is what 400 and 404 say.
    excluded = "positive_data_acceptance,negative_data_rejection"
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{site}/api/openapi.json"),
        *("--checks", "all", "--exclude-checks", excluded),
        *("--mode", mode, "--phases", "examples,coverage,fuzzing", "--max-examples", "15", "--seed", "1", "--no-color"),
        *(
            "--generation-codec",
            "ascii",
        ),  # what takes twelve bytes a character is refused as too long before it comes to us
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=100, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    assert f"{len(endpoints(Site('x')))} selected" in done.stdout, done.stdout


def test_the_docs_name_every_question_with_its_parameters(client: Client) -> None:
    page = (Path(__file__).resolve().parents[3] / "docs/json-api.md").read_text()
    rows = {row.split("`")[1]: row for row in page.splitlines() if row.startswith("| `/api/")}
    paths = get(client, "openapi.json")["paths"]
    assert set(rows) == set(paths)
    for path, operations in paths.items():
        for parameter in operations["get"]["parameters"]:
            assert f"`{parameter['name']}`" in rows[path]
