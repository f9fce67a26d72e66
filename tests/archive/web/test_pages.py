"""The pages for readers."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from httpx import Client
from starlette.types import ASGIApp

from archive.config import Settings, init_collection
from archive.reindex import Indexer
from archive.web.app import create_app

BRIDGE = "https://www.example.org/news/bridge"
PERSIAN = "https://fa.example.org/a/1.html"
Serve = Callable[[ASGIApp], Client]
HOSTILE = "https://evil.example/x?a=1&b=%22%3E"


class Tags(HTMLParser):
    """The start tags of a page, each with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def named(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag == name]


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", page).split())


def test_front_page_shows_each_article_as_it_reads_now_under_the_day_it_was_first_seen(client: Client) -> None:
    page = client.get("/").text
    news = page.partition('<aside class="rail">')[0]
    assert news.index("1 May 2024") < news.index("Harbour bridge to close")
    assert "5 May 2024" not in news
    assert news.count("bridge to close</a>") == 1
    assert "پل بندر بسته می‌شود" in news


def test_front_page_shows_what_was_changed_last(client: Client) -> None:
    rail = client.get("/").text.partition('<aside class="rail">')[2]
    assert rail.index("new headline") < rail.index("corrected")
    assert "<del>Bridge to close</del>" in rail
    assert "a=20240503103000&amp;b=20240505103000" in rail


def test_front_page_shows_an_article_that_moved_once(newspaper: Any, serve_app: Serve) -> None:
    old, new = "https://www.example.org/old", "https://www.example.org/new"
    story = {"text": "The ferry runs again.", "headline": "Ferry runs", "source": "harbour"}
    newspaper.read(newspaper.capture(old, "20240501100000", b"first"), **story)
    newspaper.capture(old, "20240502100000", status="301 Moved Permanently", headers=(("Location", new),))
    newspaper.read(newspaper.capture(new, "20240502100001", b"second"), **story)
    page = serve_app(create_app(newspaper.folder, Settings())).get("/").text
    assert page.count("Ferry runs") == 1
    assert "example.org%2Fnew" in page
    assert "1 May 2024" in page
    assert "2 May 2024" not in page


def test_front_page_of_an_empty_collection_says_what_to_do(tmp_path: Path, serve_app: Serve) -> None:
    folder = tmp_path / "empty"
    init_collection(folder)
    Indexer.open(folder).close()
    answer = serve_app(create_app(folder, Settings())).get("/")
    assert answer.status_code == 200
    assert "morgue crawl" in answer.text


def test_search_marks_the_words_it_found(client: Client) -> None:
    page = client.get("/", params={"q": "northern road"}).text
    assert "<mark>northern</mark>" in page
    assert "<mark>road</mark>" in page


def test_search_for_an_address_leads_to_its_article(client: Client) -> None:
    answer = client.get("/", params={"q": BRIDGE})
    assert answer.status_code == 307
    assert answer.headers["location"] == "/article?url=https%3A%2F%2Fwww.example.org%2Fnews%2Fbridge"


def test_search_narrows_by_language_and_tells_when_nothing_is_left(client: Client) -> None:
    assert "Nothing found" in client.get("/", params={"q": "bridge", "language": "fa"}).text
    assert "Nothing found" not in client.get("/", params={"q": "پل", "language": "fa"}).text


def test_article_page_shows_each_field_once(client: Client) -> None:
    text = text_of(client.get("/article", params={"url": BRIDGE}).text)
    for once in (
        "Ferries take over while",
        "Ada Quill, Tom Keel",
        "PORT ELDER",
        "The bridge at dusk.",
        "R. Lens",
        "1931",
    ):
        assert text.count(once) == 1, once
    assert "5 weeks in June" in text


def test_article_page_shows_the_version_of_a_time(client: Client) -> None:
    page = client.get("/article", params={"url": BRIDGE, "at": "20240502"}).text
    assert "3 weeks in June" in page
    assert 'aria-current="true"' in page
    assert page.count("What changed<span") == 2
    assert "You read version 1 of 3" in page


def test_article_page_names_the_record_it_comes_from(client: Client, news: Path) -> None:
    page = client.get("/article", params={"url": BRIDGE}).text
    (file,) = (news / "archive").iterdir()
    assert f"/warc/{file.name}" in page
    assert re.search(r"at byte \d+", page)
    assert page.count("sha1:") == 2
    assert f"/web/20240505103000id_/{BRIDGE}" in page


def test_archived_pictures_are_shown_from_the_archive_and_others_not_at_all(client: Client) -> None:
    images = Tags(client.get("/article", params={"url": BRIDGE}).text).named("img")
    assert [image["src"] for image in images] == ["/web/20240501103001id_/https://img.example.org/bridge.png"]
    assert Tags(client.get("/article", params={"url": HOSTILE}).text).named("img") == []


def test_text_runs_in_the_direction_of_its_language(client: Client) -> None:
    (story,) = Tags(client.get("/article", params={"url": PERSIAN}).text).named("article")
    assert (story["lang"], story["dir"]) == ("fa", "rtl")
    (story,) = Tags(client.get("/article", params={"url": BRIDGE}).text).named("article")
    assert (story["lang"], story["dir"]) == ("en", "ltr")


