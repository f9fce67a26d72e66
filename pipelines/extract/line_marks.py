"""What marks a line of a body as furniture: it repeats a field, introduces what is no text, or stands where only such lines stand.

Each finder looks where its lines occur, at the top, at the end, or anywhere, and gives their indexes and what it found; how much
may go is for `lines` to judge.
"""

import re
from collections import Counter
from collections.abc import Iterator

from pipelines.extract.body import Line
from pipelines.extract.headline import fold
from pipelines.extract.labels import CREDITS, INVITES, LABELS, NEWSLETTERS, PROMPTS, RELATED, SPONSORED
from pipelines.extract.line_places import Places, stand_together
from pipelines.extract.line_text import Text, heads_of
from pipelines.extract.pictures import is_credit

TOP, END = 5, 3
"""How many lines count as the top, and as the end."""

_YEAR_OR_TIME = re.compile(r"(?:19|20)\d\d|\d{1,2}[:.]\d\d|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|[年년]")
_FULL_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_LETTERS = re.compile(r"[^\W\d_]")
_MAX_DATE_CHARS, _MAX_DATE_LETTERS = 80, 30
_MAX_BYLINE_CHARS, _MAX_EXTRA_WORDS = 120, 4
_SIGNED_OFF = re.compile(r"\([a-z]{2,4}(?:/[a-z]{2,5}){0,3}\)")
"""`(rhh/krp)`: desks sign so in Indonesia and Germany."""
_DUPLICATE_CHARS = 40
_COPY_SHARE = 0.4
"""Of a text: what must repeat itself for the page to hold the story more than once, as for several widths of screen."""
_LISTED = frozenset({"li", "td", "th", "dd", "dt"})
"""Lists and tables repeat themselves on purpose."""
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_NO_PARAGRAPHS = _LISTED | _HEADINGS
_NOT_LINKS = _LISTED | {"h2", "h3", "h4"}
_READING_TIME = re.compile(
    r"(?<!\d)\d{1,3}\s?-?\s?(?:mins?|minutes?|minuten|minutos|minuti|minuter|minutter|minuuttia|minut|perc|dakika|dk|мин|минут|минуты|хв"
    r"|хвилин|λεπτά|דקות|دقيقة|دقائق|دقیقه|मिनट|menit|phút|นาที|分钟|分鐘|分|분)(?:\W|$)",
    re.IGNORECASE,
)
_RIGHTS = re.compile(
    r"^\W*(?:[Cc]opyright\s*)?(?:©|\([cC]\)\s*\d{4})|^[Cc]opyright\s*\d{4}|[Aa]ll [Rr]ights [Rr]eserved|Todos los derechos|Tous droits réservés|Alle Rechte"
    r"|저작권자|무단\s?전재|無断転載|版权所有|版權所有|الحقوق محفوظة|[Вв]се права защищены|[Tt]üm hakları"
)
_OF_RIGHTS = (
    "©",
    "(c)",
    "(C)",
    "opyright",
    "ights",
    "derechos",
    "droits",
    "Rechte",
    "전재",
    "저작권",
    "転載",
    "所有",
    "محفوظة",
    "защищены",
    "hakları",
)
"""One of these stands in what the pattern finds, which takes long to say so of a paragraph."""
_MAX_RIGHTS_CHARS = 300
_MAX_CALL_CHARS, _MAX_LABEL_CHARS = 200, 120
_BIO_CHARS = (50, 900)
_BIO_LINES = 5
_ADDRESS = re.compile(r"\w@\w|https?://")
_MAX_TAIL_LABELS = 3
_STORY_SHARE, _TOP_SHARE = 0.8, 0.95
"""How much of a text an element holds that is the story's; above it stand first paragraphs too, so there nearly all."""
_SCRAP_CHARS = 40
_BRACKETS = frozenset(")]）】")
_BRACKETED = re.compile(r"[(\[（【]([^()\[\]（）【】]{2,20})[)\]）】]\s*$")
_SECTION_WORDS = RELATED | CREDITS | LABELS
_NEWSLETTER_ROOTS = tuple(
    word for word in sorted(NEWSLETTERS) if not any(other in word for other in NEWSLETTERS if other != word)
)
"""One of these stands in every line that names a newsletter."""
_SECTION_LINES, _SECTION_SHARE = 8, 0.15
_BARS = re.compile(r"\s[|·•/]\s")
_MIN_BARS, _ROW_SHARE = 2, 0.6
_MAX_STANDING_CHARS, _MAX_LINK_CHARS = 700, 300
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


def _edges(text: Text) -> list[int]:
    total = len(text.lines)
    return [index for index in range(total) if index < TOP or index >= total - END]


def _ends_sentence(line: str) -> bool:
    return line[-1:] in {".", "!", "?", "。", "؟", "।", "…"}


def empty(text: Text) -> Iterator[tuple[int, str]]:
    """No letter and no digit: rules, arrows, bullets."""
    for index, line in enumerate(text.lines):
        if not line.text[:1].isalnum() and not any(map(str.isalnum, line.text)):
            yield index, "no letter and no digit"


