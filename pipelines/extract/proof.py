"""From some pages of a site to a profile that has proved itself: half of the pages teach, the other half examine.

What the readers make of a page is the measure, not the truth: where a template leaves out a box that the readers took for
text, the two differ a little and the template is right. Where they differ much, the template is not used.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from statistics import fmean

import msgspec
from lxml.html import HtmlElement

from pipelines.errors import PayloadTooLarge
from pipelines.extract.agreement import likeness
from pipelines.extract.article import read_tree, read_with_profile
from pipelines.extract.assembly import Extraction
from pipelines.extract.headline import fold
from pipelines.extract.learning import Sample, learn_template
from pipelines.extract.metadata import read_fields
from pipelines.extract.profile import Profile, RecurringLine, Template
from pipelines.extract.recurring import distinct, find_recurring
from pipelines.extract.template import text_size
from pipelines.extract.tree import check_size, drop_all, parse
from pipelines.extract.version import EXTRACTOR

MIN_PAGES = 8
"""Articles to learn from and to prove it on, together."""
MAX_PAGES = 40
MAX_TEMPLATES = 4
MIN_LIKENESS = 0.93
"""Mean token F1 between what a template reads and what the readers read."""
_POOR, _MAX_POOR = 0.8, 0.1
_MIN_FITTING = 3
_MIN_AGREEMENT = 0.6
"""A page that the readers disagree on teaches nothing, and proves nothing."""


class SitePage(msgspec.Struct, frozen=True, kw_only=True):
    """A page to learn from."""

    payload: bytes
    """Its content codings undone."""
    url: str
    content_type: str | None = None
    captured: datetime | None = None


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """What came of learning."""

    profile: Profile | None
    """`None` where nothing was learned."""
    articles: int
    """Different articles among the pages."""
    remark: str
    """What was found, or why nothing is used: one line for a person."""


class _Read(msgspec.Struct, frozen=True, kw_only=True):
    page: SitePage
    prune: tuple[str, ...]
    extraction: Extraction
    sample: Sample


def learn_profile(
    pages: Sequence[SitePage], *, host: str, number: int, since: str, prune: Sequence[str] = ()
) -> Learned:
    """Learn what these pages of one host share, and prove it on those that it was not learned from.

    `prune` holds XPath expressions of what is never part of an article of this source.
    """
    read = _different(filter(None, (_read(page, prune) for page in pages[:MAX_PAGES])))
    if len(read) < MIN_PAGES:
        return Learned(
            profile=None, articles=len(read), remark=f"{len(read)} different articles: fewer than {MIN_PAGES}"
        )
    recurring = find_recurring([one.sample.lines for one in read])
    templates, remark = _templates([_without(one, recurring) for one in read], host)
    profile = Profile(
        host=host,
        number=number,
        since=since,
        articles=len(read),
        extractor=EXTRACTOR,
        templates=templates,
        recurring=tuple(RecurringLine(text=text, pages=count) for text, count in recurring.items()),
    )
    return Learned(
        profile=profile if templates or recurring else None,
        articles=len(read),
        remark=f"{remark}; {len(recurring)} recurring lines",
    )


def _templates(read: Sequence[_Read], host: str) -> tuple[tuple[Template, ...], str]:
    proved: list[Template] = []
    remarks: list[str] = []
    learn, prove = list(read[::2]), list(read[1::2])
    while len(proved) < MAX_TEMPLATES and len(learn) >= _MIN_FITTING and len(prove) >= _MIN_FITTING:
        found = learn_template([one.sample for one in learn])
        if found is None:
            break
        template, taught = found
        likenesses = {
            index: value for index, one in enumerate(prove) if (value := _prove(one, template, host)) is not None
        }
        if len(likenesses) >= _MIN_FITTING and _is_proved(list(likenesses.values())):
            proved.append(
                msgspec.structs.replace(template, proved=len(likenesses), likeness=round(fmean(likenesses.values()), 3))
            )
            remarks.append(f"{' + '.join(template.container)} on {len(taught)} pages, proved on {len(likenesses)}")
        else:
            mean = f"{fmean(likenesses.values()):.2f} like the readers'" if likenesses else "no page"
            remarks.append(
                f"{' + '.join(template.container)} not used: {len(likenesses)} of {len(prove)} pages fit, {mean}"
            )
            if len(taught) == len(learn):
                break
        learn = [one for index, one in enumerate(learn) if index not in set(taught)]
        prove = [one for index, one in enumerate(prove) if index not in likenesses]
    return tuple(proved), "; ".join(remarks) or "no container has a name that lasts"


def _read(page: SitePage, prune: Sequence[str]) -> _Read | None:
    tree = _tree(page, prune)
    if tree is None:
        return None
    fields = read_fields(tree, page.url, latest=page.captured)
    size = text_size(tree)
    assembled = read_tree(tree, page.payload, page.url, fields)
    if not assembled.extraction.is_article or assembled.extraction.agreement < _MIN_AGREEMENT:
        return None
    sample = Sample(
        blocks=assembled.blocks,
        lines=assembled.lines,
        titles=frozenset(map(fold, fields.titles)),
        standfirst=assembled.standfirst,
        page_text=size,
    )
    return _Read(page=page, prune=tuple(prune), extraction=assembled.extraction, sample=sample)


def _tree(page: SitePage, prune: Sequence[str]) -> HtmlElement | None:
    try:
        check_size(page.payload)
    except PayloadTooLarge:
        return None
    tree = parse(page.payload, page.content_type)
    for expression in prune if tree is not None else ():
        drop_all(tree, expression)
    return tree


def _different(read: Iterable[_Read]) -> list[_Read]:
    """Each article once: captures of one address, and an agency's text under two, would prove each other."""
    once = {one.extraction.article.canonical_url or one.page.url: one for one in read}
    return distinct(list(once.values()), lambda one: one.sample.lines)


def _without(one: _Read, recurring: Collection[str]) -> _Read:
    """The page as if the readers had not taken what recurs for text: boxes that hold nothing else are learned to be skipped."""
    lines = [line for line in one.sample.lines if line.text not in recurring]
    return msgspec.structs.replace(one, sample=msgspec.structs.replace(one.sample, lines=lines))


def _prove(one: _Read, template: Template, host: str) -> float | None:
    """How much what the template reads is like what the readers read; `None` where the page does not fit."""
    profile = Profile(host=host, number=0, since="", templates=(template,))
    tree = _tree(one.page, one.prune)
    assert tree is not None
    fields = read_fields(tree, one.page.url, latest=one.page.captured)
    extraction = read_with_profile(tree, one.page.payload, one.page.url, fields, profile)
    return (
        None
        if extraction is None
        else likeness(extraction.article.text, "\n".join(line.text for line in one.sample.lines))
    )


def _is_proved(likenesses: Sequence[float]) -> bool:
    poor = sum(1 for value in likenesses if value < _POOR)
    return fmean(likenesses) >= MIN_LIKENESS and poor <= _MAX_POOR * len(likenesses)
