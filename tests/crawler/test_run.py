"""What a run does when something ends badly: servers, disks, and the run itself."""

import asyncio
import contextlib
import os
import random
import re
import resource
import signal
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.config import Settings, init_collection
from archive.errors import FolderUnwritable
from archive.model import Exchange
from archive.writer import ArchiveWriter
from crawler.demo.cases import ok
from crawler.errors import FrontierUnreadable
from crawler.frontier.entry import Entry, Lease
from crawler.frontier.frontier import Frontier
from crawler.options import Options
from crawler.run import CrawlRun
from pipelines.store import Recorder

OOPS = ok(status=b"HTTP/1.1 500 Oops", body=b"oops")
BUSY = ok(b"Retry-After: 3600", status=b"HTTP/1.1 429 Too Many Requests", body=b"later")


def wait_for(condition, patience=30.0):
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < patience, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def news(new_collection, paper):
    news = new_collection()
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")])
    return news


def test_what_fails_is_tried_again_within_the_crawl(news, paper, make_feed):
    stories = paper.publish(3)
    good = paper.answers["/story/2.html"]
    paper.answers["/story/2.html"] = lambda times: good if times == 2 else OOPS
    paper.answers["/story/3.html"] = lambda times: good if times == 2 else b""
    summary = news.crawl()
    assert summary["failed"] == 0
    assert (paper.times("/story/2.html"), paper.times("/story/3.html")) == (2, 2)
    # Every try is kept: robots.txt, feed, a story; a 500 and a 200; a request without an answer and a 200.
    assert summary["exchanges"] == 2 + 1 + 2 + 2
    assert [record.block for record in news.responses()[stories[1]]] == [OOPS, good]
    assert [record.block for record in news.responses()[stories[2]]] == [good]


def test_what_fails_to_the_end_is_counted_and_tried_again_another_time(news, paper):
    stories = paper.publish(3)
    news.change(retries="1")
    paper.answers["/story/2.html"] = OOPS
    ended = news.run("crawl", "--json")
    assert ended.status == 4
    assert ended.summary["failed"] == 1
    assert f"{stories[1]}: status 500" in ended.err
    assert paper.times("/story/2.html") == 2
    assert news.crawl()["exchanges"] == 0  # an hour later, not at once
    paper.answers["/story/2.html"] = ok()
    assert news.crawl("--again")["failed"] == 0


def test_a_page_that_is_gone_is_captured_and_no_failure(news, paper):
    stories = paper.publish(3)
    del paper.answers["/story/2.html"]
    assert news.crawl()["failed"] == 0
    [record] = news.responses()[stories[1]]
    assert record.block.startswith(b"HTTP/1.1 404")
    assert paper.times("/story/2.html") == 1


def test_a_server_that_goes_down_ends_no_crawl(news, paper):
    paper.publish(30)
    paper.delay_seconds = 0.05
    news.change(retries="0")
    crawl = news.start("crawl", "--json")
    wait_for(lambda: len(paper.asked) > 10)
    paper.stop()
    ended = news.end(crawl)
    assert ended.status == 4
    captured = len(news.responses())
    # One line for the host, not one for each of its stories.
    assert 1 <= ended.summary["failed"] <= 32 - captured
    assert ended.complaint.startswith(f"{paper.addresses[0]}: ")
    # robots.txt is none of them; the feed is, where it falls due again before the host is asked.
    assert re.search(rf"; ({32 - captured}|{33 - captured}) URLs wait; asked again after ", ended.complaint)
    paper._wanted = [("127.0.0.1", int(paper.addresses[0].rpartition(":")[2]))]
    paper.start()
    assert news.crawl("--again")["failed"] == 0
    assert len(news.responses()) == 32


def test_names_that_do_not_resolve_and_ports_that_refuse_fail_alone(news, paper, make_feed):
    news.change(retries="0")
    story, *_ = paper.publish(1)
    dead = ["http://no-such-host.invalid/a", "http://127.0.0.1:1/b"]
    paper.answers["/feed.xml"] = make_feed([*dead, story])
    ended = news.run("crawl", "--json")
    assert ended.status == 4
    assert ended.summary["failed"] == 2
    assert story in news.responses()
    lines = ended.err.splitlines()
    assert len(lines) == 2
    for host in ("no-such-host.invalid", "127.0.0.1:1"):
        assert sum(line.startswith(f"morgue: {host}: ") and "1 URL waits" in line for line in lines) == 1


