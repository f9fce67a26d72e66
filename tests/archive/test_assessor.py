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
