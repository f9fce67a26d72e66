import gzip
import http.client
import json
import re
import socket
import subprocess
import sys
from urllib.parse import quote, urlsplit

import brotli
import lxml.html
import msgspec
import pytest
from lxml import etree

from crawler.demo.newsroom import EDIT_PATH, Newsroom, TransactionLog
from crawler.demo.story import FAMILIES
from crawler.errors import SourceExists
from crawler.source_file import load_sources

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def room():
    with Newsroom() as room:
        yield room


@pytest.fixture
def fresh_room():
    with Newsroom() as room:
        yield room


def fetch(url: str, method: str = "GET", **headers: str):
    """Status, headers and decoded payload of an answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    connection.request(method, parts.path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    coding = answer.headers.get("Content-Encoding")
    return answer.status, answer.headers, {None: bytes, "gzip": gzip.decompress, "br": brotli.decompress}[coding](body)


def places(payload: bytes) -> list[str]:
    """The URLs a sitemap, or an index of them, names."""
    return [place.text for place in etree.fromstring(payload).iter(f"{SITEMAP}loc")]


def announced(room: Newsroom, family: str) -> dict[str, set[str]]:
    """By kind of listing: the story URLs it names."""
    base = room.sites[FAMILIES.index(family)].base
    index = places(fetch(base + "/sitemap.xml")[2])
    plain, zipped = (fetch(url)[2] for url in index)
    feed = etree.fromstring(fetch(base + "/feed.xml")[2])
    atom = etree.fromstring(fetch(base + "/atom.xml")[2])
    front = lxml.html.document_fromstring(fetch(base + "/")[2])
    return {
        "feed": {quote(link.text, safe=":/%") for link in feed.iterfind("channel/item/link")},
        "atom": {link.get("href") for link in atom.iterfind(f"{ATOM}entry/{ATOM}link")},
        "sitemap": {*places(plain), *places(gzip.decompress(zipped))},
        "front": {base + path for path in front.xpath("//li//a/@href | //h3/a/@href | //a[h3]/@href")},
    }


def test_there_is_a_site_for_each_family(room):
    assert [site.family for site in room.sites] == ["a", "b", "c"]
    assert len({site.url for site in room.sites}) == 3
    for site in room.sites:
        assert site.url == site.base + "/"
        status, _, body = fetch(site.url)
        assert status == 200
        assert lxml.html.document_fromstring(body).xpath("//link[@rel='alternate']/@href")


def test_every_story_is_announced_by_every_listing(room):
    for site in room.sites:
        stories = {room.url_of(story) for story in room.stories if story.family == site.family}
        for kind, urls in announced(room, site.family).items():
            assert stories <= urls, kind
            assert kind == "front" or urls == stories, kind


def test_a_feed_names_stories_by_iri(room):
    assert any(
        not url.isascii()
        for url in re.findall(r"<link>(.*?)</link>", fetch(room.sites[0].url + "feed.xml")[2].decode())
    )


def test_robots_names_the_sitemap_and_closes_a_folder(room):
    for site in room.sites:
        status, _, body = fetch(site.url + "robots.txt")
        assert status == 200
        assert f"Sitemap: {site.url}sitemap.xml" in body.decode()
        assert "Disallow: /private/" in body.decode()
    private = [
        href for href in re.findall(r'href="([^"]+)"', fetch(room.sites[0].url)[2].decode()) if "private" in href
    ]
    assert fetch(room.sites[0].base + private[0])[0] == 200


def test_every_page_of_every_site_answers_what_it_says(room):
    kinds = set()
    for site in room.sites:
        # Sites are pure: the paths are known without asking.
        for path in room._open[site.family].paths():
            status, headers, body = fetch(site.base + path, Accept_Encoding="gzip, br")
            assert status == 200, path
            kind = headers.get_content_type()
            kinds.add(kind)
            if kind == "text/html":
                assert lxml.html.document_fromstring(body) is not None
            elif kind.endswith("xml") and "svg" not in kind:
                etree.fromstring(body)
    assert {"text/html", "image/png", "image/jpeg", "image/svg+xml", "text/css", "application/x-gzip"} <= kinds


def test_pages_hold_the_bytes_of_their_site_in_every_coding(room):
    seen = set()
    for story in room.stories:
        url = room.url_of(story)
        page = room._open[story.family].page(urlsplit(url).path)
        for accepted in ("identity", "gzip", "gzip, deflate, br", "gzip;q=0, br"):
            _, headers, body = fetch(url, Accept_Encoding=accepted)
            assert body == page.body
            coding = headers.get("Content-Encoding")
            assert coding is None or coding in accepted
            seen.add((coding, headers.get("Transfer-Encoding")))
        assert fetch(url, Accept_Encoding="gzip;q=0")[1].get("Content-Encoding") is None
    assert seen == {(coding, framing) for coding in (None, "gzip", "br") for framing in (None, "chunked")}


def test_charsets_are_told_in_the_header_or_only_in_the_page(room):
    told = {}
    for story in room.stories:
        _, headers, body = fetch(room.url_of(story))
        text = body.decode(headers.get_content_charset() or story.charset)
        assert story.headline in text.replace("&#39;", "'")
        told[story.charset, headers.get_content_charset()] = story.language
    assert told["windows-1251", "windows-1251"] == "ru"
    assert told["gbk", None] == "zh"
    assert told["windows-1256", "windows-1256"] == "ar"


def test_headers_come_in_odd_dresses(room):
    heads = b""
    for story in room.stories:
        fetch(room.url_of(story))
        heads += room.log[-1].response.partition(b"\r\n\r\n")[0]
    assert b"cOnTeNt-tYpE: " in heads
    assert b"\ncontent-type: " in heads
    assert b"Set-Cookie: edition=morning; Path=/\r\nSet-Cookie: seen=1" in heads
    assert b"X-Desk: R\xe9daction" in heads


def test_unchanged_pages_answer_304_to_their_validators(room):
    kinds = set()
    for story in room.stories:
        url = room.url_of(story)
        _, headers, _ = fetch(url)
        etag, modified = headers.get("ETag"), headers.get("Last-Modified")
        kinds.add((bool(etag), bool(modified)))
        if etag:
            status, again, body = fetch(url, If_None_Match=f'"other", W/{etag}', If_Modified_Since="x")
            assert (status, body, again["ETag"]) == (304, b"", etag)
            assert fetch(url, If_None_Match='"other"', If_Modified_Since=modified or "")[0] == 200
        if modified:
            assert fetch(url, If_Modified_Since=modified)[0] == 304
            assert fetch(url, If_Modified_Since="Mon, 01 Jan 2001 00:00:00 GMT")[0] == 200
            assert fetch(url, If_Modified_Since="yesterday")[0] == 200
    assert kinds == {(True, True), (True, False), (False, True), (False, False)}


def test_the_log_holds_the_bytes_of_both_directions(room):
    story = room.stories[0]
    request = b"GET %s HTTP/1.1\r\nhOsT: x\r\nX-A:  1 \r\n\r\n" % urlsplit(room.url_of(story)).path.encode()
    host, port = urlsplit(room.url_of(story)).hostname, urlsplit(room.url_of(story)).port
    with socket.create_connection((host, port), timeout=5) as peer:
        # Twice on one connection: it is kept alive. The second asks for its end.
        received = b""
        peer.sendall(request)
        while len(received) < len(room.log[-1].response) or room.log[-1].request != request:
            received += peer.recv(65536)
        assert received == room.log[-1].response
        peer.sendall(request.replace(b"X-A:  1 ", b"Connection: close"))
        rest = b""
        while data := peer.recv(65536):
            rest += data
    last = room.log[-1]
    assert rest == last.response
    assert (last.url, last.method, last.status) == (room.url_of(story), "GET", 200)
    assert last.time.utcoffset().total_seconds() == 0


def test_head_has_no_body_and_other_methods_are_refused(room):
    url = room.url_of(room.stories[0])
    status, headers, body = fetch(url, "HEAD")
    assert (status, body) == (200, b"")
    assert headers["Content-Type"].startswith("text/html")
    assert fetch(url, "DELETE")[0] == 405
    assert fetch(url + "x")[0] == 404


def test_what_is_no_request_is_answered_with_400(room):
    parts = urlsplit(room.sites[0].url)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as peer:
        peer.sendall(b"hello\r\n\r\n")
        assert peer.recv(1000).startswith(b"HTTP/1.1 400 ")


def test_http_1_0_gets_a_length_and_a_close(room):
    story = next(story for story in room.stories if story.number % 3 == 1)
    parts = urlsplit(room.url_of(story))
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as peer:
        peer.sendall(f"GET {parts.path} HTTP/1.0\r\n\r\n".encode())
        answer = b""
        while data := peer.recv(65536):
            answer += data
    assert b"chunked" not in answer.partition(b"\r\n\r\n")[0].lower()
    assert b"Connection: close" in answer


def test_an_edit_changes_the_pages_it_names_and_no_other(fresh_room):
    room = fresh_room
    before = {room.url_of(story): fetch(room.url_of(story))[2] for story in room.stories}
    readings = {url: room.expected(url) for url in before}
    changes = room.edit()
    assert (room.edition, room.changes) == (2, changes)
    for change in changes:
        status, headers, body = fetch(change.url)
        match change.kind:
            case "gone":
                assert status == 410
            case "moved":
                assert (status, headers["Location"]) == (301, change.new_url)
                assert room.expected(change.new_url)["text"] == readings[change.url]["text"]
            case "new":
                assert status == 200
                assert change.url not in before
            case _:
                assert status == 200
                assert body != before[change.url]
                assert (room.expected(change.url) != readings[change.url]) == change.makes_version
    changed = {change.url for change in changes}
    assert len(changed) < len(before) / 2
    for url in before.keys() - changed:
        assert fetch(url)[2] == before[url]


def test_validators_tell_of_every_edit(fresh_room):
    room = fresh_room
    old = {room.url_of(story): fetch(room.url_of(story))[1] for story in room.stories}
    changed = {change.url for change in room.edit() if change.kind not in ("gone", "moved")}
    for url in changed & old.keys():
        assert not old[url]["ETag"] or fetch(url, If_None_Match=old[url]["ETag"])[0] == 200
        assert not old[url]["Last-Modified"] or fetch(url, If_Modified_Since=old[url]["Last-Modified"])[0] == 200


def test_an_advert_changes_the_page_and_not_its_story(fresh_room):
    room = fresh_room
    (change,) = [change for change in room.edit() if change.kind == "advert"]
    after = fetch(change.url)[2].decode()
    with Newsroom() as other:
        before = fetch(other.sites[0].base + urlsplit(change.url).path)[2].decode()
        before = before.replace(other.sites[0].base, room.sites[0].base)
    lines = [(a, b) for a, b in zip(before.splitlines(), after.splitlines(), strict=True) if a != b]
    assert 2 <= len(lines) <= 4
    assert all("breaking-news" in line or "ad-slot" in line for pair in lines for line in pair)


def test_the_third_edition_takes_an_edit_back(fresh_room):
    room = fresh_room
    url = next(room.url_of(story) for story in room.stories if story.edits and story.edits[-1].kind == "reverted")
    first = fetch(url)
    room.edit()
    second = fetch(url)
    (change,) = room.edit()
    third = fetch(url)
    assert (change.kind, change.url, room.edition) == ("reverted", url, 3)
    assert first[2] == third[2] != second[2]
    assert first[1]["ETag"] == third[1]["ETag"] != second[1]["ETag"]
    assert room.edit() == ()
    assert room.edition == 3


def test_an_edit_may_skip_editions(fresh_room):
    changes = fresh_room.edit(3)
    assert fresh_room.edition == 3
    assert {change.edition for change in changes} == {2, 3}


def test_one_feed_repeats_its_etag_and_alone_announces_a_story(fresh_room):
    room = fresh_room
    _, before, body = fetch(room.stale_etag_feed)
    (hidden,) = [story for story in room._written if story.only_in_feed]
    room.edit()
    _, after, changed = fetch(room.stale_etag_feed)
    assert before["ETag"] == after["ETag"]
    assert body != changed
    assert fetch(room.stale_etag_feed, If_None_Match=before["ETag"])[0] == 304
    listed = announced(room, "b")
    assert {kind for kind, urls in listed.items() if room.url_of(hidden) in urls} == {"feed"}
    for site in room.sites:
        if site.base + "/feed.xml" != room.stale_etag_feed:
            tag = fetch(site.url + "feed.xml")[1]["ETag"]
            assert fetch(site.url + "feed.xml", If_None_Match=tag)[0] == 304


def test_listings_change_with_the_edition(fresh_room):
    room = fresh_room
    before = {site.family: fetch(site.url + "atom.xml")[1]["ETag"] for site in room.sites}
    changes = room.edit()
    for site in room.sites:
        assert fetch(site.url + "atom.xml", If_None_Match=before[site.family])[0] == 200
    listed = announced(room, "a")
    for change in changes:
        if change.family == "a" and change.kind in ("gone", "moved"):
            assert all(change.url not in urls for urls in listed.values())
        if change.family == "a" and change.kind == "new":
            assert all(change.url in urls for urls in listed.values())


def test_an_edit_can_be_asked_for_over_http(fresh_room):
    room = fresh_room
    status, _, body = fetch(room.sites[1].base + EDIT_PATH, "POST", Content_Length="0")
    answer = json.loads(body)
    assert (status, answer["edition"], room.edition) == (200, 2, 2)
    assert [change["url"] for change in answer["changes"]] == [change.url for change in room.changes]
    status, headers, _ = fetch(room.sites[0].base + EDIT_PATH, "POST", Content_Length="0", Accept="text/html")
    assert (status, headers["Location"], room.edition) == (303, "/", 3)
    assert fetch(room.sites[0].base + EDIT_PATH)[0] == 404


def test_expected_gives_the_urls_of_what_a_page_shows(room):
    for story in room.stories:
        url = room.url_of(story)
        article = room.expected(url)
        assert article["canonical_url"] == url
        assert all(fetch(image["url"])[0] == 200 for image in article["images"])
    with pytest.raises(KeyError, match="no story stands there"):
        room.expected(room.sites[0].url)


def test_sources_fit_the_sites(room, tmp_path):
    paths = room.write_sources(tmp_path / "sources")
    sources = load_sources(tmp_path / "sources")
    assert sorted(source.name for source in sources) == sorted(site.name for site in room.sites)
    assert [path.stem for path in paths] == [site.name for site in room.sites]
    for source in sources:
        site = next(site for site in room.sites if site.name == source.name)
        assert source.site == site.url
        assert all(fetch(seed.url)[0] == 200 for seed in source.seeds)
        stories = {room.url_of(story) for story in room.stories if story.family == site.family}
        articles = {
            site.base + path for path in room._open[site.family].paths() if source.is_article_url(site.base + path)
        }
        # A private page looks like an article: only robots.txt keeps it out.
        assert {url for url in articles if "/private/" not in url} == stories
    with pytest.raises(SourceExists):
        room.write_sources(tmp_path / "sources")


def test_hosts_and_ports_can_be_chosen():
    with Newsroom(hosts=("127.0.0.2", "127.0.0.3", "127.0.0.4")) as room:
        assert [urlsplit(site.url).hostname for site in room.sites] == ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
        taken = room.addresses[0]
        with pytest.raises(OSError, match="in use"), Newsroom(hosts=(taken, "127.0.0.1", "127.0.0.1")):
            pass
    with Newsroom(hosts=(taken, "127.0.0.1", "127.0.0.1")) as room:
        assert room.addresses[0] == taken


def test_it_listens_on_loopback_only():
    with pytest.raises(ValueError, match="not on loopback"):
        Newsroom(hosts=("0.0.0.0", "127.0.0.1", "127.0.0.1"))
    with pytest.raises(ValueError, match="IPv4"):
        Newsroom(hosts=("example.org",) * 3)
    with pytest.raises(ValueError, match="one for each"):
        Newsroom(hosts=("127.0.0.1",))


def test_stopping_ends_open_connections():
    with Newsroom() as room:
        parts = urlsplit(room.sites[0].url)
        peer = socket.create_connection((parts.hostname, parts.port), timeout=5)
        peer.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert peer.recv(10)
    with peer:
        while peer.recv(65536):
            pass
    room.stop()


def test_the_log_is_bounded(room):
    fetch(room.sites[0].url)
    log = TransactionLog(max_count=3, max_bytes=100)
    for i in range(10):
        log.append(msgspec.structs.replace(room.log[0], request=b"r" * i, response=b""))
    assert [len(entry.request) for entry in log] == [7, 8, 9]
    log.append(msgspec.structs.replace(room.log[0], request=b"r" * 95, response=b""))
    assert [len(entry.request) for entry in log] == [95]
    log.clear()
    assert len(log) == 0


def test_it_needs_neither_scrapy_nor_trafilatura():
    code = "import sys, crawler.demo.newsroom; sys.exit(bool({'scrapy', 'trafilatura', 'twisted'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
