"""The catalog against what it must answer: every question also asked of a plain list."""

import hashlib
import os
import signal
import subprocess
import sys
import time
import tracemalloc
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.errors import FolderUnwritable, IndexOutdated
from archive.formats.cdxj import cdxj_fields, from_cdxj
from archive.formats.digest import format_sha1, payload_digest
from archive.formats.timestamp import from_timestamp, to_timestamp
from archive.formats.urlkey import match_range, urlkey
from archive.index.catalog import Catalog, capture_key
from archive.model import Capture, Dom, RecordLocation, Reference

START = datetime(2024, 5, 1, tzinfo=UTC)
URL = "https://www.example.com/a/story/1.html"


def at(minutes: float) -> str:
    return to_timestamp(START + timedelta(minutes=minutes))


def capture(url=URL, minutes=0.0, *, file="news-1.warc.gz", offset=None, body="text", **fields) -> Capture:
    timestamp = fields.pop("timestamp", at(minutes))
    given = {
        "urlkey": urlkey(url),
        "timestamp": timestamp,
        "url": url,
        "mime": "text/html",
        "status": 200,
        "digest": payload_digest(body.encode()),
        "size": len(body),
        "record_id": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{url} {timestamp} {file} {offset}')}",
        "location": RecordLocation(file=file, offset=int(minutes * 1000) if offset is None else offset, length=500),
    }
    return Capture(**(given | fields))


def revisit(of: Capture, minutes: float, *, kind="identical", **fields) -> Capture:
    refers_to = Reference(url=of.url, timestamp=of.timestamp, record_id=of.record_id)
    given = {"revisit": kind, "refers_to": refers_to, "digest": of.digest, "size": of.size, "mime": of.mime}
    if kind == "not-modified":
        given["status"] = 304
    return capture(of.url, minutes, **(given | fields))


def make_old(path: Path, version: int) -> None:
    """A catalog as that version wrote it, of the captures of `of_all_kinds`."""
    connection = apsw.Connection(str(path))
    connection.create_scalar_function("urlkey_of", urlkey, 1, deterministic=True)
    connection.execute((Path(__file__).parent / f"catalog-{version}.sql").read_text("utf-8"))
    connection.close()


@pytest.fixture
def catalog(tmp_path):
    with Catalog.open(tmp_path / "catalog.sqlite") as catalog:
        yield catalog


def of_all_kinds() -> list[Capture]:
    """Captures with everything that a capture may have."""
    page = capture()
    image = capture("https://example.com/1.png", mime="image/png", body="png")
    dom = Dom(digest=payload_digest(b"<p>"), location=RecordLocation(file="news-1.warc.gz", offset=9000, length=70))
    odd = capture(
        "https://example.com/Odd?b=1&a=2",
        1,
        mime="unk",
        status=None,
        digest="sha256:ABCDEF",
        record_id="urn:x-foreign:1",
        truncated="time",
        size=None,
    )
    return [
        page,
        odd,
        image,
        capture(minutes=2, url="http://example.com/a/story/1.html", status=301, redirect=URL),
        revisit(page, 3),
        revisit(page, 4, kind="not-modified"),
        revisit(page, 5, refers_to=Reference(url="http://example.org/", timestamp=at(0))),
        capture(minutes=6, digest=None, record_id=None),
        capture("urn:uuid:1", 7),
        capture(minutes=8, rights=("noarchive", "tdm"), dom=dom),
        capture(minutes=9, digest=format_sha1(bytes(20)), record_id=f"urn:uuid:{uuid.UUID(int=0)}", status=0),
        capture(minutes=10, digest="md5:zzz", status=1200, file="news-2.warc.gz"),
        capture("https://www.example.com/a/", 11),
        capture("http://example.com/a", 12),
        capture("http://www.example.com:80/A/%7Ebob/?q#top", 13),
        capture("https://example.com:8080/", 14),
        capture("https://192.0.2.1/x", 15),
    ]


OF_ONE_SECOND = [capture(file="z.warc.gz", offset=3), capture(file="a.warc.gz", offset=9)]


def test_captures_come_back_as_they_went_in(catalog):
    captures = of_all_kinds()
    assert catalog.add_captures(captures) == len(captures)
    assert list(catalog.captures()) == sorted(captures, key=capture_key)
    for row, one in zip(catalog.rows(), catalog.captures(), strict=True):
        assert row.capture() == one
        fields = {"urlkey": one.urlkey, "timestamp": one.timestamp, **cdxj_fields(one)}
        assert list(row.fields().items()) == list(fields.items())
        for name in ("urlkey", "timestamp", "url", "mime", "status", "digest", "revisit", "truncated"):
            assert getattr(row, name) == getattr(one, name)
        assert RecordLocation(file=row.file, offset=row.offset, length=row.length) == one.location
        assert row.key == capture_key(one)


