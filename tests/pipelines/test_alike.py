"""Pages of one article that are read unlike: with a profile and without, before it and after, late, or not at all."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.collection import Collection
from archive.config import Settings
from archive.model import Article, ArticleVersion, Exchange, SearchHit
from archive.rebuild import reindex
from archive.writer import ArchiveWriter
from pipelines.extract.profile import Profile, Template
from pipelines.profile_file import SiteFile, render
from pipelines.reader import PageReader
from pipelines.reread import read_again
from pipelines.store import Recorder

URL = "https://news.example/story"
FIRST = "The harbour bridge will close for three weeks in June, the port said on Wednesday."
SECOND = FIRST.replace("three", "five")
BEGIN = datetime(2024, 5, 1, tzinfo=UTC)


def page(text: str = FIRST, *, tag: str = "article", advert: int = 0) -> bytes:
    """A story in this element: in another than `article` it does not fit the profile."""
    story = "".join(f"<p>{text} It was paragraph {number} of the port's long report.</p>" for number in range(6))
    aside = f"<aside class='advert'>Buy {advert}</aside>"
    html = f"<!DOCTYPE html><html lang='en'><title>Bridge</title><body>{aside}<{tag}><h1>Bridge to close</h1>{story}"
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s" % (len(html), html.encode())


@pytest.fixture(scope="module")
def reader() -> Iterator[PageReader]:
    reader = PageReader(1, queue_size=4)
    yield reader
    reader.close()


def learned(folder: Path, *profiles: Profile) -> None:
    (folder / "profiles").mkdir(exist_ok=True)
    file = SiteFile(host="news.example", pinned=True, profiles=profiles)
    (folder / "profiles/news.example.toml").write_text(render(file))


def profile(number: int = 1, since: str = "20240101000000", container: str = "article") -> Profile:
    template = Template(frame="article", container=(container,), share=0.5, rest=0.5, pages=12)
    return Profile(host="news.example", number=number, since=since, templates=(template,))


def record(folder: Path, reader: PageReader, *pages: tuple[int, bytes], source: str = "paper", url: str = URL) -> int:
    """Capture these pages, each on its day, read each before the next comes; how many new versions were counted."""
    versions = 0
    for day, response in pages:
        with ArchiveWriter.open(folder, Settings()) as writer:
            recorder = Recorder(writer, reader)
            recorder.start()
            began = BEGIN + timedelta(days=day)
            recorder.put(
                Exchange(url=url, request=b"GET / HTTP/1.1\r\n\r\n", response=response, began=began, source=source),
                None,
            )
            recorder.stop()
            versions += recorder.counts.versions
    return versions


def history(folder: Path) -> list[str]:
    """Days on which a version was first seen, the same after a reindex."""
    before = _answers(folder)
    reindex(folder, Settings())
    assert _answers(folder) == before
    return [version.timestamp[6:8] for version in before[0]]


def _answers(folder: Path) -> tuple[list[ArticleVersion], list[Article], list[SearchHit]]:
    with Collection.open(folder) as collection:
        versions = collection.history(URL)
        articles = [collection.article(URL, version.timestamp) for version in versions]
        assert all(article.text for article in articles)
        return versions, articles, collection.search("harbour")


@pytest.mark.parametrize("tags", [("article", "div"), ("div", "article"), ("article", "article"), ("div", "div")])
def test_an_edit_is_a_version_whether_either_page_fits_the_profile(folder, reader, tags):
    learned(folder, profile())
    assert record(folder, reader, (1, page(FIRST, tag=tags[0])), (2, page(SECOND, tag=tags[1]))) == 2
    assert history(folder) == ["02", "03"]


@pytest.mark.parametrize("tags", [("article", "div"), ("div", "article")])
def test_a_page_that_ceases_to_fit_is_no_edit(folder, reader, tags):
    learned(folder, profile())
    assert record(folder, reader, (1, page(tag=tags[0])), (2, page(tag=tags[1], advert=1))) == 1
    assert history(folder) == ["02"]


def test_a_text_that_comes_back_is_a_version_though_it_was_read_otherwise(folder, reader):
    learned(folder, profile())
    pages = (1, page(FIRST)), (2, page(SECOND, tag="div")), (3, page(FIRST, advert=1)), (4, page(FIRST))
    assert record(folder, reader, *pages) == 3
    assert history(folder) == ["02", "03", "04"]


def test_an_edit_shows_when_the_page_before_it_comes_in_later_and_was_read_with_another_profile(folder, reader):
    learned(folder, profile(), profile(2, "20240504000000", "p"))
    record(folder, reader, (4, page(SECOND)), (1, page(FIRST)))
    assert history(folder) == ["02", "05"]


@pytest.mark.parametrize("tags", [("article", "div"), ("div", "article")])
def test_an_edit_shows_when_the_page_before_it_comes_in_later_and_only_one_fits(folder, reader, tags):
    learned(folder, profile())
    record(folder, reader, (4, page(SECOND, tag=tags[1])), (1, page(FIRST, tag=tags[0])))
    assert history(folder) == ["02", "05"]
    assert record(folder, reader, (2, page(FIRST, tag=tags[1], advert=1))) == 0
    assert history(folder) == ["02", "05"]


@pytest.mark.parametrize("tags", [("article", "div"), ("div", "article"), ("article", "article"), ("div", "div")])
@pytest.mark.parametrize("again", [1, 2])
def test_an_edit_shows_when_the_article_moved_with_it_and_that_is_seen_later(folder, reader, tags, again):
    learned(folder, profile())
    moved_to = f"{URL}-moved"
    redirect = b"HTTP/1.1 301 Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % moved_to.encode()
    record(folder, reader, (1, page(FIRST, tag=tags[0])))
    record(folder, reader, (2, page(SECOND, tag=tags[1])), url=moved_to)
    record(folder, reader, *((3 + day, redirect) for day in range(again)))
    assert history(folder) == ["02", "03"]
    with Collection.open(folder) as collection:
        read = sum(1 for _ in collection.catalog.readings_of(collection.history(URL)[0].key))
    assert read <= 4, "a page that cannot be read alike is not read again for each redirect"


def test_captures_read_in_any_order_make_the_same_versions(folder, reader):
    learned(folder, profile(), profile(2, "20240504000000", "p"))
    pages = [(1, page(FIRST)), (2, page(SECOND, tag="div")), (3, page(SECOND)), (5, page(FIRST, advert=2))]
    record(folder, reader, *reversed(pages))
    assert history(folder) == ["02", "03", "06"]
    done, _ = read_again(folder, Settings(workers=1))
    assert (done.read, done.versions) == (0, 0), "all are read with the profile of their time"
    assert history(folder) == ["02", "03", "06"]


def test_a_page_read_again_stays_its_sources(folder, reader):
    learned(folder, profile())
    record(folder, reader, (1, page(FIRST)), source="paper")
    record(folder, reader, (2, page(SECOND, tag="div")), source="agency")
    with Collection.open(folder) as collection:
        found = {
            (entry.timestamp[6:8], entry.source)
            for entry in collection.catalog.readings_of(collection.history(URL)[0].key)
        }
    assert found == {("02", "paper"), ("03", "agency")}
