"""The last steps of reading a page, whoever chose its body: what is no text leaves the tree, then the lines become an Article."""

from collections.abc import Callable, Sequence

import msgspec
from lxml.html import HtmlElement

from archive.model import Article, Image
from pipelines.extract.agreement import Choice
from pipelines.extract.blocks import Block
from pipelines.extract.body import Body, Line, blocks_of
from pipelines.extract.boilerplate import remove_boilerplate
from pipelines.extract.classes import Classes
from pipelines.extract.dateline import split_dateline, take_dateline
from pipelines.extract.language import choose_language
from pipelines.extract.lines import Forms, Known, apply_rules
from pipelines.extract.opening import OpenPage
from pipelines.extract.parsing import check_text
from pipelines.extract.pictures import take_pictures
from pipelines.extract.recurring import without_recurring
from pipelines.extract.removals import Removal, note
from pipelines.extract.standfirst import find_standfirst
from pipelines.extract.tree import body_of, clean, drop, drop_silent, text_of
from pipelines.extract.verdict import confidence_of, judge, shape_of
from pipelines.extract.version import EXTRACTOR

_UNSEEN = frozenset({"script", "noscript"})


class Extraction(msgspec.Struct, frozen=True, kw_only=True):
    """What was read from a page, and whether it is an article at all."""

    article: Article
    is_article: bool
    reason: str | None = None
    """Why it is none (`pipelines.extract.verdict`)."""
    reader: str | None = None
    """Whose reading of the body was chosen: one of `pipelines.extract.readers`, or `profile`."""
    voters: tuple[str, ...] = ()
    """Whose readings were compared."""
    agreement: float = 0.0
    """How far the readers agree with it, 0 to 1 (`pipelines.extract.agreement`)."""
    failed_readers: tuple[str, ...] = ()
    """Who broke on the page, and had no vote."""
    removals: tuple[Removal, ...] = ()
    """What the rules took, where it was asked for."""
    profile: str | None = None
    """Label of what was known of the site (`pipelines.extract.profile`); `None` where nothing was."""
    is_doubted: bool = False
    """The page fits what is known of its site, but the readers read something else there."""


class Cleared(msgspec.Struct, frozen=True, kw_only=True):
    """A tree from which what is no text has been taken, and what was found on the way."""

    blocks: list[Block]
    pictures: tuple[Image, ...]
    dateline: str | None
    times: Forms
    """What its time elements print."""
    unseen: tuple[HtmlElement, ...]
    """Its scripts and `<noscript>`."""


class ChosenBody(msgspec.Struct, frozen=True, kw_only=True):
    """The body that was chosen."""

    choice: Choice
    body: Body


class Assembled(msgspec.Struct, frozen=True, kw_only=True):
    """An extraction, and the lines its text was made of: learning a site's profile looks at them."""

    extraction: Extraction
    lines: list[Line]
    standfirst: Block | None
    blocks: list[Block]
    """Of the cleared tree."""


def clear(
    tree: HtmlElement,
    url: str,
    removals: list[Removal] | None = None,
    *,
    furniture: Callable[[], Sequence[HtmlElement]] | None = None,
    classes: Classes | None = None,
    is_bounded: bool = False,
) -> Cleared:
    """Take scripts, dateline, furniture and captioned pictures out of a tree, and cut what remains into blocks.

    With `furniture` what it finds goes, and no rule is asked for more. `classes` are the tree's, where they are known already;
    with `is_bounded` it cannot hold more text than is read. Raises PayloadTooLarge.
    """
    times = Forms([text_of(element) for element in tree.iter("time")])
    silent = drop_silent(tree)
    if not is_bounded:
        check_text(tree)
    if classes is None:
        classes = _classes_of(tree)
    else:
        classes.forget(silent)
    boxes = furniture() if furniture else ()
    dateline = take_dateline(classes)
    if furniture is None:
        remove_boilerplate(tree, removals)
        classes = _classes_of(tree)
    pictures = take_pictures(tree, url, classes)
    for element in boxes:
        drop(element)
    return Cleared(
        blocks=blocks_of(tree),
        pictures=pictures,
        dateline=dateline,
        times=times,
        unseen=tuple(element for element in silent if element.tag in _UNSEEN),
    )


def _classes_of(tree: HtmlElement) -> Classes:
    body = body_of(tree)
    return Classes(tree if body is None else body)


def assemble(
    page: OpenPage,
    cleared: Cleared,
    chosen: ChosenBody,
    *,
    recurring: frozenset[str] = frozenset(),
    removals: list[Removal] | None = None,
) -> Assembled:
    """Make an article of a body: its standfirst and dateline to their fields, what repeats a field dropped.

    `recurring` are the keys of lines that other articles of the site have too.
    """
    fields, body, url = page.fields, chosen.body, page.raw.url
    titles = Forms(fields.titles)
    lead = find_standfirst(body, titles, fields.descriptions)
    standfirst = page.stated.standfirst or (lead.text if lead else None)
    known = Known(
        titles=titles,
        times=cleared.times,
        captions=Forms([image.caption for image in cleared.pictures if image.caption]),
        authors=fields.authors,
    )
    if standfirst and removals is not None:
        removals.append(note("standfirst", "line", standfirst, "a field of its own"))
    lines = apply_rules((line for line in body.lines if line.text != standfirst), known, removals)
    lines = without_recurring(lines, recurring)
    dateline, lines = _without_dateline(lines, page.stated.dateline or cleared.dateline or fields.dateline)
    text = "\n".join(line.text for line in lines)
    verdict = judge(page.raw.payload, url, text, fields, page.signs, shape_of(lines))
    article = Article(
        url=url,
        canonical_url=fields.canonical_url,
        headline=fields.headline,
        standfirst=standfirst,
        authors=fields.authors,
        dateline=dateline,
        date_published=fields.date_published,
        date_modified=fields.date_modified,
        language=choose_language((*fields.languages, page.rules.language), text or fields.headline or ""),
        section=fields.section,
        keywords=fields.keywords,
        images=cleared.pictures or tuple(Image(url=image) for image in fields.images[:1]),
        paywalled=fields.paywalled,
        text=text,
        extractor=EXTRACTOR,
        confidence=confidence_of(verdict, chosen.choice.agreement),
    )
    extraction = Extraction(
        article=article,
        is_article=verdict.reason is None,
        reason=verdict.reason,
        reader=chosen.choice.reading.reader,
        voters=chosen.choice.voters,
        agreement=round(chosen.choice.agreement, 3),
        failed_readers=chosen.choice.failed,
    )
    return Assembled(extraction=extraction, lines=lines, standfirst=lead, blocks=cleared.blocks)


def _without_dateline(lines: list[Line], dateline: str | None) -> tuple[str | None, list[Line]]:
    if not lines:
        return dateline, lines
    line = lines[0]
    found, rest = split_dateline(line.text, dateline)
    text = clean(rest)
    if text == line.text:
        return dateline or found, lines
    first = [Line(text=text, block=line.block)] if text else []
    return dateline or found, [*first, *lines[1:]]
