"""When a site is learned: after its first pages, when pages cease to fit, when many do not; never again and again."""

from datetime import UTC, datetime, timedelta

import msgspec

from archive.formats.timestamp import to_timestamp
from archive.model import Capture, RecordLocation
from archive.versions import OWN
from pipelines.extract.article import read_raw_page
from pipelines.extract.opening import RawPage
from pipelines.extract.profile import Profile, SiteRules, Template
from pipelines.profile_file import Attempt, SiteFile
from pipelines.watch import (
    CHECK_EVERY_SETTLED,
    CHECK_EVERY_YOUNG,
    DRIFT_MISSES,
    DRIFT_WINDOW,
    MISFIT_PAGES,
    REMEMBERED,
    Seen,
    SiteWatch,
)

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
TEMPLATE = Template(frame="main", container=("div.story",), share=0.5, pages=12)


def at(hours: int) -> str:
    return to_timestamp(BEGIN + timedelta(hours=hours))


PROFILE = Profile(host="example.org", number=1, since=at(0), learned=at(12), templates=(TEMPLATE,))
LEARNED = SiteFile(host="example.org", profiles=(PROFILE,), attempted=Attempt(at=at(12), pages=12, remark=""))
NOTHING = SiteFile(host="example.org")


def seen(number: int, profile: str | None = None, page: int | None = None, *, is_doubted: bool = False) -> Seen:
    url = f"https://example.org/{number if page is None else page}"
    place = RecordLocation(file="a.warc.gz", offset=number, length=1)
    capture = Capture(
        urlkey=url, timestamp=at(number), url=url, mime="text/html", status=200, digest=None, location=place
    )
    return Seen(capture=capture, profile=profile, is_doubted=is_doubted)


def watch(*labels: str | None) -> SiteWatch:
    return SiteWatch(seen(number, label) for number, label in enumerate(labels))


FITS, MISSES = PROFILE.label, PROFILE.label + OWN


def test_a_site_is_learned_once_there_are_enough_pages():
    assert watch(*[None] * 11).lesson(NOTHING, now=at(20)) is None
    lesson = watch(*[None] * 12).lesson(NOTHING, now=at(20))
    assert lesson
    assert len(lesson.captures) == 12
    assert not lesson.drifting
    assert [one.timestamp for one in lesson.captures] == [at(n) for n in range(12)]


def test_after_a_try_that_taught_nothing_there_must_be_more_pages_or_time():
    tried = SiteFile(host="example.org", attempted=Attempt(at=at(12), pages=12, remark=""))
    assert watch(*[None] * 23).lesson(tried, now=at(23)) is None
    assert watch(*[None] * 24).lesson(tried, now=at(24))
    last = SiteFile(host="example.org", attempted=Attempt(at=at(40), pages=40, remark=""))
    assert watch(*[None] * 40).lesson(last, now=at(41)) is None
    assert watch(*[None] * 40).lesson(last, now=at(40 + 8 * 24))


def test_pages_that_fit_teach_nothing_more():
    assert watch(*[FITS] * 40).lesson(LEARNED, now=at(60)) is None
    assert not watch(*[FITS] * 40).is_drifting(PROFILE)


def test_pages_from_before_the_profile_are_no_misfits():
    assert not watch(*[None] * 30, *[FITS] * 5).is_drifting(PROFILE)
    assert watch(*[None] * 30).lesson(LEARNED, now=at(60)) is None
    assert watch(*["example.org/0-aaaa:own"] * 30).misfits(PROFILE) == []


def test_pages_that_cease_to_fit_are_drift_and_are_learned_from_alone():
    before = [FITS] * 20
    assert not watch(*before, *[MISSES] * (DRIFT_MISSES - 1)).is_drifting(PROFILE)
    assert watch(*before, *[MISSES] * DRIFT_MISSES).is_drifting(PROFILE)
    assert watch(*before, *[MISSES] * 11).lesson(LEARNED, now=at(40)) is None
    lesson = watch(*before, *[MISSES] * 12).lesson(LEARNED, now=at(40))
    assert lesson
    assert lesson.drifting
    assert [one.timestamp for one in lesson.captures] == [at(n) for n in range(20, 32)]


def test_a_page_now_and_then_that_does_not_fit_is_no_drift():
    assert not watch(*[FITS, FITS, MISSES] * 13).is_drifting(PROFILE)
    assert watch(*[FITS, FITS, MISSES] * 13).lesson(LEARNED, now=at(60)) is None


def test_many_pages_of_another_kind_are_learned_beside_the_known_ones():
    mixed = watch(*[FITS, MISSES] * MISFIT_PAGES)
    lesson = mixed.lesson(LEARNED, now=at(60))
    assert lesson
    assert not lesson.drifting
    assert len(lesson.captures) == REMEMBERED


def test_lines_alone_were_learned_and_that_is_no_reason_to_learn_again_with_each_page():
    lines = Profile(host="example.org", number=1, since=at(0), learned=at(12))
    tried = SiteFile(host="example.org", profiles=(lines,), attempted=Attempt(at=at(12), pages=12, remark=""))
    assert watch(*[None] * 13).lesson(tried, now=at(13)) is None
    assert watch(*[None] * 24).lesson(tried, now=at(24))


