"""Named rules over the lines of a body: what a reader lets through although it is a field of its own, or no text at all.

Each rule looks only where such lines occur: at the top, at the end, or anywhere. A rule that would take more of a text than
furniture can be takes nothing.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from pipelines.extract.body import Line
from pipelines.extract.headline import fold
from pipelines.extract.labels import CREDITS, LABELS, NEWSLETTERS, PROMPTS, RELATED, opening
from pipelines.extract.pictures import is_credit
from pipelines.extract.removals import Removal, note

TOP, END = 5, 3
"""How many lines count as the top, and as the end."""

_SMALL = 300
"""Characters that a rule may take of any text, however short."""
_YEAR_OR_TIME = re.compile(r"(?:19|20)\d\d|\d{1,2}[:.]\d\d|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|[年년]")
_LETTERS = re.compile(r"[^\W\d_]")
_MAX_DATE_CHARS, _MAX_DATE_LETTERS = 80, 30
_MAX_BYLINE_CHARS, _MAX_EXTRA_WORDS = 120, 4
_DUPLICATE_CHARS = 40
_COPY_SHARE = 0.4
"""Of a text: what must repeat itself for the page to hold the story more than once, as for several widths of screen."""
_LISTED = frozenset({"li", "td", "th", "dd", "dt"})
"""Lists and tables repeat themselves on purpose."""
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_READING_TIME = re.compile(
    r"(?<!\d)\d{1,3}\s?-?\s?(?:mins?|minutes?|minuten|minutos|minuti|minuter|minutter|minuuttia|minut|perc|dakika|dk|мин|минут|минуты|хв"
    r"|хвилин|λεπτά|דקות|دقيقة|دقائق|دقیقه|मिनट|menit|phút|นาที|分钟|分鐘|分|분)(?:\W|$)",
    re.IGNORECASE,
)
_RIGHTS = re.compile(
    r"^\W*(?:[Cc]opyright\s*)?(?:©|\([cC]\)\s*\d{4})|^[Cc]opyright\s*\d{4}|[Aa]ll [Rr]ights [Rr]eserved|Todos los derechos|Tous droits réservés|Alle Rechte"
)
_MAX_RIGHTS_CHARS = 300
_MAX_CALL_CHARS, _MAX_LABEL_CHARS = 200, 120
_BIO_CHARS = (50, 900)
_BIO_LINES = 5
_MAX_TAIL_LABELS = 3
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


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What has been read already, folded: it is not to be read again."""

    titles: frozenset[str]
    captions: frozenset[str]
    authors: tuple[str, ...]
    times: frozenset[str]


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules look at."""

    lines: Sequence[Line]
    folded: Sequence[str]
    """The lines, folded."""
    known: Known


Found = Iterable[tuple[int, str]]
"""Indexes of lines, each with what was found in it."""


class LineRule(msgspec.Struct, frozen=True, kw_only=True):
    """Lines to drop."""

    name: str
    find: Callable[[Text], Found]
    max_share: float = 0.5
    """Of the text: a rule that finds more takes nothing."""


def _top(text: Text) -> range:
    return range(min(TOP, len(text.lines)))


def _edges(text: Text) -> list[int]:
    total = len(text.lines)
    return [index for index in range(total) if index < TOP or index >= total - END]


def _ends_sentence(line: str) -> bool:
    return line[-1:] in {".", "!", "?", "。", "؟", "।", "…"}


def _empty(text: Text) -> Iterator[tuple[int, str]]:
    """No letter and no digit: rules, arrows, bullets."""
    for index, line in enumerate(text.lines):
        if not any(map(str.isalnum, line.text)):
            yield index, "no letter and no digit"


def _headline(text: Text) -> Iterator[tuple[int, str]]:
    return ((index, "a form of the headline") for index in _top(text) if text.folded[index] in text.known.titles)


def _caption(text: Text) -> Iterator[tuple[int, str]]:
    return ((index, "a picture's caption") for index, line in enumerate(text.folded) if line in text.known.captions)


def _byline(text: Text) -> Iterator[tuple[int, str]]:
    """Little besides authors' names."""
    for index in _edges(text):
        line, folded = text.lines[index].text, f" {text.folded[index]} "
        if len(line) > _MAX_BYLINE_CHARS or line[-1:] in {".", "!", "?", "。"}:
            continue
        rest = folded
        for name in text.known.authors:
            rest = rest.replace(f" {name} ", "  ")
        if rest != folded and len(rest.split()) <= _MAX_EXTRA_WORDS:
            yield index, "an author's name"
        elif (
            len(folded.split()) <= _MAX_CREDIT_WORDS
            and line[-1] not in ":,"
            and (found := opening(text.folded[index], CREDITS))
        ):
            yield index, f"begins with {found!r}"


