"""SQLite's frontier: what its file and its disk do."""

import pytest

from crawler.errors import FrontierUnreadable
from crawler.frontier.entry import Entry
from crawler.frontier.frontier import Frontier


def page(url, source="voa", **more):
    return Entry(url=url, kind="page", source=source, **more)


@pytest.fixture
def frontier(tmp_path):
    with Frontier(tmp_path / "frontier.sqlite") as frontier:
        yield frontier


def test_a_damaged_file_is_one_clear_error(tmp_path):
    path = tmp_path / "frontier.sqlite"
    path.write_bytes(b"no database, only words" * 100)
    with pytest.raises(FrontierUnreadable, match=r"frontier\.sqlite: .*move it away"):
        Frontier(path)


def test_what_the_disk_refuses_is_one_clear_error(frontier):
    frontier.add([page("http://a/1")], now=100.0)
    frontier._db.execute("PRAGMA max_page_count = 1")  # as a full disk
    with pytest.raises(FrontierUnreadable, match=r"frontier\.sqlite: .*full; free space"):
        frontier.add([page(f"http://a/{'x' * 500}{number}") for number in range(100)], now=100.0)
    [lease] = frontier.lease(now=100.0, until=200.0, owner="me", room={}, default_room=9)
    assert lease.entry.url == "http://a/1"


def test_a_frontier_that_cannot_be_opened_is_not_to_be_moved_away(tmp_path):
    (tmp_path / "frontier.sqlite").mkdir()
    with pytest.raises(FrontierUnreadable, match="free space or mend the folder"):
        Frontier(tmp_path / "frontier.sqlite")
