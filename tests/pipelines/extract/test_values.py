"""Names, dates, languages, datelines and credits out of the strings pages hold."""

from datetime import UTC, datetime

import pytest

from archive.formats.charset import codec_for
from pipelines.extract.dateline import split_dateline
from pipelines.extract.dates import parse_date
from pipelines.extract.language import choose_language, detect_language, normalize_tag
from pipelines.extract.names import clean_names
from pipelines.extract.pictures import split_credit


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("By Jane Doe", ["Jane Doe"]),
        ("Von Jörg Müller und Änne Öz", ["Jörg Müller", "Änne Öz"]),
        ("Jane Doe; John Roe", ["Jane Doe", "John Roe"]),
        ("Jane Doe, John Roe, Mary Poe", ["Jane Doe", "John Roe", "Mary Poe"]),
        ("Jane Doe, Reporter", ["Jane Doe"]),
        ("Jane Doe (Reuters)", ["Jane Doe"]),
        ("jane@example.org Jane Doe", ["Jane Doe"]),
        ("Автор: Анна Иванова", ["Анна Иванова"]),
        ("김철수・이영희", ["김철수", "이영희"]),
        ("김철수 기자 kim@example.org", ["김철수"]),
        ("記者王小明／台北報導", ["王小明"]),
        ("【王小明】", ["王小明"]),
        ("بقلم: مريم علي", ["مريم علي"]),
        ("Jane K. Doe", ["Jane K. Doe"]),
        ("Prof. Dr. Jane Doe", ["Prof. Dr. Jane Doe"]),
        ("Jane Doe in London", ["Jane Doe"]),
        ("De Courier", ["De Courier"]),
        ("Von der Au", ["Von der Au"]),
        ("Di Anna Rossi", ["Anna Rossi"]),
        ("De: Anna", ["Anna"]),
        ("Jane Doe - Chief Reporter", ["Jane Doe"]),
        ("Jane Doe/John Roe", ["Jane Doe", "John Roe"]),
        ("Jane Doe/Reuters", ["Jane Doe"]),
        ("By JANE DOE Associated Press", ["JANE DOE"]),
        ("By JANE DOE AP Business Writer", ["JANE DOE"]),
        ("JANE DOE", ["JANE DOE"]),
        ("By Jane Doe, Staff Writer", ["Jane Doe"]),
        ("Staff Reporter", ["Staff Reporter"]),
        ("oprac. Iga Malec", ["Iga Malec"]),
        ("di Marta Ferri, inviata a Capo Sereno", ["Marta Ferri"]),
        ("Jane Doe, van der Berg", ["Jane Doe", "van der Berg"]),
        ("ana reyes, john roe", ["ana reyes", "john roe"]),
        ("Ein Interview von Jörg Müller", ["Jörg Müller"]),
        ("Article rédigé par Anne Roux", ["Anne Roux"]),
        ("Haber: Selin Kaya", ["Selin Kaya"]),
        ("本报记者 王小明", ["王小明"]),
        ("AFP/dpa", ["AFP/dpa"]),
        ("Jane wrote this. It is good", []),
        ("By", []),
        ("مریم رضایی و علی احمدی", ["مریم رضایی", "علی احمدی"]),
        ("https://www.facebook.com/janedoe", []),
        ("11 March 2025", []),
        ("", []),
        ("x" * 500, []),
    ],
)
def test_names(value: str, names: list[str]) -> None:
    assert list(clean_names([value])) == names


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2025-03-11T09:05:06Z", (2025, 3, 11, 9, 5, 6)),
        ("2025-03-11T09:05:06.789+02:00", (2025, 3, 11, 7, 5, 6)),
        ("2025-03-11 09:05:06 -0500", (2025, 3, 11, 14, 5, 6)),
        ("2025-03-11T09:05+0330", (2025, 3, 11, 5, 35)),
        ("2025-03-11T09:05:06", (2025, 3, 11, 9, 5, 6)),
        ("2025-03-11T24:00:00Z", (2025, 3, 12)),
        ("2025-03-11", (2025, 3, 11)),
        ("2025/3/1", (2025, 3, 1)),
        ("20250311", (2025, 3, 11)),
        ("20250311T0905Z", (2025, 3, 11, 9, 5)),
        ("Tue, 11 Mar 2025 09:05:06 +0100", (2025, 3, 11, 8, 5, 6)),
        ("1741683906", (2025, 3, 11, 9, 5, 6)),
        ("1741683906000", (2025, 3, 11, 9, 5, 6)),
        ("2025-03-11T09:05:06+02:00[Europe/Helsinki]", (2025, 3, 11, 7, 5, 6)),
        ("March 11, 2025", (2025, 3, 11)),
        ("Published 11 Mar 2025", (2025, 3, 11)),
        ("11.03.2025", (2025, 3, 11)),
        ("11 de marzo de 2025", (2025, 3, 11)),
        ("11 марта 2025", (2025, 3, 11)),
        ("25/3/2025", (2025, 3, 25)),
    ],
)
def test_dates(value: str, moment: tuple[int, ...]) -> None:
    assert parse_date(value) == datetime(*moment, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "yesterday",
        "2025-13-11",
        "2025-02-31",
        "1889-01-01",
        "2025-03-11T09:05:06+99:00",
        "9" * 70,
        "0000-00-00",
        "3/4/2025",
        "03-09-2025",
        "Monday 11 2025",
        "99.99.2025",
    ],
)
def test_what_is_no_date(value: str | None) -> None:
    assert parse_date(value) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("پل بزرگ دوباره گشوده شد و چراغ‌ها روشن شدند", "fa"),
        ("أعيد فتح الجسر الكبير أمام حركة السير", "ar"),
        ("پل دوبارہ کھول دیا گیا ہے اور لوگ خوش ہیں", "ur"),
        ("Мост снова открыт для движения, ждали все", "ru"),
        ("Міст знову відкрито для руху, його чекали", "uk"),
        ("大桥重新开放，人们站在岸边", "zh"),
        ("橋がまた開通しました。人々は岸に立っていた", "ja"),
        ("다리가 다시 열렸다", "ko"),
        ("Η γέφυρα άνοιξε ξανά", "el"),
        ("The bridge is open", None),
        ("1234", None),
    ],
)
def test_scripts_tell_languages(text: str, language: str | None) -> None:
    assert detect_language(text) == language


