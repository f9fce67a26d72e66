"""The language of a page: declared, or told by its script, its most telling letters, its words.

A declaration is believed unless the text is plainly in another language. Within Arabic and Cyrillic script languages are told
by letters of their own, within Latin script by resiliparse's profiles: 0.03 ms a text, and no model to load.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

_TAG = re.compile(r"^[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}$", re.IGNORECASE)

# Which script a language is written in; those not listed may be in any.
_SCRIPTS: dict[str, frozenset[str]] = {
    **dict.fromkeys(("fa", "ar", "ur", "ps", "ckb", "prs", "sd", "ug"), frozenset({"ARABIC"})),
    **dict.fromkeys(("ru", "uk", "be", "bg", "mk", "ky", "tg"), frozenset({"CYRILLIC"})),
    **dict.fromkeys(("en", "fr", "de", "es", "it", "pt", "nl", "pl", "sv", "da", "no", "nb", "nn", "fi", "cs", "tr", "vi", "id", "ms",
                     "sw", "ro", "hu", "et", "lv", "lt", "sk", "sl", "hr", "sq", "is", "ga", "cy", "ca", "eu", "zu", "ht"), frozenset({"LATIN"})),
    "zh": frozenset({"CJK"}), "yue": frozenset({"CJK"}), "ja": frozenset({"CJK", "HIRAGANA", "KATAKANA"}), "ko": frozenset({"HANGUL"}),
    "el": frozenset({"GREEK"}), "he": frozenset({"HEBREW"}), "yi": frozenset({"HEBREW"}), "hy": frozenset({"ARMENIAN"}),
    "ka": frozenset({"GEORGIAN"}), "th": frozenset({"THAI"}), "lo": frozenset({"LAO"}), "km": frozenset({"KHMER"}),
    "my": frozenset({"MYANMAR"}), "am": frozenset({"ETHIOPIC"}), "ti": frozenset({"ETHIOPIC"}), "hi": frozenset({"DEVANAGARI"}),
    "ne": frozenset({"DEVANAGARI"}), "mr": frozenset({"DEVANAGARI"}), "bn": frozenset({"BENGALI"}), "ta": frozenset({"TAMIL"}),
    "te": frozenset({"TELUGU"}), "ml": frozenset({"MALAYALAM"}), "gu": frozenset({"GUJARATI"}), "pa": frozenset({"GURMUKHI"}),
    "si": frozenset({"SINHALA"}), "bo": frozenset({"TIBETAN"}),
}  # fmt: skip

_ONLY = {
    "CJK": "zh", "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "GREEK": "el", "HEBREW": "he", "ARMENIAN": "hy",
    "GEORGIAN": "ka", "THAI": "th", "LAO": "lo", "KHMER": "km", "MYANMAR": "my", "ETHIOPIC": "am", "DEVANAGARI": "hi",
    "BENGALI": "bn", "TAMIL": "ta", "TELUGU": "te", "MALAYALAM": "ml", "GUJARATI": "gu", "GURMUKHI": "pa",
    "SINHALA": "si", "TIBETAN": "bo",
}  # fmt: skip

# Letters that only one of the languages of a script uses, in the order to try them.
_ARABIC = (("ur", "ٹڈڑےں"), ("ps", "ټډړښځڅې"), ("ckb", "ێۆڕڵە"), ("fa", "پچژگکی"))
_CYRILLIC: tuple[tuple[str, str], ...] = (
    ("kk", "әғқұһ"),
    ("tg", "ҷӣӯ"),
    ("ky", "ңөү"),
    ("mk", "ѓќѕ"),
    ("sr", "ђћџ"),
    ("be", "ў"),
    ("uk", "їєґі"),
)


_OWN = dict((*_ARABIC, *_CYRILLIC))
_TOLD_BY_LETTERS = _OWN.keys() | {"ar", "ru", "bg"}

# Tags of which one may stand for another: no text tells them apart for certain.
_KIN = {
    "nb": "no",
    "nn": "no",
    "prs": "fa",
    "sr": "hr",
    "bs": "hr",
    "sh": "hr",
    "cnr": "hr",
    "ms": "id",
    "fil": "tl",
    "yue": "zh",
}

# What resiliparse knows of the languages that newspapers write in Latin script. Luxembourgish, Latin and others that it
# takes German or English for are left out.
_LATIN = ("en", "fr", "de", "es", "it", "pt", "nl", "pl", "sv", "da", "no", "fi", "cs", "tr", "vi", "id", "ro", "hu", "et", "lv", "lt", "sk", "sl",
          "hr", "sq", "is", "ga", "cy", "ca", "eu", "gl", "af", "sw", "tl", "ha", "so", "az", "uz", "mt", "ku")  # fmt: skip

# Runs of letters, of the scripts that most texts with few Latin letters are in.
_LETTERS = {
    script: re.compile(f"[{places}]+")
    for script, places in (
        ("ARABIC", "\u0620-\u064a\u0671-\u06d3"), ("CYRILLIC", "\u0400-\u0481\u048a-\u052f"), ("CJK", "\u4e00-\u9fff"),
        ("HANGUL", "\uac00-\ud7a3"), ("HIRAGANA", "\u3041-\u3096"), ("KATAKANA", "\u30a1-\u30fa"), ("THAI", "\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46"),
    )
}  # fmt: skip
_ASCII = bytes(range(128))
_NO_ASCII_LETTERS = bytes(code for code in range(256) if not (code < 128 and chr(code).isalpha()))
_SAMPLE_CHARS = 2000
_LONG_CHARS = 1000
_LONG_IDEOGRAPHS = 300
_MAX_DISTANCE = 390
"""Of a long text from the language it is taken for; Zulu and Xhosa, which are not known, are 394 and more from all others."""
_MAX_SHORT_DISTANCE = 450
_NEAR = 350
_FAR = 60
"""A declaration is contradicted where the language declared is so much farther from the text than one that is near."""
_TELLING_SHARE = 50
_NO_CUTOFF = 100_000
_FEW = 10
_FIRST = 20
_BEGINNING = 50
_FEW_LETTERS = 20
"""With fewer no script is told."""


def choose_language(declared: Iterable[str | None], text: str) -> str | None:
    """The first declared tag (BCP 47) that the text does not contradict, by its script or, where it is long, plainly by
    its words; else what the text tells; else `None`.
    """
    script, letters = main_script(text)
    for tag in filter(None, map(normalize_tag, declared)):
        language = tag.split("-")[0]
        allowed = _SCRIPTS.get(language)
        if script is None or letters < _FEW_LETTERS:
            return tag
        if (allowed is None or script in allowed) and not _is_contradicted(language, text, script, letters):
            return tag
    return detect_language(text)


def main_script(text: str) -> tuple[str | None, int]:
    """The script of most letters of a text's beginning, and how many they are; of Latin ones perhaps those of ASCII only."""
    sample = text[:_SAMPLE_CHARS]
    # A text that begins in another script is not worth the try.
    if _ascii_letters(_utf8(text[:_BEGINNING])) >= _FEW_LETTERS:
        plain = _ascii_letters(_utf8(sample))
        # More than half of all characters is more than any other script can have, which need not be counted then.
        if 2 * plain > len(sample):
            return "LATIN", plain
    counts = _count_scripts(sample)
    return counts.most_common(1)[0] if counts else (None, 0)


