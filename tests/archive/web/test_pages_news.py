"""Days, sources and changes as pages, and as feeds."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from httpx import Client
from starlette.types import ASGIApp

from archive.config import Settings
from archive.web.app import create_app

BRIDGE = "https://www.example.org/news/bridge"
ATOM = "{http://www.w3.org/2005/Atom}"
Serve = Callable[[ASGIApp], Client]
HIDDEN = (("Content-Type", "text/html"), ("X-Robots-Tag", "noarchive"))
MINED_NOT = (("Content-Type", "text/html"), ("tdm-reservation", "1"))


def main_of(page: str) -> str:
    return page.partition("<main")[2].partition('<aside class="rail">')[0]


def entries(feed: str) -> list[ElementTree.Element]:
    return ElementTree.fromstring(feed).findall(f"{ATOM}entry")  # of our own making


def text_in(entry: ElementTree.Element, name: str) -> str:
    found = entry.find(ATOM + name)
    assert found is not None
    return found.text or ""


# Days


def test_day_shows_its_articles_by_source_as_they_read_then(client: Client) -> None:
    page = main_of(client.get("/day", params={"date": "2024-05-01"}).text)
    assert "4 articles first captured on this day" in page
    assert "Bridge to close" in page
    assert "Harbour bridge to close" not in page
    assert "at=20240501103000" in page
    assert "changed since" in page
    assert all(f"name={source}" in page for source in ("harbour", "bandar", "gang", "evil"))


def test_day_shows_archived_pictures(client: Client) -> None:
    page = client.get("/day", params={"date": "20240501"}).text
    assert '<img src="/web/20240501103001id_/https://img.example.org/bridge.png"' in page


def test_day_of_one_source_shows_that_alone(client: Client) -> None:
    page = main_of(client.get("/day", params={"date": "2024-05-01", "source": "bandar"}).text)
    assert "1 article first captured on this day" in page
    assert "پل بندر" in page
    assert "Bridge to close" not in page


def test_day_of_one_source_shows_all_of_them_page_by_page(newspaper: Any, serve_app: Serve) -> None:
    for number in range(70):
        url = f"https://www.example.org/{number}"
        capture = newspaper.capture(url, f"2024050112{number // 60:02}{number % 60:02}", url.encode())
        newspaper.read(capture, text=url, headline=f"Story {number}.", source="harbour")
    client = serve_app(create_app(newspaper.folder, Settings()))
    assert "All 70 from harbour" in client.get("/day?date=2024-05-01").text
    shown: list[str] = []
    address = "/day?date=2024-05-01&source=harbour"
    for _ in range(3):
        page = client.get(address).text
        shown += re.findall(r">(Story \d+\.)<", page)
        following = re.search(r'rel="next" href="([^"]*page=\d)"', page)
        if following is None:
            break
        address = following[1].replace("&amp;", "&")
    assert shown == [f"Story {number}." for number in range(69, -1, -1)]


def test_day_without_a_date_leads_to_the_last_with_news(client: Client) -> None:
    answer = client.get("/day")
    assert answer.status_code == 307
    assert answer.headers["location"] == "/day?date=2024-05-01"


def test_day_leads_to_its_neighbours_and_has_a_calendar(newspaper: Any, serve_app: Serve) -> None:
    for day in ("20240131", "20240229", "20240302"):
        url = f"https://www.example.org/{day}"
        newspaper.read(newspaper.capture(url, f"{day}120000", day.encode()), text=day, headline=day, source="harbour")
    client = serve_app(create_app(newspaper.folder, Settings()))
    page = client.get("/day", params={"date": "2024-02-29"}).text
    assert re.search(r'rel="prev" href="/day\?date=2024-01-31"', page)
    assert re.search(r'rel="next" href="/day\?date=2024-03-02"', page)
    assert 'href="/day?date=2024-02-29" aria-current="date">29' in page
    empty = client.get("/day", params={"date": "2024-02-10"}).text
    assert "Nothing was first captured on this day" in empty


@pytest.mark.parametrize("date", ["soon", "2024-13-01", "20240230", "-1", "9" * 40])
def test_day_refuses_what_is_no_date(client: Client, date: str) -> None:
    assert client.get("/day", params={"date": date}).status_code == 400


# Sources


def test_sources_are_those_followed_and_those_read(newspaper: Any, serve_app: Serve) -> None:
    url = "https://www.example.org/a"
    newspaper.read(newspaper.capture(url, "20240501100000", b"a"), text="A", headline="A", source="harbour")
    (newspaper.folder / "sources").mkdir(exist_ok=True)
    (newspaper.folder / "sources" / "quiet.toml").write_text('name = "quiet"\nsite = "https://quiet.example.org/"\n')
    client = serve_app(create_app(newspaper.folder, Settings()))
    page = client.get("/sources").text
    assert "/source?name=harbour" in page
    assert "/source?name=quiet" in page
    quiet = client.get("/source", params={"name": "quiet"}).text
    assert "https://quiet.example.org/" in quiet
    assert "No article of this source has been read yet" in quiet


def test_source_draws_its_articles_a_day_and_says_them_in_words(newspaper: Any, serve_app: Serve) -> None:
    today = datetime.now(UTC)
    for back, count in ((1, 3), (2, 1), (40, 2)):
        for number in range(count):
            day = f"{today - timedelta(days=back):%Y%m%d}"
            url = f"https://www.example.org/{back}/{number}"
            capture = newspaper.capture(url, f"{day}1200{number:02}", url.encode())
            newspaper.read(capture, text=url, headline=f"Story {back}.{number}", source="harbour", language="en")
    page = serve_app(create_app(newspaper.folder, Settings())).get("/source", params={"name": "harbour"}).text
    assert page.count('<rect class="column"') == 3
    assert "6 in all; 3 on the busiest day" in page
    assert re.search(r'role="img" aria-labelledby="bars-title bars-desc"', page)
    heights = sorted(float(height) for height in re.findall(r'class="column"[^>]*height="([\d.]+)"', page))
    assert heights == [33.3, 66.7, 100.0]
    assert "English 6" in page


def test_what_was_read_for_no_source_has_a_page_and_feeds(newspaper: Any, serve_app: Serve) -> None:
    url = "https://www.example.org/a"
    newspaper.read(newspaper.capture(url, "20240501100000", b"a"), text="A", headline="Imported", source=None)
    newspaper.read(
        newspaper.capture(url + "b", "20240501100000", b"b"), text="B", headline="Followed", source="harbour"
    )
    client = serve_app(create_app(newspaper.folder, Settings()))
    page = client.get("/source", params={"name": "-"}).text
    assert "Without a source" in page
    assert "Imported" in page
    assert "Followed" not in page
    assert '"/feed/new?source=-"' in page
    assert [text_in(entry, "title") for entry in entries(client.get("/feed/new?source=-").text)] == ["Imported"]
    assert 'href="/source?name=-"' in client.get("/day?date=2024-05-01").text


def test_unknown_source_is_not_found_and_a_missing_name_is_asked_for(client: Client) -> None:
    assert client.get("/source", params={"name": "nobody"}).status_code == 404
    assert client.get("/source", params={"name": "../../etc/passwd"}).status_code == 404
    assert client.get("/source").status_code == 400


# Changes


def test_changes_say_how_an_article_changed_and_lead_to_the_comparison(client: Client) -> None:
    page = client.get("/changes").text
    assert page.index("new headline") < page.index("corrected")
    assert "a=20240501103000&amp;b=20240503103000" in page
    assert "version 3 of 3" in page


def test_changes_may_be_narrowed_to_those_that_matter_and_are_silent(client: Client) -> None:
    def numbers(**asked: str) -> list[str]:
        return re.findall(r"version (\d) of 3", client.get("/changes", params=asked).text)

    everything = numbers()
    assert everything == ["3", "2"]
    assert "2" not in numbers(silent="1")  # it says that it corrects
    assert numbers(min_change="1") == []
    assert set(numbers(min_change="0.01")) <= set(everything)
    for wrong in ({"silent": "maybe"}, {"min_change": "2"}, {"min_change": "nan"}):
        assert client.get("/changes", params=wrong).status_code == 400
        assert client.get("/feed/changed", params=wrong).status_code == 400


def test_changes_of_a_source_without_any_say_so(client: Client) -> None:
    assert "No article was seen to change here yet" in client.get("/changes", params={"source": "bandar"}).text


# What readers are not to see


@pytest.mark.parametrize(
    ("headers", "setting"),
    [(HIDDEN, {"noarchive": "withhold"}), (MINED_NOT, {"tdm": "exclude"})],
    ids=["hidden", "tdm"],
)
def test_no_list_shows_what_is_not_to_be_given_out(
    newspaper: Any, serve_app: Serve, headers: Any, setting: dict[str, str]
) -> None:
    for name, given in (("secret", headers), ("open", (("Content-Type", "text/html"),))):
        url = f"https://www.example.org/{name}"
        for number in (1, 2):
            capture = newspaper.capture(url, f"20240501{number}00000", f"{name} {number}".encode(), headers=given)
            newspaper.read(capture, text=f"{name} {number} is so", headline=name.upper(), source="harbour")
    settings = (newspaper.folder / "morgue.toml").read_text()
    for key, value in setting.items():
        settings = re.sub(rf"^#? ?{key} = .*$", f'{key} = "{value}"', settings, flags=re.MULTILINE)
    (newspaper.folder / "morgue.toml").write_text(settings)
    client = serve_app(create_app(newspaper.folder, msgspec.structs.replace(Settings(), **setting)))
    for path in ("/", "/day?date=2024-05-01", "/source?name=harbour", "/changes", "/feed/new", "/feed/changed"):
        page = client.get(path).text
        assert "OPEN" in page, path
        assert "SECRET" not in page, path
    if "noarchive" in setting:
        assert "1 article first captured on this day" in client.get("/day?date=2024-05-01").text


def test_no_count_tells_what_stands_in_hidden_texts(newspaper: Any, serve_app: Serve) -> None:
    for number in range(25):
        given = HIDDEN if number < 3 else (("Content-Type", "text/html"),)
        url = f"https://www.example.org/{number}"
        capture = newspaper.capture(url, f"202405{number + 1:02}000000", b"%d" % number, headers=given)
        text = f"A quake, the {number}." + (" A secret." if number < 3 else "")
        newspaper.read(capture, text=text, source="hushed" if number < 3 else "harbour")
    newspaper.publish()
    settings = newspaper.folder / "morgue.toml"
    settings.write_text(settings.read_text().replace('noarchive = "keep"', 'noarchive = "withhold"'))
    client = serve_app(create_app(newspaper.folder, Settings(noarchive="withhold")))
    with_word, without = (client.get("/", params={"q": q}).text for q in ("quake OR secret", "quake -secret"))
    assert "More matches" in with_word
    assert "About" not in with_word
    assert "About" not in without
    assert "hushed" not in client.get("/").text
    assert "hushed" not in client.get("/sources").text
    assert client.get("/source?name=hushed").status_code == 404


# Feeds


def test_feed_of_new_articles_is_atom(client: Client) -> None:
    answer = client.get("/feed/new")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(answer.content)
    for name in ("id", "title", "updated"):
        assert len(feed.findall(ATOM + name)) == 1
    found = feed.findall(ATOM + "entry")
    assert len(found) == 4
    for entry in found:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text_in(entry, "updated"))
        assert entry.find(f"{ATOM}author/{ATOM}name") is not None
        assert entry.findall(ATOM + "link")[0].attrib["href"].startswith("http://127.0.0.1:")
    assert len({text_in(entry, "id") for entry in found}) == 4
    assert [text_in(entry, "title") for entry in found][-1] == "Harbour bridge to close"


def test_feed_of_changes_says_what_was_changed(client: Client) -> None:
    newest, older = entries(client.get("/feed/changed").text)
    assert text_in(newest, "title").startswith("New headline")
    assert "The headline was: Bridge to close." in text_in(newest, "summary")
    assert text_in(older, "title") == "Corrected: Bridge to close"
    assert text_in(older, "updated") == "2024-05-03T10:30:00Z"
    assert "/diff?url=" in older.findall(ATOM + "link")[0].attrib["href"]
    content = text_in(older, "content")
    assert "<del>3</del>" in content
    assert "<ins>5</ins>" in content
    assert "Correction: an earlier version of this story gave 3 weeks." in content
    assert "Its paint alone" not in content


def test_feed_of_a_source_and_of_a_search(client: Client) -> None:
    assert [text_in(entry, "title") for entry in entries(client.get("/feed/new?source=bandar").text)] == [
        "پل بندر بسته می‌شود"
    ]
    assert "Harbour bridge to close" in [
        text_in(entry, "title") for entry in entries(client.get("/feed/search?q=northern").text)
    ]
    assert client.get("/feed/search").status_code == 400


def test_feed_of_a_search_tells_what_came_last_wherever_the_words_stand(newspaper: Any, serve_app: Serve) -> None:
    """A page of results has headlines first: there a reader of the feed would never learn of the newest."""
    for number in range(25):
        capture = newspaper.capture(f"https://www.example.org/{number}", f"202405{number + 1:02}000000", b"%d" % number)
        headline = "Quake" if number < 24 else "Tremor"
        newspaper.read(capture, text=f"A quake, the {number}.", headline=headline, source="harbour")
    newspaper.publish()
    client = serve_app(create_app(newspaper.folder, Settings()))
    found = entries(client.get("/feed/search?q=quake").text)
    assert [text_in(entry, "updated")[:10] for entry in found] == [f"2024-05-{day:02}" for day in range(25, 5, -1)]
    assert text_in(found[0], "title") == "Tremor"


def test_feed_is_sound_whatever_strangers_wrote(newspaper: Any, serve_app: Serve) -> None:
    nasty = "]]> <b>&amp; \x00\x08\x1b[2J\ufffe\ud800 \U0001f4f0 \u202e"
    url = "https://www.example.org/a?b='\"&c=<>"
    capture = newspaper.capture(url, "20240501100000", b"a")
    newspaper.read(
        capture,
        text="A",
        headline=nasty.replace("\ud800", ""),
        source='ha"r<b>',
        authors=(nasty[:-12],),
        language="x y",
    )
    (entry,) = entries(serve_app(create_app(newspaper.folder, Settings())).get("/feed/new").text)
    assert text_in(entry, "title").startswith("]]> <b>&amp; ")


def test_feed_keeps_the_id_of_an_article_that_moved(newspaper: Any, serve_app: Serve) -> None:
    old, new = "https://www.example.org/old", "https://www.example.org/new"
    story = {"text": "The ferry runs again.", "headline": "Ferry runs", "source": "harbour"}
    newspaper.read(newspaper.capture(old, "20240501100000", b"first"), **story)
    client = serve_app(create_app(newspaper.folder, Settings()))
    (before,) = entries(client.get("/feed/new").text)
    newspaper.capture(old, "20240502100000", status="301 Moved Permanently", headers=(("Location", new),))
    newspaper.read(newspaper.capture(new, "20240502100001", b"second"), **story)
    (after,) = entries(client.get("/feed/new").text)
    assert text_in(before, "id") == text_in(after, "id")
    assert "example.org%2Fnew" in after.findall(ATOM + "link")[0].attrib["href"]


def test_feed_keeps_the_id_of_a_change_when_the_article_moves(newspaper: Any, serve_app: Serve) -> None:
    old, new = "https://www.example.org/old", "https://www.example.org/new"
    for number in (1, 2):
        capture = newspaper.capture(old, f"2024050{number}100000", str(number).encode())
        newspaper.read(capture, text=f"The ferry runs {number} times.", headline="Ferry", source="harbour")
    client = serve_app(create_app(newspaper.folder, Settings()))
    (before,) = entries(client.get("/feed/changed").text)
    newspaper.capture(old, "20240503100000", status="301 Moved Permanently", headers=(("Location", new),))
    for number in (2, 3):
        capture = newspaper.capture(new, f"2024050{number + 1}100001", f"new {number}".encode())
        newspaper.read(capture, text=f"The ferry runs {number} times.", headline="Ferry", source="harbour")
    newest, same = entries(client.get("/feed/changed").text)
    assert text_in(same, "id") == text_in(before, "id")
    assert text_in(newest, "id") != text_in(before, "id")


@pytest.mark.parametrize("path", ["/feed/new", "/feed/changed", "/feed/search?q=bridge"])
def test_feed_is_not_sent_twice_to_who_has_it(client: Client, path: str) -> None:
    first = client.get(path)
    if "last-modified" not in first.headers:  # within the second that it is first given out
        time.sleep(1)
        first = client.get(path)
    for condition in ({"if-none-match": first.headers["etag"]}, {"if-modified-since": first.headers["last-modified"]}):
        again = client.get(path, headers=condition)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["last-modified"] == first.headers["last-modified"]
    assert client.get(path, headers={"if-none-match": '"other"'}).status_code == 200
    assert client.get(path, headers={"if-modified-since": "Mon, 01 Jan 2001 00:00:00 GMT"}).status_code == 200
    assert client.get(path, headers={"if-modified-since": "yesterday, I think"}).status_code == 200
    assert client.get(path, headers={"if-modified-since": "Mon, 01 Jan 0001 00:00:00 GMT"}).status_code == 200


def test_who_asks_by_time_alone_misses_nothing_that_is_read_late(newspaper: Any, serve_app: Serve) -> None:
    """An import, or a page that was not read for weeks: its capture is older than what the reader has."""
    first = newspaper.capture("https://www.example.org/1", "20240509100000", b"1")
    newspaper.read(first, text="The ferry runs.", headline="Ferry", source="harbour")
    late = newspaper.capture("https://www.example.org/2", "20240501100000", b"2")
    client = serve_app(create_app(newspaper.folder, Settings()))
    had = client.get("/feed/new")
    newspaper.read(late, text="The bridge is closed.", headline="Bridge", source="harbour")
    for asked_at in (had.headers.get("last-modified", had.headers["date"]), had.headers["date"]):
        again = client.get("/feed/new", headers={"if-modified-since": asked_at})
        assert again.status_code == 200
        assert "Bridge" in again.text


# Caches


@pytest.mark.parametrize("path", ["/", "/day?date=2024-05-01", "/sources", "/changes", f"/article?url={BRIDGE}"])
def test_page_is_not_sent_twice_to_who_has_it(client: Client, path: str) -> None:
    first = client.get(path)
    again = client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = client.head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", first.headers["etag"])


def test_page_that_is_kept_is_made_anew_after_a_commit(newspaper: Any, serve_app: Serve) -> None:
    client = serve_app(create_app(newspaper.folder, Settings()))
    for name in ("first", "second"):
        assert name not in client.get("/").text
        url = f"https://www.example.org/{name}"
        newspaper.read(
            newspaper.capture(url, "20240501100000", name.encode()), text=name, headline=name, source="harbour"
        )
        assert name in client.get("/").text


def test_style_sheet_may_be_kept_for_good(client: Client) -> None:
    address = re.search(r'href="(/static/style\.css\?v=\w+)"', client.get("/").text)
    assert address
    assert "immutable" in client.get(address[1]).headers["cache-control"]
    assert client.get("/static/style.css").headers["cache-control"] == "public, max-age=3600"


def test_public_url_stands_before_every_path(news: Path, serve_app: Serve) -> None:
    settings = msgspec.structs.replace(Settings(), public_url="https://archive.example.org/news")
    client = serve_app(create_app(news, settings))
    feed = ElementTree.fromstring(client.get("/feed/new", headers={"host": "archive.example.org"}).content)
    links = [link.attrib["href"] for link in feed.iter(ATOM + "link") if link.attrib["rel"] != "via"]
    assert all(link.startswith("https://archive.example.org/news/") and "/news/news/" not in link for link in links)