def test_adding_again_changes_nothing(catalog):
    page = capture()
    assert catalog.add_captures([page, revisit(page, 1), page]) == 2
    assert catalog.add_captures([page]) == 0
    assert len(list(catalog.captures())) == 2
    assert catalog.files()[0].captures == 1
    assert catalog.files()[0].revisits == 1


def test_captures_of_one_second_are_all_kept_in_order_of_file_and_offset(catalog):
    captures = [capture(file=file, offset=offset) for file in ("z", "b", "y", "a") for offset in (7, 3)]
    catalog.add_captures(captures)
    ordered = sorted(captures, key=capture_key)
    assert catalog.add_captures(captures[::-1]) == 0
    assert list(catalog.captures(urlkey=urlkey(URL))) == ordered
    assert list(catalog.captures(urlkey=urlkey(URL), newest_first=True)) == ordered[::-1]
    for number, one in enumerate(ordered):
        assert list(catalog.captures(after=capture_key(one), limit=3)) == ordered[number + 1 : number + 4]
        assert list(catalog.captures(after=capture_key(one), newest_first=True)) == ordered[:number][::-1]
    assert catalog.closest(urlkey(URL), at(0)) == ordered[0]


def test_many_captures_of_one_second_are_read_in_one_order(catalog):
    captures = [capture(minutes=0, file=f"{n % 7}", offset=n) for n in range(300)] + [capture(minutes=1, offset=9000)]
    catalog.add_captures(captures)
    assert list(catalog.captures()) == sorted(captures, key=capture_key)


hosts = st.sampled_from(["example.com", "news.example.com", "example.org", "example-news.com", "example.com:8080"])
paths = st.sampled_from(["/", "/a", "/a/b", "/a/c", "/ab", "/a?b=1"])
many = st.lists(
    st.builds(
        lambda host, path, minutes, file, offset, status: capture(
            f"http://{host}{path}", minutes, file=file, offset=offset, status=status
        ),
        hosts,
        paths,
        st.integers(0, 40),
        st.sampled_from(["a", "b", "c"]),
        st.integers(0, 30),
        st.sampled_from([200, 200, 404, None]),
    ),
    max_size=80,
    unique_by=capture_key,
)
relaxed = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def folder(tmp_path):
    numbers = iter(range(10_000))
    return lambda: tmp_path / f"{next(numbers)}.sqlite"


@relaxed
@given(
    captures=many,
    host=hosts,
    path=paths,
    match=st.sampled_from(["exact", "prefix", "host", "domain"]),
    first=st.none() | st.integers(0, 40),
    last=st.none() | st.integers(0, 40),
    newest_first=st.booleans(),
    limit=st.none() | st.integers(0, 10),
    resume=st.none() | st.integers(0, 80),
)
def test_ranges_equal_a_plain_list(folder, captures, host, path, match, first, last, newest_first, limit, resume):
    start, end = match_range(f"http://{host}{path}", match)
    from_timestamp, to_timestamp = (None if minutes is None else at(minutes) for minutes in (first, last))
    after = capture_key(captures[resume % len(captures)]) if resume is not None and captures else None
    expected = [
        one
        for one in sorted(captures, key=capture_key, reverse=newest_first)
        if start <= one.urlkey < end
        and (from_timestamp is None or from_timestamp <= one.timestamp)
        and (to_timestamp is None or one.timestamp <= to_timestamp)
        and (after is None or (capture_key(one) < after if newest_first else capture_key(one) > after))
    ][:limit]
    with Catalog.open(folder()) as catalog:
        catalog.add_captures(captures)
        found = catalog.captures(
            start=start,
            end=end,
            from_timestamp=from_timestamp,
            to_timestamp=to_timestamp,
            newest_first=newest_first,
            after=after,
            limit=limit,
        )
        assert list(found) == expected
        rows = catalog.rows(start=start, end=end, newest_first=newest_first, after=after)
        assert [one.capture() for one in rows if one.capture() in expected][:limit] == expected
        whole = [one for one in captures if start <= one.urlkey < end]
        timely = [one for one in whole if (from_timestamp or "") <= one.timestamp <= (to_timestamp or "9")]
        assert catalog.count(start, end, from_timestamp, to_timestamp) == len(timely)
        assert catalog.count(start, end, most=3) == min(3, len(whole))
        assert list(catalog.urlkeys(start, end)) == sorted(
            {one.urlkey for one in captures if start <= one.urlkey < end}
        )


