"""Versions out of captures, and what sort of change each is."""

from itertools import count, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.formats.digest import payload_digest
from archive.judge import Judgement, Unjudged
from archive.model import Capture, RecordLocation
from archive.versions import Observation, ReadingEntry, derive_versions, text_digest

KEY = "com,example)/story"
numbers = count()


def digest(text: str) -> str:
    return payload_digest(text.encode())


def reading(
    text: str | None, by: str = "E1", *, outcome: str | None = None, position: int | None = None
) -> ReadingEntry:
    extractor, _, profile = by.partition("/")
    return ReadingEntry(
        extractor=extractor,
        profile=profile or None,
        timestamp="20240501000000",
        digest=digest("payload"),
        outcome=outcome or ("not-article" if text is None else "article"),
        key=None if text is None else KEY,
        text_digest=None if text is None else digest(text),
        headline=text,
        source="voa",
        location=RecordLocation(file="text", offset=next(numbers) if position is None else position, length=1),
        text_location=None,
    )


def seen(second: int, *readings: ReadingEntry, urlkey: str = KEY, **fields) -> Observation:
    given = {
        "urlkey": urlkey,
        "timestamp": f"20240501{second:06}",
        "url": "http://" + urlkey,
        "mime": "text/html",
        "status": 200,
        "digest": digest("payload"),
        "location": RecordLocation(file="news", offset=second, length=1),
    }
    return Observation(capture=Capture(**(given | fields)), readings=readings)


def versions(*observations: Observation, keys: tuple[str, ...] = (KEY,)):
    return derive_versions(keys, observations)


def texts(*observations: Observation, keys: tuple[str, ...] = (KEY,)) -> list[str | None]:
    return [version.headline for version in versions(*observations, keys=keys)]


