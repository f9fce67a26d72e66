"""Authors' names out of what pages print and declare: `By Jane Doe and John Roe, Reuters` names two people.

Words that introduce an author are listed by language because nothing structural marks them; a language that is not
listed loses nothing but the introduction's removal.
"""

import re
from collections.abc import Iterable
from html import unescape

from pipelines.extract.tree import clean

MAX_NAME_CHARS = 60
MAX_NAMES = 20

_INTRODUCTION = re.compile(
    r"^(?:(?:written|posted|reported|reviewed|published|story|words|text|texte?|scritto|escrito|geschrieben|опубликовал)\s+)?"
    r"(?:by|von|par|por|door|av|af|di|da|de|od|przez|autor(?:in|a|es|ka)?|author|authors|автор|от|yazan|oleh|reporter)\b\s*[:：]?\s*",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(
    r"\s*(?:[;|·•・／、\n\t]|\s/\s|\s&\s|&amp;|\s(?:and|und|et|y|e|en|og|och|oraz|i|ja|ve|dan|и|та|й)\s|\s(?:و)\s|,\s(?:and|und|et|y)\s)\s*"
)
_LIST_COMMA = re.compile(r"\s*[,，،]\s*")
_EMAIL = re.compile(r"\(?\S+@\S+\.\S+\)?")
_HANDLE = re.compile(r"^@|\s@\S+")
_BRACKETED = re.compile(r"\s*[(\[（【][^()\[\]（）【】]*[)\]）】]")
_NOT_A_NAME = re.compile(r"https?:|www\.|\d|[<>{}=_]|[.!?。]\s+\S|:\s")
_LETTER = re.compile(r"[^\W\d_]")


def clean_names(values: Iterable[str]) -> tuple[str, ...]:
    """The names in some author values, in order, each once.

    >>> clean_names(["By Jane Doe and John Roe"])
    ('Jane Doe', 'John Roe')
    """
    found: dict[str, str] = {}
    for value in values:
        for name in _split(value):
            if len(found) < MAX_NAMES:
                found.setdefault(name.casefold(), name)
    return tuple(found.values())


def is_introduced(text: str) -> bool:
    """Whether a short text is a byline: an introduction, then a name of two to five capitalised words.

    >>> is_introduced("By Jane Doe"), is_introduced("By the river stood a mill")
    (True, False)
    """
    text = clean(text)
    match = _INTRODUCTION.match(text)
    words = text[match.end() :].split() if match else []
    return (
        2 <= len(words) <= 5 and all(word[:1].isupper() for word in words) and _clean_name(" ".join(words)) is not None
    )


def without_outlets(names: tuple[str, ...], outlets: frozenset[str]) -> tuple[str, ...]:
    """The names that are no outlet's own (casefolded)."""
    return tuple(name for name in names if name.casefold() not in outlets)


def _split(value: str) -> list[str]:
    value = clean(unescape(value))
    if not value or len(value) > 400:
        return []
    value = _EMAIL.sub("", _BRACKETED.sub("", value))
    value = _INTRODUCTION.sub("", value, count=1) or value
    parts = [part for part in _SEPARATOR.split(value) if part]
    return [name for part in parts for piece in _split_commas(part) if (name := _clean_name(piece))]


def _split_commas(part: str) -> list[str]:
    """At a comma begins another name, or a role, a title, an agency.

    Two names have two words each; `Doe, Jane` is one name and `Jane Doe, Reporter` is a name and a role.
    """
    pieces = [piece for piece in _LIST_COMMA.split(part) if piece]
    if len(pieces) < 2 or all(2 <= len(piece.split()) <= 4 for piece in pieces):
        return pieces
    return pieces[:1]


def _clean_name(name: str) -> str | None:
    name = _HANDLE.split(name)[0].strip(" .,:;-–—|/*\"'“”„")
    name = _INTRODUCTION.sub("", name, count=1).strip() or name
    if (
        not 1 < len(name) <= MAX_NAME_CHARS
        or len(name.split()) > 6
        or _NOT_A_NAME.search(name)
        or not _LETTER.search(name)
    ):
        return None
    return name
