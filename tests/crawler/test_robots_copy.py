from datetime import UTC, datetime

from crawler.robots import LIFETIME_SECONDS, RobotsRules
from crawler.robots_copy import LONG_UNREACHABLE, RobotsCopy

AGENT = "newsmorgue/1"
NOW = 1_700_000_000.0
PAGE = "https://news.example/private/a"
TEXT = "User-agent: *\nDisallow: /private/\n"
NEW = RobotsCopy(origin="https://news.example", tried=0.0)


def answer(text, now=NOW):
    return RobotsRules(text, user_agent=AGENT, expires=datetime.fromtimestamp(now + LIFETIME_SECONDS, UTC))


def failure(problem="it answers with status 503"):
    return RobotsRules.unreachable(fetched=datetime.fromtimestamp(NOW, UTC), user_agent=AGENT, problem=problem)


def rules(copy):
    return copy.rules(AGENT, retries=2)


def test_a_copy_holds_for_a_day():
    copy = NEW.after(answer(TEXT), TEXT, NOW)
    found = rules(copy)
    assert found.expires.timestamp() == NOW + 86400
    assert not found.allows(PAGE)
    assert found.allows("https://news.example/b")


def test_a_site_without_robots_txt_is_remembered_too():
    assert rules(NEW.after(answer(""), "", NOW)).allows(PAGE)


def test_one_that_cannot_be_had_closes_the_site_for_ever_longer():
    copy, waits = NEW.after(answer(TEXT), TEXT, NOW), []
    for _ in range(5):
        copy = copy.after(failure(), "", NOW + 1000)
        found = rules(copy)
        assert not found.allows("https://news.example/b")
        waits.append(found.expires.timestamp() - NOW - 1000)
    assert waits == [2.0, 6.0, 900.0, 1800.0, 3600.0]
    assert rules(copy).problem == "it answers with status 503"
    assert copy.after(answer(""), "", NOW + 2000) == RobotsCopy(origin=NEW.origin, tried=NOW + 2000)


def test_after_a_month_the_last_copy_holds_again_and_is_asked_for_once_a_day():
    copy = NEW.after(answer(TEXT), TEXT, NOW).after(failure(), "", NOW)
    almost = copy.after(failure(), "", NOW + LONG_UNREACHABLE - 1)
    assert rules(almost).unavailable
    late = almost.after(failure(), "", NOW + LONG_UNREACHABLE)
    found = rules(late)
    assert not found.unavailable
    assert not found.allows(PAGE)
    assert found.allows("https://news.example/b")
    assert found.expires.timestamp() == NOW + LONG_UNREACHABLE + 86400


def test_after_a_month_a_site_whose_robots_txt_nobody_ever_saw_is_open():
    copy = NEW.after(failure(), "", NOW).after(failure(), "", NOW + LONG_UNREACHABLE)
    assert rules(copy).allows(PAGE)