answers = st.fixed_dictionaries(
    {
        "status": st.sampled_from([200, 200, 206, 301, 404, 500, None]),
        "truncated": st.sampled_from([None, None, "time"]),
        "revisit": st.sampled_from([None, None, "identical", "not-modified"]),
    }
)


@relaxed
@given(
    st.lists(st.tuples(st.integers(0, 50), answers, st.sampled_from([None, "loop", "away"])), max_size=30),
    st.integers(-5, 60),
)
def test_closest_equals_a_plain_list(folder, made, minutes):
    captures = []
    for offset, (minute, answer, redirect) in enumerate(made):
        if answer["status"] == 301:
            redirect = {"loop": "http://example.com/A/story/1.html", "away": "http://example.org/", None: None}[
                redirect
            ]
        else:
            redirect = None
        captures.append(capture(minutes=minute, offset=offset, redirect=redirect, **answer))

    def rank(one: Capture):
        good = (one.revisit == "not-modified" or one.status in (200, 206)) and one.truncated is None
        distance = abs(from_timestamp(one.timestamp) - from_timestamp(at(minutes)))
        return not good, distance, capture_key(one)

    able = [one for one in captures if one.redirect is None or urlkey(one.redirect) != urlkey(URL) or not rank(one)[0]]
    with Catalog.open(folder()) as catalog:
        catalog.add_captures(captures)
        assert catalog.closest(urlkey(URL), at(minutes)) == min(able, key=rank, default=None)
        by_distance = [rank(one)[1] for one in catalog.nearest(urlkey(URL), at(minutes))]
        assert by_distance == sorted(by_distance)
        assert len(by_distance) == len(captures)


def test_closest_of_what_was_never_captured(catalog):
    assert catalog.closest("com,example)/", at(0)) is None
    catalog.add_captures([capture(status=301, redirect="http://example.com/other")])
    assert catalog.closest("com,example)/other", at(0)) is None


def test_closest_stays_quick_among_many_captures(catalog):
    catalog.add_captures(capture(minutes=n / 60, offset=n, status=404) for n in range(20_000))
    began = time.thread_time()
    found = catalog.closest(urlkey(URL), at(20_000 / 120))
    assert time.thread_time() - began < 1
    assert found is not None
    assert found.timestamp == at(20_000 / 120)


class TestOriginals:
    def test_latest_original_is_of_this_very_url(self, catalog):
        page, twin = capture(), capture("http://example.com/a/story/1.html", 1)
        catalog.add_captures([page, twin, capture(minutes=2, status=404), capture(minutes=3, truncated="length")])
        assert catalog.latest_original(page.url) == page
        assert catalog.latest_original(twin.url) == twin
        assert catalog.latest_original("http://example.com/A/story/1.html") is None
        assert catalog.latest_original("http://example.org/") is None

    def test_latest_original_is_the_state_last_seen(self, catalog):
        first, second = capture(body="A"), capture(minutes=1, body="B")
        catalog.add_captures([first, second, revisit(second, 2, kind="not-modified")])
        assert catalog.latest_original(URL) == second
        catalog.add_captures([revisit(first, 3)])
        assert catalog.latest_original(URL) == first

    def test_latest_original_where_the_revisits_original_is_missing(self, catalog):
        page, gone = capture(body="A"), capture(minutes=1, body="B")
        catalog.add_captures([page, revisit(gone, 2)])
        assert catalog.latest_original(URL) == page

    def test_revisit_leads_to_what_it_refers_to(self, catalog):
        page, later = capture(), capture(minutes=1)
        catalog.add_captures([page, later])
        assert catalog.original_of(page) == page
        assert catalog.original_of(revisit(page, 2)) == page
        assert catalog.original_of(revisit(later, 2, kind="not-modified", digest=None)) == later

    def test_record_id_tells_captures_of_one_second_apart(self, catalog):
        one, other = capture(offset=1), capture(offset=2)
        catalog.add_captures([one, other])
        assert catalog.original_of(revisit(other, 1)) == other

    def test_record_id_counts_more_than_a_digest_that_others_wrote(self, catalog):
        page = capture()
        catalog.add_captures([page])
        assert catalog.original_of(revisit(page, 1, digest=payload_digest(b"chunked as it came"))) == page
        unnamed = Reference(url=page.url, timestamp=page.timestamp)
        assert catalog.original_of(revisit(page, 1, refers_to=unnamed, digest="sha256:ABCD")) == page
        assert catalog.original_of(revisit(page, 1, refers_to=unnamed, digest=payload_digest(b"other"))) is None

    def test_revisit_without_a_reference_is_found_by_digest(self, catalog):
        old, page, newer = capture(body="A"), capture(minutes=1, body="B"), capture(minutes=9, body="B")
        catalog.add_captures([old, page, newer])
        assert catalog.original_of(revisit(page, 5, refers_to=None)) == page
        assert catalog.original_of(revisit(old, 5, refers_to=Reference(url="no url at all", timestamp=at(0)))) == old
        assert catalog.original_of(revisit(old, 5, refers_to=None, digest=payload_digest(b"C"))) is None

    def test_revisit_of_another_urls_requisite_is_found_by_digest(self, catalog):
        image = capture("http://example.com/1.png", mime="image/png")
        catalog.add_captures([image])
        lost = revisit(image, 5, refers_to=None)
        assert catalog.original_of(msgspec.structs.replace(lost, urlkey="com,example)/2.png")) == image

    def test_identical_payload_of_the_same_url(self, catalog):
        page = capture(body="A")
        catalog.add_captures([page, capture(minutes=1, body="B"), revisit(page, 2)])
        assert catalog.find_identical(page.digest, 1, url=URL) == page
        assert catalog.find_identical(page.digest, 2, url=URL) is None
        assert catalog.find_identical(page.digest, 1, url="http://example.com/a/story/1.html") is None
        assert catalog.find_identical(page.digest, 1, url="http://example.org/") is None

    @pytest.mark.parametrize("fields", [{"status": 404}, {"truncated": "time"}, {"size": 0}, {"size": None}])
    def test_what_is_no_whole_page_is_not_referred_to(self, catalog, fields):
        page = capture("http://example.com/1.png", mime="image/png", **fields)
        catalog.add_captures([page])
        assert catalog.find_identical(page.digest, page.size or 0, url=page.url) is None
        assert catalog.find_identical(page.digest, page.size or 0) is None

    def test_identical_requisite_of_any_url(self, catalog):
        image, page = capture("http://example.com/1.png", mime="image/png", body="png"), capture(body="A")
        catalog.add_captures([image, page])
        assert catalog.find_identical(image.digest, 3) == image
        assert catalog.find_identical(image.digest, 4) is None
        assert catalog.find_identical(page.digest, 1) is None


