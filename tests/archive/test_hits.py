"""Pages of a search neither repeat nor skip while the index is written to, made anew and opened again."""

import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.collection import CATALOG_FILE, SEARCH_FOLDER, Collection
from archive.config import init_collection
from archive.errors import QueryInvalid
from archive.formats.urlkey import urlkey
from archive.index.catalog import Catalog, StoredReading
from archive.index.search import SearchDocument, SearchIndex
from archive.model import Capture, Reading, RecordLocation, SearchHit, SearchPlace, Versions
from archive.web.cursor import from_cursor, to_cursor

SITE = "https://news.example/"
QUERIES = ("quake", "quake OR flood", "quake flood", "headline:quake", '"quake flood"', "quake -fire", "source:voa")


class Archive:
    """A collection that is written to while others page through it; versions are known to it, too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.versions: dict[tuple[str, str], SearchDocument] = {}
        init_collection(folder)
        Catalog.open(folder / CATALOG_FILE).close()
        self.index = SearchIndex.create(folder / SEARCH_FOLDER, memory_bytes=15_000_000)
        self.reader = Collection.open(folder)

    def add(self, *documents: SearchDocument) -> None:
        for document in documents:
            self.versions[document.key, document.timestamp] = document
            self.index.add(document)
        self.index.commit()

    def remove(self, document: SearchDocument) -> None:
        del self.versions[document.key, document.timestamp]
        self.index.remove(document.key, document.timestamp)
        self.index.commit()

    def reindex(self, chance: random.Random) -> None:
        """Make the index anew, from the same versions in another order."""
        self.index.close()
        self.index = SearchIndex.create(self.folder / SEARCH_FOLDER, memory_bytes=15_000_000)
        self.add(*chance.sample([*self.versions.values()], len(self.versions)))

    def reopen(self) -> None:
        self.reader.close()
        self.reader = Collection.open(self.folder)

    def close(self) -> None:
        self.reader.close()
        self.index.close()


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = Archive(tmp_path / "news")
    yield made
    made.close()


def version(name: str, second: int, words: str = "quake", headline: str = "Story", **more: Any) -> SearchDocument:
    url = f"{SITE}{name}"
    return SearchDocument(
        key=urlkey(url), url=url, timestamp=f"202605011200{second:02}", body=words, headline=headline, **more
    )


words = st.sampled_from(["quake", "flood", "quake flood", "fire quake", "fire", "Quake\nflood", "x " * 200 + "quake"])
versions = st.builds(
    version,
    st.sampled_from("abcdefghij"),
    st.integers(1, 12),  # few seconds, so that many share one
    words,
    st.sampled_from(["Story", "Quake", "Quake and flood"]),
    source=st.sampled_from(["voa", "rfi"]),
)


def pages(
    archive: Archive, query: str, versions: Versions, limit: int, meanwhile: Iterator[Any] | None = None
) -> Iterator[SearchHit]:
    """All hits, page by page, each with a cursor as a client hands it back; between them something happens."""
    after: SearchPlace | None = None
    while True:
        page = archive.reader.search_page(query, versions=versions, limit=limit, after=after)
        assert len(page.hits) == limit or page.next is None
        yield from page.hits
        if page.next is None:
            return
        if meanwhile is not None:
            next(meanwhile)
        after = from_cursor(to_cursor(page.next), SearchPlace)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_walk_shows_the_archive_as_it_was_when_it_began(tmp_path: Path, data: st.DataObject) -> None:
    archive = Archive(Path(tempfile.mkdtemp(dir=tmp_path)) / "news")
    archive.add(*data.draw(st.lists(versions, min_size=5, max_size=40)))
    query = data.draw(st.sampled_from(QUERIES))
    kind: Versions = data.draw(st.sampled_from(["newest", "all"]))
    began = archive.reader.search(query, versions=kind, limit=100)
    newest = max(document.timestamp for document in archive.versions.values())

    def later() -> Iterator[None]:
        while True:
            step = data.draw(st.sampled_from(["add", "add", "reindex", "reopen"]))
            if step == "add":
                fresh = data.draw(st.lists(versions, min_size=1, max_size=4))
                archive.add(
                    *(msgspec.structs.replace(one, timestamp=str(int(newest) + n + 1)) for n, one in enumerate(fresh))
                )
            elif step == "reindex":
                archive.reindex(random.Random(1))
            else:
                archive.reopen()
            yield

    assert list(pages(archive, query, kind, data.draw(st.integers(1, 7)), later())) == began
    archive.close()
    shutil.rmtree(archive.folder)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_comes_late_or_goes_moves_its_own_article_only(tmp_path: Path, data: st.DataObject) -> None:
    archive = Archive(Path(tempfile.mkdtemp(dir=tmp_path)) / "news")
    archive.add(*data.draw(st.lists(versions, min_size=5, max_size=40)))
    query = data.draw(st.sampled_from(QUERIES))
    began = archive.reader.search(query, limit=100)
    added: set[str] = set()
    lost: set[str] = set()

    def late() -> Iterator[None]:
        while True:
            late = data.draw(versions)
            known = archive.versions.get((late.key, late.timestamp))
            if known is None:
                added.add(late.url)
                archive.add(late)
            else:
                lost.add(known.url)
                archive.remove(known)
            yield

    found = [hit.url for hit in pages(archive, query, "newest", data.draw(st.integers(1, 7)), late())]
    touched = added | lost
    assert [url for url in found if url not in touched] == [hit.url for hit in began if hit.url not in touched]
    # What only came shows no article a second time.
    kept = [url for url in found if url not in lost]
    assert len(kept) == len(set(kept))
    archive.close()
    shutil.rmtree(archive.folder)


def test_an_article_that_moved_is_on_one_page_only(archive: Archive) -> None:
    archive.add(*(version(f"{n}", n) for n in range(1, 9)), version("old", 2), version("new", 7), version("new", 0))
    with Catalog.open(archive.folder / CATALOG_FILE) as catalog:
        read = [("old", 2, 200, None), ("new", 7, 200, None), ("old", 9, 301, f"{SITE}new")]
        catalog.add_captures(capture(*one) for one in read)
        catalog.add_readings(reading(name, second) for name, second, status, _ in read if status == 200)
    archive.reopen()
    names = [hit.url.removeprefix(SITE) for hit in pages(archive, "quake", "newest", 2)]
    assert names == ["8", "7", "new", "6", "5", "4", "3", "2", "1"]
    assert names == [hit.url.removeprefix(SITE) for hit in archive.reader.search("quake")]
    every = [hit.url.removeprefix(SITE) for hit in pages(archive, "quake", "all", 2)]
    assert sorted(every) == sorted([*names, "old", "new"])


def capture(name: str, second: int, status: int, redirect: str | None) -> Capture:
    return Capture(
        urlkey=urlkey(SITE + name),
        timestamp=f"202605011200{second:02}",
        url=SITE + name,
        mime="text/html",
        status=status,
        digest=f"sha1:{name.upper():A<32}",
        size=1000,
        redirect=redirect,
        record_id=f"urn:uuid:00000000-0000-0000-0000-{second:012x}",
        location=RecordLocation(file="a.warc.gz", offset=second * 1000, length=900),
    )


def reading(name: str, second: int) -> StoredReading:
    return StoredReading(
        reading=Reading(
            url=SITE + name,
            timestamp=f"202605011200{second:02}",
            record_id=f"urn:uuid:00000000-0000-0000-0000-{second:012x}",
            digest=f"sha1:{name.upper():A<32}",
            extractor="newsmorgue/1",
            outcome="article",
            key=urlkey(SITE + name),
            text_digest=f"sha1:{name.upper():B<32}",
        ),
        location=RecordLocation(file="a-text.warc.gz", offset=second * 100, length=90),
    )


def test_every_version_that_matches_is_a_hit_with_a_snippet_of_its_own(archive: Archive) -> None:
    archive.add(version("a", 1, "A quake at dawn"), version("a", 2, "Two quakes"), version("a", 3, "A strong quake"))
    hits = archive.reader.search("quake", versions="all")
    assert [(hit.timestamp[-1], hit.snippet) for hit in hits] == [
        ("3", "A strong \x02quake\x03"),
        ("1", "A \x02quake\x03 at dawn"),
    ]
    assert [hit.timestamp[-1] for hit in archive.reader.search("quake")] == ["3"]
    assert [hit.timestamp[-1] for hit in archive.reader.search("quake", to="20260501120002")] == ["1"]


def test_hits_are_counted(archive: Archive) -> None:
    archive.add(*(version(name, second) for name in "abc" for second in (1, 2)), version("d", 1, "flood"))
    assert archive.reader.count_hits("quake") == 3
    assert archive.reader.count_hits("quake", versions="all") == 6
    assert archive.reader.count_hits("quake", to="20260501120001", versions="all") == 3
    assert archive.reader.count_hits("drought") == 0


def test_an_empty_archive_has_one_empty_page(archive: Archive) -> None:
    page = archive.reader.search_page("quake")
    assert (page.hits, page.next) == ([], None)


@pytest.mark.parametrize(
    "place",
    [
        ("2026", 2.0, "20260501120000", "u", "k"),
        ("20260501120000", 2.0, "yesterday", "u", "k"),
        ("20260501120000", 2.0, "٢٠٢٦٠٥٠١١٢٠٠٠٠", "u", "k"),
    ],
)
def test_a_place_that_none_of_our_pages_gave_is_refused(archive: Archive, place: tuple[Any, ...]) -> None:
    with pytest.raises(QueryInvalid, match="cursor: holds no timestamps"):
        archive.reader.search_page("quake", after=SearchPlace(*place))


@pytest.mark.parametrize("score", [-1e308, 0, 2.5, 1e308])
def test_a_place_with_any_score_is_answered(archive: Archive, score: float) -> None:
    archive.add(version("a", 1), version("b", 2))
    place = SearchPlace("20260501120009", score, "20260501120009", "\ud800".encode("utf-8", "replace").decode(), "")
    assert len(archive.reader.search_page("quake", after=place).hits) in (0, 2)


@pytest.mark.parametrize("limit", [0, -1, 10_001])
def test_a_page_of_no_size_is_refused(archive: Archive, limit: int) -> None:
    with pytest.raises(QueryInvalid, match="limit"):
        archive.reader.search_page("quake", limit=limit)


def test_versions_are_newest_or_all(archive: Archive) -> None:
    with pytest.raises(QueryInvalid, match="neither newest nor all"):
        archive.reader.search("quake", versions="some")  # type: ignore[arg-type]
