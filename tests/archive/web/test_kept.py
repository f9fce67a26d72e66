"""Pages and values that are kept, and for how long."""

import os
from pathlib import Path

import pytest

from archive.web import kept
from archive.web.kept import OLDEST_SECONDS, Appearances, KeptPages, KeptValues


def test_page_is_kept_until_the_catalog_is_written_to(tmp_path: Path) -> None:
    log = tmp_path / "catalog.sqlite-wal"
    kept = KeptPages(tmp_path)
    before = kept.state()
    kept.put("front", before, b"page")
    assert kept.get("front", kept.state()) == b"page"
    log.write_bytes(b"commit")
    assert kept.get("front", kept.state()) is None
    kept.put("front", kept.state(), b"newer")
    os.utime(log, ns=(1, 1))  # a log that begins anew may be as long as before
    assert kept.get("front", kept.state()) is None


def test_page_made_during_a_commit_is_not_taken_for_newer(tmp_path: Path) -> None:
    kept = KeptPages(tmp_path)
    asked = kept.state()
    (tmp_path / "catalog.sqlite").write_bytes(b"commit")
    kept.put("front", asked, b"old")
    assert kept.get("front", kept.state()) is None


def test_page_grows_old(tmp_path: Path) -> None:
    now = [0.0]
    kept = KeptPages(tmp_path, clock=lambda: now[0])
    kept.put("front", kept.state(), b"page")
    now[0] = OLDEST_SECONDS
    assert kept.get("front", kept.state()) == b"page"
    now[0] += 0.1
    assert kept.get("front", kept.state()) is None


def test_of_too_many_pages_the_one_nobody_asks_for_goes_and_huge_ones_are_not_kept(tmp_path: Path) -> None:
    kept = KeptPages(tmp_path)
    state = kept.state()
    kept.put("asked for", state, b"page")
    for number in range(127):
        kept.put(number, state, b"page")
        assert kept.get("asked for", state)
    kept.put("one more", state, b"page")
    assert kept.get("asked for", state)
    assert kept.get(0, state) is None
    kept.put("huge", state, bytes(1_000_000))
    assert kept.get("huge", state) is None


def test_value_is_made_once_and_of_too_many_the_oldest_goes() -> None:
    values: KeptValues[str, int] = KeptValues(2)
    made: list[str] = []

    def value(name: str) -> int:
        def make() -> int:
            made.append(name)
            return len(made)

        return values.get(name, make)

    assert [value("a"), value("a"), value("b"), value("a"), value("c"), value("a"), value("b")] == [1, 1, 2, 1, 3, 1, 4]
    assert made == ["a", "b", "c", "b"]


def test_an_answer_has_been_so_from_the_second_after_it_appeared() -> None:
    now = [10.2]
    seen = Appearances(lambda: now[0])
    assert seen.second("feed", "a") == 11
    now[0] = 30.0
    assert seen.second("feed", "a") == 11
    assert seen.second("feed", "b") == 31
    now[0] = 31.9
    assert seen.second("feed", "a") == 32  # it is back: who saw the other has not seen this since
    assert seen.second("other", "a") == 32


def test_answers_that_were_seen_are_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_MOST_SEEN", 2)
    now = [1.0]
    seen = Appearances(lambda: now[0])
    for asked in ("a", "b", "c"):
        seen.second(asked, "x")
    now[0] = 9.0
    assert (seen.second("c", "x"), seen.second("a", "x")) == (2, 10)
