import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.backoff import FIRST_BUSY, FIRST_REST, JITTER, LONGEST_REST, Trouble, Troubles, rest_seconds

HOST = "news.example"
NOW = 1_000_000.0


def troubles(*known, retries=2, chance=0.0):
    return Troubles(known, retries=retries, chance=lambda: chance)


def waits(found, note, count):
    """How long each of so many failures in a row keeps the host alone; every try is made at once when it may be."""
    now, seconds = NOW, []
    for _ in range(count):
        trouble = note(found, now)
        seconds.append(trouble.until - now)
        now = trouble.until
    return seconds


def unreachable(found, now):
    return found.note_unreachable(HOST, "no answer", now)


def busy(found, now, retry_after=None):
    return found.note_busy(HOST, "it answers with status 503", retry_after, now)


def test_an_unreachable_host_is_tried_again_at_once_and_then_ever_more_seldom():
    assert waits(troubles(), unreachable, 7) == [2.0, 6.0, 900.0, 1800.0, 3600.0, 3600.0, 3600.0]
    assert waits(troubles(retries=0), unreachable, 3) == [900.0, 1800.0, 3600.0]


def test_a_dead_host_costs_few_tries_an_hour():
    for retries in (0, 2, 5):
        found, now, tries = troubles(retries=retries), NOW, []
        while now < NOW + 24 * 3600:
            tries.append(now)
            now = unreachable(found, now).until
        assert sum(one < NOW + 3600 for one in tries) <= retries + 3
        assert len(tries) <= retries + 26


def test_a_busy_host_is_left_alone_twice_as_long_each_time():
    assert waits(troubles(), busy, 8) == [60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 3600.0, 3600.0]


def test_what_a_host_asks_for_is_kept_and_taken_for_too_little_where_it_keeps_refusing():
    assert waits(troubles(), lambda found, now: busy(found, now, 5.0), 4) == [5.0, 60.0, 120.0, 240.0]
    assert waits(troubles(), lambda found, now: busy(found, now, 86400.0), 2) == [86400.0, 86400.0]


def test_waits_are_drawn_out_by_chance_except_what_was_asked_for():
    assert busy(troubles(chance=1.0), NOW).until == NOW + FIRST_BUSY * (1 + JITTER)
    assert unreachable(troubles(retries=0, chance=1.0), NOW).until == NOW + FIRST_REST * (1 + JITTER)
    assert busy(troubles(chance=1.0), NOW, 7.0).until == NOW + 7.0


def test_requests_that_were_under_way_together_are_one_strike():
    found = troubles()
    first = busy(found, NOW)
    assert busy(found, NOW + 1) is None
    assert busy(found, NOW + 1, 600.0).until == NOW + 601
    assert unreachable(found, NOW + 2) is None
    assert found.get(HOST).strikes == first.strikes == 1


def test_a_good_answer_ends_the_trouble_unless_it_was_under_way_when_that_began():
    found = troubles()
    until = busy(found, NOW).until
    assert not found.note_answer(HOST, NOW + 1)
    assert found.get(HOST)
    assert found.note_answer(HOST, until)
    assert found.get(HOST) is None
    assert found.failed == {}
    assert not found.note_answer(HOST, until)
    assert busy(found, until).strikes == 1


def test_strikes_are_counted_on_from_another_run():
    known = Trouble(host=HOST, kind="unreachable", reason="no answer", strikes=4, since=NOW - 9000, until=NOW)
    found = troubles(known)
    assert found.failed == {}
    trouble = unreachable(found, NOW + 10)
    assert (trouble.strikes, trouble.since, trouble.until) == (5, NOW - 9000, NOW + 10 + LONGEST_REST)
    assert list(found.failed) == [HOST]


def test_hosts_that_nobody_asks_again_are_forgotten():
    found = troubles()
    until = unreachable(found, NOW).until
    found.forget(until + 86400)
    assert found.get(HOST)
    found.forget(until + 3 * 86400)
    assert found.get(HOST) is None
    assert found.failed == {}


def test_the_next_end_is_that_of_hosts_that_failed_in_this_run():
    known = Trouble(host="other.example", kind="busy", reason="", strikes=1, since=NOW, until=NOW + 1)
    found = troubles(known)
    assert found.next_end(NOW) is None
    until = unreachable(found, NOW).until
    assert found.next_end(NOW) == until
    assert found.next_end(until) is None


@pytest.mark.parametrize(("failures", "seconds"), [(1, 2.0), (2, 6.0), (3, 900.0), (4, 1800.0), (9, 3600.0)])
def test_robots_txt_that_cannot_be_had_is_asked_for_at_the_same_pace(failures, seconds):
    assert rest_seconds(failures, retries=2) == seconds


@given(st.lists(st.tuples(st.sampled_from(["busy", "gone", "fine"]), st.floats(0, 7200)), max_size=60), st.floats(0, 1))
def test_no_host_is_left_alone_for_longer_than_it_asks_or_an_hour_and_a_quarter(events, chance):
    found, now = troubles(chance=chance), NOW
    for event, later in events:
        now += later
        if event == "fine":
            found.note_answer(HOST, now)
            continue
        trouble = busy(found, now) if event == "busy" else unreachable(found, now)
        assert trouble is None or now < trouble.until <= now + LONGEST_REST * (1 + JITTER)