class TestDeriveVersions:
    def test_none_where_nothing_was_read(self):
        assert versions() == []
        assert versions(seen(1)) == []

    def test_one_text_is_one_version_from_first_to_last(self):
        (version,) = versions(*(seen(second, reading("A")) for second in (1, 2, 5)))
        assert (version.key, version.number, version.change) == (KEY, 1, "first")
        assert version.timestamp == version.first_seen == "20240501000001"
        assert version.last_seen == "20240501000005"
        assert (version.text_digest, version.headline) == (digest("A"), "A")

    def test_a_text_that_comes_back_is_a_version_of_its_own(self):
        found = versions(*(seen(second, reading(text)) for second, text in enumerate("AABBA")))
        assert [(one.number, one.headline, one.first_seen[-1], one.last_seen[-1]) for one in found] == [
            (1, "A", "0", "1"),
            (2, "B", "2", "3"),
            (3, "A", "4", "4"),
        ]
        assert [one.change for one in found] == ["first", "edited", "edited"]

    def test_a_better_extractor_is_no_edit(self):
        assert texts(seen(1, reading("A")), seen(2, reading("A, better", "E2"))) == ["A, better"]
        assert texts(seen(1, reading("A")), seen(2, reading("A, by profile", "E1/p"))) == ["A, by profile"]

    def test_a_better_reading_replaces_the_text_and_keeps_the_number(self):
        before = [seen(1, reading("A")), seen(2, reading("B"))]
        after = [
            seen(1, *before[0].readings, reading("A, better", "E2")),
            seen(2, *before[1].readings, reading("B, better", "E2")),
        ]
        assert [one.headline for one in versions(*after)] == ["A, better", "B, better"]
        assert [one.number for one in versions(*after)] == [one.number for one in versions(*before)] == [1, 2]
        assert [one.timestamp for one in versions(*after)] == [one.timestamp for one in versions(*before)]

    def test_the_newest_extractor_that_read_both_decides(self):
        a, b = (reading("A", "E1"), reading("same", "E2")), (reading("B", "E1"), reading("same", "E2"))
        assert texts(seen(1, *a), seen(2, *b)) == ["same"]
        a, b = (reading("same", "E1"), reading("A", "E2")), (reading("same", "E1"), reading("B", "E2"))
        assert texts(seen(1, *a), seen(2, *b)) == ["A", "B"]
        # Only the older one read both.
        assert texts(seen(1, reading("A", "E1")), seen(2, *b[:0], reading("B", "E1"), reading("X", "E2"))) == ["A", "X"]

    def test_the_same_text_by_other_profiles_of_one_extractor_is_no_edit(self):
        old, new = (reading("A", "E1"), reading("A and a note", "E1/p2")), (reading("A", "E1/p2"),)
        assert len(texts(seen(1, *old), seen(2, *new))) == 1
        edited = (reading("B", "E1/p2"),)
        assert len(texts(seen(1, *old), seen(2, *edited))) == 2
        # Another extractor's text says nothing.
        assert len(texts(seen(1, reading("A", "E2"), reading("X", "E1")), seen(2, reading("A", "E1")))) == 2

    def test_a_gap_in_one_extractors_readings_hides_no_edit(self):
        found = [seen(1, reading("A", "E1")), seen(2, reading("X", "E2")), seen(3, reading("B", "E1"))]
        assert len(texts(*found)) == 2

    def test_change_is_asked_of_one_extractors_texts(self):
        asked = []

        class Strict(Unjudged):
            def judge(self, old, new, last_seen):
                asked.append((old.text_digest, new.text_digest, last_seen[-1]))
                return Judgement(change="corrected")

        found = derive_versions(
            (KEY,),
            [
                seen(1, reading("A", "E1"), reading("A2", "E2")),
                seen(2, reading("B", "E1")),
                seen(3, reading("C", "E1"), reading("C2", "E2")),
            ],
            Strict(),
        )
        assert [one.change for one in found] == ["first", "corrected", "corrected"]
        assert asked == [(digest("A"), digest("B"), "1"), (digest("B"), digest("C"), "2")]

    @pytest.mark.parametrize(
        "observation",
        [
            seen(2, reading("X"), status=404),
            seen(2, reading("X"), status=None),
            seen(2, reading("X"), truncated="length"),
            seen(2, reading(None)),
            seen(2, reading(None, outcome="failed")),
            seen(2, reading("X", "E1"), reading(None, "E2")),
            seen(2),
        ],
    )
    def test_what_never_makes_a_version(self, observation):
        assert texts(observation) == []
        found = versions(seen(1, reading("A")), observation, seen(3, reading("A")))
        assert [(one.headline, one.last_seen[-1]) for one in found] == [("A", "3")]

    def test_a_later_failure_leaves_the_reading_that_was(self):
        assert texts(seen(1, reading("A", "E1"), reading(None, "E2", outcome="failed"))) == ["A"]

    def test_revisits_extend(self):
        found = versions(
            seen(1, reading("A")),
            seen(2, reading("A", outcome="unchanged"), revisit="identical"),
            seen(3, reading("A"), revisit="not-modified", status=304),
        )
        assert [one.last_seen[-1] for one in found] == ["3"]

    def test_an_article_that_moves_goes_on(self):
        old, new = "com,example)/old", "com,example)/new"
        found = versions(
            seen(1, reading("A"), urlkey=old),
            seen(2, reading("A"), urlkey=new),
            seen(3, reading("B"), urlkey=new),
            keys=(new, old),
        )
        assert [(one.key, one.headline, one.first_seen[-1], one.last_seen[-1]) for one in found] == [
            (new, "A", "1", "2"),
            (new, "B", "3", "3"),
        ]

    def test_an_edit_seen_first_at_another_address_counts_once_that_address_is_known(self):
        other = "com,example)/story?from=feed"
        found = versions(
            seen(1, reading("A")),
            seen(2, reading("A"), urlkey=other),
            seen(3, reading("B"), urlkey=other),
            seen(4, reading("B")),
        )
        assert [(one.headline, one.first_seen[-1]) for one in found] == [("A", "1"), ("B", "3")]

    def test_a_form_that_always_reads_differently_makes_no_versions(self):
        amp = "com,example)/amp/story"
        found = versions(
            seen(1, reading("A")),
            seen(2, reading("A, as AMP"), urlkey=amp),
            seen(3, reading("A")),
            seen(4, reading("B")),
            seen(5, reading("B, as AMP"), urlkey=amp),
            seen(6, reading("B")),
        )
        assert [(one.headline, one.first_seen[-1], one.last_seen[-1]) for one in found] == [
            ("A", "1", "3"),
            ("B", "4", "6"),
        ]

    def test_where_only_other_forms_were_captured_the_first_speaks(self):
        amp, mobile = "com,example)/amp/story", "com,example,m)/story"
        found = [
            seen(1, reading("A, as AMP"), urlkey=amp),
            seen(2, reading("A, mobile"), urlkey=mobile),
            seen(3, reading("B, as AMP"), urlkey=amp),
        ]
        assert texts(*found) == ["A, as AMP", "B, as AMP"]


shown = st.lists(
    st.dictionaries(st.sampled_from(["E1", "E1/p", "E2"]), st.sampled_from("ABC"), max_size=3).map(
        lambda made: [reading(text, by) for by, text in made.items()]
    ),
    max_size=12,
)


