"""The body of a page that shows none: text in the state a script would draw the page from, or in `<noscript>`.

Read only where nothing stands in sight. Scripts are not run and not parsed; their string literals are taken one by one, and
hold the article where they are prose, long, and about what the page's title or description says.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

import lxml.html

from pipelines.extract.readers import Page, Reading, bag_of, lines_of_markup

_MAX_CHARS = 4_000_000
"""Of all scripts together."""
_MAX_BODY_CHARS = 200_000
_MAX_DEPTH = 3
"""A literal may hold a script's state, whose literals hold markup."""
_MIN_BODY_CHARS = 300
_ABOUT_SHARE = 0.6
_MIN_TITLE_WORDS = 3
_MIN_LINE_CHARS = 20

# One literal after its key, or in a list or call. Each quote is looked at once: what is no key or literal ends before the next.
_LITERAL = re.compile(r'(?:"([^"\\]{1,40})"\s{0,9}:|[\[,(])\s{0,9}"((?:[^"\\]|\\.){20,500000})"', re.DOTALL)
_NESTED = re.compile(r'"\s{0,9}:\s{0,9}[\["{]|\["')
_CODE = re.compile(r"[{}]|;\s*$|\b(?:function|var|return)\b|://\S+$")


def read_hidden(page: Page) -> Reading:
    """The longest text out of sight that is about what the page says it is about; no lines where there is none."""
    best: tuple[str, ...] = ()
    for lines in _texts(page):
        size = sum(map(len, lines))
        if _MIN_BODY_CHARS <= size <= _MAX_BODY_CHARS and size > sum(map(len, best)) and is_about(page, lines):
            best = lines
    return Reading(reader="hidden", lines=best)


def is_about(page: Page, lines: Iterable[str]) -> bool:
    """Most words of one of the page's titles or descriptions occur in these lines."""
    held = bag_of("\n".join(lines)).keys()
    for said in (*page.titles, *page.descriptions):
        words = bag_of(said).keys()
        if len(words) >= _MIN_TITLE_WORDS and len(words & held) >= _ABOUT_SHARE * len(words):
            return True
    return False


def _texts(page: Page) -> Iterator[tuple[str, ...]]:
    left = _MAX_CHARS
    for element in page.unseen:
        if element.tag == "noscript":
            markup = lxml.html.tostring(element, encoding="unicode", with_tail=False)[:left]
            left -= len(markup)
            yield _prose(lines_of_markup(markup))
        elif script := (element.text or "")[:left]:
            left -= len(script)
            for literals in _by_key(script).values():
                yield _prose(line for literal in literals for line in lines_of_markup(literal))


def _by_key(script: str) -> dict[str, list[str]]:
    """The literals of a script in their order, by the key they stand under: a body may be one, or one for each paragraph."""
    found: dict[str, list[str]] = defaultdict(list)
    layer = [script]
    for _ in range(_MAX_DEPTH):
        deeper = []
        for text in layer:
            for key, raw in _LITERAL.findall(text):
                try:
                    literal = json.loads(f'"{raw}"', strict=False)
                except ValueError:
                    continue
                if _NESTED.search(literal) and not literal.lstrip().startswith("<"):
                    deeper.append(literal)
                else:
                    found[key].append(literal)
        layer = deeper
    return found


def _prose(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(line for line in lines if len(line) >= _MIN_LINE_CHARS and not _CODE.search(line))