def test_a_host_that_asks_for_time_gets_it_and_holds_up_nothing(news, paper, new_paper):
    paper.publish(40)
    paper.answers["/story/1.html"] = paper.answers["/story/3.html"] = BUSY
    other = new_paper()
    other.publish(20)
    news.follow("other", other.url(), seeds=[("feed", "/feed.xml")])
    began = time.monotonic()
    ended = news.run("crawl", "--json")
    assert time.monotonic() - began < 20
    assert ended.status == 4
    assert other.times("/story/20.html") == 1
    asked = len(paper.asked)
    assert asked < 12
    assert ended.summary["failed"] in (1, 2)
    # Nothing more for an hour, and nothing is lost meanwhile.
    assert news.crawl()["exchanges"] == 0
    assert len(paper.asked) == asked


def test_a_short_wait_is_waited_for(news, paper):
    paper.publish(5)
    soon = ok(b"Retry-After: 3", status=b"HTTP/1.1 503 Unavailable", body=b"wait")
    good = paper.answers["/story/1.html"]
    paper.answers["/story/1.html"] = lambda times: soon if times == 1 else good
    assert news.crawl()["failed"] == 0
    refused = next(one.time for one in paper.asked if one.path == "/story/1.html")
    after = [one.time - refused for one in paper.asked if one.time > refused + 0.3]
    assert len(after) >= 1
    assert min(after) >= 3.0
    assert len({one.path for one in paper.asked}) == 7


def test_robots_that_cannot_be_had_closes_the_site_and_is_asked_for_again(news, paper):
    news.change(retries="1")
    paper.publish(2)
    paper.answers["/robots.txt"] = OOPS
    ended = news.run("crawl", "--json")
    assert ended.status == 4
    assert "robots.txt: it answers with status 500" in ended.err
    assert {one.path for one in paper.asked} == {"/robots.txt"}
    assert paper.times("/robots.txt") == 2
    paper.answers["/robots.txt"] = lambda times: OOPS if times == 3 else ok(body=b"User-agent: *\nDisallow: /story/2")
    assert news.crawl("--again")["failed"] == 0
    assert (paper.times("/story/1.html"), paper.times("/story/2.html")) == (1, 0)


def test_leases_that_wait_for_long_are_fetched_once(news, paper):
    news.change(lease='"10ms"')
    paper.publish(30)
    paper.delay_seconds = 0.03
    assert news.crawl()["captures"] == 32
    assert set(Counter(one.path for one in paper.asked).values()) == {1}


def test_one_slow_host_keeps_no_other_waiting(new_collection, new_paper):
    slow, quick = new_paper(), new_paper()
    slow.publish(100)
    quick.publish(5)
    # The feed comes once the slow host's pages fill the queue.
    news = new_collection()
    news.follow("slow", slow.url(), seeds=[("feed", "/feed.xml")], delay=news.seconds(0.3), concurrency=1)
    news.follow("quick", quick.url(), seeds=[("feed", "/feed.xml")], delay=news.seconds(0.3), concurrency=1)
    crawl = news.start("crawl", "--json")
    wait_for(lambda: quick.times("/story/5.html"))
    assert len(slow.asked) < 20
    crawl.send_signal(signal.SIGTERM)
    assert news.end(crawl).status == 0


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_lets_what_is_under_way_end_and_seals(news, paper, number, status):
    paper.publish(40)
    paper.delay_seconds = 0.1
    crawl = news.start("crawl", "--json")
    wait_for(lambda: len(paper.asked) > 10)
    paper.delay_seconds = 0.05
    crawl.send_signal(number)
    ended = news.end(crawl, 20)
    assert ended.status == status, ended.err
    assert "Traceback" not in ended.err
    assert news.open_files == []
    sent = {paper.url(path) for path in paper.sent}
    assert set(news.responses()) == sent
    assert len(sent) < 40
    assert news.run("verify").status == 0
    assert news.crawl()["failed"] == 0
    assert Counter(one.path for one in paper.asked if "story" in one.path) == {
        f"/story/{n}.html": 1 for n in range(1, 41)
    }


