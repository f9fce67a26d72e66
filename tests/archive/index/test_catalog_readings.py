"""What was read, which article it shows, and under which addresses."""

from datetime import UTC, datetime, timedelta
from itertools import count, pairwise, permutations

import pytest

from archive.formats.digest import payload_digest
from archive.formats.timestamp import to_timestamp
from archive.formats.urlkey import urlkey
from archive.index.catalog import Catalog, ReadingCount, StoredReading
from archive.model import Article, Capture, Dom, Reading, RecordLocation, Reference
from archive.versions import derive_versions

START = datetime(2024, 5, 1, tzinfo=UTC)
STORY = "http://example.com/story"


def at(minutes: float) -> str:
    return to_timestamp(START + timedelta(minutes=minutes))


class Morgue:
    """Captures and readings as a crawl would add them."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.offsets = count()

    def place(self, file: str) -> RecordLocation:
        return RecordLocation(file=file, offset=next(self.offsets), length=10)

    def capture(self, url: str, minutes: float, *, body: str = "body", **fields) -> Capture:
        given = {
            "urlkey": urlkey(url),
            "timestamp": at(minutes),
            "url": url,
            "mime": "text/html",
            "status": 200,
            "digest": payload_digest(f"{url} {body}".encode()),
            "size": 10,
            "location": self.place("news-1.warc.gz"),
        }
        capture = Capture(**(given | fields))
        self.catalog.add_captures([capture])
        return capture

    def revisit(self, of: Capture, minutes: float, *, status: int = 200) -> Capture:
        return self.capture(
            of.url,
            minutes,
            digest=of.digest,
            status=status,
            revisit="identical" if status == 200 else "not-modified",
            refers_to=Reference(url=of.url, timestamp=of.timestamp),
        )

    def redirect(self, url: str, minutes: float, to: str) -> Capture:
        return self.capture(url, minutes, status=301, redirect=to)

    def read(
        self, of: Capture, text: str | None, *, key: str | None = None, file="text-1.warc.gz", **fields
    ) -> StoredReading:
        given = {
            "url": of.url,
            "timestamp": of.timestamp,
            "record_id": "urn:x:1",
            "digest": of.digest,
            "source": "voa",
            "key": key or of.urlkey,
            "extractor": "newsmorgue/1",
            "outcome": "article",
            "text_digest": payload_digest((text or "").encode()),
            "article": Article(url=of.url, headline=text),
        }
        if text is None:
            given |= {"outcome": "not-article", "key": None, "text_digest": None, "article": None}
        stored = StoredReading(
            reading=Reading(**(given | fields)),
            location=self.place(file),
            text_location=None if text is None else self.place(file),
        )
        self.catalog.add_readings([stored])
        return stored

    def story(self, url: str, minutes: float, text: str, **fields) -> Capture:
        capture = self.capture(url, minutes, body=text)
        self.read(capture, text, **fields)
        return capture

    def seen(self, url: str) -> list[tuple[str, str]]:
        keys = self.catalog.article_keys(urlkey(url))
        return [(one.capture.url, one.capture.timestamp) for one in self.catalog.observations(keys)]


@pytest.fixture
def morgue(tmp_path):
    with Catalog.open(tmp_path / "catalog.sqlite") as catalog:
        yield Morgue(catalog)


class TestReadings:
    def test_reading_of_a_payload(self, morgue):
        page = morgue.capture(STORY, 0)
        stored = morgue.read(page, "A", profile="p1")
        (entry,) = morgue.catalog.readings(page.urlkey, page.digest)
        assert (entry.extractor, entry.profile, entry.outcome, entry.key) == (
            "newsmorgue/1",
            "p1",
            "article",
            page.urlkey,
        )
        assert (entry.headline, entry.source, entry.timestamp) == ("A", "voa", page.timestamp)
        assert (entry.location, entry.text_location) == (stored.location, stored.text_location)
        assert entry.text_digest == stored.reading.text_digest
        assert morgue.catalog.readings(page.urlkey, payload_digest(b"other")) == ()
        assert morgue.catalog.readings("com,example)/none", page.digest) == ()

    def test_readings_of_an_article(self, morgue):
        morgue.story(STORY, 5, "B")
        morgue.story(STORY, 0, "A")
        assert [entry.headline for entry in morgue.catalog.readings_of(urlkey(STORY))] == ["A", "B"]
        assert morgue.catalog.readings_of("com,example)/none") == []

    def test_the_later_reading_by_one_extractor_holds_in_whatever_order_they_come(self, morgue):
        page = morgue.capture(STORY, 0)
        older = morgue.read(page, "old")
        newer = morgue.read(page, "new")
        morgue.catalog.add_readings([older, newer, older])
        (entry,) = morgue.catalog.readings(page.urlkey, page.digest)
        assert entry.headline == "new"

    @pytest.mark.parametrize("order", [1, -1])
    def test_a_reading_that_failed_takes_nothing_away(self, morgue, order):
        capture = morgue.capture(STORY, 0)
        read = morgue.read(capture, "text")
        failed = morgue.read(capture, None, outcome="failed")
        with Catalog.open(morgue.catalog.path.with_name("other.sqlite")) as other:
            other.add_readings([read, failed][::order])
            assert [entry.outcome for entry in other.readings(capture.urlkey, capture.digest)] == ["article"]
        assert morgue.catalog.article_keys(capture.urlkey)

    def test_readings_by_several_extractors_are_kept_oldest_first(self, morgue):
        page = morgue.capture(STORY, 0)
        morgue.read(page, "one", extractor="newsmorgue/2")
        morgue.read(page, "two", extractor="newsmorgue/1")
        morgue.read(page, "three", extractor="newsmorgue/1", profile="p")
        assert [entry.headline for entry in morgue.catalog.readings(page.urlkey, page.digest)] == [
            "one",
            "two",
            "three",
        ]

    def test_text_is_found_by_digest_at_its_first_record(self, morgue):
        page = morgue.capture(STORY, 0)
        first, second = morgue.read(page, "A", file="text-1"), morgue.read(page, "A", file="text-2")
        digest = first.reading.text_digest
        assert morgue.catalog.text_location(digest) == first.text_location
        morgue.catalog.add_readings([second, first])
        assert morgue.catalog.text_location(digest) == first.text_location
        assert morgue.catalog.text_location(payload_digest(b"unknown")) is None


class TestUnread:
    def test_a_page_waits_until_it_is_read(self, morgue):
        page = morgue.capture(STORY, 0)
        assert list(morgue.catalog.unread()) == [page]
        morgue.read(page, "A")
        assert list(morgue.catalog.unread()) == []

    def test_a_failed_reading_is_a_reading(self, morgue):
        morgue.read(morgue.capture(STORY, 0), None, outcome="failed")
        assert list(morgue.catalog.unread()) == []

    def test_only_whole_html_pages_wait_each_payload_once(self, morgue):
        page = morgue.capture(STORY, 0)
        morgue.capture(STORY, 1, digest=page.digest)
        morgue.revisit(page, 2)
        morgue.capture(STORY + "/image", 3, mime="image/png")
        morgue.capture(STORY + "/gone", 3, status=404)
        morgue.capture(STORY + "/cut", 3, truncated="length")
        assert list(morgue.catalog.unread()) == [page]

    def test_a_reading_may_come_in_before_its_capture(self, morgue):
        page = morgue.capture(STORY, 0)
        stored = morgue.read(page, "A")
        path = morgue.catalog.path.with_name("again.sqlite")
        with Catalog.open(path) as again:
            again.add_readings([stored])
            assert list(again.captures()) == list(again.urlkeys("", "~")) == []
            again.add_captures([page])
            assert list(again.unread()) == []
            assert list(again.captures()) == [page]

    def test_many_are_given_out_in_pieces(self, morgue):
        with morgue.catalog.transaction():
            pages = [morgue.capture(f"{STORY}/{n:04}", 0) for n in range(600)]
        assert list(morgue.catalog.unread()) == pages
        assert list(morgue.catalog.unread(limit=300)) == pages[:300]
        read = []
        with morgue.catalog.transaction():
            for page in morgue.catalog.unread():  # what is read while they are given out is not given out again
                morgue.read(page, "A")
                read.append(page)
        assert read == pages

    def test_recent_articles_are_pages_however_often_one_of_them_changed(self, morgue):
        other = morgue.capture("http://example.com/other", 0)
        morgue.read(other, "other")
        for minutes in range(1, 9):
            capture = morgue.capture(STORY, minutes, body=str(minutes))
            morgue.read(capture, str(minutes))
            morgue.read(capture, str(minutes), profile="example.com/1-aaaa")
        morgue.read(morgue.capture("http://example.net/", 0), "elsewhere")
        found = morgue.catalog.recent_articles("com,example)", "newsmorgue/1", limit=2)
        assert [(one.urlkey, one.timestamp) for one, _ in found] == [
            ("com,example)/story", at(8)),
            ("com,example)/other", at(0)),
        ]
        assert [[entry.profile for entry in entries] for _, entries in found] == [[None, "example.com/1-aaaa"], [None]]

    def test_a_payload_that_comes_back_and_is_stored_again_is_unread_once(self, morgue):
        first, second = morgue.capture(STORY, 0, body="A"), morgue.capture(STORY, 1, body="B")
        morgue.capture(STORY, 2, body="A")
        other = morgue.capture(STORY + "/2", 3, digest=first.digest)
        assert list(morgue.catalog.unread_by(lambda _capture, entries: False)) == [first, second, other]

    def test_unread_by_one_extractor(self, morgue):
        old, new = morgue.story(STORY, 0, "A"), morgue.story(STORY, 1, "B", extractor="newsmorgue/2")
        never = morgue.capture(STORY + "/never", 2)
        morgue.capture(STORY + "/image", 3, mime="image/png")
        morgue.revisit(old, 4)
        for extractor, unread in (("newsmorgue/2", [old, never]), ("newsmorgue/1", [new, never])):
            is_read = lambda _capture, entries, by=extractor: any(entry.extractor == by for entry in entries)  # noqa: E731
            assert list(morgue.catalog.unread_by(is_read)) == unread


class TestArticles:
    def test_no_article(self, morgue):
        morgue.read(morgue.capture(STORY, 0), None)
        assert morgue.catalog.article_keys(urlkey(STORY)) == ()
        assert morgue.catalog.article_keys("com,example)/none") == ()
        assert list(morgue.catalog.observations(())) == []

    def test_captures_and_revisits_in_order_of_time(self, morgue):
        first = morgue.story(STORY, 0, "A")
        morgue.revisit(first, 1)
        morgue.story(STORY, 2, "B")
        morgue.revisit(first, 3, status=304)
        morgue.capture(STORY, 4, status=500)
        morgue.capture(STORY, 5, truncated="time")
        morgue.capture(STORY, 6, body="nobody has read this")
        found = list(morgue.catalog.observations((urlkey(STORY),)))
        assert [one.capture.timestamp for one in found] == [at(0), at(1), at(2), at(3)]
        assert [one.reading.headline for one in found] == ["A", "A", "B", "A"]

    def test_a_foreign_revisit_inherits_by_what_it_refers_to(self, morgue):
        page = morgue.story(STORY, 0, "A")
        refers_to = Reference(url=STORY, timestamp=page.timestamp)
        morgue.capture(STORY, 1, revisit="identical", digest="sha256:AB", refers_to=refers_to)
        morgue.capture(STORY, 2, revisit="identical", digest=None, refers_to=refers_to)
        morgue.capture(STORY, 3, revisit="identical", digest=payload_digest(b"lost"))
        assert [minute for _, minute in morgue.seen(STORY)] == [at(0), at(1), at(2)]

    def test_other_forms_of_the_page_are_one_article(self, morgue):
        key = urlkey(STORY)
        morgue.story(STORY, 0, "A")
        morgue.story("http://example.com/amp/story", 1, "A", key=key)
        morgue.story("http://m.example.com/story", 2, "A", key=key)
        for url in (STORY, "http://example.com/amp/story", "http://m.example.com/story"):
            assert morgue.catalog.article_keys(urlkey(url)) == (key,)
            assert [minute for _, minute in morgue.seen(url)] == [at(0), at(1), at(2)]

    def test_a_canonical_address_that_was_never_captured(self, morgue):
        morgue.story("http://example.com/story?from=feed", 0, "A", key=urlkey(STORY))
        assert morgue.catalog.article_keys(urlkey(STORY)) == (urlkey(STORY),)
        assert morgue.seen(STORY) == [("http://example.com/story?from=feed", at(0))]

    def test_an_address_that_redirects_to_it(self, morgue):
        morgue.story(STORY, 0, "A")
        morgue.redirect("http://exm.pl/1", 1, "http://exm.pl/2")
        morgue.redirect("http://exm.pl/2", 2, STORY)
        assert morgue.catalog.article_keys(urlkey("http://exm.pl/1")) == (urlkey(STORY),)
        assert morgue.seen("http://exm.pl/1") == [(STORY, at(0))]

    @pytest.mark.parametrize(
        "between", [(), ("http://example.com/hop",), tuple(f"http://example.com/hop{n}" for n in range(4))]
    )
    def test_an_article_that_moved(self, morgue, between):
        new = "http://example.com/new/story"
        morgue.story(STORY, 0, "A")
        chain = (STORY, *between, new)
        for source, target in pairwise(chain):
            morgue.redirect(source, 10, target)
        morgue.story(new, 11, "B")
        for url in chain:
            assert morgue.catalog.article_keys(urlkey(url)) == (urlkey(new), urlkey(STORY))
            assert morgue.seen(url) == [(STORY, at(0)), (new, at(11))]

    def test_at_most_five_redirects_are_followed(self, morgue):
        chain = [f"http://example.com/hop{n}" for n in range(7)] + [STORY]
        for source, target in pairwise(chain):
            morgue.redirect(source, 1, target)
        morgue.story(STORY, 0, "A")
        assert morgue.catalog.article_keys(urlkey(chain[2])) == (urlkey(STORY),)
        assert morgue.catalog.article_keys(urlkey(chain[1])) == ()

    def test_redirects_in_a_circle(self, morgue):
        morgue.redirect("http://example.com/1", 1, "http://example.com/2")
        morgue.redirect("http://example.com/2", 1, "http://example.com/1")
        assert morgue.catalog.article_keys("com,example)/1") == ()

    def test_the_newest_redirect_is_followed(self, morgue):
        morgue.story("http://example.com/new", 0, "A")
        morgue.story("http://example.com/newer", 0, "B")
        morgue.redirect(STORY, 2, "http://example.com/newer")
        morgue.redirect(STORY, 1, "http://example.com/new")
        assert morgue.catalog.article_keys(urlkey(STORY)) == (urlkey("http://example.com/newer"),)
        assert morgue.seen("http://example.com/new") == [("http://example.com/new", at(0))]

    def test_a_page_for_all_that_is_gone_is_no_new_address(self, morgue):
        sorry = "http://example.com/sorry"
        morgue.story(sorry, 0, "We are sorry")
        stories = [f"{STORY}/{n}" for n in range(5)]
        for n, url in enumerate(stories):
            morgue.story(url, n, f"text {n}")
            morgue.redirect(url, 10, sorry)
        assert morgue.catalog.article_keys(urlkey(stories[0])) == (urlkey(stories[0]),)
        assert morgue.catalog.article_keys(urlkey(sorry)) == (urlkey(sorry),)

    def test_a_location_that_is_no_url(self, morgue):
        morgue.redirect(STORY, 1, "http://")
        assert morgue.catalog.article_keys(urlkey(STORY)) == ()
        assert morgue.catalog.closest(urlkey(STORY), at(1)) is not None

    def test_a_page_that_showed_another_article_for_a_while(self, morgue):
        morgue.story(STORY, 0, "A")
        morgue.story(STORY, 1, "elsewhere", key="com,example)/other")
        morgue.story(STORY, 2, "B")
        assert [minute for _, minute in morgue.seen(STORY)] == [at(0), at(1), at(2)]
        assert [one.capture.timestamp for one in morgue.catalog.observations((urlkey(STORY),))] == [at(0), at(2)]

    def test_a_better_extractor_that_sees_no_article(self, morgue):
        page = morgue.story(STORY, 0, "Subscribe to read on")
        morgue.read(page, None, extractor="newsmorgue/2")
        assert morgue.catalog.article_keys(urlkey(STORY)) == ()
        assert list(morgue.catalog.observations((urlkey(STORY),))) == []

    def test_a_better_extractor_that_fails(self, morgue):
        page = morgue.story(STORY, 0, "A")
        morgue.read(page, None, extractor="newsmorgue/2", outcome="failed")
        assert morgue.seen(STORY) == [(STORY, at(0))]


def test_counts(morgue):
    first = morgue.story(STORY, 0, "A")
    morgue.story(STORY, 10, "B")
    morgue.revisit(first, 20)
    morgue.story("http://example.org/a", 24 * 60, "C", source="rferl")
    morgue.capture("http://example.org/b", 25 * 60)
    morgue.redirect("http://example.org/c", 26 * 60, "http://example.org/never-captured")
    counts = morgue.catalog.counts()
    assert (counts.captures, counts.revisits, counts.urls) == (5, 1, 4)
    assert (counts.articles, counts.versions, counts.unread) == (2, 4, 1)
    assert counts.versions_by_source == {"rferl": 1, "voa": 3}
    assert counts.last_capture == at(26 * 60)
    assert morgue.catalog.reading_counts() == [
        ReadingCount(source="rferl", day="20240502", outcome="article", count=1),
        ReadingCount(source="voa", day="20240501", outcome="article", count=2),
    ]
    assert morgue.catalog.reading_counts(from_day="20240502")[0].source == "rferl"
    assert len(morgue.catalog.reading_counts(from_day="20240502")) == 1


def test_versions_are_counted_by_what_was_read_of_each_capture(morgue):
    place = RecordLocation(file="news-1.warc.gz", offset=9000, length=10)
    for minutes, (body, dom, text) in enumerate([("A", None, "A"), ("A", "B", "B"), ("A", "C", "C"), ("D", None, "D")]):
        digest = None if dom is None else payload_digest(dom.encode())
        rendered = None if digest is None else Dom(digest=digest, location=place)
        capture = morgue.capture(STORY, minutes, body=body, dom=rendered)
        morgue.read(capture, text, digest=capture.read_digest)
    (key,) = morgue.catalog.article_keys(urlkey(STORY))
    assert len(derive_versions((key,), morgue.catalog.observations((key,)))) == 4
    assert morgue.catalog.versions_by_source() == {"voa": 4}


def test_versions_of_payloads_with_foreign_digests_are_counted(morgue):
    for minutes, (text, digest) in enumerate([("A", payload_digest(b"A")), ("B", "sha256:" + "b" * 64)]):
        morgue.read(morgue.capture(STORY, minutes, digest=digest), text)
    assert morgue.catalog.versions_by_source() == {"voa": 2}


def test_a_payload_that_was_read_again_counts_once_as_it_was_read_last(morgue):
    first = morgue.story(STORY, 0, "A")
    morgue.read(first, "A", extractor="newsmorgue/2")
    second = morgue.story(STORY, 10, "B")
    morgue.read(second, None, extractor="newsmorgue/2", outcome="failed")
    third = morgue.story(STORY, 20, "Subscribe to read on")
    morgue.read(third, None, extractor="newsmorgue/2", outcome="not-article")
    assert morgue.catalog.reading_counts() == [
        ReadingCount(source="voa", day="20240501", outcome="article", count=2),
        ReadingCount(source="voa", day="20240501", outcome="not-article", count=1),
    ]


def test_answers_do_not_depend_on_the_order_of_files(morgue):
    """What `morgue reindex` relies on."""
    new = "http://example.com/new/story"
    captures = [
        morgue.capture(STORY, 0, body="A", location=RecordLocation(file="b", offset=0, length=1)),
        morgue.capture(STORY, 0, body="B", location=RecordLocation(file="a", offset=0, length=1)),
        morgue.capture(STORY, 1, status=301, redirect=new, location=RecordLocation(file="c", offset=0, length=1)),
        morgue.capture(new, 2, body="C", location=RecordLocation(file="a", offset=9, length=1)),
    ]
    pages = (captures[0], captures[1], captures[3])
    readings = [morgue.read(page, text, file=file) for page, text, file in zip(pages, "ABC", "zyx", strict=True)]
    readings.append(morgue.read(captures[0], "A2", file="w"))

    def answers(catalog: Catalog) -> tuple[object, ...]:
        keys = catalog.article_keys(urlkey(STORY))
        assert list(catalog.observations(keys, newest_first=True)) == list(catalog.observations(keys))[::-1]
        versions = derive_versions(keys, catalog.observations(keys))
        closest = [catalog.closest(urlkey(STORY), at(minutes)) for minutes in range(3)]
        return (
            keys,
            versions,
            closest,
            list(catalog.captures()),
            list(catalog.captures(newest_first=True)),
            catalog.counts(),
        )

    expected = answers(morgue.catalog)
    assert len(expected[1]) == 3
    for number, order in enumerate(permutations(range(4))):
        with Catalog.open(morgue.catalog.path.with_name(f"{number}.sqlite")) as again:
            for place in order:
                again.add_captures([captures[place]])
                again.add_readings([readings[place]])
            assert answers(again) == expected


def test_observations_from_the_newest_back(morgue):
    amp = "http://example.com/amp/story"
    for minutes in range(0, 40, 2):
        morgue.story(STORY, minutes, f"text {minutes // 4}")
        if minutes % 10 == 0:
            morgue.story(amp, minutes + 1, f"amp {minutes}", key=urlkey(STORY))
    keys = (urlkey(STORY),)
    forwards = list(morgue.catalog.observations(keys))
    assert {one.capture.url for one in forwards} == {STORY, amp}
    assert list(morgue.catalog.observations(keys, newest_first=True)) == forwards[::-1]
    until = list(morgue.catalog.observations(keys, newest_first=True, until=at(11)))
    assert until == [one for one in forwards[::-1] if one.capture.timestamp <= at(11)]
    of_amp = list(morgue.catalog.observations(keys, address=urlkey(amp), until=at(21)))
    assert [one.capture.timestamp for one in of_amp] == [at(1), at(11), at(21)]
    assert list(morgue.catalog.observations(keys, address="com,example)/unknown")) == []
