"""What is said of alerts, once and not again."""

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from crawler.watch.alert import Alert
from crawler.watch.notice import body_of, notice_of, standing_after

DAY = 86400.0
SOURCES = {"", "a", "b"}


def alert(kind="silence", source: str | None = "a") -> Alert:
    return Alert(kind=kind, source=source, what="it is quiet", where="sources/a.toml", remedy="look")


def told(alerts, standing, now, *, sent=True, among=SOURCES):
    notice = notice_of(alerts, standing, now=now, among=among)
    return notice, standing_after(alerts, standing, notice, now=now, sent=sent, among=among)


def test_an_alert_is_told_when_it_begins_daily_and_when_it_ends():
    notice, standing = told([alert()], [], 0.0)
    assert (len(notice.begun), len(notice.lasting), len(notice.ended)) == (1, 0, 0)
    notice, standing = told([alert()], standing, 300.0)
    assert not notice
    notice, standing = told([alert()], standing, DAY)
    assert (len(notice.begun), len(notice.lasting)) == (0, 1)
    notice, standing = told([alert()], standing, DAY + 300)
    assert not notice
    notice, standing = told([], standing, DAY + 600)
    assert [one.since for one in notice.ended] == [0.0]
    assert standing == []


def test_what_was_not_taken_is_told_again():
    notice, standing = told([alert()], [], 0.0, sent=False)
    notice, standing = told([alert()], standing, 300.0)
    assert len(notice.begun) == 1
    notice, standing = told([], standing, 600.0, sent=False)
    notice, standing = told([], standing, 900.0)
    assert len(notice.ended) == 1
    assert standing == []


def test_an_alert_that_nobody_heard_of_ends_in_silence():
    _, standing = told([alert()], [], 0.0, sent=False)
    notice, standing = told([], standing, 300.0)
    assert not notice
    assert standing == []


def test_sources_that_were_not_looked_at_keep_theirs():
    _, standing = told([alert(), alert(source="b")], [], 0.0)
    notice, standing = told([], standing, 300.0, among={"", "a"})
    assert [one.source for one in notice.ended] == ["a"]
    assert [one.source for one in standing] == ["b"]


@given(
    st.lists(
        st.tuples(st.sets(st.sampled_from(["silence", "errors", "seed"])), st.booleans(), st.integers(1, 200_000)),
        max_size=12,
    )
)
def test_whoever_hears_every_notice_knows_what_holds(steps):
    now, standing, known = 0.0, [], set()
    for held, sent, wait in steps:
        now += wait
        notice, standing = told([alert(kind) for kind in sorted(held)], standing, now, sent=sent)
        if sent:
            known |= {one.kind for one in notice.begun}
            assert {one.kind for one in notice.lasting} <= known
            known -= {one.kind for one in notice.ended}
            assert known == held


def test_the_body_has_a_text_and_fields():
    notice = notice_of([alert(), alert("stopped", None)], [], now=0.0, among=SOURCES)
    body = json.loads(body_of(notice, collection="news"))
    assert body["text"].splitlines() == [
        "morgue news:",
        "ALERT a: it is quiet: sources/a.toml (look)",
        "ALERT collection: it is quiet: sources/a.toml (look)",
    ]
    assert set(body) == {"text", "collection", "begun", "lasting", "ended"}
    assert body["begun"][0] == msgspec.to_builtins(alert())


def test_a_text_names_twenty_at_most():
    notice = notice_of([alert(source=f"s{n}") for n in range(50)], [], now=0.0, among=SOURCES)
    body = json.loads(body_of(notice, collection="news"))
    assert len(body["begun"]) == 50
    assert body["text"].splitlines()[-1] == "and 30 more"