def _date(text: Text) -> Iterator[tuple[int, str]]:
    for index in _edges(text):
        line = text.lines[index]
        if text.folded[index] in text.known.times:
            yield index, "a time the page marks"
        elif (
            len(line.text) <= _MAX_DATE_CHARS
            and _YEAR_OR_TIME.search(line.text) is not None
            and len(_LETTERS.findall(line.text)) <= _MAX_DATE_LETTERS
            and line.text[-1] not in ".!?。؟"
            and line.tag not in {"h2", "h3", "h4", "li", "td"}
        ):
            yield index, "little besides a date"


def _reading_time(text: Text) -> Iterator[tuple[int, str]]:
    for index in _top(text):
        line = text.lines[index].text
        if len(line) <= 40 and not _ends_sentence(line) and (match := _READING_TIME.search(line)):
            yield index, f"a number of minutes: {match[0].strip()}"


def _link(text: Text) -> Iterator[tuple[int, str]]:
    """All of it one link, and no part of a list or table."""
    for index, line in enumerate(text.lines):
        if line.link_share > 0.95 and line.tag not in _LISTED | {"h2", "h3", "h4"} and len(line.text) < 200:
            yield index, "all of it a link"


def _link_row(text: Text) -> Iterator[tuple[int, str]]:
    """Links in a row, parted by bars or dots."""
    for index, line in enumerate(text.lines):
        if (
            line.link_share >= _ROW_SHARE
            and line.tag not in {"td", "th"}
            and len(_BARS.findall(line.text)) >= _MIN_BARS
        ):
            yield index, "links in a row"


def _related(text: Text) -> Iterator[tuple[int, str]]:
    """A label that leads to other stories, with what it leads to: on the same line, or on the lines after it."""
    index = 0
    while index < len(text.lines):
        line = text.lines[index]
        label = opening(text.folded[index], RELATED) if len(line.text) <= _MAX_CALL_CHARS else None
        bare = label is not None and (
            label == text.folded[index] or (line.text[-1] in ":：" and _is_link_at(text, index + 1))
        )
        if label is not None and (bare or _leads(line, label, text.folded[index])):
            yield index, f"begins with {label!r}"
            while bare and _is_link_at(text, index + 1):
                index += 1
                yield index, f"a link after {label!r}"
        index += 1


def _is_link_at(text: Text, index: int) -> bool:
    return index < len(text.lines) and text.lines[index].link_share > 0.8


def _leads(line: Line, label: str, folded: str) -> bool:
    """Half of the line is linked, or a colon parts the label from the rest."""
    return line.link_share >= 0.5 or (
        len(folded) > len(label) and fold(line.text.partition(":")[0]) == label and ":" in line.text
    )


def _prompt(text: Text) -> Iterator[tuple[int, str]]:
    for index, line in enumerate(text.lines):
        if (
            len(line.text) <= _MAX_CALL_CHARS
            and line.tag not in _LISTED
            and (found := opening(text.folded[index], PROMPTS))
        ):
            yield index, f"begins with {found!r}"
        elif (
            index >= len(text.lines) - END - 1
            and len(line.text) <= _MAX_RIGHTS_CHARS
            and (found := NEWSLETTERS.intersection(text.folded[index].split()))
        ):
            yield index, f"names a {min(found)!r} at the end"


def _label(text: Text) -> Iterator[tuple[int, str]]:
    for index, folded in enumerate(text.folded):
        if folded in LABELS and text.lines[index].tag not in {"td", "th"}:
            yield index, "a box's label"


def _credit(text: Text) -> Iterator[tuple[int, str]]:
    for index, line in enumerate(text.lines):
        if len(line.text) <= _MAX_LABEL_CHARS and line.tag not in _LISTED and is_credit(line.text):
            yield index, "a picture's credit"


def _rights(text: Text) -> Iterator[tuple[int, str]]:
    for index in range(max(0, len(text.lines) - END), len(text.lines)):
        line = text.lines[index].text
        if len(line) <= _MAX_RIGHTS_CHARS and (match := _RIGHTS.search(line)):
            yield index, f"reserves rights: {match[0].strip()}"