def _is_contradicted(language: str, text: str, script: str, letters: int) -> bool:
    """Whether a long text is plainly in another language of the same script."""
    own = _KIN.get(language, language)
    if len(text) < (_LONG_IDEOGRAPHS if script == "CJK" else _LONG_CHARS):
        return False
    if script == "LATIN":
        # Asked for all languages it knows it takes half the time, since it picks none out first. If the declared one is the
        # nearest of all, or the nearest is far away, then so it is among those that count.
        near, distance = _nearest(text, None)
        if near == own or distance > _NEAR or own not in _LATIN:
            return False
        near, distance = _nearest(text)
        return distance <= _NEAR and near != own and _nearest(text, (own,))[1] >= distance + _FAR
    if script in {"ARABIC", "CYRILLIC"} and own in _TOLD_BY_LETTERS:
        told = _by_letters(text, script, letters // _TELLING_SHARE)
        return told != own if told else own in _OWN and not any(letter in text for letter in _OWN[own])
    return script == "CJK" and own in {"zh", "ja"} and own != detect_language(text)


def _nearest(text: str, languages: tuple[str, ...] | None = _LATIN) -> tuple[str, int]:
    """The language nearest to a text's beginning, and its distance, by resiliparse's profiles (0: the profile itself).

    `None`: of all that have a profile.
    """
    from resiliparse.parse.lang import detect_fast

    return detect_fast(text[:_SAMPLE_CHARS], cutoff=_NO_CUTOFF, langs=list(languages) if languages else None)


@lru_cache(maxsize=200)
def normalize_tag(tag: str | None) -> str | None:
    """A language tag in its usual case; `None` for what is no tag.

    >>> normalize_tag("en_us"), normalize_tag("ZH-hans-cn"), normalize_tag("English")
    ('en-US', 'zh-Hans-CN', None)
    """
    tag = (tag or "").strip().replace("_", "-").split(".")[0]
    if not _TAG.match(tag):
        return None
    first, *rest = tag.split("-")
    return "-".join([first.lower(), *(part.title() if len(part) == 4 else part.upper() for part in rest)])


def detect_language(text: str) -> str | None:
    """The language a text's script, telling letters or words show; `None` where they show none."""
    counts = count_scripts(text)
    if not counts:
        return None
    script, letters = counts.most_common(1)[0]
    if script == "LATIN":
        language, distance = _nearest(text)
        return language if distance <= (_MAX_DISTANCE if len(text) >= _LONG_CHARS else _MAX_SHORT_DISTANCE) else None
    if script == "CJK" and counts["HIRAGANA"] + counts["KATAKANA"] > letters // 20:
        return "ja"
    if script in {"ARABIC", "CYRILLIC"}:
        return _by_letters(text, script, letters // 200) or (
            "ar" if script == "ARABIC" else _russian_or_bulgarian(text, letters)
        )
    return _ONLY.get(script)


def _by_letters(text: str, script: str, few: int) -> str | None:
    """The language whose own letters stand in the text more than a few times."""
    sample = text[:_SAMPLE_CHARS]
    for language, own in _ARABIC if script == "ARABIC" else _CYRILLIC:
        # To see that a letter is not there takes a seventh of the time that counting it does.
        if sum(sample.count(letter) for letter in own if letter in sample) > few:
            return language
    return None


def _russian_or_bulgarian(text: str, letters: int) -> str:
    """Bulgarian has neither ы nor э, and no Russian text of some length does without."""
    return "bg" if letters >= 100 and not any(letter in text for letter in "ыэЫЭ") else "ru"


def count_scripts(text: str, *, sample_chars: int = _SAMPLE_CHARS) -> Counter[str]:
    """How many letters of each script the beginning of a text has; not to be written to."""
    return _count_scripts(text[:sample_chars])


@lru_cache(maxsize=4)  # of one text it is asked twice: for its language, and for its weight
def _count_scripts(text: str) -> Counter[str]:
    # Letters of ASCII are all of one script, and most of many texts; in others most are of the first letter's script.
    # Those that remain are looked at one by one.
    encoded = _utf8(text)
    others = "" if text.isascii() else encoded.translate(None, _ASCII).decode("utf-8", "surrogatepass")
    plain = _ascii_letters(encoded)
    counts: Counter[str] = Counter({"LATIN": plain} if plain else {})
    while len(others) > _FEW:
        letter = next(filter(str.isalpha, others[:_FIRST]), "")
        letters = _LETTERS.get(_script_of(letter)) if letter else None
        left = letters.sub("", others) if letters else others
        if len(left) == len(others):
            break
        counts[_script_of(letter)] += len(others) - len(left)
        others = left
    for char, times in Counter(others).items():
        if char.isalpha():
            counts[_script_of(char)] += times
    return counts


def _utf8(text: str) -> bytes:
    """In which characters of ASCII are told by one byte, for a twentieth of the time that looking at each takes."""
    return text.encode("utf-8", "surrogatepass")


def _ascii_letters(encoded: bytes) -> int:
    return len(encoded.translate(None, _NO_ASCII_LETTERS))


@lru_cache(maxsize=10_000)
def _script_of(char: str) -> str:
    return unicodedata.name(char, "UNKNOWN").split(" ", 1)[0]
