"""What a run leaves in the journal."""

import pytest

from crawler.errors import JournalUnreadable
from crawler.frontier.entry import Entry, Result
from crawler.watch.journal import Journal, StandingAlert
from crawler.watch.tally import HourCount, SeedState, Tally, failure_kind

YEAR = 366 * 86400.0
NOW = 1_700_000_000.0
HOUR = int(NOW // 3600)
STATE = SeedState(url="http://a/feed", source="a", at=NOW, problem="is an HTML page", candidates=0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


def test_counts_of_an_hour_add_up(path):
    with Journal.open(path) as journal:
        for _ in range(2):
            journal.add({("a", HOUR): HourCount(fetched=2, failed=1, refused=1, polls=1)}, [STATE], now=NOW)
    with Journal.open_to_read(path) as journal:
        assert journal.hours(since=NOW) == {"a": {HOUR: HourCount(fetched=4, failed=2, refused=2, polls=2)}}
        assert journal.seeds() == [STATE]
        assert journal.hours(since=NOW + 3600) == {}


def test_what_is_older_than_a_year_goes(path):
    with Journal.open(path) as journal:
        journal.note_run(NOW, now=NOW, endless=True, owner="here:1")
        journal.add({("a", HOUR): HourCount(fetched=1)}, [STATE], now=NOW)
        journal.add({}, [], now=NOW + YEAR + 3600)
        assert (journal.hours(since=0), journal.seeds(), journal.runs()) == ({}, [], [])


def test_a_run_is_under_way_until_it_says_that_it_ended(path):
    with Journal.open(path) as journal:
        journal.note_run(NOW, now=NOW + 60, endless=True, owner="here:1")
        assert [(run.seen, run.ended) for run in journal.runs()] == [(NOW + 60, None)]
        journal.note_run(NOW, now=NOW + 90, endless=True, owner="here:1", ended=True)
        assert [(run.seen, run.ended) for run in journal.runs()] == [(NOW + 90, NOW + 90)]


def test_alerts_stand_until_they_are_replaced(path):
    alert = StandingAlert(kind="seed", source="a", since=NOW, sent=None, line="a: …")
    with Journal.open(path) as journal:
        journal.set_alerts([alert])
    with Journal.open(path) as journal:
        assert journal.alerts() == [alert]


def test_a_journal_that_is_not_there_is_empty(path):
    with Journal.open_to_read(path) as journal:
        assert (journal.runs(), journal.hours(since=0), journal.alerts()) == ([], {}, [])
    assert not path.exists()


def test_a_damaged_journal_is_said_in_one_line(path):
    path.write_bytes(b"no database" * 100)
    for opening in (Journal.open, Journal.open_to_read):
        with pytest.raises(JournalUnreadable, match=r"^[^\n]*journal.sqlite: [^\n]*move the file away$"):
            opening(path)


# Tally


def settled(**result) -> Result:
    return Result(url="http://a/1", due=None, **result)


def test_a_tally_counts_by_source_and_hour():
    tally = Tally()
    page, poll = (Entry(url="http://a/1", kind=kind, source="a") for kind in ("page", "seed"))
    picture = Entry(url="http://a/1.png", kind="requisite", source="a")
    tally.settled(page, settled(status=200), NOW)
    tally.settled(poll, settled(status=304), NOW)
    tally.settled(page, settled(status=404), NOW)
    tally.settled(page, settled(error="Connection refused"), NOW)
    tally.settled(picture, settled(status=404), NOW)
    tally.refused(page, NOW)
    tally.seed_read(poll, problem=None, candidates=3, now=NOW)
    hours, seeds = tally.take_notes()
    assert hours == {("a", HOUR): HourCount(fetched=2, failed=2, refused=1, polls=1)}
    assert [(state.url, state.candidates) for state in seeds] == [("http://a/1", 3)]
    assert tally.take_notes() == ({}, [])
    assert tally.failures == {("a", "status_4xx"): 2, ("a", "connection"): 1}


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        ({"status": 429, "error": "status 429"}, "throttled"),
        ({"status": 503, "error": "status 503"}, "status_5xx"),
        ({"error": "nothing may be fetched without http://a/robots.txt: timeout"}, "robots"),
        ({"error": "User timeout caused connection failure: took longer than 60.0 seconds"}, "timeout"),
        ({"error": "the server closed the connection before its answer was complete"}, "connection"),
        ({"error": "its answer exceeds max_response_size or max_header_size, and was cut", "status": None}, "size"),
        ({"error": "its answer is not HTTP"}, "protocol"),
        ({"error": "something else"}, "other"),
    ],
)
def test_failures_have_few_kinds(result, kind):
    assert failure_kind(settled(**result)) == kind