def _standing(text: Text) -> Iterator[tuple[int, str]]:
    """Matter that stands under every story: near the end, with a link to the paper's newsletter, its licence, its donation form."""
    for index in range(max(TOP, len(text.lines) - END), len(text.lines)):
        line = text.lines[index]
        if line.block is None or len(line.text) > _MAX_STANDING_CHARS or line.tag in _LISTED | _HEADINGS:
            continue
        for link in line.block.element.iter("a"):
            if found := _STANDING_LINK.search((link.get("href") or "").lower()[:_MAX_LINK_CHARS]):
                yield index, f"links to {found[0]!r}"
                break


def _social(text: Text) -> Iterator[tuple[int, str]]:
    """Short lines that link to a profile, group or channel in a network."""
    for index, line in enumerate(text.lines):
        if line.block is None or len(line.text) > _MAX_LABEL_CHARS or line.tag in _LISTED | _HEADINGS:
            continue
        for link in line.block.element.iter("a"):
            if found := _PROFILE.match(link.get("href") or ""):
                yield index, f"links to a profile on {found[1]}"
                break


def _author_bio(text: Text) -> Iterator[tuple[int, str]]:
    """Paragraphs near the end whose subject is the author."""
    names = [name for name in text.known.authors if " " in name]
    for index in range(max(TOP, len(text.lines) - _BIO_LINES), len(text.lines)):
        line, folded = text.lines[index], text.folded[index]
        if not _BIO_CHARS[0] <= len(line.text) <= _BIO_CHARS[1] or line.tag in _LISTED:
            continue
        name = next((name for name in names if folded.startswith(f"{name} ")), None)
        if name is not None:
            yield index, f"about its author, {name!r}"


def _repeated(text: Text) -> Iterator[tuple[int, str]]:
    """Of equal long lines all but the first; of a text that stands there in several copies, short ones too."""
    lines = [line.text for line in text.lines]
    again = [line for line, times in Counter(lines).items() for _ in range(times - 1)]
    shortest = 1 if sum(map(len, again)) > _COPY_SHARE * sum(map(len, lines)) else _DUPLICATE_CHARS
    seen: set[str] = set()
    for index, line in enumerate(text.lines):
        if len(line.text) >= shortest and (shortest == 1 or line.tag not in _LISTED):
            if line.text in seen:
                yield index, "stands above already"
            seen.add(line.text)


def _tail_label(text: Text) -> Iterator[tuple[int, str]]:
    """Headings at the end, with nothing under them."""
    for index in range(len(text.lines) - 1, max(TOP, len(text.lines) - 1 - _MAX_TAIL_LABELS), -1):
        line = text.lines[index]
        if len(line.text) > _MAX_LABEL_CHARS or not (
            (line.tag in _HEADINGS and not _ends_sentence(line.text)) or line.text[-1] in ":："
        ):
            return
        yield index, "a heading with nothing under it"


RULES = (
    LineRule(name="empty", find=_empty),
    LineRule(name="headline", find=_headline),
    LineRule(name="caption", find=_caption),
    LineRule(name="byline", find=_byline),
    LineRule(name="date", find=_date),
    LineRule(name="reading-time", find=_reading_time),
    LineRule(name="related", find=_related, max_share=0.2),
    LineRule(name="link", find=_link),
    LineRule(name="link-row", find=_link_row, max_share=0.2),
    LineRule(name="prompt", find=_prompt, max_share=0.2),
    LineRule(name="label", find=_label, max_share=0.2),
    LineRule(name="rights", find=_rights, max_share=0.2),
    LineRule(name="credit", find=_credit, max_share=0.2),
    LineRule(name="social", find=_social, max_share=0.2),
    LineRule(name="standing", find=_standing, max_share=0.2),
    LineRule(name="author-bio", find=_author_bio, max_share=0.2),
    LineRule(name="repeated", find=_repeated, max_share=1.0),
    LineRule(name="tail-label", find=_tail_label, max_share=0.2),
)


def apply_rules(lines: Iterable[Line], known: Known, removals: list[Removal] | None = None) -> list[Line]:
    """The lines that no rule drops; what each dropped is added to `removals`, if given."""
    kept = list(lines)
    folded = [fold(line.text) for line in kept]
    for rule in RULES:
        found = dict(rule.find(Text(lines=kept, folded=folded, known=known)))
        if not found:
            continue
        total = sum(len(line.text) for line in kept)
        taken = sum(len(kept[index].text) for index in found)
        if taken > max(_SMALL, rule.max_share * total):
            continue
        if removals is not None:
            removals += [note(rule.name, "line", kept[index].text, why) for index, why in sorted(found.items())]
        folded = [one for index, one in enumerate(folded) if index not in found]
        kept = [line for index, line in enumerate(kept) if index not in found]
    return kept
