"""Captured pages and what belongs to them, as answered on their own origin."""

import re

import httpx
import pytest

from archive.config import Settings
from archive.formats.timestamp import from_timestamp
from archive.model import Exchange, Rendering

AT = "20240501103000"
SITE = "https://n.example"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
HTML = (("Content-Type", "text/html; charset=utf-8"),)


def of(kind: str) -> tuple[tuple[str, str], ...]:
    return (("Content-Type", kind),)


@pytest.fixture
def paper(newspaper):
    """A site with everything."""
    add = newspaper.capture
    add(
        f"{SITE}/",
        AT,
        b'<link rel=stylesheet href=/s.css><img src=/a.png><a href="/next">next</a><iframe src=/gone></iframe>',
        headers=HTML,
    )
    add(f"{SITE}/next", "20240601000000", b"<p>next page", headers=HTML)
    add(
        f"{SITE}/s.css",
        "20240430000000",
        b"@import 'more.css'; body{background:url(a.png)}",
        headers=of("text/css"),
        kind="requisite",
    )
    add(f"{SITE}/error.css", AT, b"<html>not here", headers=of("text/html"), kind="requisite")
    add(f"{SITE}/a.png", "20240502000000", PNG, headers=of("image/png"), kind="requisite")
    add(f"{SITE}/vague.png", AT, PNG, headers=of("application/octet-stream"), kind="requisite")
    add(
        f"{SITE}/x.svg", AT, b"<svg xmlns='http://www.w3.org/2000/svg'/>", headers=of("image/svg+xml"), kind="requisite"
    )
    add(f"{SITE}/x.js", AT, b"alert(1)", headers=of("text/javascript"), kind="requisite")
    add(f"{SITE}/x.pdf", AT, b"%PDF-1.4", headers=of("application/pdf"))
    add(f"{SITE}/film.mp4", AT, bytes(range(256)), headers=of("video/mp4"), kind="requisite")
    add(f"{SITE}/moved", AT, b"", status="301 Moved Permanently", headers=(("Location", "/"),))
    add(f"{SITE}/a-loop", AT, b"", status="302 Found", headers=(("Location", "/b-loop"),))
    add(f"{SITE}/b-loop", AT, b"", status="302 Found", headers=(("Location", "/a-loop"),))
    add(f"{SITE}/out", AT, b"", status="302 Found", headers=(("Location", "https://live.example/"),))
    add(f"{SITE}/missing", AT, b"<h1>Sorry", status="404 Not Found", headers=HTML)
    add(f"{SITE}/missing.png", AT, PNG, status="404 Not Found", headers=of("image/png"), kind="requisite")
    add(f"{SITE}/cyrillic", AT, "<meta charset=windows-1251><p>мост".encode("cp1251"), headers=of("text/html"))
    add(f"{SITE}/feed", AT, b"<rss><script>x</script></rss>", headers=of("application/rss+xml"))
    return newspaper


@pytest.fixture
def pair(serve_pair, paper):
    return serve_pair(paper.folder)


def get(pair, path: str, role: str = "", **headers: str) -> httpx.Response:
    return pair.replay.get(f"/{AT}{role}/{SITE}{path}", headers=headers)


def test_page_loads_from_the_archive_at_its_own_time(pair) -> None:
    page = get(pair, "/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["memento-datetime"] == "Wed, 01 May 2024 10:30:00 GMT"
    assert f'href="/{AT}cs_/{SITE}/s.css"' in page.text
    assert f'href="{pair.main_url}/replay/{AT}/{SITE}/next" target="_top"' in page.text
    style = get(pair, "/s.css", "cs_")  # captured the day before, as the closest one
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert (
        style.text
        == f'@import "/20240430000000cs_/{SITE}/more.css"; body{{background:url("/20240430000000im_/{SITE}/a.png")}}'
    )
    assert get(pair, "/a.png", "im_").content == PNG
    assert get(pair, "/vague.png", "im_").headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    ("path", "role", "status"),
    [
        ("/gone", "im_", 404), ("/gone", "cs_", 404), ("/x.js", "im_", 404), ("/x.js", "cs_", 404), ("/", "im_", 404),
        ("/error.css", "cs_", 404), ("/missing.png", "im_", 404), ("/s.css", "im_", 404), ("/out", "im_", 404),
    ],
)  # fmt: skip
def test_what_is_no_requisite_is_missing_without_a_word(pair, path: str, role: str, status: int) -> None:
    answer = get(pair, path, role)
    assert (answer.status_code, answer.content) == (status, b"")


@pytest.mark.parametrize("path", ["/gone", "/out", "/a-loop"])
def test_page_that_is_not_archived_says_so_in_its_frame(pair, path: str) -> None:
    answer = get(pair, path, "fr_")
    assert answer.status_code == 404
    assert "Nothing is archived" in answer.text
    assert f'target="_top" href="{pair.main_url}/"' in answer.text
    assert "location" not in answer.headers


def test_redirects_stay_inside(pair) -> None:
    assert get(pair, "/moved").text == get(pair, "/").text
    frame = pair.main.get(f"/replay/{AT}/{SITE}/moved")
    assert f"/{AT}/{SITE}/&#34;" in frame.text.replace('"', "&#34;")
    assert pair.main.get(f"/replay/{AT}/{SITE}/out").status_code == 404


