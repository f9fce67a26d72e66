"""The public clients of CDX servers against ours: cdx_toolkit on both dialects, EDGI's wayback on the Internet Archive's.

Nothing of theirs is patched but the host, and the seconds that they wait between two requests. wayback knows one host only,
so it reaches us as through a proxy that keeps the Host of the request.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from httpx import Client
from starlette.types import ASGIApp
from warcio.archiveiterator import ArchiveIterator

from archive.collection import CATALOG_FILE
from archive.config import Settings, init_collection
from archive.index.catalog import Catalog
from archive.model import Capture, RecordLocation
from archive.web.app import create_app

cdx_toolkit = pytest.importorskip("cdx_toolkit")
wayback = pytest.importorskip("wayback")

BRIDGE = "https://www.example.org/news/bridge"
MOVED = "https://www.example.org/old-bridge"
MISSING = "https://www.example.org/missing"
ODD = "https://evil.example/x?a=1&b=%22%3E"
NOWHERE = "https://nowhere.example/"
DOORS = ("/cdx", "/cdx/search/cdx")
WAYBACK_HOST = "web.archive.org"
CITY = 7_000

Serve = Callable[[ASGIApp], Client]
Connect = Callable[[str], Any]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    from cdx_toolkit import myrequests

    monkeypatch.setitem(myrequests.retry_info["default"], "minimum_interval", 0)
    monkeypatch.delitem(myrequests.retry_info, "127.0.0.1", raising=False)


# cdx_toolkit


@pytest.fixture(params=DOORS)
def source(request: pytest.FixtureRequest, site: str) -> str:
    return site + str(request.param)


def keys(captures: Any) -> list[tuple[str, str, str]]:
    return [(one["timestamp"], one["mime"], one["url"]) for one in captures]


EXPECTED = [
    ("20240501103000", "text/html", BRIDGE),
    ("20240502103000", "warc/revisit", BRIDGE),
    ("20240503103000", "text/html", BRIDGE),
    ("20240505103000", "text/html", BRIDGE),
]


def test_toolkit_gets_and_iterates(source: str) -> None:
    cdx = cdx_toolkit.CDXFetcher(source=source)
    assert keys(cdx.get(BRIDGE)) == keys(cdx.iter(BRIDGE)) == EXPECTED
    with pytest.warns(FutureWarning):
        assert keys(cdx.items(BRIDGE)) == EXPECTED
    assert [one["urlkey"] for one in cdx.iter("*.fa.example.org")] == ["org,example,fa)/a/1.html"]
    assert len(list(cdx.iter("example.org/*"))) == 6
    assert len(list(cdx.iter("example.org", matchType="domain"))) == 9


def test_toolkit_is_told_of_a_missing_url(source: str) -> None:
    cdx = cdx_toolkit.CDXFetcher(source=source)
    assert cdx.get(NOWHERE) == []
    assert list(cdx.iter(NOWHERE)) == []
    assert cdx.get_size_estimate(NOWHERE) == 0


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"limit": 2}, EXPECTED[:2]),
        ({"from_ts": "20240502", "to": "20240503"}, EXPECTED[1:3]),
        ({"from_ts": "2025"}, []),
        ({"filter": "mimetype:text/html"}, [EXPECTED[0], *EXPECTED[2:]]),
        ({"filter": ["!=mime:warc/revisit", "=statuscode:200"]}, [EXPECTED[0], *EXPECTED[2:]]),
        ({"filter": "!timestamp:20240502103000"}, [EXPECTED[0], *EXPECTED[2:]]),
        ({"closest": "20240504", "sort": "closest", "limit": 1}, [EXPECTED[2]]),
        ({"closest": "20240504", "limit": 1}, [EXPECTED[2]]),
        ({"sort": "reverse", "limit": 1}, EXPECTED[3:]),
    ],
)
def test_toolkit_chooses(source: str, asked: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    cdx = cdx_toolkit.CDXFetcher(source=source)
    assert keys(cdx.get(BRIDGE, **asked)) == expected
    # It takes limit and filters out of what it was given, so each call gets its own.
    assert keys(cdx.iter(BRIDGE, **{name: value for name, value in asked.items() if value != []})) == expected


def test_toolkit_fetches_records_from_the_warc_files(source: str, site: str) -> None:
    cdx = cdx_toolkit.CDXFetcher(source=site + "/cdx", warc_download_prefix=site + "/warc")
    first, revisit, zipped, last = cdx.iter(BRIDGE)
    assert first.content == b"<h1>Bridge</h1>3 weeks"
    assert revisit.fetch_warc_record().rec_type == "revisit"
    assert revisit.fetch_warc_record().rec_headers.get_header("WARC-Refers-To-Target-URI") == BRIDGE
    assert zipped.content == b"<h1>Bridge</h1>5 weeks"
    assert last.fetch_warc_record().rec_headers.get_header("WARC-Date").startswith("2024-05-05T10:30:00")
    (missing,) = cdx.get(MISSING)
    assert (missing["status"], missing.content) == ("404", b"<p>Not here")
    (moved,) = cdx.get(MOVED)
    assert moved.fetch_warc_record().http_headers.get_header("Location") == "/news/bridge"


def test_toolkit_fetches_mementos(source: str, site: str) -> None:
    cdx = cdx_toolkit.CDXFetcher(source=source, wb=site + "/web")
    contents = [one.content for one in cdx.iter(BRIDGE)]
    weeks = [content[-7:] for content in contents]
    assert weeks == [b"3 weeks", b"3 weeks", b"5 weeks", b"5 weeks"]
    (missing,) = cdx.get(MISSING)
    assert (missing["status"], missing.content) == ("404", b"<p>Not here")
    (moved,) = cdx.get(MOVED)
    record = moved.fetch_warc_record()
    assert record.http_headers.get_statuscode() == "301"
    assert record.http_headers.get_header("Location") == BRIDGE
    (odd,) = cdx.get(ODD)
    assert (odd["url"], odd.content[:8]) == (ODD, b"<script>")


def test_toolkit_as_it_speaks_to_the_internet_archive(site: str) -> None:
    cdx = cdx_toolkit.CDXFetcher(source="ia")
    cdx.index_list = (site + "/cdx/search/cdx",)
    cdx.wb = site + "/web"
    assert keys(cdx.iter(BRIDGE)) == EXPECTED
    revisit = cdx.get(BRIDGE, filter="mime:warc/revisit")[0]
    assert (revisit.is_revisit(), revisit["status"], revisit.text) == (True, "-", "<h1>Bridge</h1>3 weeks")
    assert [one["url"] for one in cdx.iter("*.example.org", filter="status:[34].*")] == [MISSING, MOVED]
    assert cdx.get_size_estimate("*.example.org", as_pages=True) == 1


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection of more captures than a page holds."""
    folder = tmp_path_factory.mktemp("city") / "city"
    init_collection(folder)
    with Catalog.open(folder / CATALOG_FILE) as catalog:
        catalog.add_captures(city_capture(number) for number in range(CITY))
    return folder


