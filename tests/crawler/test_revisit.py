import msgspec

from archive.model import Capture, RecordLocation
from crawler import revisit
from crawler.frontier.entry import Entry, Lease
from crawler.revisit import AGES, DAY, HOUR, Answer, Rules, conditions, retry_after_seconds, settle

RULES = Rules(max_age_seconds=7 * DAY, retries=2)
NOW = 1_000_000.0


def lease(kind="page", **known):
    entry = Entry(url="http://a/1", kind=kind, source="voa", every_seconds=900.0 if kind == "seed" else None)
    return Lease(entry=entry, **{"first_seen": NOW, **known})


def answer(status=200, digest="sha1:A", **more):
    capture = Capture(
        urlkey="a)/1",
        timestamp="20240501000000",
        url="http://a/1",
        mime="text/html",
        status=status,
        digest=digest,
        location=RecordLocation(file="f", offset=0, length=1),
    )
    return Answer(capture=capture, **more)


def test_a_new_article_is_looked_at_again_after_an_hour():
    assert settle(lease(), answer(), RULES, NOW).due == NOW + HOUR


def test_a_requisite_rests_once_it_was_fetched_and_when_it_is_gone():
    for status in (200, 304, 302, 403, 404, 410):
        assert settle(lease("requisite"), answer(status), RULES, NOW).due is None
    failing = settle(lease("requisite"), answer(503), RULES, NOW)
    assert failing.due is not None
    last = msgspec.structs.replace(RULES, tries=RULES.retries)
    old = lease("requisite", first_seen=NOW - 8 * DAY)
    assert settle(old, answer(503), last, NOW).due is None


def test_an_articles_looks_grow_apart_and_end_with_max_age():
    first_seen, now, looks = NOW, NOW, []
    while (due := settle(lease(first_seen=first_seen, digest="sha1:A"), answer(), RULES, now).due) is not None:
        looks.append(due - first_seen)
        now = due
    assert looks == [age for age in AGES if age <= RULES.max_age_seconds]


def test_a_page_that_is_another_at_each_visit_is_not_read_for_ever():
    now, digest, looks = NOW, None, 0
    while looks < 100:
        result = settle(lease(digest=digest), answer(digest=f"sha1:{looks}"), RULES, now)
        looks += 1
        if result.due is None:
            break
        now, digest = result.due, result.digest
    assert looks == 1 + len([age for age in AGES if age <= RULES.max_age_seconds])


def test_a_known_edit_starts_the_clock_again():
    old = lease(first_seen=NOW - 20 * DAY, last_changed=NOW - 10, digest="sha1:A")
    assert settle(old, answer(), RULES, NOW).due == NOW - 10 + HOUR


def test_a_seed_comes_back_at_its_interval_whatever_it_answers():
    for status in (200, 304, 301, 403):
        assert settle(lease("seed"), answer(status), RULES, NOW).due == NOW + 900
    assert settle(lease("seed"), answer(410), RULES, NOW).due is not None


def test_a_failure_is_tried_again_soon_then_rarely():
    refused = Answer(capture=None, error="refused")
    rules = [msgspec.structs.replace(RULES, tries=n) for n in range(3)]
    dues = [settle(lease(attempts=n), refused, rules[n], NOW).due - NOW for n in range(3)]
    assert dues == [2.0, 6.0, HOUR]
    # Another crawl tries as often, but when it gives up, the next look is farther away: a day at most.
    dues = [settle(lease(attempts=n), refused, rules[min(n - 7, 2)], NOW).due - NOW for n in (7, 8, 9, 1000)]
    assert dues == [2.0, 6.0, 2 * 3.0**9, DAY]


def test_an_old_page_is_given_up_only_after_its_retries():
    # A page that `morgue save` named belongs to no source and has no max_age: it is tried again all the same.
    saved = Rules(max_age_seconds=0.0, retries=2)
    dues = [
        settle(
            lease(first_seen=NOW - 1, attempts=n),
            Answer(capture=None, error="refused"),
            msgspec.structs.replace(saved, tries=n),
            NOW,
        ).due
        for n in range(3)
    ]
    assert dues == [NOW + 2, NOW + 6, None]


def test_what_our_limits_cut_is_not_tried_again():
    cut = answer(error="too large")
    cut = msgspec.structs.replace(cut, capture=msgspec.structs.replace(cut.capture, truncated="length"))
    assert settle(lease(), cut, RULES, NOW).due is None
    assert settle(lease(), cut, RULES, NOW).error == "too large"
    assert settle(lease("seed"), cut, RULES, NOW).due == NOW + 900


def test_what_a_seed_led_to_is_due_when_the_seed_says_so():
    for kind in ("sitemap", "feed"):
        entry = Entry(url="http://a/2", kind="seed", seed=kind, source="voa", every_seconds=900.0, redirects=1)
        child = Lease(entry=entry, first_seen=NOW)
        assert settle(child, answer(), RULES, NOW).due is None
        assert settle(child, Answer(capture=None, error="refused"), RULES, NOW).due == NOW + 2


def test_retry_after_is_obeyed_on_429_and_503():
    for status in (429, 503):
        result = settle(lease(), answer(status, retry_after="120"), RULES, NOW)
        assert result.due == NOW + 120
        assert result.error


def test_a_gone_page_is_confirmed_once_then_rested():
    first = settle(lease(), answer(410), RULES, NOW)
    assert first.due == NOW + DAY
    assert settle(lease(attempts=first.attempts, status=410), answer(404), RULES, NOW + DAY).due is None
    # A failure in between, or before, is no word on whether it is gone.
    assert settle(lease(attempts=2, status=500), answer(410), RULES, NOW).due == NOW + DAY


def test_a_saved_url_of_no_source_is_not_revisited():
    entry = Entry(url="http://a/1", kind="page")
    assert settle(Lease(entry=entry, first_seen=NOW), answer(), RULES, NOW).due is None


def test_pages_are_asked_for_conditionally_once_known():
    assert conditions(lease(etag='"1"')) == {}
    assert conditions(lease(etag='"1"', last_modified="Mon", digest="sha1:A")) == {
        "If-None-Match": '"1"',
        "If-Modified-Since": "Mon",
    }


def test_a_seeds_validators_are_believed_only_after_they_changed_with_its_payload():
    known = lease("seed", etag='"1"', digest="sha1:A")
    assert conditions(known) == {}
    changed = settle(known, answer(digest="sha1:B", etag='"2"'), RULES, NOW)
    assert changed.trust == 1
    assert conditions(lease("seed", etag='"2"', digest="sha1:B", trust=changed.trust)) == {"If-None-Match": '"2"'}


def test_a_seed_that_repeats_its_etag_after_changing_is_never_believed_again():
    stale = settle(lease("seed", etag='"1"', digest="sha1:A", trust=3), answer(digest="sha1:B", etag='"1"'), RULES, NOW)
    assert stale.trust == -1
    later = settle(
        lease("seed", etag='"1"', digest="sha1:B", trust=-1), answer(digest="sha1:C", etag='"2"'), RULES, NOW
    )
    assert later.trust == -1


def test_retry_after_forms():
    assert retry_after_seconds("0", NOW) == 0
    assert retry_after_seconds("999999999999", NOW) == DAY
    assert retry_after_seconds("Mon, 12 Jan 1970 13:47:40 GMT", NOW) == 60.0
    assert retry_after_seconds("Mon, 12 Jan 1970 13:46:40 GMT", NOW + 60) == 0.0
    assert retry_after_seconds("soon", NOW) is None
    assert retry_after_seconds(None, NOW) is None
    assert revisit.FIRST_RETRY > 0
