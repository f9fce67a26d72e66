"""Learns a template from pages of one site that the readers have read: which selectors name what they agree on.

A selector is judged on every page at once, so what one reader got wrong on one page is outvoted; one that the next build of
the site would change loses to one that would not. Nothing is used before it has proved itself (`pipelines.extract.proof`).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate
from statistics import fmean

import msgspec
from lxml.html import HtmlElement

from pipelines.extract.blocks import Block, key_of
from pipelines.extract.body import Line
from pipelines.extract.headline import fold
from pipelines.extract.naming import kind_of, plainness, selectors_of
from pipelines.extract.profile import Skip, Template
from pipelines.extract.spans import Measure, Span, spans_of, unite, within, without
from pipelines.extract.template import MAX_LINK_SHARE, rest_of

_NEAR = 0.004
"""Two selectors whose fits differ by less are as good as each other."""
_GOOD = 0.995
_GAIN = 0.003
_SKIP_GAIN = 0.0005
_SKIP_TEXT = 0.05
"""How much of what a skip names may have been read as text."""
_MAX_SKIPS = 20
_MAX_UNION = 3
_MAX_FURNITURE, _FURNITURE_GAIN = 12, 0.03
_MAX_KINDS = 100
_HEADINGS = frozenset({"h2", "h3", "h4"})
_OUTER, _INNER = 12, 40
_MIN_SHARE = 0.3
"""On how many of the pages a selector must name text to be considered."""
_MIN_FIT = 0.8
"""A page that the best container fits worse has another template."""


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A page that was read."""

    blocks: list[Block]
    lines: list[Line]
    titles: frozenset[str]
    """Folded."""
    standfirst: Block | None
    page_text: int
    """Characters of its paragraphs (`template.text_size`)."""


class _Seen:
    """A sample, with what each selector names in it."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        at = {id(block): index for index, block in enumerate(sample.blocks)}
        self.read = {at[id(line.block)] for line in sample.lines if line.block is not None} | _rows(sample)
        self.measure = Measure(sample.blocks, self.read, max_link_share=MAX_LINK_SHARE)
        self.spans = spans_of(sample.blocks)
        named: dict[str, list[Span]] = {}
        self.matches: dict[str, list[HtmlElement]] = {}
        for element, span in self.spans.items():
            for selector in selectors_of(element):
                named.setdefault(selector, []).append(span)
                self.matches.setdefault(selector, []).append(element)
        self.named = {selector: unite(spans) for selector, spans in named.items()}

        wanted = [
            index in self.read or block.tag == "h1" or block is sample.standfirst or fold(block.text) in sample.titles
            for index, block in enumerate(sample.blocks)
        ]
        self._wanted = [0, *accumulate(wanted)]

    def holds_article(self, spans: Iterable[Span]) -> bool:
        """Whether there is anything of the article in these spans: its text, headline or standfirst."""
        return any(self._wanted[end] > self._wanted[start] for start, end in spans)

    def others(self, spans: Sequence[Span]) -> list[Span]:
        """The blocks in these spans that are nothing of the article."""
        article = [
            (index, index + 1)
            for index in range(len(self._wanted) - 1)
            if self._wanted[index + 1] > self._wanted[index]
        ]
        return without(spans, article)

    def of(self, selector: str) -> list[Span]:
        outer, _, inner = selector.rpartition(" ")
        spans = self.named.get(inner, [])
        return within(spans, self.named.get(outer, [])) if outer else spans


def _rows(sample: Sample) -> set[int]:
    """Indexes of the cells whose rows were read as lines."""
    loose = {key_of(line.text) for line in sample.lines if line.block is None}
    rows: dict[HtmlElement, list[int]] = {}
    for index, block in enumerate(sample.blocks if loose else ()):
        row = next(block.element.iterancestors("tr"), None)
        if row is not None:
            rows.setdefault(row, []).append(index)
    return {
        index for row in rows.values() if "".join(sample.blocks[index].key for index in row) in loose for index in row
    }


def learn_template(samples: Sequence[Sample], *, cleared: bool = True) -> tuple[Template, list[int]] | None:
    """The template that most of these pages share, and the indexes of those that do; `None` where nothing names their text.

    `cleared` says whether the samples' pages were cleared of furniture by the general rules.
    """
    seen = [_Seen(sample) for sample in samples if sample.lines]
    if not seen:
        return None
    container = _container(seen)
    if container is None:
        return None
    fitting = [index for index, one in enumerate(seen) if one.measure.fit(_all_of(one, container)) >= _MIN_FIT]
    if len(fitting) < len(seen):
        seen = [seen[index] for index in fitting]
        if not seen:
            return None
        container = _container(seen) or container
    skips = _skips(seen, container)
    frame = _frame(seen, container)
    if frame is None:
        return None
    kinds, links = _kinds(seen, container)
    rests = [_rest(one, frame, container) for one in seen]
    shares = [one.measure.total / max(1, one.sample.page_text) for one in seen]
    template = Template(
        frame=frame,
        container=container,
        skip=skips,
        furniture=() if cleared else find_furniture(seen, frame),
        kinds=kinds,
        links=links,
        cleared=cleared,
        share=round(min(shares), 3),
        rest=round(max(rests), 3),
        pages=len(seen),
    )
    return template, fitting


def _all_of(one: _Seen, container: Sequence[str]) -> list[Span]:
    return unite(span for selector in container for span in one.of(selector))


def _fit(seen: Sequence[_Seen], container: Sequence[str]) -> float:
    """How well a container fits the pages; one that fits some of them well is worth more than one that fits all badly."""
    fits = [one.measure.fit(_all_of(one, container)) for one in seen]
    return fmean(fit if fit >= _MIN_FIT else fit / 2 for fit in fits)


def _container(seen: Sequence[_Seen]) -> tuple[str, ...] | None:
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
    seen = [one for one in seen if one.measure.text(_all_of(one, chosen))]
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


def _skips(seen: Sequence[_Seen], container: tuple[str, ...]) -> tuple[Skip, ...]:
    """What to leave out of the container: selectors that name what was hardly ever read."""
    inside = [_all_of(one, container) for one in seen]
    found: dict[str, int] = {}
    names = {selector for one, spans in zip(seen, inside, strict=True) for selector in _named_in(one, spans)}
    candidates = [name for name in sorted(names) if _is_skippable(name, seen, inside, container)]
    fit = fmean(one.measure.fit(spans) for one, spans in zip(seen, inside, strict=True))
    while len(found) < _MAX_SKIPS:
        best: tuple[float, str] | None = None
        for name in candidates:
            if name in found:
                continue
            after = fmean(
                one.measure.fit(without(spans, one.named.get(name, [])))
                for one, spans in zip(seen, inside, strict=True)
            )
            if best is None or after > best[0]:
                best = (after, name)
        if best is None or best[0] < fit + _SKIP_GAIN:
            break
        fit, name = best
        found[name] = sum(len(within(one.named.get(name, []), spans)) for one, spans in zip(seen, inside, strict=True))
        inside = [without(spans, one.named.get(name, [])) for one, spans in zip(seen, inside, strict=True)]
    return tuple(Skip(selector=name, hits=hits) for name, hits in found.items())


def _kinds(seen: Sequence[_Seen], container: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The kinds of blocks that were read inside the container, and those that were although they are links."""
    kinds: Counter[str] = Counter()
    links: Counter[str] = Counter()
    for one in seen:
        inside = {element for selector in container for element in _elements(one, selector)}
        for start, end in _all_of(one, container):
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