class TestFiles:
    def test_files_are_noted(self, catalog):
        catalog.set_file("news-1.warc.gz", size=1000)
        catalog.set_file("text-1.warc.gz", kind="text", size=10)
        page = capture(minutes=5)
        catalog.add_captures([page, revisit(page, 7)])
        catalog.set_file("news-1.warc.gz", sealed=True)
        catalog.set_file("news-1.warc.gz", uploaded=True)
        news, text = catalog.files()
        assert (news.name, news.kind, news.size, news.sealed, news.uploaded) == (
            "news-1.warc.gz",
            "archive",
            1000,
            True,
            True,
        )
        assert (news.captures, news.revisits, news.last) == (1, 1, at(7))
        assert (text.kind, text.sealed, text.last) == ("text", False, None)
        assert catalog.files("text") == [text]
        assert catalog.get_file("news-1.warc.gz") == news
        assert catalog.get_file("news-2.warc.gz") is None

    @pytest.mark.parametrize("sealed", [False, True])
    def test_cdxj_of_a_file_is_sorted_and_whole(self, catalog, sealed):
        page = capture("http://example.com/b!", 1)
        mine = [page, capture("http://example.com/b", 2), revisit(page, 3), *(capture(offset=n) for n in range(5))]
        catalog.add_captures([*mine, revisit(page, 4, kind="not-modified"), capture(file="news-2.warc.gz")])
        catalog.set_file("news-1.warc.gz", sealed=sealed)
        lines = list(catalog.export_cdxj("news-1.warc.gz"))
        assert [line.encode() for line in lines] == sorted(line.encode() for line in lines)
        assert sorted(map(from_cdxj, lines), key=capture_key) == sorted(mine, key=capture_key)
        assert list(catalog.export_cdxj("news-9.warc.gz")) == []


