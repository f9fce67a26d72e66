from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.config import init_collection
from archive.formats.timestamp import from_timestamp
from archive.formats.urlkey import urlkey
from archive.model import Article, Capture, Exchange, Reading
from archive.versions import OWN, text_digest
from archive.writer import ArchiveWriter
from pipelines.compare import REREADS, Comparison, article_key, compare, versions_with
from pipelines.extract.profile import Profile, SiteRules
from pipelines.extract.version import EXTRACTOR
from pipelines.reader import Extraction, ReadJob, ReadResult
from pipelines.snapshot import take_snapshot

STORY = "https://example.org/story"
AMP = "https://example.org/amp/story"
MOVED = "https://example.org/new/story"
OLDER = "newsmorgue/0"


class Desk:
    """Captures pages, and compares what a reader would have read from them."""

    def __init__(self, writer: ArchiveWriter) -> None:
        self.writer = writer
        self.catalog = writer.catalog

    def capture(self, day: int, body: str, url: str = STORY, status: str = "200 OK", location: str = "") -> Capture:
        head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\n" + (f"Location: {location}\r\n" if location else "")
        exchange = Exchange(
            url=url,
            request=b"GET / HTTP/1.1\r\n\r\n",
            response=f"{head}\r\n{body}".encode(),
            began=from_timestamp(f"202405{day:02d}120000"),
        )
        with self.writer.group():
            snapshot = take_snapshot(exchange, self.catalog)
            capture = self.writer.add_capture(snapshot.records, snapshot.capture)
        assert capture
        return capture

    def compare(self, capture: Capture, text: str, *, reread_done: bool = False, **fields: Any) -> Comparison:
        article = Article(**{"url": capture.url, "headline": "Story", "text": text, "extractor": EXTRACTOR} | fields)
        result = ReadResult(
            job=ReadJob(capture=capture, source="voa", folder="", rereads=REREADS if reread_done else 0),
            extraction=Extraction(article=article, is_article=True),
        )
        return compare(result, self.catalog)

    def read(self, capture: Capture, text: str, *, reread_done: bool = False, **fields: Any) -> Reading:
        """Compare and store, as the recorder does."""
        comparison = self.compare(capture, text, reread_done=reread_done, **fields)
        assert comparison.reading
        self.store(comparison.reading, comparison.text)
        return comparison.reading

    def store(self, reading: Reading, text: str | None) -> None:
        with self.writer.group():
            self.writer.add_reading(reading, text)

    def read_by_another(self, capture: Capture, text: str) -> None:
        """A reading that an older extractor left."""
        article = Article(url=capture.url, headline="Story", extractor=OLDER)
        reading = Reading(
            url=capture.url,
            timestamp=capture.timestamp,
            record_id=capture.record_id or "",
            digest=capture.digest or "",
            key=capture.urlkey,
            extractor=OLDER,
            outcome="article",
            text_digest=text_digest("Story", None, text),
            article=article,
        )
        self.store(reading, text)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    settings = init_collection(tmp_path / "news")
    with ArchiveWriter.open(tmp_path / "news", settings) as writer:
        yield Desk(writer)


def test_a_first_reading_is_a_new_article(desk: Desk) -> None:
    capture = desk.capture(1, "A")
    comparison = desk.compare(capture, "Text A", dateline="RIGA")
    assert comparison == Comparison(
        reading=Reading(
            url=STORY,
            timestamp="20240501120000",
            record_id=capture.record_id or "",
            digest=capture.digest or "",
            source="voa",
            key=urlkey(STORY),
            extractor=EXTRACTOR,
            outcome="article",
            text_digest=text_digest("Story", None, "Text A"),
            article=Article(url=STORY, headline="Story", dateline="RIGA", extractor=EXTRACTOR),
        ),
        text="Text A",
        is_new_article=True,
    )