def test_a_second_signal_ends_the_crawl_at_once_and_seals_all_the_same(news, paper):
    paper.publish(60)
    paper.delay_seconds = 20.0
    paper.answers["/robots.txt"] = ok(b"Cache-Control: none")
    paper.delays["/robots.txt"] = paper.delays["/feed.xml"] = 0.0
    crawl = news.start("crawl", "--json")
    wait_for(lambda: any("story" in one.path for one in paper.asked))
    began = time.monotonic()
    crawl.send_signal(signal.SIGINT)
    time.sleep(0.3)
    crawl.send_signal(signal.SIGINT)
    ended = news.end(crawl, 15)
    assert time.monotonic() - began < 10
    assert ended.status == 130
    assert "Traceback" not in ended.err, ended.err
    assert news.open_files == []
    assert list(news.responses()) == [paper.url("/robots.txt"), paper.url("/feed.xml")]


@pytest.mark.parametrize("moment", ["while fetching", "while reading"])
def test_a_signal_leaves_reading_to_the_next_crawl(news, paper, moment):
    news.change(extract="true", workers="1")
    paper.publish(12)
    for number in range(1, 13):
        lines = "".join(
            f"<p>Line {line} of the council's long report {number} was read out.</p>" for line in range(1500)
        )
        page = f"<!DOCTYPE html><html lang=en><title>Report {number}</title><h1>Report {number}</h1><article>{lines}"
        paper.answers[f"/story/{number}.html"] = ok(body=page.encode())
    paper.delay_seconds = 0.1 if moment == "while fetching" else 0.0
    crawl = news.start("crawl", "--json")
    wait_for(lambda: len(paper.asked) >= (6 if paper.delay_seconds else 14))
    time.sleep(0.2 if paper.delay_seconds else 1.0)
    crawl.send_signal(signal.SIGTERM)
    ended = news.end(crawl, 15)
    assert ended.status == 0, ended.err
    assert "stopped before all" in ended.complaint
    assert ended.summary["failed"] == 0
    assert ended.summary["articles"] < 12
    assert news.open_files == []
    then = news.crawl()
    assert ended.summary["articles"] + then["articles"] == 12
    assert ended.summary["captures"] + then["captures"] in (14, 15)  # robots.txt may be asked for again


def test_a_schedule_waits_quietly_and_ends_at_a_signal(news, paper):
    paper.publish(3)
    schedule = news.start("schedule", "run", "--json")
    wait_for(lambda: len(paper.asked) == 5)
    time.sleep(1.0)
    seconds = cpu_seconds(schedule.pid)
    time.sleep(2.5)
    used = cpu_seconds(schedule.pid) - seconds
    assert used < 0.4, f"{used} s of CPU in 2.5 s of waiting"
    schedule.send_signal(signal.SIGTERM)
    ended = news.end(schedule, 20)
    assert ended.status == 0
    assert ended.summary["captures"] == 5
    assert news.open_files == []


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_kills_lose_nothing_and_repeat_little(news, paper):
    chance = random.Random(7)
    stories = paper.publish(120)
    paper.delay_seconds = 0.05
    for _ in range(5):
        asked = len(paper.asked)
        crawl = news.start("crawl")
        while len(paper.asked) == asked:
            time.sleep(0.01)
        time.sleep(chance.uniform(0.05, 0.6))
        crawl.kill()
        news.end(crawl)
    assert news.crawl()["failed"] == 0
    assert news.open_files == []
    kept = Counter(record.get("WARC-Target-URI") for record in news.records() if record.kind in ("response", "revisit"))
    assert set(stories) <= kept.keys()
    times = Counter(paper.url(one.path) for one in paper.asked)
    # Four at a time are under way; what the group commit had not written yet comes on top.
    again = sum(times[story] - 1 for story in stories)
    assert again <= 5 * 24, again
    assert all(kept[story] <= times[story] for story in stories)
    assert max(times[story] for story in stories) <= 6
    assert news.run("verify").status == 0


