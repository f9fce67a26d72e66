"""What newspapers changed in their articles, newest first: the versions that are not their article's first."""

from collections.abc import Mapping, Sequence

import msgspec

from archive.collection import Collection
from archive.diff import Diff, Span, diff_texts
from archive.errors import NoCapture, QueryInvalid, RecordUnreadable
from archive.model import ArticleVersion
from archive.web.changes import parse_share
from archive.web.kept import KeptValues
from archive.web.sides import Row, to_blocks
from archive.web.stories import Stories, Story

_OF_ONE_ARTICLE = 3
"""A page that is written all day must not fill the list."""
_LOOKED_AT = 200
"""Articles that were changed last, of which those are shown that a reader asks for."""
_PARAGRAPHS = 8
"""Changed paragraphs that are told of one version."""
_AROUND = 80
"""Characters of unchanged text before and behind a change."""


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """A version that is not its article's first."""

    story: Story
    version: ArticleVersion
    before: ArticleVersion
    versions: int
    """Of the article in all."""


class RevisionQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Which revisions a reader asks for."""

    source: str | None = None
    silent: bool = False
    """Only those that the page does not own up to."""
    min_change: float = 0.0
    """The least significance, 0 to 1."""

    @classmethod
    def parse(cls, parameters: Mapping[str, str], source: str | None) -> "RevisionQuestion":
        """From a query string: silent, min_change. Raises QueryInvalid."""
        silent = parameters.get("silent", "")
        if silent not in ("", "0", "1"):
            raise QueryInvalid(f"silent={silent[:40]} is neither 0 nor 1")
        return cls(source=source, silent=silent == "1", min_change=parse_share(parameters.get("min_change")))

    @property
    def narrows(self) -> bool:
        return self.silent or self.min_change > 0

    def takes(self, version: ArticleVersion) -> bool:
        """Whether a version is asked for."""
        return (version.silent or not self.silent) and (version.significance or 0.0) >= self.min_change


ALL = RevisionQuestion()


def read_revisions(
    collection: Collection, stories: Stories, limit: int, question: RevisionQuestion = ALL
) -> list[Revision]:
    """The newest versions of the articles that were changed last, at most three of each."""
    found: list[Revision] = []
    looked_at = _LOOKED_AT if question.narrows else limit
    for story in stories.changed(collection, looked_at, source=question.source):
        found += [one for one in _revisions_of(collection, story) if question.takes(one.version)]
    found.sort(key=lambda one: (one.version.first_seen, one.story.key), reverse=True)
    return found[:limit]


class ChangedTexts:
    """Tells what was changed in a revision, in short, and keeps it."""

    def __init__(self) -> None:
        self._kept: KeptValues[tuple[str, str, str, str], Sequence[Row]] = KeptValues(500)

    def of(self, collection: Collection, revision: Revision) -> Sequence[Row]:
        """The fields and paragraphs that changed, as far as they are told; long stretches that did not are cut."""
        old, new = revision.before, revision.version
        key = (old.url, new.url, old.text_digest, new.text_digest)

        def make() -> Sequence[Row]:
            history = collection.history_of(new.url)
            return _changed_rows(diff_texts(history.article(old), history.article(new)))

        try:
            return self._kept.get(key, make)
        except (NoCapture, RecordUnreadable):
            return ()  # not kept: a store may be out of reach only now


def _revisions_of(collection: Collection, story: Story) -> Sequence[Revision]:
    try:
        history = collection.history_of(story.card.url)
        before = history.unjudged(-_OF_ONE_ARTICLE - 1, -1)
        versions = history.versions(-len(before)) if before else []
    except (NoCapture, RecordUnreadable):
        return ()  # read as no article since, or damaged, which `morgue verify` tells
    return [
        Revision(story=story, version=version, before=old, versions=len(history))
        for old, version in zip(before, versions, strict=True)
    ]


def _changed_rows(diff: Diff) -> list[Row]:
    rows = [row for block in to_blocks(diff) for row in block.rows if row.changed]
    return [msgspec.structs.replace(row, spans=_near_changes(row.spans)) for row in rows[:_PARAGRAPHS]]


def _near_changes(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The spans of a paragraph, what did not change cut down to what stands next to a change.

    >>> [span.text for span in _near_changes([Span(op="equal", text="a" * 200), Span(op="insert", text="b")])] == ["…" + "a" * 80, "b"]
    True
    """
    shown = []
    for index, span in enumerate(spans):
        text, first, last = span.text, index == 0, index == len(spans) - 1
        if span.op == "equal" and len(text) > 2 * _AROUND:
            text = ("" if first else text[:_AROUND]) + "…" + ("" if last else text[-_AROUND:])
        shown.append(Span(op=span.op, text=text))
    return tuple(shown)
