"""From some pages of a site to a profile that has proved itself: half of the pages teach, the other half examine.

What the readers make of a page is the measure, not the truth: where a template leaves out a box that the readers took for
text, the two differ a little and the template is right. Where they differ much, the template is not used.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from statistics import fmean

import msgspec

from pipelines.errors import PayloadTooLarge
from pipelines.extract.agreement import likeness
from pipelines.extract.article import read_sliced, read_with_profile, read_with_readers
from pipelines.extract.assembly import Extraction, clear
from pipelines.extract.body import lay_over
from pipelines.extract.headline import fold
from pipelines.extract.learning import learn_template, widen
from pipelines.extract.opening import OpenPage, RawPage, open_page
from pipelines.extract.profile import NO_RULES, Learned, Profile, RecurringLine, SiteRules, Template
from pipelines.extract.recurring import distinct, find_recurring
from pipelines.extract.seen import Sample
from pipelines.extract.template import text_size
from pipelines.extract.version import EXTRACTOR

MIN_PAGES = 8
"""Articles to learn from and to prove it on, together."""
MAX_PAGES = 32
MAX_TEMPLATES = 4
MIN_LIKENESS = 0.93
"""Mean token F1 between what a template reads and what the readers read."""
_POOR, _MAX_POOR = 0.8, 0.1
_MIN_FITTING = 3
_BARE_SHARE, _BARE_LOSS = 0.9, 0.003
_WIDE_LOSS = 0.003
_MIN_AGREEMENT = 0.6
"""A page that the readers disagree on teaches nothing, and proves nothing."""


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
    read = _different(filter(None, (_read(page, rules) for page in pages[-MAX_PAGES:])))
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
        remark=f"{remark}; {len(recurring)} recurring {'line' if len(recurring) == 1 else 'lines'}",
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
        recurring=tuple(RecurringLine(text=text, pages=count) for text, count in recurring.items()),
    )
    templates: list[Template] = []
    for template, _ in (*_learn_bare(read, found[0].container), found) if found else ():
        proof = _prove_on(read, template, profile)
        if proof.likeness and proof.mean >= MIN_LIKENESS:
            templates.append(msgspec.structs.replace(template, sliced=proof.sliced))
    return msgspec.structs.replace(profile, templates=tuple(templates))


def _templates(read: Sequence[_Read], profile: Profile) -> tuple[tuple[Template, ...], str]:
    """The templates that prove themselves, the commonest first, and a remark on each that was tried."""
    proved: list[Template] = []
    remarks: list[str] = []
    learn, prove = list(read[::2]), list(read[1::2])
    for _ in range(MAX_TEMPLATES):
        found = learn_template([one.sample for one in learn]) if min(len(learn), len(prove)) >= _MIN_FITTING else None
        if found is None:
            break
        template, taught = found
        name = " + ".join(template.container)
        proof = _prove_on(prove, template, profile)
        if proof.holds:
            pages = [learn[index] for index in taught]
            template, proof = _widened(template, proof, [one.sample for one in pages], prove, profile)
            bare = _bare_template(pages, template.container, prove, profile, proof)
            proved += [*([bare] if bare else []), proof.noted(template)]
            remarks.append(f"{name} on {len(taught)} pages, proved on {len(proof.likeness)}")
        else:
            remarks.append(f"{name} not used: {proof.remark(len(prove))}")
            if len(taught) == len(learn):
                break
        learn = [one for index, one in enumerate(learn) if index not in set(taught)]
        prove = [one for index, one in enumerate(prove) if index not in proof.likeness]
    return tuple(proved), "; ".join(remarks) or "nothing names the text on all pages"


def _bare_template(
    learn: Sequence[_Read], container: tuple[str, ...], prove: Sequence[_Read], profile: Profile, proof: "_Proof"
) -> Template | None:
    """A template that needs no rules: what they took on these pages is skipped by name. `None` where that reads worse.

    It is read in two thirds of the time, and is used only where next to nothing on a page is new to it.
    """
    for template, taught in _learn_bare(learn, container):
        bare = _prove_on(prove, template, profile)
        if bare.holds:
            samples = [_uncleared(learn[index]) for index in taught]
            template, bare = _widened(template, bare, samples, prove, profile)
        fits_as_many = len(bare.likeness) >= _BARE_SHARE * len(proof.likeness)
        if bare.holds and fits_as_many and bare.mean >= proof.mean - _BARE_LOSS:
            return bare.noted(template)
    return None


def _learn_bare(read: Sequence[_Read], container: tuple[str, ...]) -> Iterator[tuple[Template, list[int]]]:
    """What these pages teach as they came, before any rule: with what then fits their text best, and with what held it once they were cleared.

    Where furniture stands among the text, what fits best are the elements that evade it, such as the paragraphs, and not what is
    text beside those; its names are learned only after that choice.
    """
    samples = [_uncleared(one) for one in read]
    for given in ((), container):
        found = learn_template(samples, cleared=False, container=given)
        if found is not None:
            yield found
            if found[0].container == container:
                return


def _widened(
    template: Template, proof: "_Proof", taught: Sequence[Sample], prove: Sequence[_Read], profile: Profile
) -> tuple[Template, "_Proof"]:
    """A template that has proved itself, with the bounds of the pages that it did not fit too, where it then reads those as well.

    What the half that taught it happened not to show (a list, a long box beside the text) would be strange for ever.
    """
    left = [one for index, one in enumerate(prove) if index not in proof.likeness]
    if not left:
        return template, proof
    wide = widen(template, [*taught, *(one.sample if template.cleared else _uncleared(one) for one in left)])
    if wide == template:
        return template, proof
    found = _prove_on(prove, wide, profile)
    is_better = found.holds and len(found.likeness) > len(proof.likeness) and found.mean >= proof.mean - _WIDE_LOSS
    return (wide, found) if is_better else (template, proof)


class _Proof(msgspec.Struct, frozen=True):
    """How a template read pages that it was not learned from."""

    likeness: dict[int, float]
    """To the readers' texts, of each page that fits, by index."""
    sliced: bool
    """Whether each page that fits reads the very same where the frame is cut out of its bytes."""

    @property
    def mean(self) -> float:
        return fmean(self.likeness.values())

    @property
    def holds(self) -> bool:
        if len(self.likeness) < _MIN_FITTING:
            return False
        poor = sum(1 for value in self.likeness.values() if value < _POOR)
        return self.mean >= MIN_LIKENESS and poor <= _MAX_POOR * len(self.likeness)

    def noted(self, template: Template) -> Template:
        return msgspec.structs.replace(
            template, proved=len(self.likeness), likeness=round(self.mean, 3), sliced=self.sliced
        )

    def remark(self, pages: int) -> str:
        like = f", {self.mean:.2f} like the readers' texts" if self.likeness else ""
        return f"fits {len(self.likeness)} of {pages} other pages{like}"