class TestOpening:
    def test_a_reader_needs_a_catalog(self, tmp_path):
        with pytest.raises(IndexOutdated, match="morgue reindex"):
            Catalog.open(tmp_path / "catalog.sqlite", readonly=True)

    def test_another_version_is_refused(self, tmp_path):
        path = tmp_path / "catalog.sqlite"
        Catalog.open(path).close()
        with Catalog.open(path) as catalog:
            catalog._run("PRAGMA user_version = 99")
        for readonly in (True, False):
            with pytest.raises(IndexOutdated, match=r"version 99.*morgue reindex"):
                Catalog.open(path, readonly=readonly)

    @pytest.mark.parametrize("version", [4, 5])
    def test_a_writer_brings_an_older_catalog_up_to_date(self, tmp_path, version):
        path = tmp_path / "catalog.sqlite"
        make_old(path, version)
        with pytest.raises(IndexOutdated, match=rf"version {version}.*morgue reindex"):
            Catalog.open(path, readonly=True)
        with Catalog.open(path) as catalog, Catalog.open(tmp_path / "new.sqlite") as new:
            captures = of_all_kinds() + ([] if version == 4 else OF_ONE_SECOND)
            new.add_captures(captures)
            assert list(catalog.captures()) == sorted(captures, key=capture_key)
            assert catalog.counts() == new.counts()
            assert list(catalog.unread()) == list(new.unread())
            image = next(one for one in captures if one.mime == "image/png")
            assert catalog.find_identical(image.digest, image.size) == image
            assert catalog.add_captures(captures) == 0

    @pytest.mark.parametrize(
        "damage",
        [
            "UPDATE capture SET body = x'00'",
            "UPDATE capture SET body = substr(body, 1, 40)",
            "UPDATE capture SET place = place + (77 << 38)",
            "DELETE FROM page",
        ],
    )
    def test_an_older_catalog_that_is_damaged_stays_as_it_is(self, tmp_path, damage):
        path = tmp_path / "catalog.sqlite"
        make_old(path, 5)
        damaged = apsw.Connection(str(path))
        damaged.execute(damage)
        with pytest.raises(IndexOutdated, match=r"damaged.*morgue reindex"):
            Catalog.open(path)
        assert damaged.pragma("user_version") == 5
        damaged.close()

    @pytest.mark.parametrize(
        "damage", ["UPDATE file SET id = id + 50", "UPDATE capture SET flags = flags | 9999 << 21"]
    )
    def test_a_name_that_is_missing_is_damage(self, tmp_path, damage):
        path = tmp_path / "catalog.sqlite"
        with Catalog.open(path) as catalog:
            catalog.add_captures(of_all_kinds())
            catalog._run(damage)
        with Catalog.open(path, readonly=True) as catalog:
            for ask in (lambda: list(catalog.captures()), lambda: catalog.first_lines("", "\U0010ffff", 100)):
                with pytest.raises(IndexOutdated, match=r"missing.*morgue reindex"):
                    ask()

    def test_a_key_that_is_no_text_is_damage(self, tmp_path):
        path = tmp_path / "catalog.sqlite"
        with Catalog.open(path) as catalog:
            catalog.add_captures([capture()])
            catalog._run("UPDATE capture SET urlkey = CAST(x'636FFF' AS TEXT)")
        with Catalog.open(path, readonly=True) as catalog:
            with pytest.raises(IndexOutdated, match=r"damaged.*morgue reindex"):
                list(catalog.captures())
            assert catalog.first_lines("", "\U0010ffff", 100) is None

    def test_of_two_writers_one_brings_it_up_to_date(self, tmp_path):
        path = tmp_path / "catalog.sqlite"
        make_old(path, 5)
        other = apsw.Connection(str(path))
        other.pragma("journal_mode", "wal")
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(2) as threads:
            opened = [threads.submit(Catalog.open, path) for _ in range(2)]
            time.sleep(0.3)  # both have read by now that it is of version 5
            other.execute("ROLLBACK")
            for one in opened:
                with one.result() as catalog:
                    assert len(list(catalog.captures())) == len(of_all_kinds() + OF_ONE_SECOND)
        other.close()

    def test_a_writer_brings_version_1_up_to_date(self, tmp_path):
        path = tmp_path / "catalog.sqlite"
        make_old(path, 4)
        connection = apsw.Connection(str(path))
        connection.execute("DROP INDEX capture_rights; DROP TABLE news;")
        for column in ("rights", "dom_digest", "dom_offset", "dom_length"):
            connection.execute(f"ALTER TABLE capture DROP COLUMN {column}")
        connection.execute("PRAGMA user_version = 1")
        connection.close()
        with Catalog.open(path) as catalog:
            expected = [msgspec.structs.replace(one, rights=(), dom=None) for one in of_all_kinds()]
            assert list(catalog.captures()) == sorted(expected, key=capture_key)
            assert catalog.news(limit=10) == []

    @pytest.mark.parametrize("readonly", [True, False])
    def test_what_is_no_catalog_is_refused(self, tmp_path, readonly):
        garbage, other = tmp_path / "garbage.sqlite", tmp_path / "other.sqlite"
        garbage.write_bytes(b"no database " * 500)
        connection = apsw.Connection(str(other))
        connection.execute("CREATE TABLE precious (x)")
        connection.close()
        for path in (garbage, other):
            with pytest.raises(IndexOutdated, match="morgue reindex"):
                Catalog.open(path, readonly=readonly)

    def test_damage_found_later_is_one_clear_line(self, tmp_path):
        path = tmp_path / "catalog.sqlite"
        with Catalog.open(path) as catalog:
            catalog.add_captures(capture(minutes=n, url=f"http://example.com/{n}") for n in range(500))
        data = bytearray(path.read_bytes())
        data[4096 * 20 :] = os.urandom(len(data) - 4096 * 20)
        path.write_bytes(data)
        with (
            Catalog.open(path, readonly=True) as catalog,
            pytest.raises(IndexOutdated, match=r"damaged.*morgue reindex"),
        ):
            list(catalog.captures())

    def test_a_capture_that_cannot_be_decoded_is_one_clear_line(self, catalog):
        catalog.add_captures([capture(minutes=n) for n in range(3)])
        catalog._run("UPDATE capture SET body = zeroblob(40)")
        for ask in (lambda: list(catalog.captures()), lambda: catalog.latest_original(URL)):
            with pytest.raises(IndexOutdated, match=r"damaged.*morgue reindex"):
                ask()

    def test_a_reader_cannot_write(self, tmp_path):
        path = tmp_path / "catalog.sqlite"
        Catalog.open(path).close()
        with Catalog.open(path, readonly=True) as catalog, pytest.raises(FolderUnwritable):
            catalog.add_captures([capture()])

    def test_folder_that_is_missing(self, tmp_path):
        with pytest.raises(FolderUnwritable):
            Catalog.open(tmp_path / "none" / "catalog.sqlite")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
    def test_read_only_medium(self, tmp_path):
        path = tmp_path / "disk" / "catalog.sqlite"
        path.parent.mkdir()
        with Catalog.open(path) as catalog:
            catalog.add_captures([capture()])
        path.parent.chmod(0o500)
        try:
            with Catalog.open(path, readonly=True) as catalog:
                assert list(catalog.captures()) == [capture()]
        finally:
            path.parent.chmod(0o700)


