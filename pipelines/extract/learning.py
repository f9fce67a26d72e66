"""Learns a template from pages of one site that the readers have read: which selectors name what they agree on.

A selector is judged on every page at once, so what one reader got wrong on one page is outvoted; one that the next build of
the site would change loses to one that would not. Nothing is used before it has proved itself (`pipelines.extract.proof`).
"""

from collections import Counter
from collections.abc import Sequence
from statistics import fmean

import msgspec

from pipelines.extract.headline import fold
from pipelines.extract.naming import kind_of, plainness
from pipelines.extract.omission import find_furniture, find_skips
from pipelines.extract.profile import Template
from pipelines.extract.seen import Sample, SeenPage
from pipelines.extract.spans import Span
from pipelines.extract.template import MAX_LINK_SHARE, rest_of

_NEAR = 0.004
"""Two selectors whose fits differ by less are as good as each other."""
_GOOD = 0.995
_GAIN = 0.003
_MAX_UNION = 3
_MAX_KINDS = 100
_MAX_SHARE = 1.5
_HEADINGS = frozenset({"h2", "h3", "h4"})
_OUTER, _INNER = 12, 40
_MIN_SHARE = 0.3
"""On how many of the pages a selector must name text to be considered."""
_MIN_FIT = 0.8
"""A page that the best container fits worse has another template."""


def learn_template(
    samples: Sequence[Sample], *, cleared: bool = True, container: tuple[str, ...] = ()
) -> tuple[Template, list[int]] | None:
    """The template that most of these pages share, and the indexes of those that do; `None` where nothing names their text.

    `cleared` says whether the samples' pages were cleared of furniture by the general rules. With a `container` no other is looked for.
    """
    pages = {index: SeenPage(sample) for index, sample in enumerate(samples) if sample.lines}
    given = container
    for _ in range(2):  # once more without the pages of other kinds, which no longer have a say
        found = given or _container(list(pages.values()))
        pages = {index: one for index, one in pages.items() if found and one.fit(found) >= _MIN_FIT}
        if not found or not pages:
            return None
        container = found
    seen = list(pages.values())
    frame = _frame(seen, container)
    template = Template(
        frame=frame,
        container=container,
        skip=find_skips(seen, container),
        furniture=() if cleared else find_furniture(seen, frame),
        cleared=cleared,
        share=0.0,
        pages=len(seen),
    )
    return _with_bounds(template, seen), list(pages)


def widen(template: Template, samples: Sequence[Sample]) -> Template:
    """The template with the bounds that all of these pages have which its container fits; what it takes for the text stays."""
    seen = [SeenPage(sample) for sample in samples if sample.lines]
    return _with_bounds(template, [one for one in seen if one.fit(template.container) >= _MIN_FIT])


def _with_bounds(template: Template, seen: Sequence[SeenPage]) -> Template:
    """How the text of these pages stands in the container: what differs more is not read with the template."""
    kinds, links = _kinds(seen, template.container)
    rests = [_rest(one, template.frame, template.container) for one in seen]
    shares = [one.measure.total / max(1, one.sample.page_text) for one in seen]
    return msgspec.structs.replace(
        template,
        kinds=kinds,
        links=links,
        # Where texts stand in no paragraphs, the page's paragraphs are no measure of them.
        share=round(min(shares), 3) if max(shares) <= _MAX_SHARE else 0.0,
        rest=round(max(rests), 3),
    )


def _fit(seen: Sequence[SeenPage], container: Sequence[str]) -> float:
    """How well a container fits the pages; one that fits some of them well is worth more than one that fits all badly."""
    fits = [one.fit(container) for one in seen]
    return fmean(fit if fit >= _MIN_FIT else fit / 2 for fit in fits)


