"""The dateline: the place, and often the agency, that opens a news text. Taken out of the text it is a field of its own.

Marked ones are found by their class; unmarked ones only in forms that a sentence does not take.
"""

import re
from functools import lru_cache

from pipelines.extract.classes import Classes
from pipelines.extract.tree import BLOCKS, clean, content_of, words_of

MAX_DATELINE_CHARS = 80
_DASHES = "–—―−-"  # the hyphen last: these go into character classes
_AROUND = f" \t\n\u00a0{_DASHES}:،,|·"
_CAPITALS = re.compile(rf"(?P<place>[^\W\d_][^\n{_DASHES}]{{1,60}}?)(?:\s*[–—―]{{1,2}}|\s--?)\s+(?=\S)")
_AGENCY = re.compile(rf"(?P<place>[^\W\d_][^\n()]{{1,40}}\s?\([^()\n]{{2,30}}\))\s*[{_DASHES}]{{1,2}}\s*(?=\S)")


def take_dateline(classes: Classes) -> str | None:
    """Remove the elements whose class says dateline; the text of the first that names a place."""
    found: str | None = None
    if not classes.may_say("dateline"):
        return None
    for element in list(classes.below(_says_dateline)):
        text = clean(content_of(element))
        if not text or len(text) > MAX_DATELINE_CHARS:
            continue
        if any(char.isdigit() for char in text):  # a line of dates by the same name: left to the rule for bylines
            continue
        found = found or text.strip(_AROUND) or None
        if element.tag not in BLOCKS and element.tail:
            element.tail = element.tail.lstrip(_AROUND)
        classes.drop(element)
    return found


@lru_cache(maxsize=20_000)
def _says_dateline(classes: str) -> bool:
    return "dateline" in words_of(classes).split()


def split_dateline(line: str, declared: str | None = None) -> tuple[str | None, str]:
    """A dateline at the beginning of a text's first line, and the rest of the line.

    >>> split_dateline("WASHINGTON — The bridge is open.")
    ('WASHINGTON', 'The bridge is open.')
    >>> split_dateline("The bridge — closed since May — is open.")
    (None, 'The bridge — closed since May — is open.')
    """
    if declared and line.startswith(declared) and line[len(declared) :].lstrip()[:1] in _DASHES + ":":
        return declared, line[len(declared) :].lstrip(_AROUND)
    head = line[:MAX_DATELINE_CHARS]
    # The patterns try a place of every length, and nearly no line has a dash where one could end.
    if not any(map(head.__contains__, _DASHES)):
        return None, line
    if "(" in head and (match := _AGENCY.match(line)):
        return match["place"].strip(), line[match.end() :]
    match = _CAPITALS.match(line)
    if match and _is_place(match["place"]):
        return match["place"].strip(), line[match.end() :]
    return None, line


def _is_place(text: str) -> bool:
    """All capitals but for what follows a comma (`KYIV, Ukraine`); scripts without capitals never pass here."""
    city = text.partition(",")[0]
    return any(char.isupper() for char in city) and city == city.upper() and len(city) > 2 and len(text.split()) <= 6
