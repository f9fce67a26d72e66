"""Memento: TimeGate, TimeMap, and payloads as they were captured."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from httpx import URL, Client
from playwright.sync_api import sync_playwright

from archive.config import Settings, init_collection, load_settings
from archive.formats.warc import IDENTICAL, encode_record, new_record_id
from archive.rebuild import reindex
from archive.web.app import create_app
from archive.web.replay.origins import Origins

BRIDGE = "https://www.example.org/news/bridge"
HOSTILE = "https://evil.example/x?a=1&b=%22%3E"


Serve = Callable[[Path], Client]


@pytest.fixture
def serve(serve_app: Callable[..., Client]) -> Serve:
    """A client for the collection in a folder."""
    return lambda folder: serve_app(create_app(folder, Settings()))


def site(client: Client) -> str:
    return str(client.base_url).rstrip("/")


def test_payload_is_as_captured(client: Client) -> None:
    with client.stream("GET", f"/web/20240503103000id_/{BRIDGE}") as answer:
        payload = b"".join(answer.iter_raw())
    assert gzip.decompress(payload) == b"<h1>Bridge</h1>5 weeks"
    assert payload == gzip.compress(b"<h1>Bridge</h1>5 weeks", mtime=0)
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"] == "text/html"


def links(header: str) -> list[tuple[str, str, dict[str, str]]]:
    """Relation, target and attributes of each link."""
    found = re.findall(r'<([^>]*)>; rel="([^"]*)"((?:; [a-z]+="[^"]*")*)', header)
    return [(rel, target, dict(re.findall(r'([a-z]+)="([^"]*)"', rest))) for target, rel, rest in found]


def bridge(client: Client, day: int) -> str:
    return f"{site(client)}/web/202405{day:02}103000id_/{BRIDGE}"


def test_memento_names_its_time_and_its_relations(client: Client) -> None:
    headers = client.get(bridge(client, 3)).headers
    assert headers["memento-datetime"] == "Fri, 03 May 2024 10:30:00 GMT"
    assert "vary" not in headers
    assert links(headers["link"]) == [
        ("original", BRIDGE, {}),
        ("timegate", f"{site(client)}/web/{BRIDGE}", {}),
        (
            "timemap",
            f"{site(client)}/web/timemap/link/{BRIDGE}",
            {
                "type": "application/link-format",
                "from": "Wed, 01 May 2024 10:30:00 GMT",
                "until": "Sun, 05 May 2024 10:30:00 GMT",
            },
        ),
        ("first memento", bridge(client, 1), {"datetime": "Wed, 01 May 2024 10:30:00 GMT"}),
        ("prev memento", bridge(client, 2), {"datetime": "Thu, 02 May 2024 10:30:00 GMT"}),
        ("memento", bridge(client, 3), {"datetime": "Fri, 03 May 2024 10:30:00 GMT"}),
        ("next memento", bridge(client, 4), {"datetime": "Sat, 04 May 2024 10:30:00 GMT"}),
        ("last memento", bridge(client, 5), {"datetime": "Sun, 05 May 2024 10:30:00 GMT"}),
    ]


@pytest.mark.parametrize(
    ("day", "relations"),
    [
        (1, ["first memento", "next memento", "last memento"]),
        (2, ["first prev memento", "memento", "next memento", "last memento"]),
        (5, ["first memento", "prev memento", "last memento"]),
    ],
)
def test_relations_of_the_ends_are_told_once(client: Client, day: int, relations: list[str]) -> None:
    header = client.get(bridge(client, day)).headers["link"]
    assert [rel for rel, _, _ in links(header)][3:] == relations


def test_the_only_memento_is_first_and_last(client: Client) -> None:
    header = client.get(f"/web/20240501140000id_/{HOSTILE}").headers["link"]
    assert [rel for rel, _, _ in links(header)][3:] == ["first last memento"]


def test_relations_of_a_long_address_stay_within_what_clients_take(newspaper: Any, serve: Serve) -> None:
    url = "https://www.example.org/?" + "x" * 7000
    for day in range(1, 6):
        newspaper.capture(url, f"2024050{day}000000", b"%d" % day)
    answer = serve(newspaper.folder).get(f"/web/20240503000000id_/{url}")
    assert answer.status_code == 200
    assert [rel for rel, _, _ in links(answer.headers["link"])] == ["original", "timegate", "timemap", "memento"]
    assert len(answer.headers["link"]) < 32_000


def test_relations_to_long_spellings_of_a_short_address_stay_within_it_too(newspaper: Any, serve: Serve) -> None:
    url = "https://www.example.org/spelled"
    for day in (1, 2, 4, 5):
        newspaper.capture(url.replace("www", "u" * 7000 + "@www"), f"2024050{day}000000", b"%d" % day)
    newspaper.capture(url, "20240503000000", b"3")
    answer = serve(newspaper.folder).get(f"/web/20240503000000id_/{url}")
    assert (answer.status_code, answer.content) == (200, b"3")
    assert len(answer.headers["link"]) < 8_000


@pytest.mark.parametrize("name", ["Content-Type", "Content-Encoding", "Location"])
def test_captured_headers_beyond_what_clients_take_are_not_sent_on(name: str, newspaper: Any, serve: Serve) -> None:
    url = "https://www.example.org/long"
    headers = ((name, "https://www.example.org/" + "x" * 70_000),)
    newspaper.capture(url, "20240501103000", b"<p>", status="302 Found", headers=headers)
    answer = serve(newspaper.folder).get(f"/web/20240501103000id_/{url}")
    assert (answer.status_code, answer.content) == (302, b"<p>")
    assert name not in answer.headers


def test_an_answer_in_parts_is_not_taken_apart_by_browsers(newspaper: Any, serve: Serve) -> None:
    url = "https://www.example.org/parts"
    kind = "Multipart/x-mixed-replace; boundary=b"
    newspaper.capture(url, "20240501103000", b"--b\r\nSet-Cookie: a=b\r\n\r\n", headers=(("Content-Type", kind),))
    answer = serve(newspaper.folder).get(f"/web/20240501103000id_/{url}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-archive-orig-content-type"] == kind


@pytest.mark.parametrize(
    "url",
    [
        "http:/www.example.org/news/bridge",
        "www.example.org/news/bridge",
        "www.example.org:80/news/bridge",
        "//www.example.org/news/bridge",
    ],
)
def test_an_address_without_scheme_is_named_with_one(client: Client, url: str) -> None:
    rel, target, _ = links(client.get(f"/web/2024/{url}").headers["link"])[0]
    assert (rel, target) == ("original", "http://" + url.removeprefix("http:").lstrip("/"))


@pytest.mark.parametrize(
    "path",
    [
        f"/web/20240503103000id_/{BRIDGE}",
        f"/web/20240504103000id_/{BRIDGE}",
        "/web/20240501110000id_/https://www.example.org/missing",
        f"/web/2024/{BRIDGE}",
        f"/web/{BRIDGE}",
        f"/web/timemap/link/{BRIDGE}",
        f"/web/timemap/json/{BRIDGE}",
        f"/web/timemap/cdxj/{BRIDGE}",
        "/web/https://nowhere.example/",
    ],
)
def test_head_says_what_get_says(client: Client, path: str) -> None:
    got, asked = client.get(path), client.head(path)
    assert asked.status_code == got.status_code
    ignored = {"date"}
    assert {k: v for k, v in asked.headers.items() if k not in ignored} == {
        k: v for k, v in got.headers.items() if k not in ignored
    }
    assert asked.content == b""


def test_what_may_change_is_not_kept_for_long(client: Client) -> None:
    assert client.get(bridge(client, 3)).headers["cache-control"] == "max-age=3600"
    assert client.get(f"/web/{BRIDGE}").headers["cache-control"] == "no-cache"
    assert client.get(f"/web/2024/{BRIDGE}").headers["cache-control"] == "no-cache"
    assert client.get(f"/web/timemap/link/{BRIDGE}").headers["cache-control"] == "max-age=60"


def test_a_star_for_the_time_leads_to_the_page_about_the_address(client: Client) -> None:
    answer = client.get(f"/web/*/{HOSTILE}")
    assert answer.status_code == 302
    assert URL(answer.headers["location"]).params["url"] == HOSTILE
    assert client.get(f"/web/*/{BRIDGE}", follow_redirects=True).status_code == 200


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


def test_a_revisit_without_its_original_is_not_found(tmp_path: Path, serve: Serve) -> None:
    url = "https://www.example.org/lost"
    init_collection(tmp_path)
    fields = [
        ("WARC-Target-URI", url),
        ("WARC-Date", "2024-05-01T10:30:00Z"),
        ("WARC-Profile", IDENTICAL),
        ("WARC-Payload-Digest", "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"),
    ]
    record = encode_record("revisit", new_record_id(), fields, b"HTTP/1.1 200 OK\r\n\r\n")
    (tmp_path / "archive" / "foreign.warc.gz").write_bytes(record)
    assert reindex(tmp_path, load_settings(tmp_path)).captures == 1
    client = serve(tmp_path)
    for path in (f"/web/20240501103000id_/{url}", f"/api/capture?url={url}"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "refers to is not archived" in answer.text
        assert "memento-datetime" not in answer.headers


@pytest.mark.parametrize(
    ("captured", "sent", "body"),
    [
        ("204 No Content", 204, b""),
        ("205 Reset Content", 205, b""),
        ("206 Partial Content", 206, b"body"),
        ("410 Gone", 410, b"body"),
        ("451 Unavailable For Legal Reasons", 451, b"body"),
        ("503 Service Unavailable", 503, b"body"),
        ("599 Odd", 599, b"body"),
        ("999 Request denied", 500, b"body"),
        ("101 Switching Protocols", 500, b"body"),
    ],
)
def test_status_is_as_captured_where_http_can_send_it(
    captured: str, sent: int, body: bytes, newspaper: Any, serve: Serve
) -> None:
    newspaper.capture("https://www.example.org/status", "20240501103000", body, status=captured)
    answer = serve(newspaper.folder).get("/web/20240501103000id_/https://www.example.org/status")
    assert (answer.status_code, answer.content) == (sent, body)
    assert answer.headers["memento-datetime"] == "Wed, 01 May 2024 10:30:00 GMT"


def test_what_was_cut_is_served_as_far_as_it_came(newspaper: Any, serve: Serve) -> None:
    url = "https://www.example.org/cut"
    zipped = gzip.compress(b"<p>a long page" * 100, mtime=0)[:60]
    headers = (("Content-Encoding", "gzip"), ("Content-Encoding", "identity"), ("Content-Type", "text/html"))
    newspaper.capture(url, "20240501103000", zipped, headers=headers, truncated="disconnect")
    with serve(newspaper.folder).stream("GET", f"/web/20240501103000id_/{url}") as answer:
        assert answer.status_code == 200
        assert answer.headers["content-encoding"] == "gzip, identity"
        assert b"".join(answer.iter_raw()) == zipped


def test_headers_beyond_what_clients_take_are_left_out(newspaper: Any, serve: Serve) -> None:
    url = "https://www.example.org/headers"
    headers = tuple((f"X-{number}", "x" * 500) for number in range(200))
    newspaper.capture(url, "20240501103000", b"<p>", headers=headers)
    kept = [name for name in serve(newspaper.folder).get(f"/web/20240501103000id_/{url}").headers if "orig" in name]
    assert 20 < len(kept) < 40


def test_where_all_leads_back_to_itself_that_is_said(newspaper: Any, serve: Serve) -> None:
    url = "http://www.example.org/secure"
    headers = (("Location", url.replace("http:", "https:")),)
    newspaper.capture(url, "20240501103000", b"", status="301 Moved Permanently", headers=headers)
    client = serve(newspaper.folder)
    first = client.get(f"/web/20240501103000id_/{url}")
    assert (first.status_code, "memento-datetime" in first.headers) == (301, True)
    for path in (first.headers["location"], f"/web/{url}", f"/web/2024/{url}"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "but redirects to itself" in answer.text
    assert "20240501103000id_" in client.get(f"/web/timemap/link/{url}").text


def test_captures_at_the_ends_of_time_are_answered(newspaper: Any, serve: Serve) -> None:
    url = "https://www.example.org/ends"
    ends = ("00010101000000", "99991231235959")
    for timestamp in ends:
        newspaper.capture(url, timestamp, timestamp.encode())
    client = serve(newspaper.folder)
    for timestamp in ends:
        answer = client.get(f"/web/{timestamp}id_/{url}")
        assert (answer.status_code, answer.text) == (200, timestamp)
        assert [rel for rel, _, _ in links(answer.headers["link"])][3:] in (
            ["first memento", "next last memento"],
            ["first prev memento", "last memento"],
        )
    for form in ("link", "json", "cdxj"):
        assert client.get(f"/web/timemap/{form}/{url}").status_code == 200
    for time in ("Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"):
        assert client.get(f"/web/{url}", headers={"accept-datetime": time}).status_code == 302


def test_what_is_hidden_is_in_no_answer(newspaper: Any, serve: Serve) -> None:
    url = "https://www.example.org/hidden"
    hidden = (("Content-Type", "text/html"), ("X-Robots-Tag", "noarchive"))
    for day in range(1, 6):
        open_headers = (("Content-Type", "text/html"),)
        newspaper.capture(url, f"2024050{day}103000", b"%d" % day, headers=hidden if day in (1, 3, 5) else open_headers)
    newspaper.capture(url + "-all", "20240501103000", b"x", headers=hidden)
    settings = newspaper.folder / "morgue.toml"
    settings.write_text(settings.read_text().replace('noarchive = "keep"', 'noarchive = "withhold"'))
    client = serve(newspaper.folder)
    for path, day in ((f"/web/{url}", 4), (f"/web/20240503103000/{url}", 2), (f"/web/20240502103000id_/{url}", 2)):
        answer = client.get(path)
        assert f"2024050{day}103000" in answer.headers.get("location", path)
        found = [target for rel, target, _ in links(answer.headers["link"]) if "memento" in rel]
        assert [re.sub(".*/web/([0-9]+).*", r"\1", one) for one in found] == ["20240502103000", "20240504103000"]
    assert client.get(f"/web/20240503103000id_/{url}").status_code == 302
    for form in ("link", "json", "cdxj"):
        listed = client.get(f"/web/timemap/{form}/{url}").text
        assert set(re.findall(r"2024050[1-5]103000(?=id_)", listed)) == {"20240502103000", "20240504103000"}
        assert client.get(f"/web/timemap/{form}/{url}-all").status_code == 404
    assert client.get(f"/web/{url}-all").status_code == 404
    assert client.get(f"/web/20240501103000id_/{url}-all").status_code == 404


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


@pytest.mark.parametrize(
    ("time", "day"),
    [
        ("Sat, 01 Jan 2000 00:00:00 GMT", 1),  # before the first
        ("Wed, 01 May 2024 10:30:00 GMT", 1),
        ("Sat, 04 May 2024 11:00:00 GMT", 4),
        ("Tue, 01 Jan 2030 00:00:00 GMT", 5),  # after the last
        ("Friday, 03-May-24 10:30:00 GMT", 3),  # RFC 850
        ("Fri May  3 10:30:00 2024", 3),  # asctime
    ],
)
def test_timegate_understands_every_http_date(client: Client, time: str, day: int) -> None:
    answer = client.get(f"/web/{BRIDGE}", headers={"accept-datetime": time})
    assert answer.headers["location"] == bridge(client, day)


def test_a_person_is_sent_to_where_pages_are_replayed(news: Path, serve_app: Callable[..., Client]) -> None:
    origins = Origins(main_port=8080, replay_port=8081)
    client = serve_app(create_app(news, Settings(), origins=origins))
    person = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert "/replay/" in client.get(f"/web/{BRIDGE}", headers={"upgrade-insecure-requests": "1"}).headers["location"]
    for path, day in ((f"/web/{BRIDGE}", 5), (f"/web/20240503/{BRIDGE}", 3), (f"/web/20240502103000/{BRIDGE}", 2)):
        shown, raw = client.get(path, headers=person), client.get(path)
        assert shown.headers["location"] == f"{site(client)}/replay/202405{day:02}103000/{BRIDGE}"
        assert raw.headers["location"] == bridge(client, day)
        for answer in (shown, raw):
            assert {"sec-fetch-mode", "sec-fetch-dest", "upgrade-insecure-requests"} <= set(
                answer.headers["vary"].split(", ")
            )
            assert answer.headers["link"] == raw.headers["link"]
        framed = client.get(path, headers={**person, "sec-fetch-dest": "iframe"})
        assert framed.headers["location"] == bridge(client, day)
    exact = client.get(f"/web/20240503103000id_/{BRIDGE}", headers=person)
    assert exact.status_code == 200
    assert "vary" not in exact.headers


def test_where_nothing_is_replayed_a_person_gets_what_was_captured(client: Client) -> None:
    person = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    answer = client.get(f"/web/{BRIDGE}", headers=person)
    assert answer.headers["location"] == bridge(client, 5)
    assert answer.headers["vary"] == "accept-datetime"


def test_a_timegate_prefers_what_was_there_and_a_timestamp_means_itself(newspaper: Any, serve: Serve) -> None:
    url = "https://www.example.org/flaky"
    newspaper.capture(url, "20240501103000", b"<p>here")
    newspaper.capture(url, "20240502103000", b"<p>gone", status="404 Not Found")
    client = serve(newspaper.folder)
    asked = client.get(f"/web/{url}", headers={"accept-datetime": "Thu, 02 May 2024 10:30:00 GMT"})
    assert "/web/20240501103000id_/" in asked.headers["location"]
    assert "/web/20240501103000id_/" in client.get(f"/web/20240502/{url}").headers["location"]
    assert "/web/20240502103000id_/" in client.get(f"/web/20240502103000/{url}").headers["location"]
    assert client.get(f"/web/20240502103000id_/{url}").status_code == 404


def test_timegate_names_the_ends(client: Client) -> None:
    answer = client.get(f"/web/{BRIDGE}", headers={"accept-datetime": "Thu, 02 May 2024 12:00:00 GMT"})
    relations = [rel for rel, _, _ in links(answer.headers["link"])]
    assert relations == [
        "original",
        "timegate",
        "timemap",
        "first prev memento",
        "memento",
        "next memento",
        "last memento",
    ]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/web/https://nowhere.example/", 404),
        ("/web/2024id_/https://nowhere.example/", 404),
        ("/web/timemap/link/https://nowhere.example/", 404),
        ("/web/timemap/json/https://nowhere.example/", 404),
        ("/web/timemap/rdf/https://www.example.org/news/bridge", 404),
        ("/web/timemap/link/20300101000000/https://www.example.org/news/bridge", 404),
        ("/web/timemap/link/20249999999999/https://www.example.org/news/bridge", 400),
        ("/web/timemap/link/", 400),
        ("/web/*/", 400),
        ("/web/2024*/https://www.example.org/", 404),
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


@pytest.mark.browser
def test_a_browser_is_led_from_the_timegate_to_the_replayed_page(
    news: Path, serve_app: Callable[..., Client], browser_path: str
) -> None:
    client = serve_app(create_app(news, Settings(), origins=Origins(main_port=9, replay_port=9)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page()
        for path, day in ((f"/web/{BRIDGE}", 5), (f"/web/20240502/{BRIDGE}", 2)):
            page.goto(site(client) + path)
            assert page.url == f"{site(client)}/replay/202405{day:02}103000/{BRIDGE}"
        answer = page.goto(site(client) + f"/web/20240501103000id_/{BRIDGE}")
        assert answer
        assert (answer.status, page.url) == (200, bridge(client, 1))
        browser.close()
