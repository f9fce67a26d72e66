"""Versions out of captures, and what sort of change each is."""

from itertools import count, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.formats.digest import payload_digest
from archive.judgement import classify_change
from archive.model import Article, Capture, RecordLocation
from archive.versions import Judgement, Observation, ReadingEntry, derive_versions, text_digest

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

        def judge(old, new, last_seen):
            asked.append((old.text_digest, new.text_digest, last_seen[-1]))
            return Judgement(change="corrected")

        found = derive_versions(
            (KEY,),
            [
                seen(1, reading("A", "E1"), reading("A2", "E2")),
                seen(2, reading("B", "E1")),
                seen(3, reading("C", "E1"), reading("C2", "E2")),
            ],
            judge,
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


def article(text: str = "It rained.\nIt will rain.", headline: str = "Rain", standfirst: str | None = None) -> Article:
    return Article(url="http://example.com/", headline=headline, standfirst=standfirst, text=text)


class TestClassifyChange:
    @pytest.mark.parametrize(
        "text",
        [
            "It rained.  It will rain.",
            "It rained!\nIt will rain",
            "“It rained.”\nIt will rain.",
            "IT RAINED.\nIt will rain…",
            "It rained\u2014it will rain.",
            "It ra\u00adined.\n\ufb01nally".replace("\n\ufb01nally", "\nIt will rain."),
        ],
    )  # fmt: skip
    def test_cosmetic(self, text):
        assert classify_change(article(), article(text)) == "cosmetic"

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("1.5 million came", "15 million came"),
            ("it fell by -5", "it fell by 5"),
            ("we're leaving", "were leaving"),
            ("they paid $5", "they paid €5"),
            ("5% agreed", "5 agreed"),
            ("कि", "की"),
            ("not able", "notable"),
            ("12:30", "1230"),
            ("مردم", "مردمان"),
        ],
    )
    def test_small_edits_that_matter(self, old, new):
        assert classify_change(article(old), article(new)) == "edited"

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("你好，世界。", "你好 世界"),
            ("今日は、雨です。", "今日は雨です"),
            ("می\u200cرود", "میرود"),
            ("«дождь»", "„Дождь“"),
            ("we’re", "we're"),
            ("１５", "15"),
        ],
    )
    def test_typography_of_other_scripts(self, old, new):
        assert classify_change(article(old), article(new)) == "cosmetic"

    def test_headline(self):
        assert classify_change(article(), article(headline="Floods")) == "headline"
        assert classify_change(article(), article("It rained!\nIt will rain.", headline="Floods")) == "headline"
        assert classify_change(article(), article(headline="RAIN!")) == "cosmetic"

    def test_edited(self):
        assert classify_change(article(), article("It rained.\nIt will snow.")) == "edited"
        assert classify_change(article(), article(standfirst="A wet day")) == "edited"
        assert classify_change(article(), article("It snowed.", headline="Snow")) == "edited"

    @pytest.mark.parametrize(
        "notice",
        [
            "Correction: an earlier text gave the wrong day.",
            "CORRECTION (3 May): the day was wrong.",
            "Correction, May 3, 2024: the day was wrong.",
            "[Clarification] The day was Tuesday.",
            "This article was amended on 3 May 2024. An earlier version said Monday.",
            "Editor's note: an earlier version of this story misstated the day.",
            "اصلاحیه: در نسخه پیشین روز اشتباه بود.",
            "تصحيح: كان اليوم خطأ.",
            "Исправление: день был указан неверно.",
            "Поправка. День был указан неверно.",
            "更正：日期有误。",
            "勘误：日期有误。",
            "【訂正】日付が誤っていました。",
            "정정: 날짜가 틀렸습니다.",
            "[정정보도] 날짜가 틀렸습니다.",
            "Fe de errores: el día era martes.",
            "Rectificatif : le jour était mardi.",
            "Korrektur: Es war Dienstag.",
            "Düzeltme: Gün salıydı.",
            "Đính chính: ngày thứ ba.",
        ],
    )
    def test_corrected(self, notice):
        with_notice = article("It rained.\nIt will rain.\n" + notice)
        assert classify_change(article(), with_notice) == "corrected"
        assert classify_change(article(), article(notice + "\nIt snowed.", headline="Snow")) == "corrected"
        # A notice that was there before, or goes away, corrects nothing anew.
        assert classify_change(with_notice, article("It snowed.\n" + notice + "!")) == "edited"
        assert classify_change(with_notice, article()) == "edited"

    @pytest.mark.parametrize(
        "paragraph",
        [
            "Corrections officers said the prison was full.",
            "The correction of prices goes on.",
            "Correctional staff: three hurt.",
            "He said: correction: it was Tuesday.",
            "تصحیح اشتباهات دشوار است",
            "更正了错误的数据",
        ],
    )
    def test_paragraphs_that_only_speak_of_corrections(self, paragraph):
        assert classify_change(article(), article("It rained.\nIt will rain.\n" + paragraph)) == "edited"
