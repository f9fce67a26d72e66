"""What marks a line of a body as furniture: it repeats a field, is a link, or stands where only such lines stand.

Each finder looks where its lines occur, at the top, at the end, or anywhere, and gives their indexes and what it found; how much
may go is for `lines` to judge. What a line says of itself, by the words it opens with, is `line_labels`'s.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from lxml.html import HtmlElement

from pipelines.extract.body import Line
from pipelines.extract.labels import CREDITS, LABELS, RELATED
from pipelines.extract.line_places import Places, stand_together
from pipelines.extract.line_text import (
    END,
    HEADINGS,
    LISTED,
    MAX_CALL_CHARS,
    MAX_LABEL_CHARS,
    MAX_STANDING_CHARS,
    TOP,
    Text,
)

_YEAR_OR_TIME = re.compile(r"(?:19|20)\d\d|\d{1,2}[:.]\d\d|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|[年년]")
_FULL_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_LETTERS = re.compile(r"[^\W\d_]")
_MAX_DATE_CHARS, _MAX_DATE_LETTERS = 80, 30
_MAX_EXTRA_WORDS = 4
_SIGNED_OFF = re.compile(r"\([a-z]{2,4}(?:/[a-z]{2,5}){0,3}\)")
"""`(rhh/krp)`: desks sign so in Indonesia and Germany."""
_DUPLICATE_CHARS = 40
_COPY_SHARE = 0.4
"""Of a text: what must repeat itself for the page to hold the story more than once, as for several widths of screen."""
_NO_PARAGRAPHS = LISTED | HEADINGS
_NOT_LINKS = LISTED | {"h2", "h3", "h4"}
_READING_TIME = re.compile(
    r"(?<!\d)\d{1,3}\s?-?\s?(?:mins?|minutes?|minuten|minutos|minuti|minuter|minutter|minuuttia|minut|perc|dakika|dk|мин|минут|минуты|хв"
    r"|хвилин|λεπτά|דקות|دقيقة|دقائق|دقیقه|मिनट|menit|phút|นาที|分钟|分鐘|分|분)(?:\W|$)",
    re.IGNORECASE,
)
_BIO_CHARS = (50, 900)
_BIO_LINES = 5
_ADDRESS = re.compile(r"\w@\w|https?://")
_MAX_TAIL_LABELS = 3
_STORY_SHARE, _TOP_SHARE = 0.8, 0.95
"""How much of a text an element holds that is the story's; above it stand first paragraphs too, so there nearly all."""
_SCRAP_CHARS = 40
_SECTION_WORDS = RELATED | CREDITS | LABELS
_SECTION_LINES, _SECTION_SHARE = 8, 0.15
_BARS = re.compile(r"\s[|·•/]\s")
_MIN_BARS, _ROW_SHARE = 2, 0.6
_MAX_LINK_CHARS = 300
_STANDING_LINK = re.compile(
    r"newsletter|subscri|donat|patreon|republish|licen[sc]e|affiliate|disclos|abonne|spende|suscri|assine|iscriviti"
)
_PROFILE = re.compile(
    r"(?:https?:)?//(?:www\.|m\.)?(facebook\.com|instagram\.com|twitter\.com|x\.com|t\.me|tiktok\.com|threads\.(?:net|com)|bsky\.app/profile"
    r"|whatsapp\.com/channel|linkedin\.com/company|pinterest\.\w{2,3}|youtube\.com/(?:channel|c|user)|discord\.gg|patreon\.com|vk\.com|ok\.ru)"
    r"(?:/(?:groups/)?[^/?#]*)?/?(?:[?#].*)?$",
    re.IGNORECASE,
)
_MAX_CREDIT_WORDS = 8


def _top(text: Text) -> range:
    return range(min(TOP, len(text.lines)))


def _ends_sentence(line: str) -> bool:
    return line[-1:] in {".", "!", "?", "。", "؟", "।", "…"}


def empty(text: Text) -> Iterator[tuple[int, str]]:
    """No letter and no digit: rules, arrows, bullets."""
    return ((index, "no letter and no digit") for index in text.wordless)


def headline(text: Text) -> Iterator[tuple[int, str]]:
    """The headline again, at the top."""
    titles = text.known.titles
    for index in text.echoing:
        if index < TOP and text.leads[index] in titles.leads and text.fold(index) in titles.folded:
            yield index, "a form of the headline"