def headline(text: Text) -> Iterator[tuple[int, str]]:
    """The headline again, at the top."""
    titles = text.known.titles
    heads = heads_of(titles)
    return ((index, "a form of the headline") for index in _top(text) if text.folded.is_in(index, titles, heads))


def caption(text: Text) -> Iterator[tuple[int, str]]:
    """A caption that is a picture's already."""
    if not text.known.captions:
        return
    # Folding takes punctuation away, and no line that says something is made of little else.
    longest = int(1.4 * max(map(len, text.known.captions))) + 20
    heads = heads_of(text.known.captions)
    for index in text.folded.short(longest):
        if text.folded.is_in(index, text.known.captions, heads):
            yield index, "a picture's caption"


def byline(text: Text) -> Iterator[tuple[int, str]]:
    """Little besides authors' names."""
    for index in _edges(text):
        line = text.lines[index].text
        if len(line) > _MAX_BYLINE_CHARS or line[-1:] in {".", "!", "?", "。"}:
            continue
        if index >= len(text.lines) - END and _SIGNED_OFF.fullmatch(line):
            yield index, "initials"
            continue
        folded = rest = f" {text.folded[index]} "
        for name in text.known.authors:
            rest = rest.replace(f" {name} ", "  ")
        if rest != folded and len(rest.split()) <= _MAX_EXTRA_WORDS:
            yield index, "an author's name"
        elif (
            len(folded.split()) <= _MAX_CREDIT_WORDS
            and line[-1] not in ":,"
            and (found := text.opening(index, CREDITS))
        ):
            yield index, f"begins with {found!r}"


def date(text: Text) -> Iterator[tuple[int, str]]:
    """A time the page marks, or little besides a date."""
    times = text.known.times
    heads = heads_of(times)
    for index in _edges(text):
        line = text.lines[index]
        if times and text.folded.is_in(index, times, heads):
            yield index, "a time the page marks"
        elif (
            len(line.text) <= _MAX_DATE_CHARS
            and _YEAR_OR_TIME.search(line.text) is not None
            and len(_LETTERS.findall(line.text)) <= _MAX_DATE_LETTERS
            and not _spans_years(line.text)
            and line.text[-1] not in ".!?。؟"
            and line.tag not in {"h2", "h3", "h4", "li", "td"}
        ):
            yield index, "little besides a date"


def _spans_years(line: str) -> bool:
    """Whether it says from when to when, as of a life: a story is not updated years later."""
    years = [int(year) for year in _FULL_YEAR.findall(line)]
    return len(years) > 1 and max(years) - min(years) > 1


def reading_time(text: Text) -> Iterator[tuple[int, str]]:
    """How many minutes the story takes to read."""
    for index in _top(text):
        line = text.lines[index].text
        if len(line) <= 40 and not _ends_sentence(line) and (match := _READING_TIME.search(line)):
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


def related(text: Text) -> Iterator[tuple[int, str]]:
    """A label that leads to other stories, with what it leads to: on the same line, or on the lines after it."""
    taken = -1
    for index in text.leading(RELATED, _MAX_CALL_CHARS):
        if index <= taken or (label := text.opening(index, RELATED)) is None:
            continue
        line, folded = text.lines[index], text.folded[index]
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
        for index in text.leading(PROMPTS, _MAX_CALL_CHARS)
        if text.lines[index].tag not in _LISTED and (found := text.opening(index, PROMPTS))
    }
    for index, found in asking.items():
        yield index, f"begins with {found!r}"
    for index in range(max(0, len(text.lines) - END - 1), len(text.lines)):
        line = text.lines[index]
        if index in asking:
            continue
        if (
            len(line.text) <= _MAX_STANDING_CHARS
            and any(map(line.text.lower().__contains__, _NEWSLETTER_ROOTS))
            and (words := NEWSLETTERS.intersection(text.folded[index].split()))
        ):
            yield index, f"names a {min(words)!r} at the end"
        elif (
            index >= len(text.lines) - END
            and len(line.text) <= _MAX_CALL_CHARS
            and line.tag not in _LISTED
            and (found := next((phrase for phrase in INVITES if f" {phrase} " in f" {text.folded[index]} "), None))
        ):
            yield index, f"says {found!r} at the end"


def label(text: Text) -> Iterator[tuple[int, str]]:
    """Labels of boxes that say nothing."""
    for index in text.leading(LABELS, _MAX_LABEL_CHARS):
        line, folded = text.lines[index], text.folded[index]
        if (folded in LABELS or _uncounted(line.text, folded) in LABELS) and line.tag not in {"td", "th"}:
            yield index, "a box's label"
    for index, line in enumerate(text.lines):
        if (
            line.text[-1:] in _BRACKETS
            and line.tag in _HEADINGS
            and (match := _BRACKETED.search(line.text))
            and fold(match[1]) in SPONSORED
        ):
            yield index, f"a heading that says {match[1]!r}"