def test_a_site_whose_pages_fit_by_half_whatever_is_learned_is_not_learned_again_and_again():
    again = msgspec.structs.replace(PROFILE, number=2, learned=at(60))
    tried = SiteFile(host="example.org", profiles=(PROFILE, again), attempted=Attempt(at=at(60), pages=40, remark=""))
    mixed = watch(*[again.label, again.label + OWN] * MISFIT_PAGES)
    assert mixed.lesson(tried, now=at(61)) is None
    assert mixed.lesson(tried, now=at(60 + 8 * 24))


def test_drift_that_taught_nothing_rests_for_a_day():
    tried = SiteFile(host="example.org", profiles=(PROFILE,), attempted=Attempt(at=at(60), pages=40, remark=""))
    drifting = watch(*[MISSES] * 40)
    assert drifting.lesson(tried, now=at(61)) is None
    assert drifting.lesson(tried, now=at(60 + 25))


def test_a_site_that_goes_to_and_fro_between_two_designs_is_not_learned_with_every_turn():
    other = msgspec.structs.replace(PROFILE, number=2, since=at(30), learned=at(42))
    tried = SiteFile(host="example.org", profiles=(PROFILE, other), attempted=Attempt(at=at(42), pages=12, remark=""))
    drifting = watch(*[other.label] * 10, *[other.label + OWN] * 12)
    assert drifting.is_drifting(other)
    assert drifting.lesson(tried, now=at(43)) is None
    assert drifting.lesson(tried, now=at(42 + 25))


def test_a_pinned_site_is_let_be():
    pinned = SiteFile(host="example.org", pinned=True)
    assert watch(*[None] * 40).lesson(pinned, now=at(60)) is None


def test_a_page_counts_once_as_it_was_read_last():
    one = SiteWatch([seen(n, None, page=1) for n in range(30)])
    assert len(one) == 1
    one.note(seen(31, FITS, page=1))
    assert len(one.fitting(PROFILE)) == 1


def test_old_captures_that_are_read_late_say_nothing_of_today():
    one = watch(*[FITS] * 40)
    for number in range(20):
        old = seen(-1000 + number, MISSES, page=10_000 + number)
        one.note(old)
    assert not one.is_drifting(PROFILE)


def test_a_young_profile_is_checked_often_and_a_settled_one_seldom():
    assert watch(*[FITS] * (REMEMBERED - 1)).check_every(PROFILE) == CHECK_EVERY_YOUNG
    assert watch(*[FITS] * REMEMBERED).check_every(PROFILE) == CHECK_EVERY_SETTLED
    assert watch(*[FITS] * (REMEMBERED - 1), MISSES).check_every(PROFILE) == CHECK_EVERY_SETTLED
    assert CHECK_EVERY_SETTLED % CHECK_EVERY_YOUNG == 0  # what is checked seldom is checked often too


def test_once_a_page_that_fits_was_read_otherwise_each_is_checked_until_they_agree_again():
    doubting = watch(*[FITS] * REMEMBERED)
    doubting.note(seen(100, MISSES, is_doubted=True))
    for number in range(DRIFT_WINDOW - 1):
        assert doubting.check_every(PROFILE) == 1
        doubting.note(seen(101 + number, FITS))
    assert doubting.check_every(PROFILE) == 1
    doubting.note(seen(200, FITS))
    assert doubting.check_every(PROFILE) == CHECK_EVERY_SETTLED


def test_a_template_that_still_fits_but_reads_something_else_is_found_out():
    """The story has moved out of the container, and every page passes the template's checks."""
    template = Template(frame="main", container=("div.teaser",), kinds=("p",), share=0.0, rest=1.0, pages=12)
    profile = Profile(host="example.org", number=1, since="", templates=(template,))
    settled = SiteWatch(seen(number, profile.label) for number in range(REMEMBERED))
    story = "".join(f"<p>On day {day} the ferry left the harbour at dawn, and the keeper of the lock wrote it down.</p>" for day in range(6))  # fmt: skip
    doubted_at = None
    for number in range(1000):
        text = (
            f"<p>Story {number} of the week is told again by those who were there, in words that nobody wrote down.</p>"
        )
        html = f"<html><head><meta property=og:type content=article><title>Ferry {number}</title></head><body><main><h1>Ferry {number}</h1><div class=story>{story}</div><div class=teaser>{text * 2}</div></main></body></html>"
        raw = RawPage(payload=html.encode(), url=f"https://example.org/{number}")
        read = read_raw_page(raw, SiteRules(profile=profile, check_every=settled.check_every(profile)))
        settled.note(seen(100 + number, read.profile, is_doubted=read.is_doubted))
        doubted_at = number if doubted_at is None and read.is_doubted else doubted_at
        if settled.is_drifting(profile):
            break
    assert doubted_at is not None
    assert number - doubted_at < DRIFT_WINDOW