@given(shown)
def test_versions_cover_what_was_shown(made):
    observations = [seen(second, *readings) for second, readings in enumerate(made)]
    found = versions(*observations)
    articles = [one.capture.timestamp for one in observations if one.readings]
    assert [one.number for one in found] == list(range(1, len(found) + 1))
    assert bool(found) == bool(articles)
    assert all(one.first_seen <= one.last_seen for one in found)
    assert all(one.last_seen < later.first_seen for one, later in pairwise(found))
    assert [one.change for one in found] == (["first"] + ["edited"] * (len(found) - 1) if found else [])
    if found:
        assert (found[0].first_seen, found[-1].last_seen) == (articles[0], articles[-1])


@given(st.text("AB", max_size=12), st.integers(0, 12))
def test_one_extractor_gives_one_version_a_run(shown, better_from):
    runs = sum(1 for one, other in zip(" " + shown, shown, strict=False) if one != other)
    assert len(versions(*(seen(second, reading(text)) for second, text in enumerate(shown)))) == runs
    # Whatever a second extractor reads, where it has read everything from some capture on, the number stays.
    both = [
        seen(second, reading(text), *([reading(text + "!", "E2")] if second >= better_from else []))
        for second, text in enumerate(shown)
    ]
    assert len(versions(*both)) == runs


class TestTextDigest:
    def test_form(self):
        assert text_digest("Rain", "It rains.", "It rained.\nIt will.").startswith("sha1:")

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("It  rained \n\n all day", "It rained\nall day"),
            ("caf\u00e9", "cafe\u0301"),
            ("ra\u00adin\u200b", "rain"),
            ("\ufeffrain\u200e", "rain"),
            ("a\u00a0b", "a b"),
        ],
    )
    def test_what_no_reader_sees_makes_no_difference(self, one, other):
        assert text_digest(one, None, one) == text_digest(other, "", other)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("rain", "Rain"),
            ("rain.", "rain"),
            ("a\nb", "a b"),
            ("\u0645\u06cc\u200c\u0631\u0648\u062f", "\u0645\u06cc\u0631\u0648\u062f"),
        ],
    )
    def test_what_a_reader_sees_does(self, one, other):
        assert text_digest(None, None, one) != text_digest(None, None, other)

    def test_fields_are_kept_apart(self):
        assert len({text_digest("a", None, ""), text_digest(None, "a", ""), text_digest(None, None, "a")}) == 3


class TestJudgements:
    def test_the_older_reading_is_the_last_one_of_its_version(self):
        first, again, edited = reading("A"), reading("A"), reading("B")
        asked = []

        class Strict(Unjudged):
            def judge(self, old, new, last_seen):
                asked.append((old, new, last_seen))
                return Judgement(change="edited", significance=0.4, silent=True)

        found = derive_versions((KEY,), [seen(1, first), seen(2, again), seen(3, edited)], Strict())
        assert asked == [(again, edited, "20240501000002")]
        assert [(one.significance, one.silent) for one in found] == [(None, False), (0.4, True)]

    def test_an_edit_taken_back_names_the_version_that_is_back(self):
        assert [one.same_as for one in versions(*(seen(n, reading(text)) for n, text in enumerate("ABABC")))] == [
            None, None, 1, 2, None,
        ]  # fmt: skip

    def test_a_new_date_over_the_same_text_is_asked_for_once_a_version(self):
        entries = [reading("A"), reading("A"), reading("A"), reading("B")]
        asked = []

        class Dated(Unjudged):
            def is_touched(self, first, last):
                asked.append((first, last))
                return True

        shown = [seen(second, entry) for second, entry in enumerate(entries)]
        found = derive_versions((KEY,), shown, Dated())
        assert asked == [(entries[0], entries[2])]
        assert [one.touched for one in found] == [True, False]

    def test_pictures_are_looked_at_where_the_text_stayed(self):
        """Each reading against the one before it at the same address: an AMP page has pictures of its own."""
        old, new, other = reading("A"), reading("A"), reading("B")
        amp, amp_again = reading("A"), reading("A")
        asked = []

        class Watching(Unjudged):
            def is_amended(self, before, after):
                asked.append((before, after))
                return True

        shown = [
            seen(1, old),
            seen(2, amp, urlkey=KEY + "/amp"),
            seen(3, old),  # a revisit inherits its reading: there is nothing to look at
            seen(4, new),
            seen(5, amp_again, urlkey=KEY + "/amp"),
            seen(6, other),
        ]
        found = derive_versions((KEY,), shown, Watching())
        assert asked == [(old, new), (amp, amp_again)]
        assert [[(one.before[-1], one.after[-1]) for one in version.amended] for version in found] == [
            [("3", "4"), ("2", "5")],
            [],
        ]

    def test_pictures_read_by_two_extractors_are_not_compared(self):
        class Failing(Unjudged):
            def is_amended(self, before, after):
                pytest.fail("asked")

        found = derive_versions((KEY,), [seen(1, reading("A", "E1")), seen(2, reading("A", "E2"))], Failing())
        assert [one.amended for one in found] == [()]
