"""What becomes of servers that harm themselves or others: one line each, the right exit status, and everyone else served."""

import gzip
import re
import resource
import socket
import threading
import time
import zlib
from contextlib import ExitStack, closing, contextmanager

import pytest

from archive.collection import Collection
from archive.formats import http
from crawler.demo.cases import ok
from crawler.frontier.frontier import Frontier

GIGABYTE = 1 << 30


@pytest.fixture
def news(new_collection):
    return new_collection(retries="1", connect_timeout='"400ms"', timeout='"1s"')


def lines(ended):
    return [line.removeprefix("morgue: ") for line in ended.err.splitlines()]


def rested(ended, host):
    """The one line about a host: its reason, and how many URLs wait."""
    (line,) = [line for line in lines(ended) if line.startswith(f"{host}: ")]
    found = re.fullmatch(rf"{re.escape(host)}: (.*); (\d+) URLs? waits?; asked again after [\d :-]+ UTC", line)
    assert found, line
    return found[1], int(found[2])


@contextmanager
def server(serve):
    """A loopback server whose every connection is given to `serve`, in a thread; and the connections it got."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=50)) as listener:
        got = []

        def accept():
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                got.append(peer)
                threading.Thread(target=handle, args=(peer,), daemon=True).start()

        def handle(peer):
            with closing(peer):
                try:
                    serve(peer)
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", got
        listener.shutdown(socket.SHUT_RDWR)


@contextmanager
def closed_port():
    """An address where nobody listens, and nobody else comes to."""
    with closing(socket.socket()) as holder:
        holder.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{holder.getsockname()[1]}"


def test_a_dead_host_costs_one_line_however_many_of_its_urls_wait(news, paper, make_feed):
    story, *_ = paper.publish(3)
    with closed_port() as dead:
        urls = [f"http://{dead}/{number}" for number in range(500)]
        paper.answers["/dead.xml"] = make_feed(urls)
        seeds = [("feed", "/dead.xml"), ("feed", "/feed.xml")]
        news.follow("paper", paper.url(), seeds=seeds)
        ended = news.run("crawl", "--json")
        assert ended.status == 4
        assert len(lines(ended)) == 1
        assert rested(ended, dead) == ("Connection refused, 2 times in a row", 500)
        assert ended.summary["failed"] == 1
        assert story in news.responses()
        # The next one leaves it alone, and has not failed for that.
        exchanges = ended.summary["exchanges"]
        ended = news.run("crawl", "--json")
        assert ended.status == 0
        assert rested(ended, dead)[0] == "left alone: Connection refused, 2 times in a row"
        assert ended.summary["exchanges"] == 0
        assert exchanges == 2 + 3 + 1
        with Frontier(news.folder / "frontier.sqlite") as frontier:
            (trouble,) = frontier.hosts.troubles()
            assert (trouble.host, trouble.kind, trouble.strikes) == (dead, "unreachable", 2)
        # Whoever asks for a page of it now gets a try.
        ended = news.run("save", urls[0])
        assert ended.status == 4
        assert ended.complaint == f"{urls[0]}: Connection refused"


def test_a_host_that_comes_back_is_forgiven(news, new_paper):
    paper = new_paper()
    paper.publish(5)
    address = paper.addresses[0]
    paper.stop()
    news.follow("paper", f"http://{address}/", seeds=[("feed", "/feed.xml")])
    assert news.run("crawl").status == 4
    paper._wanted = [("127.0.0.1", int(address.rpartition(":")[2]))]
    paper.start()
    assert news.crawl()["exchanges"] == 0
    assert news.crawl("--again")["captures"] == 7
    with Frontier(news.folder / "frontier.sqlite") as frontier:
        assert frontier.hosts.troubles() == []


def test_a_host_that_never_accepts_holds_up_nobody(news, paper, make_feed):
    paper.publish(20)
    with closing(socket.socket()) as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        address = f"127.0.0.1:{deaf.getsockname()[1]}"
        # Whoever comes once the queue is full waits for ever.
        queued = [socket.socket() for _ in range(8)]
        for one in queued:
            one.setblocking(False)
            one.connect_ex(deaf.getsockname())
        paper.answers["/deaf.xml"] = make_feed([f"http://{address}/{number}" for number in range(200)])
        news.follow("paper", paper.url(), seeds=[("feed", "/deaf.xml"), ("feed", "/feed.xml")])
        ended = news.run("crawl", "--json", patience=30)
        for one in queued:
            one.close()
    assert ended.status == 4
    reason, waiting = rested(ended, address)
    assert waiting == 200
    assert "2 times in a row" in reason
    assert len(lines(ended)) == 1
    assert ended.summary["captures"] == 1 + 2 + 20


@pytest.mark.parametrize("name", ["silent", "drip"])
def test_a_host_that_accepts_and_gives_no_head_is_left_alone(news, paper, make_feed, name):
    paper.publish(2)

    def serve(peer):
        peer.recv(4096)
        if name == "drip":
            peer.sendall(b"HTTP/1.1 200 OK\r\n")
            for _ in range(200):
                peer.sendall(b"X")
                time.sleep(0.05)
        time.sleep(20)

    with server(serve) as (address, got):
        paper.answers["/slow.xml"] = make_feed([f"http://{address}/{number}" for number in range(50)])
        news.follow("paper", paper.url(), seeds=[("feed", "/slow.xml"), ("feed", "/feed.xml")])
        ended = news.run("crawl", "--json", patience=45)
        assert len(got) == 2
    assert ended.status == 4
    assert rested(ended, address)[1] == 50
    assert len(lines(ended)) == 1
    assert ended.summary["captures"] >= 1 + 2 + 2


def test_hosts_that_hang_leave_places_for_those_that_answer(new_collection, paper, make_feed):
    news = new_collection(concurrency="4", timeout='"60s"')
    stories = paper.publish(8)

    def hang(peer):
        while peer.recv(4096):
            pass

    with ExitStack() as stack:
        servers = [stack.enter_context(server(hang)) for _ in range(6)]
        paper.answers["/feed.xml"] = make_feed([*(f"http://{address}/story" for address, _ in servers), *stories])
        news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")])
        process = news.start("crawl")
        until = time.monotonic() + 40
        while len(paper.asked) < 2 + len(stories) or sum(len(got) for _, got in servers) < 3:
            assert time.monotonic() < until, [asked.path for asked in paper.asked]
            time.sleep(0.02)
        assert sum(len(got) for _, got in servers) == 3
        process.kill()
        news.end(process)


def test_a_page_that_never_ends_is_cut_and_said_to_be(news, paper, make_feed):
    story, *_ = paper.publish(1)

    def serve(peer):
        while request := peer.recv(4096):
            if b"/endless" not in request:
                peer.sendall(ok(status=b"HTTP/1.1 404 Not Found", body=b"none"))
                continue
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                peer.sendall(b"5\r\n<p>a \r\n")
                time.sleep(0.05)

    with server(serve) as (address, _):
        endless = f"http://{address}/endless"
        paper.answers["/feed.xml"] = make_feed([endless, f"http://{address}/gone", story])
        news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")])
        ended = news.run("crawl", "--json", patience=45)
    assert ended.status == 4
    assert len(lines(ended)) == 1
    assert ended.complaint.startswith(f"{endless}: ")
    # The page's affair, not its host's.
    assert f"http://{address}/gone" in news.responses()
    record = news.responses()[endless][0]
    assert record.get("WARC-Truncated") == "time"
    assert record.block.startswith(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<p>a "
    )


def bomb(size):
    """A page of zeros, so many bytes once decoded; its checksum, which nobody gets to, is wrong."""
    packer = zlib.compressobj(9, wbits=31)
    body = packer.compress(b"<!DOCTYPE html><title>Bomb</title><p>") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(1 << 24)) + packer.flush(zlib.Z_FULL_FLUSH)
    return ok(b"Content-Encoding: gzip", body=body + block * (size >> 24) + packer.flush())


@pytest.fixture(scope="session")
def bombs():
    once = bomb(GIGABYTE)
    # Packed twice: a few kilobytes.
    body = gzip.compress(http.split_head(once)[1], 9)
    return {"/once.html": once, "/twice.html": ok(b"Content-Encoding: gzip, gzip", body=body)}


def test_bombs_are_kept_byte_for_byte_and_not_unpacked_beyond_bounds(new_collection, paper, make_feed, bombs):
    news = new_collection(retries="0", extract="true", workers="1")
    story, *_ = paper.publish(1)
    paper.answers |= bombs
    assert len(bombs["/twice.html"]) < 20_000
    paper.answers["/feed.xml"] = make_feed([*map(paper.url, bombs), story])
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")])
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    ended = news.run("crawl", "--json", patience=60)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert ended.summary["captures"] == 2 + 3
    assert ended.status == 4
    for path, message in bombs.items():
        assert [record.block for record in news.responses()[paper.url(path)]] == [message]
    assert peak == before or peak < 700_000, f"{peak} KB"
    # Reading says why there is no text, in words for people.
    assert "raised" not in ended.err
    for path in bombs:
        assert f"morgue: {paper.url(path)}: captured, but not read: the payload decodes to more than" in ended.err
        shown = news.run("show", paper.url(path))
        assert shown.status == 3
        assert shown.complaint.endswith("decodes to more than 67108864 bytes (see `morgue show --as http`)")


def test_redirects_that_lead_round_or_on_and_on_are_said_to(news, paper, make_feed):
    story, *_ = paper.publish(1)
    moved = b"HTTP/1.1 302 Found"
    paper.answers["/a"] = ok(b"Location: /b", status=moved, body=b"")
    paper.answers["/b"] = ok(b"Location: /a", status=moved, body=b"")
    for hop in range(40):
        paper.answers[f"/hop/{hop}"] = ok(b"Location: /hop/%d" % (hop + 1), status=moved, body=b"")
    paper.answers["/feed.xml"] = make_feed([paper.url("/a"), paper.url("/hop/0"), story])
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")])
    ended = news.run("crawl", "--json")
    assert ended.status == 4
    assert sorted(lines(ended)) == [
        f"{paper.url('/b')}: redirects in a circle: {paper.url('/a')} to {paper.url('/b')} to {paper.url('/a')}",
        f"{paper.url('/hop/10')}: the last of 11 redirects, which are not followed further (max_redirects)",
    ]
    assert ended.summary["failed"] == 2
    assert paper.times("/a") == paper.times("/b") == paper.times("/hop/10") == 1
    assert paper.times("/hop/11") == 0
    assert story in news.responses()
    assert news.crawl()["exchanges"] == 0


def test_a_redirect_to_a_private_address_is_refused_and_named(new_collection, paper, new_paper, make_feed):
    news = new_collection(networks=("127.0.0.1/32",), retries="1")
    story, *_ = paper.publish(1)
    inside = new_paper("127.0.0.2")
    paper.answers["/way-in"] = ok(
        b"Location: " + inside.url("/secret").encode(), status=b"HTTP/1.1 302 Found", body=b""
    )
    paper.answers["/feed.xml"] = make_feed([paper.url("/way-in"), story])
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")])
    ended = news.run("crawl", "--json")
    assert ended.status == 4
    assert inside.asked == []
    reason, waiting = rested(ended, inside.addresses[0])
    assert reason.startswith("127.0.0.2 is no public address (allow_networks in morgue.toml lets it be visited)")
    assert waiting == 1
    assert story in news.responses()
    # Once it may be visited, it is: nobody waits for a rest to end that was of our own making.
    news.change(allow_networks='["127.0.0.0/8"]')
    inside.answers["/secret"] = ok(body=b"<p>hello")
    news.crawl()
    assert inside.url("/secret") in news.responses()


@pytest.mark.slow
def test_one_slow_host_with_a_thousand_pages_starves_no_other(new_collection, new_paper, make_feed):
    news = new_collection(retries="0", concurrency="8")
    slow = new_paper()
    slow.publish(1000)
    slow.delay_seconds = 0.3
    slow.delays["/feed.xml"] = slow.delays["/robots.txt"] = 0.0
    small = [new_paper() for _ in range(20)]
    for number, paper in enumerate(small):
        paper.publish(3)
        news.follow(f"small{number}", paper.url(), seeds=[("feed", "/feed.xml")])
    news.follow("slow", slow.url(), seeds=[("feed", "/feed.xml")], concurrency=4)
    crawl = news.start("crawl", "--json", "--limit", "110")
    news.end(crawl, patience=60)
    served = [sum(one.path.startswith("/story/") for one in paper.asked) for paper in small]
    assert served == [3] * 20
    began = min(one.time for paper in small for one in paper.asked)
    ended = max(one.time for paper in small for one in paper.asked)
    meanwhile = sum(one.path.startswith("/story/") and began <= one.time <= ended for one in slow.asked)
    # In the time that all of the others took the slow one had its own turns, and no more than its four at a time.
    assert meanwhile <= 4 * ((ended - began) / 0.3 + 1)


def test_a_site_that_reserves_mining_in_one_place_is_heeded_for_all_its_pages(new_collection, paper):
    news = new_collection(tdm='"ask"')
    stories = paper.publish(3)
    rules = b'[{"location": "/", "tdm-reservation": 1}, {"location": "/story/2*", "tdm-reservation": 0}]'
    paper.answers["/.well-known/tdmrep.json"] = ok(kind=b"application/json", body=rules)
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")])
    assert news.crawl()["captures"] == 2 + 1 + 3
    with Collection.open(news.folder) as collection:
        assert [next(collection.lookup(url)).rights for url in stories] == [("tdm",), (), ("tdm",)]
    # Once a day, not with each crawl, nor where nobody asks.
    assert news.crawl("--again")["exchanges"] == 4
    assert paper.times("/.well-known/tdmrep.json") == 1


def test_pages_that_are_not_to_be_kept_are_not(new_collection, paper):
    news = new_collection(noarchive='"skip"')
    kept, skipped = paper.publish(2)
    page = b'<!DOCTYPE html><head><meta name="robots" content="noarchive"></head><p>secret'
    paper.answers["/story/2.html"] = ok(body=page)
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")], requisites=True)
    assert news.crawl()["failed"] == 0
    assert kept in news.responses()
    assert skipped not in news.responses()
    assert b"secret" not in b"".join(record.block for record in news.records())
    assert sum(record.block.startswith(b"notKept: noarchive\r\n") for record in news.records()) == 1
    assert news.run("verify").status == 0


def test_what_a_page_needs_obeys_the_robots_txt_of_where_it_lies(new_collection, paper, new_paper, make_feed):
    news = new_collection()
    cdn = new_paper()
    picture = ok(kind=b"image/png", body=b"\x89PNG\r\n\x1a\n")
    cdn.answers |= {"/open.png": picture, "/closed.png": picture}
    cdn.answers["/robots.txt"] = ok(kind=b"text/plain", body=b"User-agent: *\nDisallow: /closed")
    images = "".join(f'<img src="{cdn.url(path)}">' for path in ("/open.png", "/closed.png"))
    paper.answers["/story.html"] = ok(body=f"<!DOCTYPE html><title>Story</title>{images}".encode())
    paper.answers["/feed.xml"] = make_feed([paper.url("/story.html")])
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")], requisites=True)
    assert news.crawl()["failed"] == 0
    assert [one.path for one in cdn.asked] == ["/robots.txt", "/open.png"]


def test_a_source_that_ignores_robots_asks_for_none_and_says_so_in_its_files(new_collection, paper):
    news = new_collection()
    paper.publish(1)
    paper.answers["/robots.txt"] = ok(kind=b"text/plain", body=b"User-agent: *\nDisallow: /")
    news.follow("deposit", paper.url(), seeds=[("feed", "/feed.xml")], robots="ignore")
    assert news.crawl()["captures"] == 2
    assert paper.times("/robots.txt") == 0
    info = next(record for record in news.records() if record.kind == "warcinfo")
    assert b"robots: ignore for deposit\r\n" in info.block
