"""From some pages of a site to a profile that has proved itself: half of the pages teach, the other half examine.

What the readers make of a page is the measure, not the truth: where a template leaves out a box that the readers took for
text, the two differ a little and the template is right. Where they differ much, the template is not used.
"""

from collections.abc import Collection, Iterable, Sequence
from statistics import fmean

import msgspec

from pipelines.errors import PayloadTooLarge
from pipelines.extract.agreement import likeness
from pipelines.extract.article import read_with_profile, read_with_readers
from pipelines.extract.assembly import Extraction
from pipelines.extract.headline import fold
from pipelines.extract.learning import Sample, learn_template
from pipelines.extract.opening import OpenPage, RawPage, open_page
from pipelines.extract.profile import NO_RULES, Profile, RecurringLine, SiteRules, Template
from pipelines.extract.recurring import distinct, find_recurring
from pipelines.extract.template import text_size
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


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """What came of learning."""

    profile: Profile | None
    """`None` where nothing was learned."""
    articles: int
    """Different articles among the pages."""
    remark: str
    """What was found, or why nothing is used: one line for a person."""


class _Read(msgspec.Struct, frozen=True, kw_only=True):
    raw: RawPage
    rules: SiteRules
    extraction: Extraction
    sample: Sample


def learn_profile(
    pages: Sequence[RawPage], *, host: str, number: int, since: str, rules: SiteRules = NO_RULES
) -> Learned:
    """Learn what these pages of one host share, and prove it on those that it was not learned from.

    `rules` are those that the pages are read under; a profile among them is let be.
    """
    read = _different(filter(None, (_read(page, rules) for page in pages[:MAX_PAGES])))
    if len(read) < MIN_PAGES:
        return Learned(
            profile=None, articles=len(read), remark=f"{len(read)} different articles: fewer than {MIN_PAGES}"
        )
    recurring = find_recurring([one.sample.lines for one in read])
    profile = Profile(
        host=host,
        number=number,
        since=since,
        articles=len(read),
        extractor=EXTRACTOR,
        recurring=tuple(RecurringLine(text=text, pages=count) for text, count in recurring.items()),
    )
    templates, remark = _templates([_without(one, recurring) for one in read], profile)
    profile = msgspec.structs.replace(profile, templates=templates)
    return Learned(
        profile=profile if templates or recurring else None,
        articles=len(read),
        remark=f"{remark}; {len(recurring)} recurring lines",
    )


def learn_unproved(pages: Sequence[RawPage], *, host: str) -> Profile | None:
    """What a few pages teach, proved on no others: too little to be used, enough to be measured."""
    read = _different(filter(None, (_read(page, NO_RULES) for page in pages)))
    found = learn_template([one.sample for one in read]) if read else None
    recurring = find_recurring([one.sample.lines for one in read])
    profile = Profile(
        host=host,
        number=1,
        since="",
        templates=(found[0],) if found else (),
        recurring=tuple(RecurringLine(text=text, pages=count) for text, count in recurring.items()),
    )
    likenesses = [like for one in read if (like := _prove(one, profile)) is not None]
    return profile if likenesses and _is_proved(likenesses) else msgspec.structs.replace(profile, templates=())


def _templates(read: Sequence[_Read], profile: Profile) -> tuple[tuple[Template, ...], str]:
    """The templates that prove themselves, the commonest first, and a remark on each that was tried."""
    proved: list[Template] = []
    remarks: list[str] = []
    learn, prove = list(read[::2]), list(read[1::2])
    while len(proved) < MAX_TEMPLATES and min(len(learn), len(prove)) >= _MIN_FITTING:
        found = learn_template([one.sample for one in learn])
        if found is None:
            break
        template, taught = found
        name = " + ".join(template.container)
        tried = msgspec.structs.replace(profile, templates=(template,))
        results = {index: like for index, one in enumerate(prove) if (like := _prove(one, tried)) is not None}
        likenesses = list(results.values())
        if len(likenesses) >= _MIN_FITTING and _is_proved(likenesses):
            proof = {"proved": len(likenesses), "likeness": round(fmean(likenesses), 3)}
            proved.append(msgspec.structs.replace(template, **proof))
            remarks.append(f"{name} on {len(taught)} pages, proved on {len(likenesses)}")
        else:
            mean = f", {fmean(likenesses):.2f} like the readers' texts" if likenesses else ""
            remarks.append(f"{name} not used: fits {len(likenesses)} of {len(prove)} other pages{mean}")
            if len(taught) == len(learn):
                break
        learn = [one for index, one in enumerate(learn) if index not in set(taught)]
        prove = [one for index, one in enumerate(prove) if index not in results]
    return tuple(proved), "; ".join(remarks) or "nothing names the text on all pages"


def _read(raw: RawPage, rules: SiteRules) -> _Read | None:
    page = _open(raw, rules)
    if page is None:
        return None
    size = text_size(page.tree)
    assembled = read_with_readers(page)
    if not assembled.extraction.is_article or assembled.extraction.agreement < _MIN_AGREEMENT:
        return None
    sample = Sample(
        blocks=assembled.blocks,
        lines=assembled.lines,
        titles=frozenset(map(fold, page.fields.titles)),
        standfirst=assembled.standfirst,
        page_text=size,
    )
    return _Read(raw=raw, rules=rules, extraction=assembled.extraction, sample=sample)


def _open(raw: RawPage, rules: SiteRules) -> OpenPage | None:
    try:
        return open_page(raw, rules)
    except PayloadTooLarge:
        return None


def _different(read: Iterable[_Read]) -> list[_Read]:
    """Each article once: captures of one address, and an agency's text under two, would prove each other."""
    once = {one.extraction.article.canonical_url or one.raw.url: one for one in read}
    return distinct(list(once.values()), lambda one: one.sample.lines)


def _without(one: _Read, recurring: Collection[str]) -> _Read:
    """The page as if the readers had not taken what recurs for text: boxes that hold nothing else are learned to be skipped."""
    lines = [line for line in one.sample.lines if line.text not in recurring]
    return msgspec.structs.replace(one, sample=msgspec.structs.replace(one.sample, lines=lines))


def _prove(one: _Read, profile: Profile) -> float | None:
    """How much what the profile reads is like what the readers read; `None` where the page does not fit."""
    page = _open(one.raw, one.rules)
    extraction = read_with_profile(page, profile) if page else None
    if extraction is None:
        return None
    return likeness(extraction.article.text, "\n".join(line.text for line in one.sample.lines))


def _is_proved(likenesses: Sequence[float]) -> bool:
    poor = sum(1 for value in likenesses if value < _POOR)
    return fmean(likenesses) >= MIN_LIKENESS and poor <= _MAX_POOR * len(likenesses)