def _elements(one: _Seen, selector: str) -> list[HtmlElement]:
    outer, _, inner = selector.rpartition(" ")
    around = set(one.matches.get(outer, ()))
    return [
        element for element in one.matches.get(inner, ()) if not outer or not around.isdisjoint(element.iterancestors())
    ]


def _named_in(one: _Seen, inside: Sequence[Span]) -> list[str]:
    return [name for name, spans in one.named.items() if one.measure.rest(within(spans, inside))]


def _is_skippable(
    name: str, seen: Sequence[_Seen], inside: Sequence[Sequence[Span]], container: tuple[str, ...]
) -> bool:
    if name in container:
        return False
    text = rest = hits = 0
    for one, spans in zip(seen, inside, strict=True):
        part = within(one.named.get(name, []), spans)
        text += one.measure.text(part)
        rest += one.measure.rest(part)
        hits += len(part)
    return hits >= 2 and text <= _SKIP_TEXT * (text + rest)


def _frame(seen: Sequence[_Seen], container: tuple[str, ...]) -> str | None:
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


def _rest(one: _Seen, frame: str, container: Sequence[str]) -> float:
    start, end = one.spans[one.matches[frame][0]] if frame in one.matches else (0, len(one.sample.blocks))
    held = {index for low, high in _all_of(one, container) for index in range(low, high)}
    return rest_of(one.sample.blocks[start:end], {index - start for index in one.read & held})


def find_furniture(seen: Sequence[_Seen], frame: str) -> tuple[str, ...]:
    """Names of what holds most of the frame's other blocks, and on no page anything of the article."""
    left = [one.others(one.of(frame) or [(0, len(one.sample.blocks))]) for one in seen]
    names = {name for one in seen for name in one.named}
    harmless = [name for name in sorted(names) if not any(one.holds_article(one.named.get(name, [])) for one in seen)]
    total = sum(map(_blocks_in, left))
    found: list[str] = []
    while len(found) < _MAX_FURNITURE:
        gains = {
            name: sum(_blocks_in(within(spans, one.named.get(name, []))) for one, spans in zip(seen, left, strict=True))
            for name in harmless
        }
        best = min(gains, key=lambda name: (-gains[name], plainness(name), name), default=None)
        if best is None or gains[best] <= _FURNITURE_GAIN * total:
            break
        found.append(best)
        left = [without(spans, one.named.get(best, [])) for one, spans in zip(seen, left, strict=True)]
    return tuple(found)


def _blocks_in(spans: Iterable[Span]) -> int:
    return sum(end - start for start, end in spans)


def _needed(one: _Seen, container: tuple[str, ...]) -> Span:
    """From the headline to the end of the text."""
    spans = _all_of(one, container)
    first, last = spans[0][0], spans[-1][1]
    for index, block in enumerate(one.sample.blocks[:first]):
        if (block.tag == "h1" and fold(block.text) in one.sample.titles) or block is one.sample.standfirst:
            first = index
            break
    return first, last
