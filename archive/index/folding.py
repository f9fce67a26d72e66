"""Folding: the one spelling under which a word is indexed and looked for, in any script.

Case, accents, vowel points, letter variants and digits are folded away. Scripts that write no spaces between words
(Chinese, Japanese, Thai, Khmer …) and Korean, whose particles cling to the noun, become overlapping pairs of
characters; all others are cut into words. Pure; `archive.index.search` and `archive.index.query` build on it.
"""

import re
import unicodedata
from functools import lru_cache
from operator import add
from typing import NamedTuple, Self

LONGEST_TOKEN = 64
"""Characters. A longer run is cut in pieces of this size, in text and query alike."""

# Thai, Lao, Myanmar, Khmer, CJK radicals, 々〆〇, kana, Bopomofo, CJK ideographs.
# The katakana middle dot U+30FB is left out: it stands between words.
SPACELESS = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecf\u0edc-\u0edf\u1000-\u103f\u1050-\u109f\u1780-\u17d3\u17dc\u17dd"
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u3041-\u3096\u3099\u309a\u309d-\u309f\u30a1-\u30fa"
    "\u30fc-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Letters of the scripts that write no spaces, as ranges of a regular expression."""
_HANGUL = "\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7fb"
_UNSPACED = SPACELESS + _HANGUL
# Vowel signs and marks that are part of a word, yet not `\w` to Python: Syriac, Thaana, N'Ko, the Indic scripts, Tibetan.
SIGNS = (
    "\u0730-\u074a\u07a6-\u07b0\u07eb-\u07f3\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc-\u09d7"
    "\u09e2\u09e3\u0a01-\u0a03\u0a3c-\u0a51\u0a70-\u0a75\u0a81-\u0a83\u0abc-\u0acd\u0ae2\u0ae3\u0b01-\u0b03\u0b3c-\u0b57"
    "\u0b62\u0b63\u0b82\u0bbe-\u0bcd\u0bd7\u0c00-\u0c04\u0c3c-\u0c56\u0c62\u0c63\u0c81-\u0c83\u0cbc-\u0cd6\u0ce2\u0ce3"
    "\u0d00-\u0d03\u0d3b-\u0d4d\u0d57\u0d62\u0d63\u0d81-\u0d83\u0dca-\u0df3\u0f35\u0f37\u0f39\u0f71-\u0f84\u0f90-\u0fbc"
)
_LETTER = rf"[^\W_{_UNSPACED}]"
_LENGTH = f"{{1,{LONGEST_TOKEN}}}+"
# Two patterns for words, because one set of characters matches three times as fast as a choice of two.
_PLAIN, _SIGNED = f"{_LETTER}{_LENGTH}", f"(?:{_LETTER}|[{SIGNS}]){_LENGTH}"
# What joins parts that are also written as one word: ZWNJ (Persian), hyphens, the apostrophe.
_JOINER = "[\u200c'-]"

_unspaced = re.compile(f"[{_UNSPACED}]")
_signs = re.compile(f"[{SIGNS}]")
JOINER = re.compile(_JOINER)
"""What stands within a compound, in folded text."""
_word_character = re.compile(f"{_LETTER}|[{SIGNS}]")
BETWEEN = re.compile(rf"(?:_|[^\w{_UNSPACED}{SIGNS}])*+")
"""What stands between two tokens of a folded text."""


_ASCII_SPACES = "".join(chr(code) if chr(code).isalnum() else " " for code in range(128))


class Patterns(NamedTuple):
    """Regular expressions over folded text."""

    word: re.Pattern[str]
    run: re.Pattern[str]
    compound: re.Pattern[str]

    @classmethod
    def of(cls, word: str) -> Self:
        run = f"(?P<unspaced>[{_UNSPACED}]++)|{word}"
        return cls(re.compile(word), re.compile(run), re.compile(f"{word}(?:{_JOINER}{word}){{1,3}}+"))


_plain_patterns, _signed_patterns = Patterns.of(_PLAIN), Patterns.of(_SIGNED)

_ZEROS = (
    *(0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6),
    *(0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810),
)
_VARIANTS = {
    "i": "\u0131",  # ı: Turkish I, ı, İ and i are one letter here, as they are on most keyboards
    "j": "\u0237",
    "o": "ø",
    "d": "đð",
    "l": "ł",
    "h": "ħ",
    "t": "ŧ",
    "ae": "æ",
    "oe": "œ",
    "th": "þ",
    "\u0435": "\u0450\u0451",  # ѐ ё: Russian prints ё or е as it pleases
    "\u0438": "\u045d",
    "\u0627": "\u0622\u0623\u0625\u0671",  # alef: آ أ إ ٱ
    "\u06cc": "\u0649\u064a\u0626\u06ce",  # yeh: ى ي ئ ێ
    "\u06a9": "\u0643\u06aa",  # kaf: ك ڪ
    "\u0647": "\u0629\u06c0\u06d5\u06c1\u06c2\u06c3\u06be",  # heh: ة ۀ ە ہ ۂ ۃ ھ
    "\u0648": "\u0624",  # waw: ؤ
    "'": "\u2018\u2019\u02bc\u201b\u05f3",  # U+05F3: Hebrew geresh
    "-": "\u2010\u2011",
    " ": "_",
}
"""Letters that readers type one for another."""