def _uncounted(line: str, folded: str) -> str:
    """A folded label without the number behind it: `Comments (3)`."""
    return folded.rstrip(" 0123456789") if line[-1:].isdigit() or line[-2:-1].isdigit() else folded


def credit(text: Text) -> Iterator[tuple[int, str]]:
    """Pictures' credits that stand apart from them."""
    for index, line in enumerate(text.lines):
        if len(line.text) <= _MAX_LABEL_CHARS and line.tag not in _LISTED and is_credit(line.text):
            yield index, "a picture's credit"


def rights(text: Text) -> Iterator[tuple[int, str]]:
    """Reserved rights, at the end."""
    for index in range(max(0, len(text.lines) - END), len(text.lines)):
        line = text.lines[index].text
        if (
            len(line) <= _MAX_RIGHTS_CHARS
            and any(map(line.__contains__, _OF_RIGHTS))
            and (match := _RIGHTS.search(line))
        ):
            yield index, f"reserves rights: {match[0].strip()}"


def standing(text: Text) -> Iterator[tuple[int, str]]:
    """Matter that stands under every story: near the end, with a link to the paper's newsletter, its licence, its donation form."""
    for index in range(max(TOP, len(text.lines) - END), len(text.lines)):
        line = text.lines[index]
        if line.block is None or len(line.text) > _MAX_STANDING_CHARS or line.tag in _NO_PARAGRAPHS:
            continue
        for link in line.block.element.iter("a"):
            if found := _STANDING_LINK.search((link.get("href") or "").lower()[:_MAX_LINK_CHARS]):
                yield index, f"links to {found[0]!r}"
                break


def social(text: Text) -> Iterator[tuple[int, str]]:
    """Short lines that link to a profile, group or channel in a network."""
    for index, line in enumerate(text.lines):
        if len(line.text) > _MAX_LABEL_CHARS or line.block is None or line.tag in _NO_PARAGRAPHS:
            continue
        for link in line.block.element.iter("a"):
            if found := _PROFILE.match(link.get("href") or ""):
                yield index, f"links to a profile on {found[1]}"
                break


def author_bio(text: Text) -> Iterator[tuple[int, str]]:
    """Paragraphs near the end whose subject is the author."""
    names = [name for name in text.known.authors if " " in name]
    for index in range(max(TOP, len(text.lines) - _BIO_LINES), len(text.lines)):
        line = text.lines[index]
        if not _BIO_CHARS[0] <= len(line.text) <= _BIO_CHARS[1] or line.tag in _LISTED:
            continue
        name = next((name for name in names if text.folded.begins_with(index, f"{name} ")), None)
        if name is not None:
            yield index, f"about its author, {name!r}"
        elif (
            len(line.text) <= _MAX_CALL_CHARS
            and _ADDRESS.search(line.text)
            and (name := next((name for name in names if f" {name} " in f" {text.folded[index]} "), None))
        ):
            yield index, f"how to reach its author, {name!r}"


def repeated(text: Text) -> Iterator[tuple[int, str]]:
    """Of equal long lines all but the first; of a text that stands there in several copies, short ones too."""
    lines = [line.text for line in text.lines]
    if len(set(lines)) == len(lines):
        return
    again = [line for line, times in Counter(lines).items() for _ in range(times - 1)]
    shortest = 1 if sum(map(len, again)) > _COPY_SHARE * sum(map(len, lines)) else _DUPLICATE_CHARS
    seen: set[str] = set()
    for index, line in enumerate(text.lines):
        if len(line.text) >= shortest and (shortest == 1 or line.tag not in _LISTED):
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
        if len(line.text) < _SCRAP_CHARS and line.tag not in _HEADINGS and not _ends_sentence(line.text.rstrip(":：")):
            yield index, "a few words above the story's element"


def last_section(text: Text) -> Iterator[tuple[int, str]]:
    """A short section at the end whose heading leads to other stories, or names the author or a box."""
    size = 0
    for index in range(len(text.lines) - 1, max(TOP, len(text.lines) - 1 - _SECTION_LINES), -1):
        line = text.lines[index]
        size += len(line.text)
        if line.tag in _HEADINGS and (found := text.opening(index, _SECTION_WORDS)):
            if size > _SECTION_SHARE * sum(len(line.text) for line in text.lines):
                return
            for below in range(index, len(text.lines)):
                yield below, f"under a heading that begins with {found!r}"
            return


def tail_label(text: Text) -> Iterator[tuple[int, str]]:
    """Headings at the end, with nothing under them."""
    for index in range(len(text.lines) - 1, max(TOP, len(text.lines) - 1 - _MAX_TAIL_LABELS), -1):
        line = text.lines[index]
        if len(line.text) > _MAX_LABEL_CHARS or not (
            (line.tag in _HEADINGS and not _ends_sentence(line.text)) or line.text[-1] in ":："
        ):
            return
        yield index, "a heading with nothing under it"