def test_a_declared_language_holds_unless_the_script_forbids_it() -> None:
    russian = "Мост снова открыт для движения, ждали все его долго"
    assert choose_language(["en_US", None], "The bridge is open again to all who want to cross it") == "en-US"
    assert choose_language(["en", "ru"], russian) == "ru"
    assert choose_language(["en"], russian) == "ru"
    assert choose_language(["sr"], russian) == "sr"
    assert choose_language([None, "", "not a tag"], "") is None
    assert normalize_tag("zh_hant_tw.UTF-8") == "zh-Hant-TW"


@pytest.mark.parametrize(
    ("line", "dateline", "rest"),
    [
        ("WASHINGTON — The bridge is open.", "WASHINGTON", "The bridge is open."),
        ("KYIV, Ukraine – The bridge is open.", "KYIV, Ukraine", "The bridge is open."),
        ("LONDON (Reuters) - The bridge is open.", "LONDON (Reuters)", "The bridge is open."),
        ("BERLIN -- Die Brücke ist offen.", "BERLIN", "Die Brücke ist offen."),
        ("МОСКВА — Мост открыт.", "МОСКВА", "Мост открыт."),
        ("The bridge — closed since May — is open.", None, "The bridge — closed since May — is open."),
        ("EU-Kommission plant - wie berichtet - mehr.", None, "EU-Kommission plant - wie berichtet - mehr."),
        ("A - B", None, "A - B"),
        ("", None, ""),
    ],
)
def test_datelines_part_from_the_text(line: str, dateline: str | None, rest: str) -> None:
    assert split_dateline(line) == (dateline, rest)


def test_a_declared_dateline_is_cut_off_whatever_its_form() -> None:
    assert split_dateline("آرنوا — پل باز شد.", "آرنوا") == ("آرنوا", "پل باز شد.")


@pytest.mark.parametrize(
    ("caption", "text", "credit"),
    [
        ("A bridge. (Photo: Ana Reyes)", "A bridge.", "Ana Reyes"),
        ("A bridge. Photo by: Ana Reyes", "A bridge.", "Ana Reyes"),
        ("Eine Brücke. © dpa", "Eine Brücke.", "dpa"),
        ("Мост. Фото: Анна Иванова", "Мост.", "Анна Иванова"),
        ("橋。写真=共同", "橋。", "共同"),
        ("A bridge. (Ana Reyes/AP)", "A bridge.", "Ana Reyes/AP"),
        ("A bridge in 2018.", "A bridge in 2018.", None),
        ("The bigger picture: nothing changes here", "The bigger picture: nothing changes here", None),
        ("", "", None),
    ],
)
def test_credits_part_from_captions(caption: str, text: str, credit: str | None) -> None:
    assert split_credit(caption) == (text, credit)


def test_labels_of_the_web() -> None:
    assert codec_for("x-sjis") == "cp932"
    assert codec_for("Latin1") == "cp1252"
    assert codec_for("utf-7") is None
    assert all("x".encode(codec) for codec in ("cp949", "big5hkscs", "mac_cyrillic", "iso8859_16"))