def test_old_address_leads_to_the_article(client: Client) -> None:
    assert "Harbour bridge to close" in client.get("/article", params={"url": "www.example.org/old-bridge"}).text


def test_page_that_is_no_article_shows_its_captures_and_why(client: Client) -> None:
    answer = client.get("/article", params={"url": "https://www.example.org/missing"})
    assert answer.status_code == 200
    assert "No article: status 404." in answer.text
    assert "/web/20240501110000id_/https://www.example.org/missing" in answer.text


def test_page_that_is_no_article_shows_where_it_led_and_what_it_pictures(newspaper: Any, serve_app: Serve) -> None:
    old, picture = "https://www.example.org/old", "https://www.example.org/a.png"
    newspaper.capture(old, "20240501100000", status="301 Moved Permanently", headers=(("Location", "/new"),))
    newspaper.capture(picture, "20240501100000", b"png", headers=(("Content-Type", "image/png"),))
    client = serve_app(create_app(newspaper.folder, Settings()))
    moved = client.get("/article", params={"url": old}).text
    assert "No article: status 301, leads to https://www.example.org/new." in moved
    assert '<a href="/article?url=https%3A%2F%2Fwww.example.org%2Fnew">' in moved
    (image,) = Tags(client.get("/article", params={"url": picture}).text).named("img")
    assert image["src"] == f"/web/20240501100000id_/{picture}"


def test_unknown_address_is_not_found(client: Client) -> None:
    answer = client.get("/article", params={"url": "https://nowhere.example/"}, headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert "Not Found" in answer.text
    assert "https://nowhere.example/" in answer.text


@pytest.mark.parametrize("view", ["sides", "inline"])
def test_diff_page_marks_what_went_and_what_came(client: Client, view: str) -> None:
    page = client.get("/diff", params={"url": BRIDGE, "a": "1", "b": "2", "view": view}).text
    assert "<del>3</del>" in page
    assert "<ins>5</ins>" in page
    assert "<ins>Correction: an earlier version of this story gave 3 weeks.</ins>" in page
    assert "3 unchanged paragraphs" in page


def test_diff_page_shows_the_last_two_versions_unless_told(client: Client) -> None:
    page = client.get("/diff", params={"url": BRIDGE}).text
    assert "<ins>Harbour bridge</ins>" in page
    assert "<del>3</del>" not in page


def test_diff_of_an_article_with_one_version_says_so(client: Client) -> None:
    assert "one version only" in client.get("/diff", params={"url": PERSIAN}).text


def test_diff_refuses_a_version_that_is_not_there(client: Client) -> None:
    answer = client.get("/diff", params={"url": BRIDGE, "a": "9"})
    assert answer.status_code == 400
    assert "versions 1 to 3" in answer.text


@pytest.mark.parametrize(
    "address",
    ["/", "/?q=owned", f"/?q=%22{'x' * 50}", "/article?url=https%3A%2F%2Fevil.example%2Fx%3Fa%3D1%26b%3D%2522%253E"],
)
def test_captured_text_never_becomes_markup(client: Client, address: str) -> None:
    page = client.get(address)
    assert page.status_code == 200
    tags = Tags(page.text)
    assert tags.named("script") == []
    assert tags.named("b") == []
    assert not [name for _, attributes in tags.found for name in attributes if name.startswith("on")]
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", page.text.replace("\n", ""))


@pytest.mark.parametrize("address", ["/", "/?q=bridge", f"/article?url={BRIDGE}", f"/diff?url={BRIDGE}"])
def test_pages_load_nothing_from_elsewhere_and_need_no_script(client: Client, address: str) -> None:
    answer = client.get(address)
    tags = Tags(answer.text)
    loaded = [tag.get("href") for tag in tags.named("link")] + [tag.get("src") for tag in tags.named("img")]
    assert all(target and target.startswith("/") and not target.startswith("//") for target in loaded)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self'")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("address", ["/", "/?q=bridge", f"/article?url={BRIDGE}", f"/diff?url={BRIDGE}", "/diff"])
def test_pages_have_one_heading_one_main_part_and_labels(client: Client, address: str) -> None:
    tags = Tags(client.get(address, headers={"accept": "text/html"}).text)
    assert len(tags.named("h1")) == 1
    assert len(tags.named("main")) == 1
    assert tags.named("html")[0]["lang"] == "en"
    ids = [attributes["id"] for _, attributes in tags.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    labelled = {tag.get("for") for tag in tags.named("label")}
    assert all(tag.get("id") in labelled for tag in tags.named("input") if tag.get("type") == "search")
    assert all("alt" in tag for tag in tags.named("img"))


def test_pages_link_below_the_path_of_the_public_address(news: Path, serve_app: Serve) -> None:
    app = create_app(news, Settings(public_url="https://archive.example/papers/"))
    page = serve_app(app).get("/article", params={"url": BRIDGE}, headers={"host": "archive.example"}).text
    links = [tag["href"] or "" for tag in Tags(page).named("a")]
    assert [link for link in links if link.startswith("/") and not link.startswith("/papers/")] == []


def test_crawlers_are_asked_to_stay_out_of_what_others_published(client: Client) -> None:
    assert client.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"
