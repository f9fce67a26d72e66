"""Memento: TimeGate, TimeMap, and payloads as they were captured."""

import gzip
import re

import pytest
from httpx import Client

BRIDGE = "https://www.example.org/news/bridge"
HOSTILE = "https://evil.example/x?a=1&b=%22%3E"


def site(client: Client) -> str:
    return str(client.base_url).rstrip("/")


def test_payload_is_as_captured(client: Client) -> None:
    with client.stream("GET", f"/web/20240503103000id_/{BRIDGE}") as answer:
        payload = b"".join(answer.iter_raw())
    assert gzip.decompress(payload) == b"<h1>Bridge</h1>5 weeks"
    assert payload == gzip.compress(b"<h1>Bridge</h1>5 weeks", mtime=0)
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"] == "text/html"


def test_memento_names_its_time_and_its_relations(client: Client) -> None:
    headers = client.get(f"/web/20240503103000id_/{BRIDGE}").headers
    assert headers["memento-datetime"] == "Fri, 03 May 2024 10:30:00 GMT"
    links = dict(re.findall(r'<([^>]*)>; rel="([^"]*)"', headers["link"]))
    assert links == {
        BRIDGE: "original",
        f"{site(client)}/web/{BRIDGE}": "timegate",
        f"{site(client)}/web/timemap/link/{BRIDGE}": "timemap",
        f"{site(client)}/web/20240503103000id_/{BRIDGE}": "memento",
    }


def test_captured_headers_come_under_other_names(client: Client) -> None:
    headers = client.get(f"/web/20240503103000id_/{BRIDGE}").headers
    assert headers["x-archive-orig-etag"] == '"2"'
    assert headers.get_list("x-archive-orig-set-cookie") == ["a=1", "b=2"]
    assert "set-cookie" not in headers
    assert "etag" not in headers


def test_hostile_page_is_answered_in_a_sandbox(client: Client) -> None:
    answer = client.get(f"/web/20240501140000id_/{HOSTILE}")
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-archive-orig-x-odd"] == "caf\xe9"
    assert "x-archive-orig-bad name" not in answer.headers
    assert "evil.example/>" not in answer.headers["link"]


def test_query_of_the_archived_address_is_its_own(client: Client) -> None:
    answer = client.get("/web/20240501140000id_/https://evil.example/x?b=%22%3E&a=1")
    assert answer.status_code == 200
    assert client.get("/web/20240501140000id_/https://evil.example/x").status_code == 404


def test_address_escaped_as_a_whole_is_understood(client: Client) -> None:
    answer = client.get("/web/20240501140000id_/https%3A%2F%2Fevil.example%2Fx%3Fa%3D1%26b%3D%2522%253E")
    assert answer.status_code == 200


def test_revisits_answer_with_what_they_stand_for(client: Client) -> None:
    identical = client.get(f"/web/20240502103000id_/{BRIDGE}")
    assert (identical.status_code, identical.text) == (200, "<h1>Bridge</h1>3 weeks")
    not_modified = client.get(f"/web/20240504103000id_/{BRIDGE}")
    assert (not_modified.status_code, not_modified.text) == (200, "<h1>Bridge</h1>5 weeks")


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (f"/web/20240503id_/{BRIDGE}", f"/web/20240503103000id_/{BRIDGE}"),
        (f"/web/2024id_/{BRIDGE}", f"/web/20240501103000id_/{BRIDGE}"),
        (f"/web/20240503103000/{BRIDGE}", f"/web/20240503103000id_/{BRIDGE}"),
        ("/web/20240503103001id_/example.org/news/bridge", f"/web/20240503103000id_/{BRIDGE}"),
    ],
)
def test_inexact_time_is_redirected_to_the_exact_one(client: Client, asked: str, given: str) -> None:
    answer = client.get(asked)
    assert answer.status_code == 302
    assert answer.headers["location"] == f"{site(client)}{given}"


def test_missing_page_is_answered_as_it_was(client: Client) -> None:
    answer = client.get("/web/20240501110000id_/https://www.example.org/missing")
    assert (answer.status_code, answer.text) == (404, "<p>Not here")
    assert "memento-datetime" in answer.headers


def test_captured_redirect_stays_in_the_archive(client: Client) -> None:
    answer = client.get("/web/20240501090000id_/https://www.example.org/old-bridge")
    assert answer.status_code == 301
    assert answer.headers["location"] == f"{site(client)}/web/20240501090000id_/{BRIDGE}"
    assert answer.headers["x-archive-orig-location"] == "/news/bridge"


def test_timegate_answers_with_the_closest_capture(client: Client) -> None:
    answer = client.get(f"/web/{BRIDGE}", headers={"accept-datetime": "Thu, 02 May 2024 12:00:00 GMT"})
    assert answer.status_code == 302
    assert answer.headers["location"] == f"{site(client)}/web/20240502103000id_/{BRIDGE}"
    assert answer.headers["vary"] == "accept-datetime"
    assert 'rel="original"' in answer.headers["link"]
    assert 'rel="timemap"' in answer.headers["link"]
    assert "memento-datetime" not in answer.headers


def test_timegate_without_a_time_answers_with_the_newest(client: Client) -> None:
    assert client.get(f"/web/{BRIDGE}").headers["location"] == f"{site(client)}/web/20240505103000id_/{BRIDGE}"


@pytest.mark.parametrize("time", ["yesterday", "20240501", "Thu, 32 May 2024 12:00:00 GMT", ""])
def test_timegate_refuses_what_is_no_http_date(client: Client, time: str) -> None:
    answer = client.get(f"/web/{BRIDGE}", headers={"accept-datetime": time})
    assert answer.status_code == 400


def test_timemap_lists_every_capture(client: Client) -> None:
    answer = client.get(f"/web/timemap/link/{BRIDGE}")
    assert answer.headers["content-type"].startswith("application/link-format")
    lines = answer.text.splitlines()
    assert [line.endswith(",") for line in lines] == [True] * (len(lines) - 1) + [False]
    links = [re.match(r'<([^>]+)>; rel="([^"]+)"', line) for line in lines]
    assert [link[2] for link in links if link] == [
        "original",
        "self",
        "timegate",
        "first memento",
        "memento",
        "memento",
        "memento",
        "last memento",
    ]
    assert 'datetime="Wed, 01 May 2024 10:30:00 GMT"' in lines[3]
    for link in links[3:]:
        assert link
        assert client.get(link[1]).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/web/https://nowhere.example/", 404),
        ("/web/2024id_/https://nowhere.example/", 404),
        ("/web/timemap/link/https://nowhere.example/", 404),
        ("/web/20240503103000im_/https://www.example.org/", 404),
        ("/web/", 400),
        ("/web/20249999999999id_/https://www.example.org/", 400),
        ("/web/12id_/https://www.example.org/", 400),
        ("/web/http://", 400),
        ("/web/20240503103000id_/" + "x" * 9000, 400),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_line(client: Client, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert len(answer.text.splitlines()) == 1


@pytest.mark.parametrize("address", ["https://x.example/%0d%0aset-cookie:a=b", "https://x.example/>;rel=evil,<a"])
def test_address_cannot_break_out_of_a_header(client: Client, address: str) -> None:
    for path in (f"/web/{address}", f"/web/timemap/link/{address}", f"/web/2024id_/{address}"):
        assert "set-cookie" not in client.get(path).headers