def caption(text: Text) -> Iterator[tuple[int, str]]:
    """A caption that is a picture's already."""
    captions = text.known.captions
    for index in text.echoing:
        is_alike = text.leads[index] in captions.leads and len(text.lines[index].text) <= captions.longest
        if is_alike and text.fold(index) in captions.folded:
            yield index, "a picture's caption"


def byline(text: Text) -> Iterator[tuple[int, str]]:
    """Little besides authors' names."""
    for index in text.edges:
        line = text.lines[index].text
        if line[-1:] in {".", "!", "?", "。"}:
            continue
        if index >= len(text.lines) - END and _SIGNED_OFF.fullmatch(line):
            yield index, "initials"
            continue
        folded = rest = f" {text.fold(index)} "
        for name in text.known.names:
            rest = rest.replace(f" {name} ", "  ")
        if rest != folded and len(rest.split()) <= _MAX_EXTRA_WORDS:
            yield index, "an author's name"
        elif (
            len(folded.split()) <= _MAX_CREDIT_WORDS
            and line[-1:] not in ":,"
            and (found := text.opening(index, CREDITS))
        ):
            yield index, f"begins with {found!r}"


def date(text: Text) -> Iterator[tuple[int, str]]:
    """A time the page marks, or little besides a date."""
    for index in text.edges:
        line = text.lines[index]
        if (
            len(line.text) <= _MAX_DATE_CHARS
            and line.text[-1:] not in ".!?。؟"
            and line.tag not in {"h2", "h3", "h4", "li", "td"}
            and _YEAR_OR_TIME.search(line.text) is not None
            and len(_LETTERS.findall(line.text)) <= _MAX_DATE_LETTERS
            and not _spans_years(line.text)
        ):
            yield index, "little besides a date"
    end = len(text.lines) - END
    times = text.known.times
    for index in text.echoing:
        lead = text.leads[index]
        if (index < TOP or index >= end) and lead and lead in times.leads and text.fold(index) in times.folded:
            yield index, "a time the page marks"


def _spans_years(line: str) -> bool:
    """Whether it says from when to when, as of a life: a story is not updated years later."""
    years = [int(year) for year in _FULL_YEAR.findall(line)]
    return len(years) > 1 and max(years) - min(years) > 1


def reading_time(text: Text) -> Iterator[tuple[int, str]]:
    """How many minutes the story takes to read."""
    for index in text.edges:
        line = text.lines[index].text
        if index < TOP and len(line) <= 40 and not _ends_sentence(line) and (match := _READING_TIME.search(line)):
            yield index, f"a number of minutes: {match[0].strip()}"


def link(text: Text) -> Iterator[tuple[int, str]]:
    """All of it one link, and no part of a list or table."""
    for index in text.linked:
        line = text.lines[index]
        if line.link_share > 0.95 and line.tag not in _NOT_LINKS and len(line.text) < 200:
            yield index, "all of it a link"


def link_row(text: Text) -> Iterator[tuple[int, str]]:
    """Links in a row, parted by bars or dots; two are a row at the end only."""
    for index in text.linked:
        line = text.lines[index]
        fewest = _MIN_BARS if index < len(text.lines) - END else 1
        if line.link_share >= _ROW_SHARE and line.tag not in {"td", "th"} and len(_BARS.findall(line.text)) >= fewest:
            yield index, "links in a row"


def standing(text: Text) -> Iterator[tuple[int, str]]:
    """Matter that stands under every story: near the end, with a link to the paper's newsletter, its licence, its donation form."""
    for index in range(max(TOP, len(text.lines) - END), len(text.lines)):
        line = text.lines[index]
        if len(line.text) > MAX_STANDING_CHARS or line.tag in _NO_PARAGRAPHS:
            continue
        for link in _links_in(line):
            if found := _STANDING_LINK.search((link.get("href") or "").lower()[:_MAX_LINK_CHARS]):
                yield index, f"links to {found[0]!r}"
                break


def social(text: Text) -> Iterator[tuple[int, str]]:
    """Short lines that link to a profile, group or channel in a network."""
    # Lines that breaks part stand in one element, and strangers put thousands of links there.
    networks: dict[HtmlElement, str | None] = {}
    for index in text.short:
        line = text.lines[index]
        if line.block is None or line.tag in _NO_PARAGRAPHS:
            continue
        element = line.block.element
        if element not in networks:
            networks[element] = _network_in(line)
        if network := networks[element]:
            yield index, f"links to a profile on {network}"