def city_capture(number: int, status: int = 200) -> Capture:
    return Capture(
        urlkey=f"org,example)/{number % 700:03}",
        timestamp=f"20240501{number // 3600:02}{number // 60 % 60:02}{number % 60:02}",
        url=f"https://example.org/{number % 700:03}",
        mime="text/html",
        status=404 if number % 10 == 9 else status,
        digest=None,
        location=RecordLocation(file="a.warc.gz", offset=number, length=1),
    )


@pytest.mark.parametrize("door", DOORS)
def test_toolkit_pages_through_a_large_host(city: Path, serve_app: Serve, door: str) -> None:
    address = str(serve_app(create_app(city, Settings())).base_url)
    cdx = cdx_toolkit.CDXFetcher(source=address.rstrip("/") + door)
    found = keys(cdx.iter("example.org", matchType="host"))
    assert len(found) == len(set(found)) == CITY
    assert len(list(cdx.iter("example.org/*", limit=3_500))) == 3_500
    assert len(list(cdx.iter("example.org/*", filter="status:404"))) == CITY / 10
    # Pages of 3,000 captures, of which it leaves one out as half empty.
    assert cdx.get_size_estimate("example.org/*", as_pages=True) == 3
    assert cdx.get_size_estimate("example.org", matchType="host") == 6_000
    assert cdx.get_size_estimate("example.org", matchType="host", pageSize=1) == 6_000


