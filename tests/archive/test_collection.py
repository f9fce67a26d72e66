import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from archive import Collection
from archive.config import init_collection
from archive.errors import CollectionNotFound, IndexOutdated, NoCapture, QueryInvalid
from archive.formats.digest import payload_digest
from archive.warcfile import warc_files
from archive.writer import ArchiveWriter

SITE = "https://www.example.org/"
STORY, AMP = SITE + "story", SITE + "amp/story"
OLD, NEW = SITE + "2023/moved", SITE + "2024/moved"
OPEN, CLOSED = "The bridge is open.", "The bridge is closed."


def noon(day: int) -> str:
    return f"202405{day:02d}120000"


@pytest.fixture(scope="module")
def collection(chronicle: Path) -> Any:
    with Collection.open(chronicle) as opened:
        yield opened


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    init_collection(tmp_path / "empty")
    ArchiveWriter.open(tmp_path / "empty", init_settings(tmp_path / "empty")).close()
    return tmp_path / "empty"


def init_settings(folder: Path) -> Any:
    from archive.config import load_settings

    return load_settings(folder, environ={})


def days(captures: Any) -> list[int]:
    return [int(capture.timestamp[6:8]) for capture in captures]


# Opening


def test_it_opens_the_folder_that_is_named_or_the_nearest(
    chronicle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(chronicle / "archive")
    with Collection.open() as found, Collection.open(str(chronicle)) as named:
        assert found.folder == named.folder == chronicle
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MORGUE_COLLECTION", str(chronicle))
    with Collection.open() as found:
        assert found.folder == chronicle
    with pytest.raises(CollectionNotFound, match="morgue init"):
        Collection.open(tmp_path)


def test_without_a_catalog_it_says_how_to_get_one(tmp_path: Path) -> None:
    init_collection(tmp_path / "new")
    with pytest.raises(IndexOutdated, match="morgue reindex"):
        Collection.open(tmp_path / "new")


def test_an_empty_collection_has_nothing(empty: Path) -> None:
    with Collection.open(empty) as found:
        assert list(found.lookup(STORY)) == []
        assert found.closest(STORY) is None
        assert found.search("bridge") == []
        for ask in (found.memento, found.article, found.history, found.diff, found.article_captures):
            with pytest.raises(NoCapture, match=f"^{STORY}: no capture of it"):
                ask(STORY)


# Captures


def test_all_captures_of_a_url_in_order_of_time(collection: Collection) -> None:
    captures = list(collection.lookup(STORY))
    assert days(captures) == [1, 2, 3, 4, 5, 6, 7]
    assert [one.revisit for one in captures] == [None, "identical", None, "not-modified", "identical", None, None]
    assert [one.status for one in captures] == [200, 200, 200, 304, 200, 200, 503]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"limit": 2}, [1, 2]),
        ({"limit": 0}, []),
        ({"from_": "20240503"}, [3, 4, 5, 6, 7]),
        ({"to": "20240503"}, [1, 2, 3]),
        ({"to": "20240503115959"}, [1, 2]),
        ({"from_": "2024-05-02T12:00Z", "to": "2024-05-04"}, [2, 3, 4]),
        ({"from_": "20240601"}, []),
        ({"at": "2024"}, [1]),
        ({"at": "20240503"}, [2]),
        ({"at": "20240503000001"}, [3]),
        ({"at": "20300101"}, [6]),
        ({"at": noon(4)}, [4]),
    ],
)
def test_captures_are_chosen_by_time(collection: Collection, options: dict[str, Any], expected: list[int]) -> None:
    assert days(collection.lookup(STORY, **options)) == expected


@pytest.mark.parametrize(
    ("url", "match", "expected"),
    [
        ("http://example.org/story?", "exact", {STORY}),
        (SITE + "202", "prefix", {OLD, NEW}),
        ("example.org", "host", 11),
        ("org", "domain", 11),
        ("example.org", "exact", set()),
        ("example.com", "domain", set()),
    ],
)
def test_captures_are_chosen_by_address(collection: Collection, url: str, match: Any, expected: Any) -> None:
    found = {capture.url for capture in collection.lookup(url, match=match)}
    assert (len(found) if isinstance(expected, int) else found) == expected
    # With a time there is one capture of each.
    at = [capture.url for capture in collection.lookup(url, match=match, at="20240501120000")]
    assert sorted(at) == sorted(found)


