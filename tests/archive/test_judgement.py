"""What sort of edit it was, and whether the page said so."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from archive.judgement import classify_change, is_amended, is_touched, judge_change
from archive.model import Article, Image


def article(
    text: str = "It rained.\nIt will rain.", headline: str = "Rain", standfirst: str | None = None, **fields: object
) -> Article:
    return Article(url="http://example.com/", headline=headline, standfirst=standfirst, text=text, **fields)  # type: ignore[arg-type]


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

    def test_an_old_notice_in_a_rewritten_text_is_not_news(self):
        notice = "Correction: the day was wrong."
        old = article("\n".join([notice, *(f"Old line number {n} of it." for n in range(40))]))
        new = article("\n".join([*(f"New text, other words {n}" for n in range(40)), notice]))
        assert classify_change(old, new) == "edited"

    def test_a_time_stamp_is_typography(self):
        old = article("It rained.\nUpdated 3 May 2024, 10:45")
        assert classify_change(old, article("It rained.\nUpdated 3 May 2024, 11:20")) == "cosmetic"
        assert classify_change(article("It rained."), old) == "cosmetic"


MORNING = datetime(2024, 5, 3, 8, 0, tzinfo=UTC)
LAST_SEEN = "20240503090000"
OLD = "Two people died when the dam broke.\nThe river rose all night."
NEW = OLD.replace("Two", "Nine")


def is_silent(old: dict[str, object], new: dict[str, object], text: str = NEW) -> bool:
    return judge_change(article(OLD, **old), article(text, **new), LAST_SEEN).silent


class TestSilent:
    def test_an_edit_without_a_word_is_silent(self):
        assert is_silent({}, {})
        assert is_silent({"date_modified": MORNING}, {"date_modified": MORNING})
        assert is_silent({"headline": "Dam breaks"}, {"headline": "Dam never breaks"}, OLD)

    def test_a_new_date_speaks(self):
        later = MORNING + timedelta(hours=2)
        assert not is_silent({"date_modified": MORNING}, {"date_modified": later})
        assert not is_silent({}, {"date_modified": later})
        assert not is_silent({"date_published": MORNING}, {"date_published": later})
        # Whoever turns the clock back hides the edit.
        assert is_silent({"date_modified": later}, {"date_modified": MORNING})
        # The date of the first edition, stated once more, says nothing.
        assert is_silent({}, {"date_published": MORNING, "date_modified": MORNING})

    def test_the_same_hour_of_another_zone_is_no_new_date(self):
        berlin = timezone(timedelta(hours=2))
        assert is_silent({"date_modified": MORNING}, {"date_modified": MORNING.astimezone(berlin)})
        assert is_silent({"date_modified": MORNING.replace(tzinfo=berlin)}, {"date_modified": MORNING})

    def test_a_date_without_a_clock_covers_its_day(self):
        day = datetime(2024, 5, 3, tzinfo=UTC)
        assert not is_silent({"date_modified": day}, {"date_modified": day})
        before = day - timedelta(days=1)
        assert is_silent({"date_modified": before}, {"date_modified": before})

    @pytest.mark.parametrize(
        "notice",
        [
            "Correction: an earlier version of this story gave another number.",
            "This story has been updated with a new number of dead.",
            "Updated 3 May 2024, 10:45",
            "Dieser Artikel wurde aktualisiert.",
            "更新：死亡人数已变。",
        ],
    )
    def test_a_notice_speaks(self, notice):
        assert not is_silent({}, {}, f"{NEW}\n{notice}")

    @pytest.mark.parametrize(
        "headline",
        [
            "CORRECTED-Dam breaks",
            "UPDATE 2-Dam breaks",
            "[Updated] Dam breaks",
            "Korrigiert: Damm gebrochen",
            "【更正】水坝决堤",
        ],
    )
    def test_a_mark_in_the_headline_speaks(self, headline):
        assert not is_silent({"headline": "Dam breaks"}, {"headline": headline})

    def test_an_ordinary_headline_does_not(self):
        assert is_silent({"headline": "Dam breaks"}, {"headline": "Updated rules for dams"})
        assert is_silent({"headline": "Dam breaks"}, {"headline": "Correction facility floods"})

    def test_a_standfirst_may_speak(self):
        assert not is_silent({}, {"standfirst": "(Adds number of dead)"})
        assert is_silent({}, {"standfirst": "The water came at night."})

    def test_what_does_not_matter_is_not_silent(self):
        assert not is_silent({}, {}, OLD.replace("people", "poeple"))
        assert not is_silent({}, {}, OLD.replace(".", "!"))

    def test_touched(self):
        later = MORNING + timedelta(hours=2)
        assert is_touched(article(date_modified=MORNING), article(date_modified=later))
        assert not is_touched(article(date_modified=MORNING), article(date_modified=MORNING))
        assert not is_touched(article(), article(date_modified=later))


class TestIsAmended:
    PICTURE = Image(url="https://example.com/a/320/bridge.jpg", caption="The bridge.", credit="A. Quill")

    def around(self, **fields: object) -> Article:
        return article(
            **{"authors": ("Ada Quill", "Tom Keel"), "dateline": "PORT ELDER", "images": (self.PICTURE,)} | fields
        )

    @pytest.mark.parametrize(
        "fields",
        [
            {"authors": ("Ada Quill",)},
            {"authors": ("Ada Quill", "Tom Keeler")},
            {"dateline": None},
            {"dateline": "PORT MARRICK"},
            {"images": ()},
            {"images": (msgspec.structs.replace(PICTURE, url="https://example.com/ferry.jpg"),)},
            {"images": (msgspec.structs.replace(PICTURE, caption="The ferry."),)},
            {"images": (msgspec.structs.replace(PICTURE, credit="T. Keel"),)},
            {"images": (PICTURE, Image(caption="A ferry."))},
        ],
    )
    def test_what_a_reader_sees_around_the_text(self, fields):
        assert is_amended(self.around(), self.around(**fields))

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"authors": ("Tom Keel", "ADA QUILL")},
            {"dateline": "Port Elder"},
            {"images": (msgspec.structs.replace(PICTURE, url="https://cdn.example.com/b/640/bridge.jpg?signed=1"),)},
            {"section": "Harbour", "keywords": ("bridge",), "date_modified": datetime(2024, 5, 1, tzinfo=UTC)},
        ],
    )
    def test_what_no_reader_would_call_a_change(self, fields):
        assert not is_amended(self.around(), self.around(**fields))
