"""What changed between two texts of an article: paragraphs first, then the words of those that changed. Pure.

Every old paragraph and every new one stands in exactly one hunk, so both texts can be had back from the diff. Which
paragraphs belong together is decided in `archive.pairing`, which words in `archive.wording`; how it all is shown, in
`archive.diff_forms`.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Literal, Protocol
from urllib.parse import urlsplit

import msgspec

from archive.alignment import Budget, Pairs
from archive.index.folding import tokens
from archive.model import Image
from archive.notices import Role, role_of
from archive.pairing import likeness, pair_paragraphs
from archive.significance import significance_of
from archive.wording import Op, bare_words, compare_lists, compare_words

_STEPS = 2_000_000  # a second or two of work at most, whatever the texts are
_MOST_IMAGES = 200


class Readable(Protocol):
    """What of an article is compared; `archive.model.Article` is one."""

    @property
    def headline(self) -> str | None: ...
    @property
    def standfirst(self) -> str | None: ...
    @property
    def authors(self) -> tuple[str, ...]: ...
    @property
    def dateline(self) -> str | None: ...
    @property
    def images(self) -> tuple[Image, ...]: ...
    @property
    def text(self) -> str: ...


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of text that stayed, came or went."""

    op: Op
    text: str


class Hunk(msgspec.Struct, frozen=True, kw_only=True):
    """One paragraph: of the old text, of the new one, or of both."""

    op: Literal["equal", "insert", "delete", "replace", "move"]
    """`replace`: edited in its place. `move`: now elsewhere; its spans tell whether it was edited too."""
    old: int | None = None
    """Number of the paragraph in the old text, from 0; `None` when it is new."""
    new: int | None = None
    """Number of the paragraph in the new text, from 0; `None` when it is gone."""
    spans: tuple[Span, ...]
    role: Role = "text"
    """What the new paragraph, or the one that is gone, is to the article: a correction notice is no text like any other."""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One picture: of the old version, of the new one, or of both."""

    op: Literal["equal", "insert", "delete", "replace"]
    """`replace`: other words under it, or another file in its place."""
    old: str | None = None
    """Address of the picture in the old version; `None` where it was not there, or has none."""
    new: str | None = None
    caption: tuple[Span, ...] = ()
    """Caption and credit."""


class Diff(msgspec.Struct, frozen=True, kw_only=True):
    """The difference of two articles, field by field. A field without text has no spans."""

    headline: tuple[Span, ...] = ()
    standfirst: tuple[Span, ...] = ()
    authors: tuple[Span, ...] = ()
    """One span an author."""
    body: tuple[Hunk, ...] = ()
    """In the order of the new text; what is gone stands where it was."""
    dateline: tuple[Span, ...] = ()
    images: tuple[Figure, ...] = ()
    """The pictures, in the order of the new version; those that are gone last."""
    significance: float = 0.0
    """How much of the meaning changed, 0 to 1 (`archive.significance`)."""

    @property
    def changed(self) -> bool:
        """Whether anything differs at all."""
        spans = (*self.headline, *self.standfirst, *self.authors, *self.dateline)
        ops = (*(hunk.op for hunk in self.body), *(figure.op for figure in self.images))
        return any(span.op != "equal" for span in spans) or any(op != "equal" for op in ops)

    @property
    def notices(self) -> tuple[Hunk, ...]:
        """The correction notices that the old version did not have."""
        found = [hunk for hunk in self.body if hunk.role == "correction"]
        # Where texts are too unlike to be paired, an old notice goes and comes.
        had = {bare_words(_side(hunk.spans, "insert")) for hunk in found if hunk.new is None}
        return tuple(hunk for hunk in found if _is_news(hunk) and bare_words(_side(hunk.spans, "delete")) not in had)


def diff_texts(old: Readable, new: Readable) -> Diff:
    """The difference of two texts of an article.

    >>> from archive.model import Article
    >>> diff = diff_texts(Article(url="u", text="Two people fled."), Article(url="u", text="Six people fled."))
    >>> [(span.op, span.text) for span in diff.body[0].spans]
    [('delete', 'Two'), ('insert', 'Six'), ('equal', ' people fled.')]
    """
    budget = Budget(_STEPS)
    diff = Diff(
        headline=_changes(old.headline or "", new.headline or "", budget),
        standfirst=_changes(old.standfirst or "", new.standfirst or "", budget),
        authors=_spans(compare_lists(old.authors, new.authors, budget)),
        body=_diff_paragraphs(_paragraphs(old.text), _paragraphs(new.text), budget),
        dateline=_changes(old.dateline or "", new.dateline or "", budget),
        images=diff_images(old.images, new.images, budget),
    )
    return msgspec.structs.replace(diff, significance=significance_of(diff))


def old_text(diff: Diff) -> str:
    """The body before the change."""
    hunks = sorted((hunk for hunk in diff.body if hunk.old is not None), key=lambda hunk: hunk.old or 0)
    return "\n".join(_side(hunk.spans, "insert") for hunk in hunks)


def new_text(diff: Diff) -> str:
    """The body after the change: the old one with the diff applied."""
    return "\n".join(_side(hunk.spans, "delete") for hunk in diff.body if hunk.new is not None)


def similarity(a: str, b: str) -> float:
    """How much of two texts is the same, order and spelling variants aside: Dice's coefficient of their tokens, 0 to 1.

    >>> similarity("The quake hit Izmir.", "the quake hit İzmir"), similarity("quake", "flood")
    (1.0, 0.0)
    """
    return likeness(Counter(tokens(a)), Counter(tokens(b)))


def _side(spans: Sequence[Span], without: str) -> str:
    return "".join(span.text for span in spans if span.op != without)


def _paragraphs(text: str) -> list[str]:
    return text.split("\n") if text else []


def _diff_paragraphs(old: list[str], new: list[str], budget: Budget) -> tuple[Hunk, ...]:
    in_place, moved = pair_paragraphs(old, new, budget)
    return tuple(_hunks(old, new, in_place, {j: i for i, j in moved}, budget))


def _hunks(old: list[str], new: list[str], in_place: Pairs, moved: dict[int, int], budget: Budget) -> list[Hunk]:
    moved_from = set(moved.values())
    hunks: list[Hunk] = []
    old_at = new_at = 0
    for i, j in [*in_place, (len(old), len(new))]:
        for gone in range(old_at, i):
            if gone not in moved_from:
                hunks.append(Hunk(op="delete", old=gone, spans=_whole("delete", old[gone]), role=role_of(old[gone])))
        for come in range(new_at, j):
            if come in moved:
                spans = _changes(old[moved[come]], new[come], budget)
                hunks.append(Hunk(op="move", old=moved[come], new=come, spans=spans, role=role_of(new[come])))
            else:
                hunks.append(Hunk(op="insert", new=come, spans=_whole("insert", new[come]), role=role_of(new[come])))
        if i < len(old):
            if old[i] == new[j]:
                # An old notice says nothing new, and looking at each paragraph would be most of the cost.
                hunks.append(Hunk(op="equal", old=i, new=j, spans=_whole("equal", new[j])))
            else:
                spans = _changes(old[i], new[j], budget)
                hunks.append(Hunk(op="replace", old=i, new=j, spans=spans, role=role_of(new[j])))
        old_at, new_at = i + 1, j + 1
    return hunks


def _is_news(hunk: Hunk) -> bool:
    if hunk.op == "insert":
        return True
    old, new = _side(hunk.spans, "insert"), _side(hunk.spans, "delete")
    return hunk.op in ("replace", "move") and bare_words(old) != bare_words(new)


def diff_images(old: Sequence[Image], new: Sequence[Image], budget: Budget | None = None) -> tuple[Figure, ...]:
    """What became of the pictures. They are the same by address, else by their words, else by their place among those that are left."""
    budget = budget or Budget(_STEPS)
    old, new = old[:_MOST_IMAGES], new[:_MOST_IMAGES]
    pairs: dict[int, int] = {}
    for name in (_file, _caption):
        places = {name(image): i for i, image in enumerate(old) if i not in pairs.values() and name(image)}
        for j, image in enumerate(new):
            i = places.pop(name(image), None) if j not in pairs else None
            if i is not None:
                pairs[j] = i
    figures: list[Figure] = []
    for j, image in enumerate(new):
        before = old[pairs[j]] if j in pairs else None
        caption = _changes(_caption(before) if before else "", _caption(image), budget)
        edited = any(span.op != "equal" for span in caption) or (before and _file(before) != _file(image))
        op: Literal["insert", "replace", "equal"] = "insert" if before is None else "replace" if edited else "equal"
        figures.append(Figure(op=op, old=before.url if before else None, new=image.url, caption=caption))
    gone = [image for i, image in enumerate(old) if i not in pairs.values()]
    figures += [Figure(op="delete", old=image.url, caption=_whole("delete", _caption(image))) for image in gone]
    return tuple(figures)


def _file(image: Image) -> str:
    """The picture's file, whatever size of it the page asked for."""
    try:
        return urlsplit(image.url or "").path.rpartition("/")[2]
    except ValueError:
        return image.url or ""


def _caption(image: Image) -> str:
    return " ".join(part for part in (image.caption, image.credit) if part)


def _changes(old: str, new: str, budget: Budget) -> tuple[Span, ...]:
    return _spans(compare_words(old, new, budget))


def _whole(op: Op, text: str) -> tuple[Span, ...]:
    return (Span(op=op, text=text),) if text else ()


def _spans(parts: Sequence[tuple[Op, str]]) -> tuple[Span, ...]:
    return tuple(Span(op=op, text=text) for op, text in parts)
