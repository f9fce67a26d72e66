"""The frontier's file: made, brought up to date, refused."""

import sqlite3
from pathlib import Path

import pytest

from crawler.errors import FrontierUnreadable
from crawler.frontier.entry import Entry, Result
from crawler.frontier.frontier import Frontier

VERSION_1 = """
CREATE TABLE entry (
    url TEXT PRIMARY KEY, host TEXT NOT NULL, kind TEXT NOT NULL, priority INTEGER NOT NULL, source TEXT, seed TEXT,
    every REAL, modified REAL, redirects INTEGER NOT NULL, first_seen REAL NOT NULL, due REAL, leased_until REAL,
    owner TEXT, attempts INTEGER NOT NULL DEFAULT 0, last_fetched REAL, last_changed REAL, status INTEGER, error TEXT,
    etag TEXT, last_modified TEXT, digest TEXT, trust INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE pause (host TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX entry_due ON entry (host, priority, due) WHERE due IS NOT NULL AND leased_until IS NULL;
CREATE INDEX entry_failing ON entry (due) WHERE attempts > 0 AND due IS NOT NULL AND leased_until IS NULL;
CREATE INDEX entry_leased ON entry (leased_until) WHERE leased_until IS NOT NULL;
INSERT INTO entry (url, host, kind, priority, source, seed, every, redirects, first_seen, due, trust) VALUES
    ('http://a/feed', 'a', 'seed', 1, 'voa', 'feed', 900.0, 0, 10.0, 20.0, 1);
INSERT INTO entry (url, host, kind, priority, source, redirects, first_seen, due, last_fetched, etag, digest) VALUES
    ('http://a/1', 'a', 'page', 2, 'voa', 0, 11.0, 21.0, 12.0, '"x"', 'sha1:A');
INSERT INTO entry (url, host, kind, priority, source, redirects, first_seen, leased_until, due, owner) VALUES
    ('http://a/2', 'a', 'page', 2, 'voa', 0, 11.0, 70.0, 19.0, 'gone');
INSERT INTO entry (url, host, kind, priority, redirects, first_seen) VALUES ('http://b/1', 'b', 'page', 2, 0, 11.0);
INSERT INTO pause VALUES ('b', 500.0);
PRAGMA user_version = 1;
"""


def make_version_1(path: Path) -> Path:
    db = sqlite3.connect(path)
    db.executescript(VERSION_1)
    db.close()
    return path


def test_a_frontier_of_version_1_goes_on_where_it_was(tmp_path):
    path = make_version_1(tmp_path / "frontier.sqlite")
    for _ in range(2):
        with Frontier(path) as frontier:
            assert frontier.known(["http://a/1", "http://b/1", "http://c/"]) == {"http://a/1", "http://b/1"}
            assert frontier.next_due() == 20.0
    with Frontier(path) as frontier:
        seed, page = frontier.lease(now=30.0, until=90.0, owner="me", room={}, default_room=9)
        assert (seed.entry.url, seed.entry.seed, seed.trust, seed.pace) == ("http://a/feed", "feed", 1, None)
        assert (page.entry.url, page.first_seen, page.last_fetched, page.etag, page.digest) == (
            "http://a/1",
            11.0,
            12.0,
            '"x"',
            "sha1:A",
        )
        assert frontier.recover(now=70.0, dead=False) == 1
        assert frontier.counts(now=30.0)["voa"]["known"] == 3


def test_what_estimates_and_pages_leave_comes_back_with_the_lease(tmp_path):
    feed = Entry(url="http://a/feed", kind="seed", seed="feed", source="voa")
    image = Entry(url="http://a/i.png", kind="requisite", source="voa", referrer="http://a/1")
    story = Entry(url="http://a/1", kind="page", source="voa", section="/world")
    with Frontier(make_version_1(tmp_path / "frontier.sqlite")) as frontier:
        frontier.add([image, story, feed], now=10.0)
        leases = frontier.lease(now=30.0, until=90.0, owner="me", room={}, default_room=9)
        frontier.settle([Result(url=lease.entry.url, due=40.0, pace="{1}") for lease in leases[:1]], now=31.0)
        frontier.settle([Result(url=lease.entry.url, due=40.0, section="/us") for lease in leases[1:]], now=31.0)
        again = frontier.lease(now=50.0, until=90.0, owner="me", room={}, default_room=9)
        assert [(lease.entry.kind, lease.pace, lease.entry.section, lease.entry.referrer) for lease in again] == [
            ("seed", "{1}", None, None),
            ("page", None, "/us", None),
            ("requisite", None, "/us", "http://a/1"),
        ]
        frontier.settle([Result(url=lease.entry.url, due=60.0) for lease in again], now=51.0)
        first, second, _ = frontier.lease(now=65.0, until=90.0, owner="me", room={}, default_room=9)
        assert (first.pace, second.entry.section) == ("{1}", "/us")


def test_a_frontier_of_a_later_version_is_left_alone(tmp_path):
    path = tmp_path / "frontier.sqlite"
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 9")
    db.close()
    with pytest.raises(FrontierUnreadable, match="made by another version of morgue"):
        Frontier(path)
