"""What a template leaves out: names of what stands in the container, or beside it, and was hardly ever or never read."""

from collections.abc import Iterable, Sequence
from statistics import fmean

from pipelines.extract.naming import plainness
from pipelines.extract.profile import Skip
from pipelines.extract.seen import SeenPage
from pipelines.extract.spans import Span, within, without

_SKIP_GAIN = 0.0005
_SKIP_TEXT = 0.05
"""How much of what a skip names may have been read as text."""
_MAX_SKIPS = 20
_MAX_FURNITURE, _FURNITURE_GAIN = 12, 0.03


def find_skips(seen: Sequence[SeenPage], container: tuple[str, ...]) -> tuple[Skip, ...]:
    """What to leave out of the container: selectors that name what was hardly ever read."""
    inside = [one.all_of(container) for one in seen]
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


def find_furniture(seen: Sequence[SeenPage], frame: str) -> tuple[str, ...]:
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


def _named_in(one: SeenPage, inside: Sequence[Span]) -> list[str]:
    return [name for name, spans in one.named.items() if one.measure.rest(within(spans, inside))]


def _is_skippable(
    name: str, seen: Sequence[SeenPage], inside: Sequence[Sequence[Span]], container: tuple[str, ...]
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