def test_an_edit_is_a_new_text_of_the_same_article(desk: Desk) -> None:
    desk.read(desk.capture(1, "A"), "Text A")
    comparison = desk.compare(desk.capture(2, "B"), "Text B")
    assert comparison.reading
    assert (comparison.reading.outcome, comparison.text, comparison.is_new_article) == ("article", "Text B", False)


def test_another_page_with_the_same_text_is_unchanged(desk: Desk) -> None:
    desk.read(desk.capture(1, "A"), "Text A")
    comparison = desk.compare(desk.capture(2, "A, another advert"), "Text  A\n")
    assert comparison.reading
    assert (comparison.reading.outcome, comparison.text) == ("unchanged", None)
    assert comparison.reading.article is not None
    assert comparison.reading.article.text == ""


def test_a_headline_or_standfirst_counts_as_text(desk: Desk) -> None:
    desk.read(desk.capture(1, "A"), "Text A")
    for fields in ({"headline": "Other"}, {"standfirst": "Lead"}):
        comparison = desk.compare(desk.capture(2, str(fields)), "Text A", **fields)
        assert comparison.reading
        assert (comparison.reading.outcome, comparison.text) == ("article", "Text A")


def test_a_text_that_comes_back_is_new_but_not_stored_again(desk: Desk) -> None:
    for day, text in enumerate("AB", 1):
        desk.read(desk.capture(day, text), text)
    comparison = desk.compare(desk.capture(3, "A again"), "A")
    assert comparison.reading
    assert (comparison.reading.outcome, comparison.text) == ("article", None)


def test_a_text_that_another_article_has_is_not_stored_again(desk: Desk) -> None:
    desk.read(desk.capture(1, "A"), "A")
    comparison = desk.compare(desk.capture(1, "x", "https://example.org/copy"), "A")
    assert comparison.reading
    assert (comparison.reading.outcome, comparison.text, comparison.is_new_article) == ("article", None, True)


def test_what_failed_and_what_is_no_article_is_said(desk: Desk) -> None:
    job = ReadJob(capture=desk.capture(1, "A"), folder="")
    failed = compare(ReadResult(job=job, extraction=None, error="worker was lost"), desk.catalog).reading
    extraction = Extraction(article=Article(url=STORY, text="x"), is_article=False, reason="a list of links")
    none = compare(ReadResult(job=job, extraction=extraction), desk.catalog).reading
    assert failed
    assert none
    assert (failed.outcome, failed.reason, failed.key, failed.article) == ("failed", "worker was lost", None, None)
    assert (none.outcome, none.reason, none.key, none.text_digest) == ("not-article", "a list of links", None, None)
    assert failed.extractor == none.extractor == EXTRACTOR


def test_what_failed_says_with_which_profile_it_was_tried(desk: Desk) -> None:
    profile = Profile(host="example.org", number=1, since="20240101000000")
    job = ReadJob(capture=desk.capture(1, "A"), folder="", rules=SiteRules(profile=profile))
    failed = compare(ReadResult(job=job, extraction=None, error="took longer than 30 s"), desk.catalog).reading
    assert failed
    assert failed.profile == profile.label + OWN, "else every `morgue extract` would try it again"


# Another extractor


def test_a_page_that_another_extractor_read_is_read_again_first(desk: Desk) -> None:
    first = desk.capture(1, "A")
    desk.read_by_another(first, "Text A, share this")
    second = desk.capture(2, "A, another advert")
    assert desk.compare(second, "Text A") == Comparison(reread=first)
    assert desk.read(first, "Text A").outcome == "article"
    assert desk.read(second, "Text A", reread_done=True).outcome == "unchanged"
    assert versions_with(desk.catalog, second, reading=True) == (1, 1)


def test_of_a_page_that_was_only_revisited_the_original_is_read_again(desk: Desk) -> None:
    first = desk.capture(1, "A")
    desk.read_by_another(first, "Text A, share this")
    assert desk.capture(2, "A").revisit
    assert desk.capture(3, "", status="304 Not Modified").revisit
    assert desk.compare(desk.capture(4, "B"), "Text B") == Comparison(reread=first)