def _container(seen: Sequence[SeenPage]) -> tuple[str, ...] | None:
    """The selector that fits best; one inside another, or several together, where that fits clearly better."""
    names = Counter(
        selector
        for one in seen
        for selector, spans in one.named.items()
        if 20 * one.measure.text(spans) >= one.measure.total
    )
    candidates = [name for name, times in names.items() if times >= _MIN_SHARE * len(seen)]
    fits = {name: _fit(seen, (name,)) for name in candidates}
    if not fits:
        return None
    best = _best(fits)
    if fits[best] < _GOOD:
        outer = sorted(
            candidates,
            key=lambda name: -fmean(one.measure.text(one.of(name)) / max(1, one.measure.total) for one in seen),
        )
        inner = sorted(candidates, key=lambda name: -fits[name])
        pairs = {f"{a} {b}": _fit(seen, (f"{a} {b}",)) for a in outer[:_OUTER] for b in inner[:_INNER] if a != b}
        if pairs and max(pairs.values()) > fits[best] + _GAIN:
            fits |= pairs
            best = _best(fits)
    chosen: tuple[str, ...] = (best,)
    # Parts of one article, not articles of another kind: those get a template of their own.
    seen = [one for one in seen if one.measure.text(one.all_of(chosen))]
    fit = _fit(seen, chosen)
    while fit < _GOOD and len(chosen) < _MAX_UNION:
        more = {name: _fit(seen, (*chosen, name)) for name in candidates if name not in chosen}
        if not more or more[_best(more)] < fit + _GAIN:
            break
        chosen, fit = (*chosen, _best(more)), more[_best(more)]
    return chosen


def _best(fits: dict[str, float]) -> str:
    """Among those that fit as well as the best, the one that says most of what it names."""
    top = max(fits.values())
    near = [name for name, fit in fits.items() if fit >= top - _NEAR]
    return min(near, key=lambda name: (plainness(name), " " in name, -round(fits[name], 4), name))


def _kinds(seen: Sequence[SeenPage], container: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The kinds of blocks that were read inside the container, and those that were although they are links."""
    kinds: Counter[str] = Counter()
    links: Counter[str] = Counter()
    for one in seen:
        inside = {element for selector in container for element in one.elements(selector)}
        for start, end in one.all_of(container):
            for index in range(start, end):
                block = one.sample.blocks[index]
                is_link = block.link_share >= MAX_LINK_SHARE and block.tag in _HEADINGS
                if index in one.read:
                    kind = kind_of(block.element, inside)
                    kinds[kind] += 1
                    links[kind] += is_link
                elif is_link:
                    links[kind_of(block.element, inside)] -= 1
    return tuple(kind for kind, _ in kinds.most_common(_MAX_KINDS)), tuple(sorted(+links))


def _frame(seen: Sequence[SeenPage], container: tuple[str, ...]) -> str:
    """The selector of the smallest element that holds headline, standfirst and text on every page, and is named first."""
    wanted: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for one in seen:
        needed = _needed(one, container)
        for selector, elements in one.matches.items():
            start, end = one.spans[elements[0]]
            if start <= needed[0] and needed[1] <= end:
                wanted[selector] += 1
                sizes[selector] += end - start
    fitting = [name for name, times in wanted.items() if times == len(seen)]
    # The body always fits; in lxml a tree's body is found by its tag.
    return min(fitting, key=lambda name: (sizes[name], plainness(name), name), default="body")


def _rest(one: SeenPage, frame: str, container: Sequence[str]) -> float:
    start, end = one.spans[one.matches[frame][0]] if frame in one.matches else (0, len(one.sample.blocks))
    held = {index for low, high in one.all_of(container) for index in range(low, high)}
    return rest_of(one.sample.blocks[start:end], {index - start for index in one.read & held})


def _needed(one: SeenPage, container: tuple[str, ...]) -> Span:
    """From the headline to the end of the text."""
    spans = one.all_of(container)
    first, last = spans[0][0], spans[-1][1]
    for index, block in enumerate(one.sample.blocks[:first]):
        if (block.tag == "h1" and fold(block.text) in one.sample.titles) or block is one.sample.standfirst:
            first = index
            break
    return first, last