def test_every_answer_is_behind_the_wall(pair) -> None:
    for path in (
        f"/{AT}/{SITE}/",
        f"/{AT}im_/{SITE}/x.svg",
        f"/{AT}cs_/{SITE}/gone",
        "/robots.txt",
        "/",
        "/nowhere",
        f"/{AT}/x",
    ):
        headers = pair.replay.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy, path
        assert re.search(r"; sandbox (?!.*allow-(scripts|forms|popups))", policy), path
        assert f"frame-ancestors 'self' {pair.main_url};" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "set-cookie" not in headers
    assert pair.replay.get(f"/{AT}/{SITE}/", headers={"Host": "else.example"}).headers["content-security-policy"]


@pytest.mark.parametrize("dest", ["script", "worker", "serviceworker", "sharedworker", "manifest"])
def test_nothing_is_served_as_a_script(pair, dest: str) -> None:
    for role in ("", "im_", "cs_", "fr_"):
        assert get(pair, "/x.js", role, **{"Sec-Fetch-Dest": dest}).status_code == 403


def test_image_as_a_document_is_shown_in_a_page_of_ours(pair) -> None:
    assert get(pair, "/x.svg", "im_", **{"Sec-Fetch-Dest": "iframe"}).status_code == 403
    shown = get(pair, "/x.svg", "fr_", **{"Sec-Fetch-Dest": "iframe"})
    assert shown.headers["content-type"].startswith("text/html")
    assert f'<img alt="" src="/{AT}im_/{SITE}/x.svg">' in shown.text


def test_other_documents_are_text_or_a_notice(pair) -> None:
    assert get(pair, "/feed").headers["content-type"] == "text/plain; charset=utf-8"
    assert get(pair, "/x.js").headers["content-type"] == "text/plain; charset=utf-8"
    assert "application/pdf, which is not shown here" in get(pair, "/x.pdf").text


def test_page_of_another_encoding_is_answered_in_utf_8(pair) -> None:
    assert "мост" in get(pair, "/cyrillic").content.decode()


def test_captured_404_is_shown_as_one(pair) -> None:
    answer = get(pair, "/missing")
    assert (answer.status_code, answer.text) == (404, "<h1>Sorry")


def test_film_is_read_from_the_middle(pair) -> None:
    part = get(pair, "/film.mp4", "im_", Range="bytes=10-19")
    assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
    assert part.headers["content-range"] == "bytes 10-19/256"
    assert get(pair, "/film.mp4", "im_", Range="bytes=300-").status_code == 416


@pytest.mark.parametrize("role", ["", "fr_"])
def test_page_alone_in_a_window_gets_its_frame(pair, role: str) -> None:
    """Whichever address is handed round: by itself a page could draw a banner that says what it likes."""
    answer = get(pair, "/", role, **{"Sec-Fetch-Dest": "document"})
    assert answer.status_code == 302
    assert answer.headers["location"] == f"{pair.main_url}/replay/{AT}/{SITE}/"


def test_page_that_takes_the_frame_for_itself_is_not_shown_below_the_banner_of_another(pair) -> None:
    answer = get(pair, "/next", **{"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-origin"})
    assert "next page" not in answer.text
    assert f'target="_top" href="{pair.main_url}/replay/{AT}/{SITE}/next"' in answer.text


def test_frame_names_the_capture_and_leads_on(pair, paper) -> None:
    paper.capture(f"{SITE}/", "20240701000000", b"later", headers=HTML)
    asked = pair.main.get(f"/replay/20240615/{SITE}/")
    assert asked.headers["location"] == f"{pair.main_url}/replay/20240701000000/{SITE}/"
    frame = pair.main.get(f"/replay/{AT}/{SITE}/")
    assert "1 May 2024, 10:30:00 UTC" in frame.text
    assert f'href="/replay/20240701000000/{SITE}/"' in frame.text
    assert 'rel="prev"' not in frame.text
    assert f"frame-src {pair.replay_url}" in frame.headers["content-security-policy"]
    assert "script-src" not in frame.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in frame.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["/replay/", "/replay/x/https://n.example/", "/replay/20240501103000/", "/replay/2024/javascript:x"]
)
def test_odd_frames_are_refused(pair, path: str) -> None:
    assert pair.main.get(path).status_code in (400, 404)


def test_rendered_page_is_shown_as_the_browser_made_it(serve_pair, newspaper) -> None:
    dom = b"<!DOCTYPE html><p>drawn by a script<script>x</script><img src=/a.png>"
    exchange = Exchange(
        url=f"{SITE}/app",
        request=b"GET /app HTTP/1.1\r\n\r\n",
        response=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 12\r\n\r\n<div id=app>",
        began=from_timestamp(AT),
        rendering=Rendering(dom=dom, taken=from_timestamp(AT)),
    )
    newspaper.keep(exchange)
    shown = get(serve_pair(newspaper.folder), "/app").text
    assert shown == f'<!DOCTYPE html><p>drawn by a script<img src="/{AT}im_/{SITE}/a.png">'


def test_withheld_pages_are_not_replayed(serve_pair, newspaper) -> None:
    newspaper.capture(f"{SITE}/secret", AT, b"<meta name=robots content=noarchive>secret", headers=HTML)
    newspaper.withhold()
    pair = serve_pair(newspaper.folder, Settings(noarchive="withhold"))
    assert get(pair, "/secret").status_code == 404
    assert pair.main.get(f"/replay/{AT}/{SITE}/secret").status_code == 404