def test_what_cannot_be_read_again_is_no_reason_to_ask_for_ever(desk: Desk) -> None:
    desk.read_by_another(desk.capture(1, "A"), "Text A, share this")
    second = desk.capture(2, "B")
    reading = desk.read(second, "Text B", reread_done=True)
    assert reading.outcome == "article"
    assert versions_with(desk.catalog, second, reading=True) == (1, 1)  # nothing says that the text has changed


def test_a_page_that_this_extractor_takes_for_no_article_is_not_asked_again(desk: Desk) -> None:
    first = desk.capture(1, "A")
    desk.read_by_another(first, "Text A")
    job = ReadJob(capture=first, folder="")
    failed = compare(ReadResult(job=job, extraction=None, error="lost"), desk.catalog).reading
    assert failed
    desk.store(failed, None)
    assert desk.compare(desk.capture(2, "B"), "Text B").reread is None


# Which capture came before


def test_the_page_before_is_the_last_before_this_one_not_the_last_of_all(desk: Desk) -> None:
    first, second, third = desk.capture(1, "A"), desk.capture(2, "B"), desk.capture(3, "C")
    desk.read(first, "A")
    desk.read(third, "C")
    assert desk.read(second, "A").outcome == "unchanged"


def test_of_two_captures_in_one_second_the_later_in_the_file_is_the_later(desk: Desk) -> None:
    first, second = desk.capture(1, "A"), desk.capture(1, "B")
    assert desk.read(first, "A").outcome == "article"
    assert desk.read(second, "B").outcome == "article"
    assert desk.read(second, "A").outcome == "unchanged"


def test_an_amp_page_captured_in_between_makes_no_change(desk: Desk) -> None:
    desk.read(desk.capture(1, "A"), "Text A")
    amp = desk.read(desk.capture(2, "amp A", AMP), "Text A. Read more", canonical_url=STORY)
    assert (amp.key, amp.outcome) == (urlkey(STORY), "article")
    assert desk.read(desk.capture(3, "A, another advert"), "Text A").outcome == "unchanged"
    assert desk.read(desk.capture(4, "amp A2", AMP), "Text A. Read more", canonical_url=STORY).outcome == "unchanged"


def test_an_article_that_moved_is_held_against_its_old_address(desk: Desk) -> None:
    desk.read(desk.capture(1, "A"), "Text A")
    desk.capture(2, "", status="301 Moved Permanently", location=MOVED)
    comparison = desk.compare(desk.capture(2, "A", MOVED), "Text A")
    # The catalog learns that this is the same article with the first reading of the new address.
    assert comparison.reading
    desk.store(comparison.reading, comparison.text)
    comparison = desk.compare(desk.capture(3, "A, another advert", MOVED), "Text A")
    assert comparison.reading
    assert (comparison.reading.outcome, comparison.is_new_article) == ("unchanged", False)


@pytest.mark.parametrize(
    ("canonical", "key"),
    [
        (None, "org,example)/story"),
        ("https://www.EXAMPLE.org/Other?b&a", "org,example)/other?a&b"),
        ("", "org,example)/story"),
        ("http://", "org,example)/story"),
        ("not a url\x00", "org,example)/story"),
    ],
)
def test_an_article_goes_by_its_canonical_address(canonical: str | None, key: str) -> None:
    assert article_key(Article(url=STORY, canonical_url=canonical)) == key


def test_versions_are_counted_with_and_without_a_capture(desk: Desk) -> None:
    assert versions_with(desk.catalog, desk.capture(1, "unread"), reading=True) == (0, 0)
    first = desk.capture(2, "A")
    desk.read(first, "A")
    assert versions_with(desk.catalog, first, reading=True) == (0, 1)
    second = desk.capture(3, "B")
    desk.read(second, "B")
    assert versions_with(desk.catalog, second, reading=True) == (1, 2)
    back = desk.capture(4, "A")
    assert back.revisit
    assert versions_with(desk.catalog, back, reading=False) == (2, 3)