def _network_in(line: Line) -> str | None:
    """The network of the first profile that a line's element links to."""
    found = (_PROFILE.match(link.get("href") or "") for link in _links_in(line))
    return next((match[1] for match in found if match), None)


def _links_in(line: Line) -> Iterable[HtmlElement]:
    block = line.block
    # Most hold no element at all.
    return block.element.iter("a") if block is not None and len(block.element) else ()


def author_bio(text: Text) -> Iterator[tuple[int, str]]:
    """Paragraphs near the end whose subject is the author."""
    if not text.known.authors:
        return
    for index in range(max(TOP, len(text.lines) - _BIO_LINES), len(text.lines)):
        line = text.lines[index]
        if not _BIO_CHARS[0] <= len(line.text) <= _BIO_CHARS[1] or line.tag in LISTED:
            continue
        if index in text.echoing and (name := _author_in(text, index, at_start=True)):
            yield index, f"about its author, {name!r}"
        elif len(line.text) <= MAX_CALL_CHARS and _has_address(line.text) and (name := _author_in(text, index)):
            yield index, f"how to reach its author, {name!r}"


def _author_in(text: Text, index: int, *, at_start: bool = False) -> str | None:
    """The author of more than one name whom a line names, or opens with."""
    folded = f" {text.fold(index)} "
    names = (name for name in text.known.names if " " in name)
    if at_start:
        return next((name for name in names if folded.startswith(f" {name} ")), None)
    return next((name for name in names if f" {name} " in folded), None)


def _has_address(line: str) -> bool:
    return ("@" in line or "//" in line) and _ADDRESS.search(line) is not None


def repeated(text: Text) -> Iterator[tuple[int, str]]:
    """Of equal long lines all but the first; of a text that stands there in several copies, short ones too."""
    lines = [line.text for line in text.lines]
    if len(set(lines)) == len(lines):
        return
    again = [line for line, times in Counter(lines).items() for _ in range(times - 1)]
    shortest = 1 if sum(map(len, again)) > _COPY_SHARE * sum(map(len, lines)) else _DUPLICATE_CHARS
    seen: set[str] = set()
    for index, line in enumerate(text.lines):
        if len(line.text) >= shortest and (shortest == 1 or line.tag not in LISTED):
            if line.text in seen:
                yield index, "stands above already"
            seen.add(line.text)


def outside(text: Text) -> Iterator[tuple[int, str]]:
    """Lines that stand outside of the story's element: all at the end, and above it those too short for a sentence."""
    if stand_together(text.lines, _STORY_SHARE):
        return
    places = Places(text.lines)
    story = places.lowest(_STORY_SHARE)
    for index in range(len(text.lines) - 1, TOP, -1):
        if places.is_inside(index, story):
            break
        yield index, "below the story's element"
    story = places.lowest(_TOP_SHARE)
    for index in _top(text):
        line = text.lines[index]
        if places.is_inside(index, story):
            break
        if len(line.text) < _SCRAP_CHARS and line.tag not in HEADINGS and not _ends_sentence(line.text.rstrip(":：")):
            yield index, "a few words above the story's element"


def last_section(text: Text) -> Iterator[tuple[int, str]]:
    """A short section at the end whose heading leads to other stories, or names the author or a box."""
    size = 0
    for index in range(len(text.lines) - 1, max(TOP, len(text.lines) - 1 - _SECTION_LINES), -1):
        line = text.lines[index]
        size += len(line.text)
        if line.tag in HEADINGS and (found := text.opening(index, _SECTION_WORDS)):
            if size > _SECTION_SHARE * sum(len(line.text) for line in text.lines):
                return
            for below in range(index, len(text.lines)):
                yield below, f"under a heading that begins with {found!r}"
            return


def tail_label(text: Text) -> Iterator[tuple[int, str]]:
    """Headings at the end, with nothing under them."""
    for index in range(len(text.lines) - 1, max(TOP, len(text.lines) - 1 - _MAX_TAIL_LABELS), -1):
        line = text.lines[index]
        if len(line.text) > MAX_LABEL_CHARS or not (
            (line.tag in HEADINGS and not _ends_sentence(line.text)) or line.text[-1:] in {":", "："}
        ):
            return
        yield index, "a heading with nothing under it"
