"""A week of the newsroom, told in advance: when each story appears, changes, moves, goes and comes back.

Every moment is an edition of its own. Each change of a text puts a code into it (`codes_in`) by which a reading of it is
told from every other. Pure: the chances are drawn from a seed.
"""

import math
import re
from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random

import msgspec

from crawler.demo.paths import story_path
from crawler.demo.story import Edit, EditKind, Story

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
WEEK = 7 * DAY
PRINTED_AT_FIRST = 0.4
"""Part of the stories that are there when the week begins."""
_KINDS: tuple[EditKind, ...] = ("corrected", "edited", "edited", "headline", "advert", "moved", "gone", "reverted")
_MARKS = ("## ", "> ", "- ", "[[", "Correction: ")
"""What begins a line that is no paragraph to be edited."""
_CODE = re.compile(r"\b[0-9]{7}-[0-9]+\b")


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happens."""

    seconds: float
    """After the beginning of the week."""
    number: int
    """Of the story."""
    kind: EditKind | None
    """`None` where the story appears."""


class Almanac(msgspec.Struct, frozen=True, kw_only=True):
    """Stories, and when each of their editions goes to print."""

    start: datetime
    stories: tuple[Story, ...]
    moments: tuple[Moment, ...]
    """In order; the first of them is edition 2."""

    def edition_at(self, moment: datetime) -> int:
        """Which edition is in print."""
        seconds = (moment - self.start).total_seconds()
        return 1 + bisect_right(self.moments, seconds, key=lambda one: one.seconds)

    def time_of(self, edition: int) -> datetime:
        """When an edition goes to print."""
        return self.start + timedelta(seconds=self.moments[edition - 2].seconds if edition > 1 else 0)


def tell_week(stories: Iterable[Story], *, start: datetime, seed: int) -> Almanac:
    """A week in which these stories appear and change."""
    random = Random(seed)
    told = [_tell(story, random) for story in stories]
    moments = sorted((moment for _, happening in told for moment, _ in happening), key=lambda one: one.seconds)
    editions = {moment: edition for edition, moment in enumerate(moments, start=2)}
    printed = []
    for story, happening in told:
        first = happening[0][0]
        born = editions[first] if first.kind is None else 1
        published = start + timedelta(seconds=first.seconds if first.kind is None else -random.uniform(0, DAY))
        edits = [msgspec.structs.replace(edit, edition=editions[moment]) for moment, edit in happening if edit]
        printed.append(
            msgspec.structs.replace(story, edition=born, published=published, modified=None, edits=tuple(edits))
        )
    return Almanac(start=start, stories=tuple(printed), moments=tuple(moments))


def codes_in(text: str) -> frozenset[str]:
    """The codes of the changes that a text went through."""
    return frozenset(_CODE.findall(text))


def _tell(story: Story, random: Random) -> tuple[Story, list[tuple[Moment, Edit | None]]]:
    """What happens to one story: at least one thing."""
    at = 0.0
    told: list[tuple[Moment, Edit | None]] = []
    if random.random() > PRINTED_AT_FIRST:
        at = random.uniform(0, 5 * DAY)
        told.append((Moment(seconds=at, number=story.number, kind=None), None))
    written = story = msgspec.structs.replace(story, edits=(), only_in_feed=False)
    is_gone = is_moved = False
    for step in range(1, 2 + random.choice((0, 1, 1, 2, 3, 4))):
        at += _draw_seconds(random, 10 * MINUTE, DAY if is_gone else 4 * DAY)
        if at >= WEEK and told:
            break
        kind: EditKind = "restored" if is_gone else random.choice(_KINDS)
        if kind == "reverted" and (is_moved or written == story):
            kind = "corrected"
        edit, story = _edit(story, written, kind, f"{story.number}-{step}")
        is_gone, is_moved = kind == "gone", is_moved or kind == "moved"
        told.append((Moment(seconds=min(at, WEEK - MINUTE), number=story.number, kind=kind), edit))
    return written, told


def _edit(story: Story, written: Story, kind: EditKind, code: str) -> tuple[Edit, Story]:
    """An edit, and the story as far as later edits must know it."""
    edit = Edit(edition=0, kind=kind)
    if kind == "corrected":
        notice = f"Correction: an earlier version of this report gave the figure {code} wrongly."
        edit = msgspec.structs.replace(edit, notice=notice)
        return edit, msgspec.structs.replace(story, body=f"{story.body.rstrip()}\n{notice}")
    if kind == "edited":
        old = max((line for line in story.body.splitlines() if not line.startswith(_MARKS)), key=len)
        new = f"{old} The number of the new statement is {code}."
        edit = msgspec.structs.replace(edit, replace=((old, new),))
        return edit, msgspec.structs.replace(story, body=story.body.replace(old, new))
    if kind == "headline":
        edit = msgspec.structs.replace(edit, headline=f"{story.headline} {code}")
        return edit, msgspec.structs.replace(story, headline=edit.headline or "")
    if kind == "moved":
        edit = msgspec.structs.replace(edit, slug=f"{written.slug}-{code}")
        assert story_path(msgspec.structs.replace(story, slug=edit.slug or "")) != story_path(story)
        return edit, msgspec.structs.replace(story, slug=edit.slug or "")
    return edit, written if kind == "reverted" else story


def _draw_seconds(random: Random, least: float, most: float) -> float:
    """Times of all orders of magnitude, each as likely as the others."""
    return math.exp(random.uniform(math.log(least), math.log(most)))