@pytest.mark.parametrize("ask", [{"from_": "soon"}, {"to": "20241301"}, {"at": "May"}])
def test_a_time_that_is_none_is_named_at_once(collection: Collection, ask: dict[str, str]) -> None:
    with pytest.raises(QueryInvalid, match="is no time"):
        collection.lookup(STORY, **ask)
    with pytest.raises(QueryInvalid):
        collection.lookup("")


# Mementos


@pytest.mark.parametrize(
    ("at", "day", "payload", "status"),
    [
        ("20240501", 1, b"<p>A", 200),
        (noon(2), 2, b"<p>A", 200),
        (noon(3), 3, b"<p>B", 200),
        (noon(4), 4, b"<p>B", 200),  # a 304, answered as what it did not modify
        (noon(5), 5, b"<p>A", 200),
        (noon(7), 6, b"<p>A, another advert", 200),  # nearer is a 503, which says less
        (None, 6, b"<p>A, another advert", 200),
    ],
)
def test_the_memento_of_a_time(collection: Collection, at: str | None, day: int, payload: bytes, status: int) -> None:
    memento = collection.memento(STORY, at)
    assert (days([memento.capture]), memento.payload, memento.status) == ([day], payload, status)
    assert memento.header("content-type") == "text/html; charset=utf-8"
    assert memento.message.endswith(b"\r\n\r\n" + payload)


def test_the_memento_of_a_capture_in_hand(collection: Collection) -> None:
    *_, last = collection.lookup(STORY)
    memento = collection.memento(last)
    assert (memento.status, memento.reason, memento.payload) == (503, "Service Unavailable", b"<p>down")


def test_a_requisite_that_another_page_has_too_is_read_from_there(collection: Collection) -> None:
    memento = collection.memento(SITE + "b.png")
    assert memento.capture.revisit == "identical"
    assert memento.capture.refers_to is not None
    assert memento.capture.refers_to.url == SITE + "a.png"
    assert memento.payload == b"png"


def test_a_record_is_given_as_it_is_stored(collection: Collection, tmp_path: Path, check_warc: Any) -> None:
    (tmp_path / "all.warc.gz").write_bytes(b"".join(map(collection.record_bytes, collection.lookup(STORY))))
    assert check_warc(tmp_path / "all.warc.gz") == []


# Articles


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (None, OPEN),
        (noon(1), OPEN),
        (noon(2), OPEN),
        (noon(3), CLOSED),
        (noon(4), CLOSED),
        (noon(5), OPEN),
        ("2030", OPEN),
    ],
)
def test_an_article_at_a_time(collection: Collection, at: str | None, text: str) -> None:
    article = collection.article(STORY, at)
    assert (article.text, article.headline, article.source) == (text, "Story", "voa")


def test_a_text_that_comes_back_is_a_version_of_its_own(collection: Collection) -> None:
    versions = collection.history(STORY)
    assert [(one.number, one.first_seen, one.last_seen, one.change) for one in versions] == [
        (1, noon(1), noon(2), "first"),
        (2, noon(3), noon(4), "edited"),
        (3, noon(5), noon(6), "edited"),
    ]
    assert versions[0].text_digest == versions[2].text_digest != versions[1].text_digest
    assert [one.timestamp for one in versions] == [noon(1), noon(3), noon(5)]
    assert {(one.key, one.url, one.headline) for one in versions} == {("org,example)/story", STORY, "Story")}
    articles = [collection.version_article(one) for one in versions]
    assert [one.text for one in articles] == [OPEN, CLOSED, OPEN]
    # Each is traced to a capture of its own.
    captures = {capture.record_id: capture.timestamp for capture in collection.lookup(STORY)}
    assert [captures[one.capture or ""] for one in articles] == [noon(1), noon(3), noon(6)]


def test_the_amp_page_is_the_same_article(collection: Collection) -> None:
    assert collection.history(AMP) == collection.history(STORY)
    assert {capture.url for capture in collection.article_captures(AMP)} == {STORY, AMP}


