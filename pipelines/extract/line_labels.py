"""Lines of a body that say themselves that they are furniture: they lead to other stories, ask for something, name a box, or a right.

Each finder gives the indexes of its lines and what it found; how much may go is for `lines` to judge.
"""

import re
from collections.abc import Iterator

from pipelines.extract.body import Line
from pipelines.extract.headline import fold
from pipelines.extract.labels import INVITES, LABELS, NEWSLETTERS, PROMPTS, RELATED, SPONSORED
from pipelines.extract.line_text import (
    END,
    LISTED,
    MAX_CALL_CHARS,
    MAX_LABEL_CHARS,
    MAX_STANDING_CHARS,
    Text,
)
from pipelines.extract.pictures import is_credit

_RIGHTS = re.compile(
    r"^\W*(?:[Cc]opyright\s*)?(?:©|\([cC]\)\s*\d{4})|^[Cc]opyright\s*\d{4}|[Aa]ll [Rr]ights [Rr]eserved|Todos los derechos|Tous droits réservés|Alle Rechte"
    r"|저작권자|무단\s?전재|無断転載|版权所有|版權所有|الحقوق محفوظة|[Вв]се права защищены|[Tt]üm hakları"
)
_OF_RIGHTS = (
    "©",
    "(c)",
    "copyright",
    "rights reserved",
    "los derechos",
    "droits réservés",
    "alle rechte",
    "전재",
    "저작권",
    "転載",
    "所有",
    "محفوظة",
    "защищены",
    "hakları",
)
"""One of these stands, in lower case, in what the pattern finds."""
_MAX_RIGHTS_CHARS = 300
_BRACKETS = frozenset(")]）】")
_BRACKETED = re.compile(r"[(\[（【]([^()\[\]（）【】]{2,20})[)\]）】]\s*$")
_INVITES = sorted(INVITES, key=lambda phrase: (-len(phrase), phrase))
"""The longest first: of two in one line, the same is named each time."""
_ASKING = (
    "newsletter", "nieuwsbrief", "nyhe", "uutiskirje", "hírlev", "bülten", "ассылк", "озсилк", "خبرنامه", "ניוזלטר", "ニュースレター",
    "뉴스레터", "電子報", "电子报", "comment", "coment", "komment", "koment", "inbox", "postfach", "votre", "bandeja", "correo", "casella", "reacties",
    "skrzynk", "комментар", "коментар", "उनल", "التعليقات",
)  # fmt: skip
"""One of these stands in every line that names a newsletter or invites to write."""


def related(text: Text) -> Iterator[tuple[int, str]]:
    """A label that leads to other stories, with what it leads to: on the same line, or on the lines after it."""
    taken = -1
    for index in text.calling:
        if index <= taken or (label := text.opening(index, RELATED)) is None:
            continue
        line, folded = text.lines[index], text.fold(index)
        bare = label == folded or (line.text[-1] in ":：" and _is_link_at(text, index + 1))
        if bare or _leads(line, label, folded):
            yield index, f"begins with {label!r}"
            taken = index
            while bare and _is_link_at(text, taken + 1):
                taken += 1
                yield taken, f"a link after {label!r}"


def _is_link_at(text: Text, index: int) -> bool:
    return index < len(text.lines) and text.lines[index].link_share > 0.8


def _leads(line: Line, label: str, folded: str) -> bool:
    """Half of the line is linked, or a colon parts the label from the rest."""
    return line.link_share >= 0.5 or (
        len(folded) > len(label) and fold(line.text.partition(":")[0]) == label and ":" in line.text
    )


def prompt(text: Text) -> Iterator[tuple[int, str]]:
    """Lines that ask for something; near the end, those that name a newsletter."""
    asking = {
        index: found
        for index in text.calling
        if text.lines[index].tag not in LISTED and (found := text.opening(index, PROMPTS))
    }
    for index, found in asking.items():
        yield index, f"begins with {found!r}"
    if not any(map(text.closing.__contains__, _ASKING)):
        return
    for index in range(max(0, len(text.lines) - END - 1), len(text.lines)):
        line = text.lines[index]
        if index in asking:
            continue
        if len(line.text) <= MAX_STANDING_CHARS and (words := NEWSLETTERS.intersection(text.fold(index).split())):
            yield index, f"names a {min(words)!r} at the end"
        elif (
            index >= len(text.lines) - END
            and len(line.text) <= MAX_CALL_CHARS
            and line.tag not in LISTED
            and (found := next((phrase for phrase in _INVITES if f" {phrase} " in f" {text.fold(index)} "), None))
        ):
            yield index, f"says {found!r} at the end"


def label(text: Text) -> Iterator[tuple[int, str]]:
    """Labels of boxes that say nothing."""
    for index in text.calling:
        line = text.lines[index]
        if len(line.text) > MAX_LABEL_CHARS:
            continue
        folded = text.fold(index)
        if (folded in LABELS or _uncounted(line.text, folded) in LABELS) and line.tag not in {"td", "th"}:
            yield index, "a box's label"
    for index in text.headings:
        line = text.lines[index]
        if line.text[-1:] in _BRACKETS and (match := _BRACKETED.search(line.text)) and fold(match[1]) in SPONSORED:
            yield index, f"a heading that says {match[1]!r}"


def _uncounted(line: str, folded: str) -> str:
    """A folded label without the number behind it: `Comments (3)`."""
    return folded.rstrip(" 0123456789") if line[-1:].isdigit() or line[-2:-1].isdigit() else folded


def credit(text: Text) -> Iterator[tuple[int, str]]:
    """Pictures' credits that stand apart from them."""
    for index in text.short:
        line = text.lines[index]
        if line.tag not in LISTED and is_credit(line.text):
            yield index, "a picture's credit"


def rights(text: Text) -> Iterator[tuple[int, str]]:
    """Reserved rights, at the end."""
    if not any(map(text.closing.__contains__, _OF_RIGHTS)):
        return
    for index in range(max(0, len(text.lines) - END), len(text.lines)):
        line = text.lines[index].text
        if len(line) <= _MAX_RIGHTS_CHARS and (match := _RIGHTS.search(line)):
            yield index, f"reserves rights: {match[0].strip()}"
