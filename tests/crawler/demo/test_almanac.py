"""A week told in advance, and the sites that go by it."""

import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest

from crawler.clock import Clock
from crawler.demo.almanac import WEEK, codes_in, tell_week
from crawler.demo.edition import edition_of
from crawler.demo.story import load_stories
from crawler.demo.week import WeekRoom

START = datetime(2026, 3, 2, tzinfo=UTC)


class SetClock(Clock):
    def __init__(self):
        self.seconds = 0.0

    def now(self):
        return START.timestamp() + self.seconds


@pytest.fixture(scope="module")
def almanac():
    return tell_week(load_stories(START.date()), start=START, seed=5)


@pytest.fixture(scope="module")
def editions(almanac):
    numbers = range(1, len(almanac.moments) + 2)
    return {number: edition_of(almanac.stories, number, time_of=almanac.time_of) for number in numbers}


def test_a_week_is_the_same_whenever_it_is_told(almanac):
    assert tell_week(load_stories(START.date()), start=START, seed=5) == almanac
    assert tell_week(load_stories(START.date()), start=START, seed=6) != almanac


def test_each_moment_is_an_edition_in_which_something_happens(almanac, editions):
    seconds = [moment.seconds for moment in almanac.moments]
    assert seconds == sorted(seconds)
    assert seconds[-1] < WEEK
    assert {moment.kind for moment in almanac.moments} >= {None, "edited", "corrected", "moved", "gone", "restored"}
    for number, moment in enumerate(almanac.moments, start=2):
        assert almanac.edition_at(START + timedelta(seconds=moment.seconds + 1e-3)) >= number
        assert almanac.edition_at(START + timedelta(seconds=moment.seconds - 1)) < number
        assert editions[number] != editions[number - 1]


def test_each_change_of_a_text_has_a_code_of_its_own(almanac, editions):
    for number, moment in enumerate(almanac.moments, start=2):
        if moment.kind not in ("edited", "corrected", "headline"):
            continue
        before, after = (
            next(
                codes_in(f"{story.headline}\n{story.body}")
                for story in editions[one].stories
                if story.number == moment.number
            )
            for one in (number - 1, number)
        )
        assert len(after - before) == 1


def test_what_is_gone_is_gone_until_it_is_restored(almanac, editions):
    for number, moment in enumerate(almanac.moments, start=2):
        there = moment.number in {story.number for story in editions[number].stories}
        assert there == (moment.kind != "gone")


def test_the_sites_show_the_moment_they_are_asked_at(almanac):
    clock = SetClock()
    moment = next(one for one in almanac.moments if one.kind == "gone")
    with WeekRoom(almanac, clock) as room:
        clock.seconds = moment.seconds - 60
        urllib.request.urlopen(room.sites[0].url).read()
        url = next(room.url_of(story) for story in room.stories if story.number == moment.number)
        assert urllib.request.urlopen(url).status == 200
        clock.seconds = moment.seconds + 60
        with pytest.raises(urllib.error.HTTPError, match="410"):
            urllib.request.urlopen(url)
    assert [(visit.status, visit.number) for visit in room.visits[1:]] == [(200, moment.number), (410, None)]
    assert room.visits[1].seconds == pytest.approx(moment.seconds - 60)
