import math
import random
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.edits import MAX_SECTIONS, MEMORY, SOONEST, STAGES, EditRates, section_of
from crawler.frontier.entry import Entry, Lease, Result, Watched
from crawler.frontier.frontier import Frontier
from crawler.revisit import AGES, DAY, HOUR, by_table

NOW = 20_000 * DAY
WEEK = 7 * DAY


def looks(rates, section="", source="a", last=WEEK):
    """All ages at which an article that never changes is looked at."""
    ages, age = [], 0.0
    while (look := rates.next_look(source, section, age, last)) is not None:
        ages.append(look)
        age = look
    return ages


def live(rates, section, every, lives=200, source="a"):
    """Articles that are edited each time that `every` goes by, looked at when they are due."""
    for _ in range(lives):
        age, edits = 0.0, 0
        while (look := rates.next_look(source, section, age, WEEK)) is not None:
            rates.look(source, section, age, look)
            if every and int(look / every) > edits:
                edits = int(look / every)
                rates.edit(source, section, look)
            age = look


def test_until_something_is_learned_the_table_holds():
    assert looks(EditRates(), last=30 * DAY) == pytest.approx(AGES)
    assert looks(EditRates()) == pytest.approx(AGES[:5])
    assert by_table(0.0, WEEK) == HOUR
    assert by_table(WEEK, WEEK) is None


def test_a_look_that_came_late_moves_the_next():
    assert EditRates().next_look("a", "", 3.9 * HOUR, WEEK) > 20 * HOUR


def test_half_a_look_or_more_is_made_before_the_end():
    assert EditRates().next_look("a", "", 3 * DAY, 6 * DAY) == 6 * DAY
    assert EditRates().next_look("a", "", 3 * DAY, 4 * DAY) is None
    assert EditRates().next_look("a", "", 0.0, 0.0) is None
    assert EditRates().next_look("a", "", 10 * DAY, 36500 * DAY) == 30 * DAY
    assert EditRates().next_look("a", "", 30 * DAY, 36500 * DAY) is None


def test_sections_that_are_edited_often_are_read_more_often_at_the_cost_of_others():
    rates = EditRates()
    for _ in range(20):
        live(rates, "live", 8 * HOUR, 10)
        live(rates, "essays", 0, 10)
    assert len(looks(rates, "live")) > 5
    assert len(looks(rates, "essays")) < 5
    assert 8 <= len(looks(rates, "live")) + len(looks(rates, "essays")) <= 13


def test_a_new_section_starts_as_its_source_is():
    rates = EditRates()
    live(rates, "world", 8 * HOUR, source="busy")
    live(rates, "world", 0, source="quiet")
    assert len(looks(rates, "new", "busy")) > len(looks(rates, "new", "unknown")) > len(looks(rates, "new", "quiet"))


def test_what_is_learned_outlives_a_run(tmp_path):
    rates = EditRates()
    with Frontier(tmp_path / "frontier.sqlite") as frontier:
        generator = random.Random(1)
        for n in range(300):
            url = f"http://a.example/s/{n}"
            frontier.add([Entry(url=url, kind="page", source="a", section="s")], now=NOW)
            lease = msgspec.structs.replace(frontier.get_lease(url), last_fetched=NOW)
            result = rates.looked(lease, Result(url=url, due=None, status=200), NOW + HOUR)
            assert result.watched
            frontier.settle([result], now=NOW + HOUR)
            frontier.mark_changed(url, now=NOW + HOUR, due=NOW + 2 * HOUR)
            if generator.random() < 0.5:
                known = frontier.get_lease(url)
                edited = rates.edited(msgspec.structs.replace(known, last_fetched=NOW + 2 * HOUR))
                frontier.mark_changed(url, now=NOW + 2 * HOUR, due=NOW + 3 * HOUR, watched=edited)
        again = EditRates(frontier.watched())
    assert sum(one.edits for one in frontier_rows(tmp_path)) > 100
    rates._learn()
    assert looks(again, "s") == pytest.approx(looks(rates, "s"))
    assert looks(again, "s")[0] < HOUR


def frontier_rows(folder):
    with Frontier(folder / "frontier.sqlite") as frontier:
        return frontier.watched()


def test_a_first_version_a_failure_and_a_page_of_no_source_teach_nothing():
    rates, url = EditRates(), "http://a.example/1"
    page = Lease(entry=Entry(url=url, kind="page", source="a"), first_seen=NOW, last_fetched=NOW)
    good = Result(url=url, due=None, status=200)
    assert rates.looked(page, good, NOW + HOUR).watched
    assert rates.edited(page) == []
    for lease, result in (
        (msgspec.structs.replace(page, last_fetched=None), good),
        (msgspec.structs.replace(page, entry=Entry(url=url, kind="page")), good),
        (msgspec.structs.replace(page, entry=Entry(url=url, kind="requisite", source="a")), good),
        (page, Result(url=url, due=None, status=404)),
        (page, Result(url=url, due=None, status=200, error="cut")),
    ):
        assert rates.looked(lease, result, NOW + HOUR) == result


def test_sections_that_strangers_make_up_are_bounded():
    rates = EditRates()
    for n in range(1000):
        rates.look("a", f"section-{n}", 0.0, HOUR)
    assert len({one[1] for one in rates._edits}) <= MAX_SECTIONS + 1


def test_what_was_long_ago_counts_less():
    rates, kept = EditRates(), 0.0
    for _ in range(int(2.5 * MEMORY)):
        kept += sum(one.seconds for one in rates.look("a", "s", 0.0, HOUR))
    assert 0.4 * MEMORY * HOUR < kept <= MEMORY * HOUR


def test_sections_of_addresses():
    assert section_of("https://a.example/news/world-asia/123.html") == "news"
    assert section_of("https://a.example/2024/05/01/Sport/1.html") == "sport"
    assert (
        section_of("https://a.example/") == section_of("https://a.example/a") == section_of("https://a.example") == ""
    )
    assert section_of("https://a.example/" + "x" * 50 + "/a") == ""
    assert section_of("https://a.example/%D8%AE%D8%A8%D8%B1/1") == "خبر"


watched = st.lists(
    st.builds(
        Watched,
        source=st.sampled_from(["a", "b"]),
        section=st.sampled_from(["", "s", "t"]),
        stage=st.integers(-1, len(STAGES)),
        edits=st.floats(0, 1e9),
        seconds=st.floats(0, 1e12),
    ),
    max_size=20,
)


@settings(max_examples=60)
@given(watched, st.floats(0, 60 * DAY))
def test_whatever_was_seen_looks_are_apart_and_end(watched, last):
    ages = [0.0, *looks(EditRates(watched), "s", last=last)]
    assert all(math.isfinite(age) and age <= last * (1 + 1e-9) for age in ages)
    assert all(later - sooner >= SOONEST * 0.99 or later == last for sooner, later in pairwise(ages))