def test_toolkit_command(site: str, tmp_path: Path) -> None:
    def cdxt(*words: str) -> str:
        command = [sys.executable, "-m", "cdx_toolkit.cli", "--source", site + "/cdx", *words]
        environment = {"CDXT_DEFAULT_MIN_RETRY_INTERVAL": "0", "PATH": ""}
        done = subprocess.run(
            command, check=False, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    lines = cdxt("--limit", "3", "iter", "example.org/*").splitlines()
    assert lines[0] == f"status 404, timestamp 20240501110000, url {MISSING}"
    assert len(lines) == 3
    assert cdxt("size", "example.org/*").strip() == "1500"
    cdxt("--filter", "=status:200", "warc", "--prefix", "W", "--warc-download-prefix", site + "/warc", BRIDGE)
    with (tmp_path / "W-000000.extracted.warc.gz").open("rb") as stream:
        kinds = [record.rec_type for record in ArchiveIterator(stream)]
    assert kinds == ["warcinfo", "response", "revisit", "response", "response"]


# wayback


@pytest.fixture
def machine(news: Path, serve_app: Serve, wayback_client: Connect) -> Iterator[Any]:
    client = serve_app(create_app(news, Settings(), allow_hosts=[WAYBACK_HOST]))
    with wayback_client(str(client.base_url)) as machine:
        yield machine


def times(records: Any) -> list[str]:
    return [f"{one.timestamp:%Y%m%d}" for one in records]


def test_wayback_searches(machine: Any) -> None:
    first, revisit, *_ = machine.search(BRIDGE, resolve_revisits=False)
    assert (first.original, first.mimetype, first.statuscode) == (BRIDGE, "text/html", 200)
    assert (first.digest, first.length > 0) == ("AVAVDWQMFEN5UULBYC65AA4FDSV3GAED", True)
    assert (revisit.mimetype, revisit.statuscode, revisit.digest) == ("warc/revisit", None, first.digest)
    resolved = list(machine.search(BRIDGE))[1]
    assert (resolved.mimetype, resolved.statuscode) == ("text/html", 200)
    assert list(machine.search(NOWHERE)) == []
    assert len(list(machine.search("*.example.org"))) == 9
    assert {one.urlkey for one in machine.search("example.org/news/*")} == {"org,example)/news/bridge"}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"limit": 1}, ["20240501", "20240502", "20240503", "20240505"]),
        ({"limit": 3}, ["20240501", "20240502", "20240503", "20240505"]),
        ({"limit": -2}, ["20240503", "20240505"]),
        ({"limit": -1, "fast_latest": True}, ["20240505"]),
        ({"limit": 2, "offset": 1}, ["20240502", "20240503", "20240505"]),
        ({"from_date": date(2024, 5, 2), "to_date": datetime(2024, 5, 3, 12, tzinfo=UTC)}, ["20240502", "20240503"]),
        ({"filter_field": "timestamp:.*0[35]103000"}, ["20240503", "20240505"]),
        ({"filter_field": ["!timestamp:2024050[12].*", "~original:bridge"]}, ["20240503", "20240505"]),
        ({"filter_field": "statuscode:2"}, []),
        ({"collapse": "digest"}, ["20240501", "20240503", "20240505"]),
        ({"collapse": "digest", "limit": 1}, ["20240501", "20240503", "20240505"]),
        ({"collapse": "timestamp:6"}, ["20240501"]),
        ({"match_type": "host", "collapse": "urlkey", "limit": 2}, ["20240501", "20240501", "20240501"]),
    ],
)
def test_wayback_chooses(machine: Any, asked: dict[str, Any], expected: list[str]) -> None:
    assert times(machine.search(BRIDGE, **asked)) == expected


