"""The page of search results: its pages joined are the whole answer, and it says what it shows and what to do."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from html import unescape
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp

from archive.collection import CATALOG_FILE, SEARCH_FOLDER
from archive.config import Settings, init_collection
from archive.formats.urlkey import urlkey
from archive.index.catalog import Catalog
from archive.index.search import SearchDocument, SearchIndex
from archive.web.app import create_app

ARTICLES = 45


@pytest.fixture(scope="module")
def client(
    tmp_path_factory: pytest.TempPathFactory, serving_app: Callable[[ASGIApp], AbstractContextManager[str]]
) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("results") / "news"
    make(folder)
    with (
        serving_app(create_app(folder, Settings())) as address,
        httpx.Client(base_url=address, trust_env=False) as client,
    ):
        yield client


def make(folder: Path) -> None:
    init_collection(folder)
    Catalog.open(folder / CATALOG_FILE).close()
    with SearchIndex.create(folder / SEARCH_FOLDER) as index:
        for number in range(ARTICLES):
            for edition in (0, 1):
                url = f"https://news.example/{number}"
                index.add(
                    SearchDocument(
                        key=urlkey(url),
                        url=url,
                        timestamp=f"2026050{1 + edition}12{number:02}00",
                        headline=f"Quake {number}" if number % 2 else f"Tremor {number}",
                        body=f"A quake, told for the {('first', 'second')[edition]} time.",
                        source="voa" if number % 3 else "rfi",
                        language="en",
                    )
                )
        url = "https://news.example/fa"
        index.add(
            SearchDocument(
                key=urlkey(url), url=url, timestamp="20260501000000", language="fa", headline="زلزله", body="زلزله بود."
            )
        )
        index.commit()


def articles(page: str) -> list[str]:
    return re.findall(r'<h3[^>]*><a href="/article\?url=https%3A%2F%2Fnews\.example%2F(\w+)&amp;at=(\d+)"', page)


def link(page: str, rel: str) -> str | None:
    found = re.search(rf'<a rel="{rel}" href="([^"]*)"', page)
    return unescape(found[1]) if found else None


@pytest.mark.parametrize(("versions", "hits"), [("", ARTICLES), ("all", 2 * ARTICLES)])
def test_following_the_links_gives_every_hit_once(client: httpx.Client, versions: str, hits: int) -> None:
    seen: list[str] = []
    address: str | None = f"/?q=quake&versions={versions}&source="
    pages = 0
    while address:
        page = client.get(address).raise_for_status().text
        seen += articles(page)
        address = link(page, "next")
        pages += 1
    assert len(seen) == len(set(seen)) == hits
    assert pages == -(-hits // 20)


def test_filters_stay_from_page_to_page(client: httpx.Client) -> None:
    first = client.get("/", params={"q": "quake", "source": "voa", "to": "20260501", "limit": 5}).text
    following = link(first, "next")
    assert following is not None
    second = client.get(following).text
    assert 'name="source" value="voa"' in second
    assert {int(number) % 3 for number, _ in articles(second)} == {1, 2}
    assert {at[:8] for _, at in articles(second)} == {"20260501"}
    assert len(articles(second)) == 5


def test_the_way_back_leads_to_the_page_before(client: httpx.Client) -> None:
    first = client.get("/?q=quake&limit=10").text
    second = client.get(link(first, "next") or "").text
    third = client.get(link(second, "next") or "").text
    assert link(first, "prev") is None
    assert articles(client.get(link(second, "prev") or "").text) == articles(first)
    assert articles(client.get(link(third, "prev") or "").text) == articles(second)


def test_the_first_page_says_how_many_there_are(client: httpx.Client) -> None:
    assert f"About {ARTICLES} articles" in client.get("/?q=quake").text
    assert f"About {2 * ARTICLES} versions" in client.get("/?q=quake&versions=all").text
    assert ">1 article," in client.get("/", params={"q": "زلزله"}).text
    assert "About" not in client.get("/?q=quake&offset=20").text


def test_hits_are_marked_and_read_in_their_own_direction(client: httpx.Client) -> None:
    page = client.get("/", params={"q": "زلزله"}).text
    assert re.search(r'<p class="snippet" lang="fa" dir="rtl">\s*<mark>زلزله</mark> بود', page)


def test_nothing_found_says_what_to_try(client: httpx.Client) -> None:
    page = client.get("/?q=drought").text
    assert "Nothing found for" in page
    assert "without the filters" not in page
    assert 'href="/?q=drought"' in client.get("/?q=drought&language=en").text


@pytest.mark.parametrize(
    "wrong", ["after=1WyJjb20sZXhhbXBsZSkvIiw3XQ", "after=x", "versions=some", "limit=0", "from=x"]
)
def test_a_wrong_parameter_is_refused_in_one_line(client: httpx.Client, wrong: str) -> None:
    answer = client.get(f"/?q=quake&{wrong}")
    assert answer.status_code == 400


def test_the_search_has_a_feed(client: httpx.Client) -> None:
    page = client.get("/?q=quake&source=voa").text
    feed = re.search(r'<link rel="alternate" type="application/atom\+xml" title="This search" href="([^"]*)"', page)
    assert feed is not None
    assert client.get(unescape(feed[1])).status_code == 200
