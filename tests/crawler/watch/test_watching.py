"""A schedule that is watched: it dries up, someone is told, once; status and metrics answer meanwhile."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from archive.formats.units import Duration
from crawler.demo.cases import ok
from crawler.source_file import load_source, source_toml
from crawler.watch.rules import WatchRules

CHECKOUT = Path(__file__).resolve().parents[3]
SPEED = 3600
PROGRAM = """
import logging, sys, time
from pathlib import Path
from archive.config import load_settings
from crawler.clock import CompressedClock
from crawler.crawl import crawl
from crawler.options import Options
from crawler.source_file import load_sources

logging.basicConfig(level=logging.WARNING)
folder, port, speed, start = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
clock = CompressedClock(speed=speed, start=start, real_start=time.time())
crawl(folder, load_settings(folder), load_sources(folder / "sources"), Options(endless=True), clock=clock,
      metrics=("127.0.0.1", port))
"""


def story(number: int) -> bytes:
    topics = [
        "harbour",
        "council",
        "railway",
        "festival",
        "museum",
        "orchard",
        "bridge",
        "library",
        "theatre",
        "hospital",
        "market",
        "stadium",
    ]
    about = topics[number % len(topics)]
    told = "".join(
        f"<p>The {about} was the talk of the {place} on {day}, and {people} said that they had never seen the like of it.</p>"
        for place, day, people in zip(
            topics, ["Monday", "Tuesday", "Friday"] * 4, ["neighbours", "visitors"] * 6, strict=True
        )
    )
    return ok(
        body=f"<!DOCTYPE html><html lang=en><head><title>News of the {about} {number}</title>"
        f'<meta property="og:type" content="article"></head><body><article><h1>News of the {about} {number}</h1>'
        f"{told}</article></body></html>".encode()
    )


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def watched(new_collection, paper, make_feed, receiver):
    """A collection that follows one paper with three stories, a feed, and another seed that is no feed."""
    news = new_collection(extract="true", workers="1", alert_webhook=f'"{receiver.url}"')
    for number in range(3):
        paper.answers[f"/story/{number}"] = story(number)
    paper.answers["/feed.xml"] = make_feed([paper.url(f"/story/{number}") for number in range(3)])
    paper.answers["/old.xml"] = ok(body=b"<!DOCTYPE html><title>Gone</title><p>We have moved.</p>")
    path = news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml"), ("feed", "/old.xml")])
    source = load_source(path)
    rules = WatchRules(quiet_after=Duration(hours=8))
    path.write_text(
        source_toml(type(source)(**{**{f: getattr(source, f) for f in source.__struct_fields__}, "watch": rules}))
    )
    return news


def begins(kind: str):
    return lambda body: any(alert["kind"] == kind for alert in body["begun"])


def listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def scrape(port: int) -> dict[tuple[str, ...], float]:
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read().decode()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_source_that_dries_up_is_told_of_once_and_when_it_speaks_again(watched, paper, make_feed, receiver):
    port, start = free_port(), time.time()

    def begin(at: float) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", PROGRAM, str(watched.folder), str(port), str(SPEED), str(at)]
        process = subprocess.Popen(
            command, cwd=CHECKOUT, stderr=subprocess.PIPE, text=True, start_new_session=True, stdin=subprocess.DEVNULL
        )
        watched.processes.append(process)
        return process

    process = begin(start)
    seed = receiver.wait_for(begins("seed"))["begun"][0]
    assert seed["where"] == paper.url("/old.xml")
    assert "source check" in receiver.wait_for(begins("silence"))["text"]

    # All of this while it runs.
    metrics = scrape(port)
    assert metrics["morgue_crawl_exchanges_total", "paper", "2xx"] >= 5
    assert metrics["morgue_crawl_articles_total", "paper"] == 3
    assert metrics["morgue_alert", "silence", "paper"] == 1
    assert metrics["morgue_crawl_record_seconds_count",] >= 5
    row, total = watched.run("status", "--json").rows
    assert (row["source"], row["versions"], total["articles"]) == ("paper", 3, 3)
    assert row["requests_day"] >= 5
    assert row["failed_day"] == 0

    paper.answers["/story/3"] = story(3)
    paper.answers["/feed.xml"] = make_feed([paper.url(f"/story/{number}") for number in range(4)])
    ended = receiver.wait_for(lambda body: body["ended"])
    assert [(one["kind"], one["source"]) for one in ended["ended"]] == [("silence", "paper")]
    process.send_signal(signal.SIGTERM)
    assert watched.end(process).status == 0

    # A restart repeats nothing: the seed's alert stands, and was said.
    count = len(receiver.bodies)
    process = begin(start + (time.time() - start) * SPEED)
    until = time.monotonic() + 60
    while ("morgue_alert", "seed", "paper") not in (scrape(port) if listens(port) else {}):
        assert time.monotonic() < until
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    ended_run = watched.end(process)
    assert ended_run.status == 0
    assert not any(begins("seed")(body) for body in receiver.bodies[count:])
    assert "s3cret" not in ended_run.err


def assert_status_fits(folder: Path, *, columns: int) -> None:
    program = (
        f"import pty, sys; pty.spawn([sys.executable, '-m', 'crawler.cli', 'status', '--collection', {str(folder)!r}])"
    )
    command = [sys.executable, "-c", program]
    environment = {**os.environ, "COLUMNS": str(columns)}
    done = subprocess.run(
        command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    heading, *lines = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout.replace("\r", "")).splitlines()
    assert heading.split() == [
        "source",
        "last",
        "visit",
        "new",
        "today",
        "usual",
        "edits",
        "failing",
        "errors",
        "next",
        "visit",
        "remark",
    ]
    assert max(map(len, (heading, *lines[:2]))) <= columns


def test_doctor_names_what_is_wrong_and_notifies(watched, receiver):
    watched.crawl()
    assert_status_fits(watched.folder, columns=100)
    ended = watched.run("doctor", "--notify")
    assert ended.status == 1
    assert "paper: a seed is of no use: " in ended.out
    (body,) = receiver.bodies
    assert [alert["kind"] for alert in body["begun"]] == ["seed"]
    assert watched.run("doctor", "--notify", "paper").status == 1
    assert len(receiver.bodies) == 1, "said once"
    rows = watched.run("doctor", "--json").rows
    assert [alert["kind"] for row in rows for alert in row["alerts"]] == ["seed"]
    assert watched.run("source", "remove", "paper").status == 0
    assert watched.run("doctor", "--notify").status == 0
    assert [one["source"] for one in receiver.bodies[-1]["ended"]] == ["paper"], "nobody follows it any more"
    row = watched.run("status", "--json").rows[0]
    assert (row["source"], row["followed"], row["due"], row["next_due"]) == ("paper", False, 0, None)
    assert watched.run("status").out.splitlines()[0].endswith("\tremoved")
    watched.change(alert_webhook='""')
    assert "--notify needs alert_webhook" in watched.run("doctor", "--notify").err


def test_a_source_whose_pages_fail_is_told_of(new_collection, paper, make_feed):
    news = new_collection()
    urls = [paper.url(f"/gone/{number}") for number in range(30)]
    paper.answers["/feed.xml"] = make_feed(urls)
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")])
    news.crawl()
    ended = news.run("doctor")
    assert ended.status == 1
    assert "paper: 30 of 31 requests of the last day failed" in ended.out
    (row, _) = news.run("status", "--json").rows
    assert (row["failed_day"], row["requests_day"]) == (30, 31)


def test_an_address_that_is_taken_is_said_before_anything_is_fetched(new_collection, paper):
    news = new_collection()
    paper.publish(1)
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")])
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = news.run("schedule", "run", "--metrics", str(port))
    assert ended.status == 1
    assert f"127.0.0.1:{port}: cannot listen there: Address already in use" in ended.err
    assert paper.asked == []
    assert news.run("schedule", "run", "--metrics", "nonsense:x").status == 2


def test_a_journal_that_is_broken_keeps_no_crawl_from_crawling(new_collection, paper):
    news = new_collection()
    paper.publish(2)
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")])
    (news.folder / "journal.sqlite").write_bytes(b"no database" * 1000)
    assert news.crawl()["captures"] == 4
    assert "journal.sqlite" in news.run("status").complaint