class TestTogether:
    def test_a_failed_batch_leaves_nothing(self, catalog):
        catalog.add_captures([capture()])

        def broken():
            yield capture("http://example.net/new", mime="image/new", file="news-2.warc.gz")
            raise RuntimeError("the writer stumbles")

        with pytest.raises(RuntimeError):
            catalog.add_captures(broken())
        assert list(catalog.captures()) == [capture()]
        # Numbers given to the batch's names must not be remembered: others have them now.
        catalog.add_captures([capture(minutes=1, mime="image/other", file="news-3.warc.gz")])
        catalog.add_captures([capture("http://example.net/new", mime="image/new", file="news-2.warc.gz")])
        with Catalog.open(catalog.path, readonly=True) as reader:
            assert [(one.mime, one.location.file) for one in reader.captures()] == [
                ("text/html", "news-1.warc.gz"),
                ("image/other", "news-3.warc.gz"),
                ("image/new", "news-2.warc.gz"),
            ]

    def test_a_transaction_holds_several_additions_together(self, catalog):
        def write():
            with catalog.transaction():
                catalog.add_captures([capture()])
                catalog.set_file("news-1.warc.gz", size=10)
                raise RuntimeError("power is cut")

        with pytest.raises(RuntimeError):
            write()
        assert list(catalog.captures()) == []
        assert catalog.files() == []

    def test_a_reader_works_beside_a_writer(self, catalog):
        catalog.add_captures(capture(minutes=n, offset=n) for n in range(200))
        with Catalog.open(catalog.path, readonly=True) as reader:
            slow = reader.captures()
            seen = [next(slow)]
            with catalog.transaction():
                catalog.add_captures(capture(minutes=n, offset=n) for n in range(200, 300))
                assert len(list(reader.captures())) == 200
            seen += slow
            # What is added behind the reader may appear; nothing is missing or doubled, and it held no lock meanwhile.
            assert seen == sorted(seen, key=capture_key)
            assert len(set(map(capture_key, seen))) == len(seen) >= 200
            assert len(list(reader.captures())) == 300
            assert {one.location.file for one in reader.captures()} == {"news-1.warc.gz"}

    def test_threads_share_one_catalog(self, catalog):
        catalog.add_captures(capture(minutes=n, offset=n) for n in range(500))

        def read():
            for n in range(50):
                assert catalog.closest(urlkey(URL), at(n)) == capture(minutes=n, offset=n)
                assert len(list(catalog.captures(limit=100))) == 100

        with ThreadPoolExecutor(4) as threads:
            reads = [threads.submit(read) for _ in range(4)]
            for n in range(20):
                catalog.add_captures([capture("http://example.org/", n)])
            for future in reads:
                future.result()

    def test_what_was_committed_survives_a_kill(self, tmp_path):
        path = tmp_path / "catalog.sqlite"
        script = (
            "import sys; from pathlib import Path; from archive.index.catalog import Catalog\n"
            "from archive.model import Capture, RecordLocation\n"
            "catalog = Catalog.open(Path(sys.argv[1]))\n"
            "n = 0\n"
            "while True:\n"
            "    with catalog.transaction():\n"
            "        catalog.add_captures(Capture(urlkey='com,example)/', timestamp=f'{20240000000000 + n + i}',\n"
            "            url='http://example.com/', mime='text/html', status=200, digest=None,\n"
            "            location=RecordLocation(file='a', offset=n + i, length=1)) for i in range(10))\n"
            "    n += 10\n"
            "    print(n, flush=True)\n"
        )
        root = Path(__file__).resolve().parents[3]
        writer = subprocess.Popen(
            [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True, cwd=root, env=os.environ
        )
        lines = [writer.stdout.readline() for _ in range(20)]
        writer.send_signal(signal.SIGKILL)
        lines += writer.stdout.readlines()
        writer.wait()
        said = int([line for line in lines if line.endswith("\n")][-1])
        with Catalog.open(path) as catalog:
            found = [one.location.offset for one in catalog.captures()]
            assert found == list(range(len(found)))
            assert len(found) >= said
            assert len(found) % 10 == 0
            assert catalog.files()[0].captures == len(found)


@pytest.fixture(
    scope="module", params=[60_000, pytest.param(1_000_000, marks=pytest.mark.slow)], ids="{:_} captures".format
)
def large(tmp_path_factory, request):
    """A host with that many captures, most of them of a few pages."""
    path = tmp_path_factory.mktemp("large") / "catalog.sqlite"
    keys = [urlkey(f"https://www.example.com/{n % 40:02}/front") for n in range(40)]
    with Catalog.open(path) as catalog:
        catalog.set_file("news-1.warc.gz", sealed=True)
        catalog.add_captures(
            Capture(
                urlkey=keys[n % 40],
                timestamp=to_timestamp(START + timedelta(minutes=n)),
                url=f"https://www.example.com/{n % 40:02}/front",
                mime="text/html",
                status=404,
                digest=None,
                location=RecordLocation(file="news-1.warc.gz", offset=n, length=1),
            )
            for n in range(request.param)
        )
        yield catalog, request.param


class TestLongAnswers:
    @pytest.mark.parametrize("newest_first", [False, True])
    @pytest.mark.parametrize("times", [(None, None), (at(0), "99991231235959")])
    def test_a_host_is_never_in_memory(self, large, newest_first, times):
        catalog, size = large
        start, end = match_range("example.com", "host")
        tracemalloc.start()
        rows = catalog.rows(
            start=start, end=end, from_timestamp=times[0], to_timestamp=times[1], newest_first=newest_first
        )
        count = sum(1 for _ in rows)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert count == size
        assert peak < 3_000_000

    def test_the_first_captures_of_a_host_take_few_steps(self, large):
        catalog, _ = large
        assert _steps(catalog, lambda: list(catalog.captures(start="com,", end="com-", limit=10))) < 1000
        newest = catalog.captures(start="com,", end="com-", newest_first=True, limit=10)
        assert _steps(catalog, lambda: list(newest)) < 1000
        assert _steps(catalog, lambda: catalog.count("com,", "com-", most=10)) < 1000

    def test_a_short_time_of_many_pages_looks_at_no_other_captures(self, large):
        catalog, size = large
        first, last = at(size // 2), at(size // 2 + 39)

        def ask():
            assert len(list(catalog.rows(start="com,", end="com-", from_timestamp=first, to_timestamp=last))) == 40
            assert catalog.count("com,", "com-", first, last) == 40

        assert _steps(catalog, ask) < 20_000

    def test_an_answer_goes_on_where_it_was_left(self, large):
        catalog, size = large
        (row,) = catalog.rows(urlkey="com,example)/20/front", limit=1)
        (behind,) = catalog.rows(start="com,", end="com-", after=row.key, limit=1)
        assert behind.offset == row.offset + 40
        (before,) = catalog.rows(start="com,", end="com-", after=row.key, newest_first=True, limit=1)
        assert before.offset == size - 40 + 19


def _steps(catalog: Catalog, ask) -> int:
    """Instructions of SQLite's machine that a question takes, in hundreds and rounded down."""
    counted = 0

    def count():
        nonlocal counted
        counted += 100
        return False  # go on

    catalog._connection.set_progress_handler(count, 100)
    ask()
    catalog._connection.set_progress_handler(None)
    return counted


def test_hidden_captures_are_in_no_answer(catalog):
    captures = [capture(minutes=n, rights=("noarchive",) if n % 2 else ()) for n in range(10)]
    image = capture("https://example.com/1.png", mime="image/png", rights=("noarchive",), body="png")
    catalog.add_captures([*captures, image])
    with Catalog.open(catalog.path, readonly=True) as reader:
        reader.hide(lambda rights: rights == "noarchive")
        seen = captures[::2]
        key = urlkey(URL)
        assert list(reader.captures()) == seen
        assert [row.capture() for row in reader.rows(newest_first=True)] == seen[::-1]
        assert reader.count() == reader.count(key, key + "\0", at(0), at(9)) == 5
        assert reader.closest(key, at(3)) == seen[1]
        assert sorted(reader.nearest(key, at(3)), key=capture_key) == seen
        assert reader.find_identical(image.digest, 3) is None
        assert list(reader.spans(key, 2)) == [(at(0), at(2)), (at(4), at(6)), (at(8), at(8))]
        assert not reader.may_be_given_out("news-1.warc.gz", 0)
    assert catalog.find_identical(image.digest, 3) == image


def test_a_file_is_kept_back_for_its_own_captures_alone(catalog):
    hidden = capture(file="news-1.warc.gz", rights=("noarchive",))
    catalog.add_captures([hidden, capture(file="news-2.warc.gz")])
    for file in ("news-1.warc.gz", "news-2.warc.gz"):
        catalog.set_file(file, size=10)
    with Catalog.open(catalog.path, readonly=True) as reader:
        reader.hide(lambda rights: rights == "noarchive")
        assert not reader.may_be_given_out("news-1.warc.gz", 10)
        assert reader.may_be_given_out("news-2.warc.gz", 10)


def test_payloads_that_begin_alike_are_told_apart(catalog):
    alike = [format_sha1(bytes([7] * 8 + [number] * 12)) for number in range(3)]
    catalog.add_captures(
        capture(f"https://example.com/{number}.png", mime="image/png", digest=digest)
        for number, digest in enumerate(alike)
    )
    for number, digest in enumerate(alike):
        assert catalog.find_identical(digest, 4).url == f"https://example.com/{number}.png"
    assert catalog.find_identical(format_sha1(bytes([7] * 8 + [9] * 12)), 4) is None


def test_payloads_of_one_second_are_all_to_be_read(catalog):
    captures = [capture(offset=number, body=f"text {number}") for number in range(5)]
    catalog.add_captures([*captures, capture(offset=9, body="text 0"), capture(offset=10, body="text 9", status=404)])
    assert sorted(catalog.unread(), key=capture_key) == captures


def test_a_rendered_page_is_to_be_read_by_its_document(catalog):
    page = capture()
    dom = Dom(digest=payload_digest(b"<p>"), location=RecordLocation(file="news-1.warc.gz", offset=9000, length=70))
    rendered = revisit(page, 1, dom=dom)
    catalog.add_captures([page, rendered])
    assert sorted(catalog.unread(), key=capture_key) == [page, rendered]


def test_a_capture_takes_few_bytes(tmp_path):
    path = tmp_path / "catalog.sqlite"
    with Catalog.open(path) as catalog:
        catalog.set_file("news-1.warc.gz", sealed=True)
        numbers = range(10_000)
        catalog.add_captures(
            capture(
                f"https://www.example.com/a/the-title-of-a-story-{n % 1000}/{n % 1000}.html",
                n / 60,
                offset=n * 20_000,
                size=50_000,
                digest=format_sha1(hashlib.sha1(str(n % 1000).encode(), usedforsecurity=False).digest()),
            )
            for n in numbers
        )
    assert path.stat().st_size / 10_000 < 200


def test_a_compact_copy_holds_the_same_in_less(tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "catalog.sqlite") as catalog:
        with catalog.transaction():
            for number in range(3000):
                catalog.add_captures([capture(f"https://example.org/{number * 7919 % 3000}", offset=number)])
        catalog.write_compact(tmp_path / "compact.sqlite")
        captures = list(catalog.captures())
    with Catalog.open(tmp_path / "compact.sqlite", readonly=True) as reader:
        assert reader._all("PRAGMA journal_mode") == [("wal",)]  # in which reading costs less
    with Catalog.open(tmp_path / "compact.sqlite") as compact:
        assert list(compact.captures()) == captures
        assert compact.add_captures([capture("https://example.org/more")]) == 1
    assert (tmp_path / "compact.sqlite").stat().st_size < 0.95 * (tmp_path / "catalog.sqlite").stat().st_size