def test_wayback_resumes_without_repeating_or_skipping_while_a_crawl_adds(
    newspaper: Any, serve_app: Serve, wayback_client: Connect
) -> None:
    def capture(number: int, day: int = 1) -> tuple[str, datetime]:
        url = f"https://www.example.org/{number:02}"
        newspaper.capture(url, f"202405{day:02}100000", b"<p>%d %d" % (number, day))
        return url, datetime(2024, 5, day, 10, tzinfo=UTC)

    before = {capture(number) for number in range(0, 40, 2)}
    client = serve_app(create_app(newspaper.folder, Settings(), allow_hosts=[WAYBACK_HOST]))
    with wayback_client(str(client.base_url)) as machine:
        records = machine.search("example.org", match_type="host", limit=3)
        found = [(one.original, one.timestamp) for one in islice(records, 2)]
        for number in range(1, 40, 2):
            # One between the old addresses, and one more of an old one: beyond where the client is, or before.
            capture(number * 7 % 40)
            capture(number * 7 % 40 - 1, day=2 + number % 20)
            found += [(one.original, one.timestamp) for one in islice(records, 2)]
        found += [(one.original, one.timestamp) for one in records]
    assert len(found) == len(set(found))
    assert before <= set(found)
    assert found == sorted(found)
    assert len(found) > len(before)


def test_wayback_follows_the_index_to_every_capture_once(city: Path, serve_app: Serve, wayback_client: Connect) -> None:
    client = serve_app(create_app(city, Settings(), allow_hosts=[WAYBACK_HOST]))
    with wayback_client(str(client.base_url)) as machine:
        found = [(one.urlkey, one.timestamp) for one in machine.search("example.org/*", limit=999)]
        assert len(found) == len(set(found)) == CITY
        assert found == sorted(found)
        wrong = list(machine.search("example.org/*", limit=100, filter_field="!statuscode:200", collapse="urlkey"))
        assert len(wrong) == 70


def test_wayback_gets_mementos(machine: Any) -> None:
    first, revisit, zipped, _ = machine.search(BRIDGE)
    memento = machine.get_memento(first)
    assert (memento.ok, memento.url, memento.text) == (True, BRIDGE, "<h1>Bridge</h1>3 weeks")
    assert memento.timestamp == first.timestamp
    assert memento.headers["Content-Type"] == "text/html; charset=utf-8"
    assert memento.links["original"]["url"] == BRIDGE
    assert machine.get_memento(revisit).text == "<h1>Bridge</h1>3 weeks"
    assert machine.get_memento(zipped).text == "<h1>Bridge</h1>5 weeks"
    assert machine.get_memento(zipped).headers["ETag"] == '"2"'
    assert machine.get_memento(first.raw_url).text == memento.text


def test_wayback_gets_the_memento_of_a_missing_page(machine: Any) -> None:
    (missing,) = machine.search(MISSING)
    memento = machine.get_memento(missing)
    assert (missing.statuscode, memento.status_code, memento.text) == (404, 404, "<p>Not here")


def test_wayback_follows_redirects_or_not(machine: Any) -> None:
    (moved,) = machine.search(MOVED)
    memento = machine.get_memento(moved)
    assert (memento.url, memento.text) == (BRIDGE, "<h1>Bridge</h1>3 weeks")
    assert [one.url for one in memento.history] == [MOVED]
    redirect = machine.get_memento(moved, follow_redirects=False)
    assert (redirect.status_code, redirect.url) == (301, MOVED)


def test_wayback_asks_for_times_between_captures(machine: Any) -> None:
    near = datetime(2024, 5, 3, 12, tzinfo=UTC)
    with pytest.raises(wayback.exceptions.MementoPlaybackError):
        machine.get_memento(BRIDGE, timestamp=near)
    memento = machine.get_memento(BRIDGE, timestamp=near, exact=False)
    assert memento.timestamp == datetime(2024, 5, 3, 10, 30, tzinfo=UTC)
    with pytest.raises(wayback.exceptions.MementoPlaybackError):
        machine.get_memento(BRIDGE, timestamp=near, exact=False, target_window=timedelta(minutes=5))
    with pytest.raises(wayback.exceptions.NoMementoError):
        machine.get_memento(NOWHERE, timestamp=near)


def test_wayback_is_told_that_its_host_is_not_served(news: Path, serve_app: Serve, wayback_client: Connect) -> None:
    client = serve_app(create_app(news, Settings()))
    with (
        wayback_client(str(client.base_url)) as machine,
        pytest.raises(wayback.exceptions.WaybackException, match="421"),
    ):
        list(machine.search(BRIDGE))