def _prove_on(pages: Sequence[_Read], template: Template, profile: Profile) -> _Proof:
    tried = msgspec.structs.replace(profile, templates=(template,))
    cut = msgspec.structs.replace(profile, templates=(msgspec.structs.replace(template, sliced=True),))
    found: dict[int, float] = {}
    sliced = True
    for index, one in enumerate(pages):
        page = _open(one.raw, one.rules)
        extraction = read_with_profile(page, tried) if page else None
        if extraction is None:
            continue
        text = "\n".join(line.text for line in one.sample.lines)
        found[index] = likeness(extraction.article.text, text)
        rules = msgspec.structs.replace(one.rules, prune=(), profile=cut)
        sliced = sliced and _same(extraction, read_sliced(one.raw, rules))
    return _Proof(found, sliced)


def _same(whole: Extraction, sliced: Extraction | None) -> bool:
    return sliced is not None and msgspec.structs.replace(sliced, profile=whole.profile) == whole


def _uncleared(one: _Read) -> Sample:
    """The same sample on a page that no rule has cleared."""
    page = _open(one.raw, one.rules)
    assert page is not None
    blocks = clear(page.tree, one.raw.url, furniture=tuple).blocks
    body = lay_over(blocks, tuple(line.text for line in one.sample.lines), restore=False)
    lead = one.sample.standfirst
    standfirst = next((block for block in blocks if lead and block.key == lead.key), None)
    return msgspec.structs.replace(one.sample, blocks=blocks, lines=list(body.lines), standfirst=standfirst)


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
