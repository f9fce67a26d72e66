"""The language of a page: declared, or told by its script and its most telling letters.

A declaration is believed unless the text is plainly in another script. Detection here separates scripts and, within
Arabic and Cyrillic script, languages by letters of their own; Latin-script languages are left undecided.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

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
_CYRILLIC = (
    ("kk", "әғқұһ"),
    ("tg", "ҷӣӯ"),
    ("ky", "ңөү"),
    ("mk", "ѓќѕ"),
    ("sr", "ђћџ"),
    ("be", "ў"),
    ("uk", "їєґі"),
)


def choose_language(declared: Iterable[str | None], text: str) -> str | None:
    """The first declared tag (BCP 47) that the text's script allows; else what the script tells; else `None`."""
    counts = count_scripts(text)
    script = counts.most_common(1)[0][0] if counts else None
    for tag in filter(None, map(normalize_tag, declared)):
        allowed = _SCRIPTS.get(tag.split("-")[0])
        if script is None or allowed is None or script in allowed or counts[script] < 20:
            return tag
    return detect_language(text)


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
    """The language a text's script tells; `None` for scripts that many languages share without telling letters."""
    counts = count_scripts(text)
    if not counts:
        return None
    script, letters = counts.most_common(1)[0]
    if script == "CJK" and counts["HIRAGANA"] + counts["KATAKANA"] > letters // 20:
        return "ja"
    if script == "ARABIC":
        return _by_letters(text, _ARABIC, letters, "ar")
    if script == "CYRILLIC":
        return _by_letters(text, _CYRILLIC, letters, "ru")
    return _ONLY.get(script)


def _by_letters(text: str, languages: tuple[tuple[str, str], ...], letters: int, default: str) -> str:
    for language, own in languages:
        if sum(text.count(letter) for letter in own) > letters // 200:
            return language
    return default


def count_scripts(text: str, *, sample_chars: int = 2000) -> Counter[str]:
    """How many letters of each script the beginning of a text has."""
    counts: Counter[str] = Counter()
    for char, times in Counter(text[:sample_chars]).items():
        if char.isalpha():
            counts[unicodedata.name(char, "UNKNOWN").split(" ", 1)[0]] += times
    return counts
