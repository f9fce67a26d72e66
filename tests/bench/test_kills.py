"""A crawl that is killed at random moments loses nothing and repeats only what was under way."""

from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"


@pytest.mark.slow
@pytest.mark.parametrize(("kills", "pages", "extract"), [(50, 60, False), (10, 25, True)])
def test_kills_lose_nothing_and_only_what_was_leased_is_fetched_again(monkeypatch, kills, pages, extract):
    monkeypatch.syspath_prepend(str(BENCH))
    from kills import measure

    measured = measure(kills, seed=kills, hosts=10, pages=pages, extract=extract)
    assert {name: value for name, value in measured.items() if name.startswith("must be nothing") and value} == {}
    assert measured["captures of pages"] >= measured["pages"] == 10 * pages
    assert measured["fetched once more for a kill"] <= measured["pages under way at kills, in all"]