def _folding_table() -> dict[str, str]:
    table = {variant: letter for letter, variants in _VARIANTS.items() for variant in variants}
    # Latin and Greek letters lose their accents. Cyrillic й and ї are letters of their own and stay.
    for block in (range(0xC0, 0x250), range(0x370, 0x400), range(0x1E00, 0x2000)):
        for code in block:
            decomposed = unicodedata.normalize("NFD", chr(code))
            if len(decomposed) > 1 and decomposed[0].isalpha():
                table[chr(code)] = "".join(table.get(part, part) for part in decomposed[0].casefold())
    for zero in _ZEROS:
        table.update({chr(zero + digit): str(digit) for digit in range(10)})
    dropped = (
        range(0x0300, 0x0370),  # combining accents, U+0307 of a folded İ among them
        range(0x0591, 0x05BE),  # Hebrew points
        (0x05BF, 0x05C1, 0x05C2, 0x05C4, 0x05C5, 0x05C7),
        range(0x0610, 0x061B),  # Arabic signs
        (0x0640, 0x0670, 0x061C),  # tatweel, superscript alef, Arabic letter mark
        range(0x064B, 0x0660),  # harakat
        range(0x06D6, 0x06DD),  # Quranic marks
        (*range(0x06DF, 0x06E5), 0x06E7, 0x06E8, *range(0x06EA, 0x06EE)),
        (0x00AD, 0x200B, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF),  # soft hyphen, zero width, direction marks
        (*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xFE00, 0xFE10)),  # embeddings, variation selectors
    )
    for codes in dropped:
        table.update(dict.fromkeys(map(chr, codes), ""))
    return table


_TABLE = _folding_table()
_folded = re.compile(f"[{re.escape(''.join(_TABLE))}]")
RESIZED = re.compile(f"[{re.escape(''.join(key for key, value in _TABLE.items() if len(value) != 1))}]")
"""What folding makes longer or shorter."""


def fold(text: str) -> str:
    """The text in its one spelling; punctuation and spaces stay, and so does ZWNJ (tokens end there).

    >>> fold("İSTANBUL’da Ёлка, Café ۱۴۰۵ كتابٌ")
    "istanbul'da елка, cafe 1405 کتاب"
    """
    if text.isascii():
        return text.lower().replace("_", " ")
    folded = unicodedata.normalize("NFKC", text).casefold()
    # A search for the few characters that change is up to ten times as fast as str.translate over all of them.
    folded = _folded.sub(_replacement, unicodedata.normalize("NFKC", folded))
    return unicodedata.normalize("NFC", folded)


def _replacement(match: re.Match[str]) -> str:
    return _TABLE[match[0]]


def tokens(text: str) -> list[str]:
    """The tokens of a text in order. In a run of an unspaced script each character starts a pair; the last stands alone.

    So every character of such a run holds one position, and a phrase of pairs finds exactly the same characters.

    >>> tokens("Earthquake in 東京都, 2026")
    ['earthquake', 'in', '東京', '京都', '都', '2026']
    """
    return folded_tokens(fold(text))


def compounds(text: str) -> list[str]:
    """Words written in parts, once more as one word, so that a reader finds them either way.

    >>> compounds("a well-known e-mail"), compounds("می‌شود")
    (['wellknown', 'email'], ['میشود'])
    """
    return folded_compounds(fold(text))


def folded_tokens(folded: str) -> list[str]:
    """The tokens of a text that was folded already."""
    if folded.isascii():
        found = folded.translate(_ASCII_SPACES).split()
        if found and len(max(found, key=len)) <= LONGEST_TOKEN:
            return found
    patterns = patterns_for(folded)
    if folded.isascii() or not _unspaced.search(folded):
        return patterns.word.findall(folded)
    found = []
    for match in patterns.run.finditer(folded):
        run = match[0]
        if match["unspaced"] is None:
            found.append(run)
        else:
            found += map(add, run, run[1:])
            found.append(run[-1])
    return found


def folded_compounds(folded: str) -> list[str]:
    """The compounds of a text that was folded already."""
    if not JOINER.search(folded):
        return []
    compound = patterns_for(folded).compound
    # Most words of a line are none, and to try at each of them takes longer than to look past them.
    joined = [part for part in folded.split() if "-" in part or "'" in part or "\u200c" in part]
    return [JOINER.sub("", match[0]) for part in joined for match in compound.finditer(part)]


def patterns_for(folded: str) -> Patterns:
    """How the tokens of a folded text are told from what stands between them."""
    return _signed_patterns if _signs.search(folded) else _plain_patterns


@lru_cache(maxsize=4096)
def is_word_character(character: str) -> bool:
    """Whether a folded character belongs to a word of a script that writes spaces."""
    return _word_character.match(character) is not None


def is_unspaced(token: str) -> bool:
    """Whether a token comes from a script whose runs become pairs of characters."""
    return _unspaced.match(token) is not None