def test_a_full_disk_stops_the_crawl_with_one_line_and_what_was_kept_is_whole(news, paper):
    stories = paper.publish(150)
    for story in range(1, 151):
        noise = random.Random(story).randbytes(20_000)
        paper.answers[f"/story/{story}.html"] = ok(body=noise)
    limit = 1_000_000
    ended = news.run("crawl", patience=40, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert ended.status == 1
    assert "run again" in ended.complaint
    assert str(news.folder) in ended.complaint
    first = set(paper.sent)
    assert len(first) < 150
    assert news.crawl()["failed"] == 0
    assert set(stories) <= news.responses().keys()
    assert news.open_files == []
    assert news.run("verify").status == 0


# What follows looks at a run from inside, without Scrapy.


def exchange(url, response=b"HTTP/1.1 200 OK\r\n\r\nhello"):
    return Exchange(url=url, request=b"GET / HTTP/1.1\r\n\r\n", response=response, began=datetime.now(UTC))


@contextlib.contextmanager
def open_run(folder, **settings):
    init_collection(folder)
    settings = Settings(**settings)
    with ArchiveWriter.open(folder, settings) as writer, Frontier(folder / "frontier.sqlite") as frontier:
        recorder = Recorder(writer, None)
        run = CrawlRun(settings=settings, sources=(), frontier=frontier, recorder=recorder, options=Options())
        recorder.on_kept, recorder.on_failure = run.kept, run.broken
        recorder.start()
        yield run
        with contextlib.suppress(FolderUnwritable):
            recorder.stop()
        run.close()


def test_no_more_exchanges_wait_for_the_disk_than_its_queue_holds(tmp_path, monkeypatch):
    fsync = os.fsync

    def slow_fsync(handle):
        time.sleep(0.05)
        fsync(handle)

    handed_over = durable = most = 0

    async def crawl(run):
        nonlocal durable
        kept = run.recorder.on_kept

        def count(batch):
            nonlocal durable
            durable += len(batch)
            kept(batch)

        async def keep(number):
            nonlocal handed_over, most
            await run.keep(exchange(f"http://a/{number}"), host="", lease=None, error=None)
            handed_over += 1
            most = max(most, handed_over - durable)

        run.recorder.on_kept = count
        run.begin(lambda: None, lambda: None)
        await asyncio.wait_for(asyncio.gather(*(keep(number) for number in range(60))), 30)

    with open_run(tmp_path / "news", queue_size=7) as run:
        monkeypatch.setattr(os, "fsync", slow_fsync)
        asyncio.run(crawl(run))
    assert 1 <= most <= 7
    assert durable == 60


def test_whoever_waits_is_told_when_nothing_more_can_be_kept(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    entry = Entry(url="http://a/feed", kind="seed", seed="feed", source="paper", every_seconds=900.0)
    lease = Lease(entry=entry, first_seen=0.0)
    stopped = []

    async def crawl(run):
        run.begin(lambda: None, lambda: stopped.append(True))
        large = exchange("http://a/large", b"HTTP/1.1 200 OK\r\n\r\n" + os.urandom(2_000_000))
        keeps = [run.keep(one, host="", lease=lease, error=None) for one in (large, *[exchange("http://a/feed")] * 20)]
        futures = await asyncio.wait_for(asyncio.gather(*keeps), 20)
        assert await asyncio.wait_for(asyncio.gather(*futures), 20) == [None] * 21
        later = await run.keep(exchange("http://a/feed"), host="", lease=lease, error=None)
        assert await asyncio.wait_for(later, 5) is None
        run.outstanding = 3
        await asyncio.wait_for(run.finish(), 5)

    with open_run(tmp_path / "news", queue_size=2) as run:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
        try:
            asyncio.run(crawl(run))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert isinstance(run.error, FolderUnwritable)
    assert stopped


def test_what_went_wrong_before_it_began_ends_the_run(tmp_path):
    async def crawl(run):
        stopped = asyncio.Event()
        thread = threading.Thread(target=run.broken, args=(FolderUnwritable("full"),))
        thread.start()
        thread.join()
        run.begin(lambda: None, stopped.set)
        await stopped.wait()

    with open_run(tmp_path / "news") as run:
        asyncio.run(asyncio.wait_for(crawl(run), 10))
        assert isinstance(run.error, FolderUnwritable)


def test_pages_of_a_source_that_is_gone_for_a_moment_rest_no_sooner(tmp_path):
    with open_run(tmp_path / "news") as run:
        assert run.settlement.rules(Entry(url="http://a/1", kind="page", source="gone")).max_age_seconds > 0
        assert run.settlement.rules(Entry(url="http://a/1", kind="page")).max_age_seconds == 0


def test_an_error_in_the_frontiers_thread_ends_the_run(tmp_path):
    async def crawl(run):
        broken = asyncio.Event()
        run.begin(lambda: None, broken.set)
        run.frontier.close()
        run.release([Lease(entry=Entry(url="http://a/1", kind="page"), first_seen=0.0)])
        await broken.wait()

    with open_run(tmp_path / "news") as run:
        asyncio.run(asyncio.wait_for(crawl(run), 10))
    assert isinstance(run.error, FrontierUnreadable)
