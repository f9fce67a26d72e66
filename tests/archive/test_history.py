"""One article's history: what is judged, which versions are listed, and which two a diff means."""

from collections.abc import Sequence

import pytest

from archive.errors import NoCapture, QueryInvalid
from archive.history import History
from archive.judge import Judgement, Unjudged
from archive.model import Article, Capture, RecordLocation
from archive.versions import Observation, ReadingEntry

KEY = "org,example)/story"


class Weighing(Unjudged):
    """An edit weighs what two texts, which are numbers, lie apart; it is counted how often that is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def judge(self, old: ReadingEntry, new: ReadingEntry, last_seen: str) -> Judgement:
        self.asked.append((old.headline or "", new.headline or ""))
        return Judgement(change="edited", significance=abs(float(new.headline or 0) - float(old.headline or 0)))


def history(texts: Sequence[object], judge: Weighing | None = None, by: Sequence[str] = ()) -> History:
    """A capture a minute; `by` names the extractor of each."""
    shown = []
    for minute, text in enumerate(map(str, texts)):
        capture = Capture(
            urlkey=KEY,
            timestamp=f"20240501{minute // 60:02}{minute % 60:02}00",
            url="https://example.org/story",
            mime="text/html",
            status=200,
            digest="sha1:" + text,
            location=RecordLocation(file="news", offset=minute, length=1),
        )
        reading = ReadingEntry(
            extractor=by[minute] if by else "E1",
            profile=None,
            timestamp=capture.timestamp,
            digest=capture.digest or "",
            outcome="article",
            key=KEY,
            text_digest="sha1:" + text,
            headline=text,
            source=None,
            location=RecordLocation(file="text", offset=minute, length=1),
            text_location=None,
        )
        shown.append(Observation(capture=capture, readings=(reading,)))
    return History(
        "https://example.org/story",
        (KEY,),
        shown,
        lambda: judge or Weighing(),
        lambda entry: Article(url="u", headline=entry.headline),
    )


def listed(texts: Sequence[object], least: float, by: Sequence[str] = ()) -> list[tuple[int, int, float | None]]:
    found = history(texts, by=by).listed(least)
    return [(one.number, one.folded, one.significance and round(one.significance, 3)) for one in found]


def test_small_versions_are_folded_into_the_ones_before() -> None:
    found = history([0, 0.01, 0.4, 0.42]).listed(0.1)
    assert [(one.number, one.folded, one.first_seen[-4:], one.last_seen[-4:]) for one in found] == [
        (1, 1, "0000", "0100"),
        (3, 1, "0200", "0300"),
    ]
    assert [one.number for one in history([0, 0.5]).listed(1.0)] == [1]


def test_small_edits_add_up() -> None:
    """Ten edits of one per cent each are one of ten: a text that is turned round word by word is found out."""
    assert listed([n / 100 for n in range(11)], 0.05) == [(1, 4, None), (6, 4, 0.05), (11, 0, 0.05)]


def test_edits_that_take_each_other_back_do_not_add_up() -> None:
    assert listed([0, 0.04, 0, 0.04, 0, 0.04], 0.05) == [(1, 5, None)]


def test_the_score_is_of_what_changed_since_the_version_listed_before() -> None:
    assert listed([0, 0.04, 0.2], 0.05) == [(1, 1, None), (3, 0, 0.2)]


def test_a_text_that_is_back_has_changed_nothing_since_it_was_listed() -> None:
    assert listed([0, 0.04, 0, 0.2], 0.05) == [(1, 2, None), (4, 0, 0.2)]


def test_where_no_extractor_read_both_the_edit_itself_counts() -> None:
    """E2 read neither the version that is listed nor its text; what it says of its own two it says."""
    by = ["E1", "E1", "E2", "E2"]
    assert listed([0, 0.01, 0.01, 0.03], 0.05, by) == [(1, 2, None)]
    assert listed([0, 0.01, 0.01, 0.08], 0.05, by) == [(1, 1, None), (3, 0, 0.07)]


def test_amendments_of_a_folded_version_are_not_lost() -> None:
    class Watching(Weighing):
        def is_amended(self, before: ReadingEntry, after: ReadingEntry) -> bool:
            return before.digest != after.digest or before.location != after.location

    (first, *rest) = history([0, 0.01, 0.01, 0.01], Watching()).listed(0.05)
    assert rest == []
    assert [(one.before[-4:], one.after[-4:]) for one in first.amended] == [("0100", "0200"), ("0200", "0300")]


def test_all_are_listed_where_nothing_is_too_little() -> None:
    found = history([1, 2, 3])
    assert found.listed(0.0) == found.versions()


def test_only_what_is_asked_for_is_judged() -> None:
    judge = Weighing()
    found = history(range(1000), judge)
    assert len(found) == len(found.unjudged()) == 1000
    assert found.nearest("20240501").number == 1
    assert [side.version.number for side in found.choose()] == [999, 1000]
    assert judge.asked == []
    assert [one.number for one in found.versions(-2)] == [999, 1000]
    assert found.standing("20240501000100").number == 2
    assert judge.asked == [("997", "998"), ("998", "999"), ("0", "1")]


def test_versions_beyond_the_thousandth_have_numbers_too() -> None:
    """A live blog has so many, and the pages link its changes by number."""
    found = history(range(1200))
    assert [side.version.number for side in found.choose("999", "1000")] == [999, 1000]
    assert [side.version.number for side in found.choose("1200", "2030")] == [1200, 1200]  # a year that is no number


def test_two_times_within_a_version_are_two_captures_of_it() -> None:
    found = history([1, 1, 1, 2])
    old, new = found.choose("20240501000000", "20240501000100")
    assert (old.version.number, new.version.number) == (1, 1)
    assert (old.timestamp, new.timestamp) == ("20240501000000", "20240501000100")
    assert (old.reading.location.offset, new.reading.location.offset) == (0, 1)
    assert [side.reading.location.offset for side in found.choose("1", "1")] == [2, 2]


def test_a_diff_needs_two_versions() -> None:
    with pytest.raises(NoCapture, match="has one version only"):
        history([1]).choose()
    with pytest.raises(NoCapture, match=r"none of its 2 versions changed 0\.9 of the meaning or more"):
        history([0, 0.1]).choose(least=0.9)
    with pytest.raises(QueryInvalid, match="there are versions 1 to 2"):
        history([1, 2]).choose("3")