def test_an_article_that_moved_is_followed_both_ways(collection: Collection) -> None:
    versions = collection.history(OLD)
    assert versions == collection.history(NEW)
    assert [(one.url, one.first_seen) for one in versions] == [(OLD, noon(1)), (NEW, noon(3))]
    assert collection.article(OLD).text == "It is there."
    assert collection.article(NEW, noon(1)).text == "It is here."


def test_a_better_reading_is_no_edit(collection: Collection) -> None:
    versions = collection.history(SITE + "better")
    assert [collection.version_article(one).text for one in versions] == ["One", "Two"]
    assert collection.article(SITE + "better", noon(1)).text == "One"


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("nowhere", "no capture of it (try `morgue lookup --match prefix`)"),
        ("list", "captured at {2}, but no article: a list of links (see `morgue show --as html`)"),
        ("broken", "captured at {1}, but no article: worker was lost (see `morgue show --as html`)"),
        ("unread", "captured at {1}, but not read yet (run `morgue extract`)"),
        ("gone", "captured at {1}, but no article: status 410 (see `morgue show --as html`)"),
        ("a.png", "captured at {1}, but no article: image/png (see `morgue show --as html`)"),
        ("b.png", "captured at {2}, but no article: image/png (see `morgue show --as html`)"),
    ],
)
def test_what_is_no_article_says_why(collection: Collection, page: str, message: str) -> None:
    url = SITE + page
    expected = f"{url}: " + message.replace("{1}", noon(1)).replace("{2}", noon(2))
    for ask in (collection.article, collection.history, collection.diff, collection.article_captures):
        with pytest.raises(NoCapture) as caught:
            ask(url)
        assert str(caught.value) == expected


def test_truncated_empty_and_redirecting_pages_say_why(newspaper: Any) -> None:
    html = (("Content-Type", "text/html"),)
    newspaper.capture(SITE + "empty", noon(1), b"")
    newspaper.capture(SITE + "away", noon(1), status="302 Found", headers=(*html, ("Location", "https://e.example/")))
    newspaper.capture(SITE + "cut", noon(1), b"<p>cu", truncated="time")
    with Collection.open(newspaper.folder) as opened:
        for page, why in (
            ("empty", "empty"),
            ("away", "status 302, leads to https://e.example/"),
            ("cut", "truncated (time)"),
        ):
            with pytest.raises(NoCapture, match=f"but no article: {why}".replace("(", r"\(").replace(")", r"\)")):
                opened.article(SITE + page)


# Differences


@pytest.mark.parametrize(
    ("a", "b", "old", "new"),
    [
        (None, None, 2, 3),
        ("1", None, 1, 3),
        ("1", "2", 1, 2),
        ("3", "1", 3, 1),
        ("2", "2", 2, 2),
        ("20240501", "20240504", 1, 2),
        ("2023", None, 1, 3),  # before the first there is only the first
        (noon(5), "2030", 3, 3),
        ("20240503115959", noon(3), 1, 2),
    ],
)
def test_versions_are_chosen_by_number_or_time(
    collection: Collection, a: str | None, b: str | None, old: int, new: int
) -> None:
    chosen = collection.history_of(STORY).choose(a, b)
    assert [one.version.number for one in chosen] == [old, new]


def test_a_difference_is_that_of_the_two_texts(collection: Collection) -> None:
    from archive.diff import diff_texts

    texts = [collection.version_article(one) for one in collection.history(STORY)]
    assert collection.diff(STORY) == diff_texts(texts[1], texts[2])
    assert collection.diff(STORY, "1") == diff_texts(texts[0], texts[2])


@pytest.mark.parametrize(("a", "b"), [("0", None), ("4", None), ("1", "9"), ("-1", None), ("soon", None), ("1", "")])
def test_a_version_that_is_none_is_named(collection: Collection, a: str, b: str | None) -> None:
    with pytest.raises(QueryInvalid, match=r"there are versions 1 to 3|is no time"):
        collection.diff(STORY, a, b)


def test_one_version_has_no_difference(news: Path) -> None:
    with Collection.open(news) as opened, pytest.raises(NoCapture, match="has one version only, of 20240501120000"):
        opened.diff("https://fa.example.org/a/1.html")


# Search


def test_search_finds_each_article_once(collection: Collection) -> None:
    assert [hit.url for hit in collection.search("bridge")] == [STORY]
    assert len(collection.search("moved")) == 1
    assert [hit.headline for hit in collection.search("two")] == ["Better"]
    assert collection.search("share") == []
    assert collection.search("bridge", to="2023") == []
    assert collection.search("bridge", source="other") == []
    assert collection.search("bridge", language="fa") == []


