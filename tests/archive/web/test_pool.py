"""Collections that are lent out, and opened anew when their indexes were made anew."""

import shutil
from pathlib import Path

import pytest

from archive.config import load_settings
from archive.errors import CollectionNotFound
from archive.rebuild import reindex
from archive.web.pool import MOST_IDLE, CollectionPool

BRIDGE = "https://www.example.org/news/bridge"


def test_collection_is_used_again_when_it_is_back(news: Path) -> None:
    pool = CollectionPool(news)
    with pool.borrow() as first, pool.borrow() as second:
        assert first is not second
    with pool.borrow() as third:
        assert third in (first, second)
    pool.close()


def test_collections_made_anew_are_seen(news: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(news, folder)
    pool = CollectionPool(folder)
    with pool.borrow() as before:
        assert before.closest(BRIDGE)
    for path in (folder / "archive").iterdir():
        path.unlink()
    reindex(folder, load_settings(folder))
    with pool.borrow() as after:
        assert after is not before
        assert after.closest(BRIDGE) is None
    pool.close()


def test_collection_that_went_away_is_named(tmp_path: Path) -> None:
    with pytest.raises(CollectionNotFound), CollectionPool(tmp_path).borrow():
        pass


def test_only_so_many_stay_open(news: Path) -> None:
    pool = CollectionPool(news)
    lent = [pool.borrow() for _ in range(MOST_IDLE + 3)]
    opened = [one.__enter__() for one in lent]
    for one in lent:
        one.__exit__(None, None, None)
    again = [pool.borrow() for _ in range(MOST_IDLE + 3)]
    reopened = [one.__enter__() for one in again]
    assert len({id(one) for one in reopened} & {id(one) for one in opened}) == MOST_IDLE
    for one in again:
        one.__exit__(None, None, None)
    pool.close()
