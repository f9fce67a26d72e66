"""Judgements are made once for all who have the collection open."""

from pathlib import Path

import pytest

from archive import assessor
from archive.collection import Collection

BRIDGE = "https://www.example.org/news/bridge"


def test_texts_are_read_once(news: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Collection.open(news) as one:
        first = one.history(BRIDGE)
    with Collection.open(news) as other:
        monkeypatch.setattr(other, "read_article", lambda entry: pytest.fail(f"read again: {entry.location}"))
        assert other.history(BRIDGE) == first


def test_memory_is_bounded(news: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assessor, "_REMEMBERED", 1)
    with Collection.open(news) as opened:
        assessor.forget()
        assert opened.history(BRIDGE) == opened.history(BRIDGE)
        assert len(assessor._judgements) == 1


def test_of_a_long_history_only_what_is_asked_for_is_read(chronicle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The front page tells of the last changes: it must not read the thousand texts of a live blog for that."""
    story = "https://www.example.org/story"
    assessor.forget()
    with Collection.open(chronicle) as opened:
        read_article, read = opened.read_article, []
        monkeypatch.setattr(opened, "read_article", lambda entry: read.append(entry) or read_article(entry))
        listed = opened.history_of(story).versions(-1)
        assert len(read) == 2
        whole = opened.history(story)
    assert listed == whole[-1:]