# Beside a writer

WRITE = """
import msgspec, pathlib, sys
from archive.config import load_settings
from archive.formats.timestamp import from_timestamp
from archive.formats.units import Size
from archive.model import Exchange
from archive.writer import ArchiveWriter
from pipelines.snapshot import take_snapshot
folder = pathlib.Path(sys.argv[1])
settings = msgspec.structs.replace(load_settings(folder, environ={}), max_file_size=Size(5000))
with ArchiveWriter.open(folder, settings) as writer:
    for number in range(400):
        body = b"%d" % (number // 2)
        exchange = Exchange(url="https://example.org/live", request=b"GET / HTTP/1.1\\r\\n\\r\\n",
            response=b"HTTP/1.1 200 OK\\r\\n\\r\\n" + body, began=from_timestamp("20240501%06d" % (number % 60 + number // 60 * 100)))
        with writer.group():
            snapshot = take_snapshot(exchange, writer.catalog)
            writer.add_capture(snapshot.records, snapshot.capture)
        if number == 0:
            print(flush=True)
"""


def test_whatever_a_reader_is_told_of_it_can_read_while_another_process_writes(
    empty: Path, check_warc: Callable[[Path], list[str]]
) -> None:
    with (
        subprocess.Popen([sys.executable, "-c", WRITE, str(empty)], stdout=subprocess.PIPE) as process,
        Collection.open(empty) as opened,
    ):
        assert process.stdout
        process.stdout.readline()
        seen = 0
        while process.poll() is None:
            captures = list(opened.lookup("https://example.org/live"))
            assert len(captures) >= seen
            for capture in captures[seen:] or captures[-3:]:
                assert payload_digest(opened.memento(capture).payload) == capture.digest
            seen = len(captures)
        assert len(list(opened.lookup("https://example.org/live"))) == 400
    assert process.returncode == 0
    assert len(warc_files(empty / "archive")) > 5


def test_answers_are_plain_data(collection: Collection) -> None:
    for answer in (collection.history(STORY), list(collection.lookup(STORY)), collection.search("bridge")):
        assert msgspec.json.decode(msgspec.json.encode(answer), type=list[type(answer[0])]) == answer  # type: ignore[misc]


# What others may have archived


def test_captures_of_any_age_and_odd_addresses_are_found(tmp_path: Path) -> None:
    from archive.formats.warc import encode_record, new_record_id
    from archive.rebuild import reindex

    folder = tmp_path / "odd"
    settings = init_collection(folder)
    cases = [
        ("http://example.org/old", "0033-04-03T15:00:00Z", "00330403150000"),
        ("http://example.org/far", "9999-12-31T23:59:59Z", "99991231235959"),
        ("http://example.org/é ü\ufffd", "2024-05-01T12:00:00.999Z", noon(1)),
        ("http://例え.jp/?q=\u200b%00%0a", "2024-05-01T12:00:00Z", noon(1)),
        ("http://user:pw@example.org:8080/;x?" + "a=1&" * 5000, "2024-05-01T12:00:00Z", noon(1)),
        ("http://[2001:db8::1]/", "2024-05-01T12:00:00Z", noon(1)),
    ]
    members = [
        encode_record(
            "response",
            new_record_id(),
            [("WARC-Date", date), ("WARC-Target-URI", url)],
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\npage",
        )
        for url, date, _ in cases
    ]
    (folder / "archive" / "odd.warc.gz").write_bytes(b"".join(members))
    assert reindex(folder, settings).unreadable == []
    with Collection.open(folder) as opened:
        for url, _, timestamp in cases:
            (capture,) = opened.lookup(url)
            assert (capture.url, capture.timestamp) == (url, timestamp)
            assert opened.memento(url).payload == b"page"
            assert opened.memento(url, "00010101").capture == opened.memento(url, "9999").capture == capture
            (at,) = opened.lookup(url, at="2024")
            assert at == capture
            with pytest.raises(NoCapture, match="not read yet"):
                opened.article(url, "1066")
    assert len((folder / "indexes" / "odd.cdxj").read_text().splitlines()) == len(cases)
