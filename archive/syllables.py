"""What a reader sees as one sign in Thai, Lao, Khmer and Burmese, which write no spaces: as regular expressions, without a dictionary.

Grapheme clusters of Unicode (UAX 29) are too small: they part a Thai vowel that is written before its consonant from it, and a Khmer consonant from
the one below it. Burmese shows where each of its syllables ends. For Thai and Lao see T. Theeramunkong et al., Character Cluster Based Thai Information
Retrieval, IRAL 2000; a consonant that closes a syllable stays by itself, for nothing tells it from one that opens the next.
"""

import unicodedata


def _marks(*blocks: range) -> str:
    return "".join(chr(code) for block in blocks for code in block if unicodedata.category(chr(code))[0] == "M")


MARKS = _marks(range(0x0E00, 0x1100), range(0x1780, 0x1800), range(0x3099, 0x309B), range(0xFE00, 0xFE10))
"""Signs that stand on, below or around the letter before them."""

_C, _M, _TONE = "[ก-ฮ]", "[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]*+", "[\u0e48-\u0e4b]?+"
# In this order: เ–ีย(ะ), เ–ือ(ะ), เ–ราะ; other vowels that begin before their consonant; those that do not. Last, letters that are not spoken.
_THAI = rf"""(?:
    (?: เ {_C}{_C}? ี {_TONE} ย ะ?
    | เ {_C}{_C}? ื {_TONE} อ ะ?
    | [เ-ไ] {_C}[รลว] {_M} า?ะ
    | [เ-ไ] {_C} {_M} (?: าะ? | ะ | ๅ )?
    | {_C} {_M} (?: [ะาำๅ] | (?<=ั)วะ )?
    ) (?: {_C}[ิุ]?์ )*+ )"""

_LAO_C, _LAO_M = "[\u0e81-\u0eae\u0edc-\u0edf]", "[\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece]*+"
_LAO = rf"[\u0ec0-\u0ec4]? {_LAO_C} {_LAO_M} (?: \u0eb2\u0eb0 | [\u0eb0\u0eb2\u0eb3\u0ebd] )?"

_KHMER = "[\u1780-\u17b3] (?: \u17d2[\u1780-\u17b3] | [\u17b4-\u17d1\u17d3\u17dd\u200c\u200d] )*+"

# A consonant closes its syllable where its vowel is killed (U+103A), or where the next is written below it (U+1039).
_B = "[\u1000-\u102a\u103f\u1050-\u1055\u105a-\u105d\u1061\u1065\u1066\u106e-\u1070\u1075-\u1081\u108e]"
_BURMESE = rf"{_B} (?: \u1039{_B} | [{_marks(range(0x102B, 0x1039), range(0x103A, 0x10A0))}] | {_B}\u1037?\u103a | {_B}(?=\u1039) )*+"

SYLLABLE = f"(?: {_THAI} | {_LAO} | {_KHMER} | {_BURMESE} ) [{MARKS}]*+"
"""For a pattern with `re.VERBOSE`."""

_SHADE = "[\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff]*+"
PICTOGRAPH = rf"(?: [\U0001f1e6-\U0001f1ff]{{2}} | [^\w\s]{_SHADE} (?: \u200d[^\w\s]{_SHADE} )*+ )"
"""A sign that is no letter, such as a flag, or a family joined of several: for a pattern with `re.VERBOSE`."""
