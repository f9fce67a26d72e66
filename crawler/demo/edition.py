"""What each edition of the newsroom prints: the stories as first written, with the edits due by then applied. Pure.

The first edition prints the stories as they are, the second edits several of them, the third takes one edit back.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Literal

import msgspec

from crawler.demo.paths import story_path
from crawler.demo.story import Edit, EditKind, Family, Story

LAST_EDITION = 3

# A move keeps the text, and an advert is none of it; a page that is gone says nothing new.
_KINDS_WITHOUT_VERSION = frozenset({"advert", "moved", "gone", "restored"})


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing an edition did."""

    edition: int
    kind: EditKind | Literal["new"]
    family: Family
    number: int
    """Of the story."""
    url: str
    """Where the story stood before (a new story: where it stands)."""
    new_url: str | None = None
    """Where a moved story stands now."""

    @property
    def makes_version(self) -> bool:
        """Whether a reader of the page finds a text it had not there before."""
        return self.kind not in _KINDS_WITHOUT_VERSION


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in print at one time."""

    number: int
    stories: tuple[Story, ...]
    """As they read now, newest first; a story that is gone is not among them."""
    originals: tuple[Story, ...]
    """The first edition's stories as first written: related boxes name these for ever, so that they never change."""
    touched: dict[int, datetime]
    """By story number: when its page last changed."""
    gone: frozenset[tuple[Family, str]]
    """Family and path of what was withdrawn."""
    moved: dict[tuple[Family, str], str]
    """Family and old path, to the path it has now."""


def edition_of(stories: Sequence[Story], number: int, *, time_of: Callable[[int], datetime] | None = None) -> Edition:
    """The given edition of these stories; editions go to print daily, or when `time_of` says."""
    time_of = time_of or (lambda edition: print_time(stories, edition))
    printed: list[Story] = []
    touched: dict[int, datetime] = {}
    gone: set[tuple[Family, str]] = set()
    moved: dict[tuple[Family, str], str] = {}
    for story in stories:
        if story.edition > number:
            continue
        now, at = story, story.modified or story.published
        withdrawn = False
        for edit in story.edits:
            if edit.edition > number:
                continue
            at = time_of(edit.edition)
            if edit.kind in ("gone", "restored"):
                withdrawn = edit.kind == "gone"
                (gone.add if withdrawn else gone.discard)((now.family, story_path(now)))
                continue
            before, now = now, apply_edit(now, edit, at, original=story)
            if story_path(before) != story_path(now):
                moved[now.family, story_path(before)] = story_path(now)
        if not withdrawn:
            printed.append(now)
            touched[now.number] = at
    printed.sort(key=lambda story: (story.published, story.number), reverse=True)
    return Edition(
        number=number,
        stories=tuple(printed),
        originals=tuple(story for story in stories if story.edition == 1),
        touched=touched,
        gone=frozenset(gone),
        moved=moved,
    )


def apply_edit(story: Story, edit: Edit, at: datetime, *, original: Story) -> Story:
    """The story after an edit made at a time. Corrections and headlines own up to it; other edits keep the old date."""
    if edit.kind == "reverted":
        return original
    body = story.body
    for old, new in edit.replace:
        if body.count(old) != 1:
            raise ValueError(f"story {story.number}, edition {edit.edition}: {old!r} is not in the body exactly once")
        body = body.replace(old, new)
    if edit.notice:
        body = f"{body.rstrip()}\n{edit.notice}"
    owned = edit.kind in ("corrected", "headline")
    return msgspec.structs.replace(
        story,
        body=body,
        headline=edit.headline or story.headline,
        slug=edit.slug or story.slug,
        modified=at if owned else story.modified,
        surroundings=story.surroundings + (edit.kind == "advert"),
    )


def changes_of(stories: Sequence[Story], number: int, bases: dict[Family, str]) -> tuple[Change, ...]:
    """What the given edition does that the one before it did not, with absolute URLs."""
    before = {story.number: story for story in edition_of(stories, number - 1).stories}
    after = {story.number: story for story in edition_of(stories, number).stories}
    found: list[Change] = []
    for story in stories:
        base = bases[story.family]
        if story.edition == number:
            url = base + story_path(after[story.number])
            found.append(Change(edition=number, kind="new", family=story.family, number=story.number, url=url))
        found += [
            Change(
                edition=number,
                kind=edit.kind,
                family=story.family,
                number=story.number,
                url=base + story_path(before.get(story.number) or after[story.number]),
                new_url=base + story_path(after[story.number]) if edit.kind == "moved" else None,
            )
            for edit in story.edits
            if edit.edition == number
        ]
    return tuple(found)


def print_time(stories: Sequence[Story], number: int) -> datetime:
    """When an edition goes to print: eight in the morning, one day after the other."""
    newest = max(story.published for story in stories if story.edition == 1).astimezone(UTC).date()
    return datetime.combine(newest + timedelta(days=number - 1), time(8), tzinfo=UTC)
