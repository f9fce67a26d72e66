"""A schedule that goes on while its files change, and one that ends and begins again."""

import itertools
import signal
import socket
import sqlite3
import time

import pytest


def wait_for(condition, patience=30.0):
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < patience, "waited in vain"
        time.sleep(0.01)


def gaps(paper):
    times = [one.time for one in paper.asked]
    return [later - earlier for earlier, later in itertools.pairwise(times)]


@pytest.fixture
def start(new_collection, paper):
    """A schedule that follows a paper of forty stories, one of them every half second."""
    news = new_collection()
    paper.publish(40)
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")], delay=news.seconds(0.5), concurrency=1)
    schedule = news.start("schedule", "run", "--json")
    wait_for(lambda: len(paper.asked) >= 4)
    return news, schedule


def leased(news):
    database = sqlite3.connect(news.folder / "frontier.sqlite")
    try:
        return database.execute("SELECT count(*) FROM entry WHERE leased_until IS NOT NULL").fetchone()[0]
    finally:
        database.close()


def test_a_schedule_goes_by_its_files_as_they_change(start, paper, new_paper):
    news, schedule = start
    # A new source starts at once.
    other = new_paper()
    other.publish(2)
    news.follow("other", other.url(), seeds=[("feed", "/feed.xml")])
    wait_for(lambda: len(other.asked) == 4)
    # A broken file changes nothing.
    path = news.folder / "sources" / "paper.toml"
    text = path.read_text()
    path.write_text(text.replace('delay = "500ms"', 'delay = "often"'))
    schedule.send_signal(signal.SIGHUP)
    asked = len(paper.asked)
    wait_for(lambda: len(paper.asked) >= asked + 4)
    assert min(gaps(paper)) >= 0.45
    # Another delay holds at once.
    path.write_text(text.replace('delay = "500ms"', 'delay = "100ms"'))
    asked = len(paper.asked)
    wait_for(lambda: min(gaps(paper)[asked:], default=1) < 0.3)
    # A source that is removed is visited no longer.
    path.unlink()
    wait_for(lambda: leased(news) == 0)
    time.sleep(0.3)
    asked = len(paper.asked)
    assert asked < 42
    time.sleep(1.0)
    assert len(paper.asked) == asked
    # And one that comes back goes on where it was.
    path.write_text(text.replace('delay = "500ms"', 'delay = "0s"'))
    wait_for(lambda: len(paper.asked) == 42)
    schedule.send_signal(signal.SIGTERM)
    ended = news.end(schedule, 20)
    assert ended.status == 0, ended.err
    assert ended.summary["failed"] == 0
    assert {paper.times(f"/story/{number}.html") for number in range(1, 41)} == {1}
    lines = [line for line in ended.err.splitlines() if "reloaded" in line]
    remedy = 'sources/paper.toml: crawl.delay: "often" is not a duration (write'
    assert lines[0] == "morgue: reloaded: added other"
    assert any(line.startswith(f"morgue: not reloaded: {remedy}") for line in lines)
    assert lines[-3:] == [
        "morgue: reloaded: changed paper",
        "morgue: reloaded: removed paper",
        "morgue: reloaded: added paper",
    ]
    assert "Traceback" not in ended.err


def test_a_second_schedule_is_refused_until_the_first_is_gone(start, paper):
    news, schedule = start
    for words in (("schedule", "run"), ("crawl",)):
        second = news.run(*words)
        assert second.status == 1
        said = second.err.splitlines()[-1]
        holder = f"`morgue schedule run` (pid {schedule.pid} on {socket.gethostname()})"
        assert said == f"morgue: {news.folder}: {holder} is writing to it; wait for it to end, or stop it"
    schedule.kill()
    news.end(schedule)
    asked = len(paper.asked)
    again = news.start("schedule", "run", "--json")
    wait_for(lambda: len(paper.asked) > asked + 2)
    again.send_signal(signal.SIGTERM)
    ended = news.end(again, 20)
    assert ended.status == 0
    assert ended.summary["captures"] >= 2
    assert news.open_files == []


def test_records_say_whose_robots_are_ignored_as_it_is_at_the_time(new_collection, paper):
    news = new_collection()
    paper.publish(2)
    path = news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")])
    schedule = news.start("schedule", "run")
    wait_for(lambda: len(paper.asked) == 4)
    path.write_text(path.read_text().replace('robots = "obey"', 'robots = "ignore"').replace("/feed.xml", "/other.xml"))
    wait_for(lambda: paper.times("/other.xml"))
    schedule.send_signal(signal.SIGTERM)
    assert news.end(schedule, 20).status == 0
    said = [record.block for record in news.records() if record.kind == "warcinfo"]
    assert [b"robots: ignore for paper" in block for block in said] == [False, True]
    assert news.run("verify").status == 0


def test_sites_of_new_sources_are_asked_what_they_reserve(new_collection, paper, new_paper):
    news = new_collection(tdm='"ask"')
    paper.publish(1)
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")])
    schedule = news.start("schedule", "run")
    wait_for(lambda: paper.times("/.well-known/tdmrep.json"))
    other = new_paper()
    other.publish(1)
    news.follow("other", other.url(), seeds=[("feed", "/feed.xml")])
    wait_for(lambda: other.times("/.well-known/tdmrep.json"))
    schedule.send_signal(signal.SIGTERM)
    assert news.end(schedule, 20).status == 0


def test_a_source_that_this_machine_cannot_render_is_named_and_left_out(new_collection, paper, new_paper):
    news = new_collection(browser='"no-such-browser"')
    paper.publish(2)
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")])
    schedule = news.start("schedule", "run")
    wait_for(lambda: len(paper.asked) == 4)
    other, third = new_paper(), new_paper()
    news.follow("other", other.url(), seeds=[("feed", "/feed.xml")], render=True)
    news.follow("third", third.url(), seeds=[("feed", "/feed.xml")])
    wait_for(lambda: third.asked)
    schedule.send_signal(signal.SIGTERM)
    ended = news.end(schedule, 20)
    assert ended.status == 0
    assert other.asked == []
    assert sum("sources/other.toml: " in line for line in ended.err.splitlines()) == 1
