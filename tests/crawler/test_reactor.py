"""How a run ends when a signal asks for it, at every stage."""

import contextlib
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crawler.demo.cases import ok
from crawler.signals import Signals

MORGUE = [sys.executable, "-m", "crawler.cli"]
IMPATIENT = """
import sys
from pathlib import Path
from archive.config import load_settings
from crawler.crawl import crawl
from crawler.options import Options
from crawler.source_file import load_sources
folder = Path(sys.argv[1])
outcome = crawl(folder, load_settings(folder), load_sources(folder / "sources"), Options(endless=True), stop_seconds=1,
                on_event=lambda line: print(line, flush=True))
print(outcome.signal, outcome.counts.captures)
"""


def wait_for(condition, patience=30.0):
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < patience, "waited in vain"
        time.sleep(0.01)


def test_what_is_not_answered_in_time_is_given_up_and_fetched_by_the_next_run(new_collection, paper):
    news = new_collection()
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")])
    stories = paper.publish(3)
    paper.delays["/story/2.html"] = 30.0
    with subprocess.Popen([sys.executable, "-c", IMPATIENT, news.folder], stdout=subprocess.PIPE, text=True) as process:
        wait_for(lambda: len(paper.asked) == 5)
        time.sleep(0.3)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=15)
    assert time.monotonic() - began < 8
    assert process.returncode == 0
    assert out.splitlines() == [
        "following 1 source until stopped (Ctrl-C)",
        "stopping: what is under way has 1 s to end (a second signal ends it at once)",
        f"{signal.SIGTERM:d} 4",
    ]
    assert news.open_files == []
    paper.delays.clear()
    assert news.crawl()["failed"] == 0
    assert set(stories) <= news.responses().keys()
    assert paper.times("/story/1.html") == 1


def test_a_signal_while_it_starts_ends_it_in_order(new_collection, paper):
    news = new_collection(extract="true", workers="1")
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")])
    paper.answers["/feed.xml"] = ok()
    for wait in (0.4, 0.8, 1.2):
        schedule = news.start("schedule", "run")
        time.sleep(wait)
        schedule.send_signal(signal.SIGTERM)
        ended = news.end(schedule, 20)
        assert ended.status in (0, -signal.SIGTERM)
        assert "Traceback" not in ended.err
        assert news.open_files == []


def test_the_first_signal_asks_and_the_second_insists():
    heard = []
    with Signals() as signals:
        signals.during(lambda: heard.append("first"), lambda: heard.append("second"))
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        assert heard == ["first", "second"]
        signals.during(lambda: heard.append("then"))
        assert heard == ["first", "second", "then"]
        assert signals.number == signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_hanging_up_ends_nothing():
    heard = []
    with Signals(on_hangup=lambda: heard.append("hangup")) as signals:
        signal.raise_signal(signal.SIGHUP)
    assert heard == ["hangup"]
    assert signals.number is None
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_DFL


def test_a_schedule_whose_window_is_closed_ends_in_order(new_collection, paper):
    news = new_collection()
    paper.publish(3)
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")])
    process, terminal = pty.fork()
    if process == 0:
        os.execv(sys.executable, [*MORGUE, "schedule", "run", "--collection", str(news.folder)])
    try:
        wait_for(lambda: len(paper.asked) == 5)
        os.close(terminal)
        wait_for(lambda: os.waitpid(process, os.WNOHANG)[0], 20)
        process = 0
    finally:
        if process:
            os.kill(process, signal.SIGKILL)
    assert news.open_files == []
    assert set(news.responses()) == {paper.url(one.path) for one in paper.asked}


@pytest.mark.browser
def test_a_browser_that_is_still_at_work_is_ended_too(new_collection, paper, make_feed):
    news = new_collection()
    page = ok(
        body=b"<!DOCTYPE html><title>App</title><p>Please wait.<script>setInterval(() => fetch('/more'), 200)</script>"
    )
    paper.answers |= {"/app": page, "/feed.xml": make_feed([paper.url("/app")])}
    rules = {"render": True, "wait_for": "article.never"}
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")], **rules)
    mark = f"MARK={news.folder}"
    environment = {**os.environ, "MARK": str(news.folder)}
    command = [sys.executable, "-c", IMPATIENT, news.folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        wait_for(lambda: paper.times("/more") > 2)
        assert len(processes_with(mark)) > 3
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert time.monotonic() - began < 15
    wait_for(lambda: processes_with(mark) == [], 10)
    assert news.open_files == []
    assert news.run("verify").status == 0


def processes_with(variable):
    """Processes that have this in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if variable.encode() in path.read_bytes().split(b"\0"):
                found.append(path.parent.name)
    return found
