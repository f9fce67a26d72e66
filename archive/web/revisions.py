"""What newspapers changed in their articles, newest first: the versions that are not their article's first."""

from collections.abc import Sequence

import msgspec

from archive.collection import Collection
from archive.errors import NoCapture, RecordUnreadable
from archive.model import ArticleVersion
from archive.web.stories import Stories, Story

_OF_ONE_ARTICLE = 3
"""A page that is written all day must not fill the list."""


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """A version that is not its article's first."""

    story: Story
    version: ArticleVersion
    before: ArticleVersion
    versions: int
    """Of the article in all."""


def read_revisions(
    collection: Collection, stories: Stories, limit: int, *, source: str | None = None
) -> list[Revision]:
    """The newest versions of the articles that were changed last, at most three of each."""
    found: list[Revision] = []
    for story in stories.changed(collection, limit, source=source):
        found += _revisions_of(collection, story)
    found.sort(key=lambda one: (one.version.first_seen, one.story.key), reverse=True)
    return found[:limit]


def _revisions_of(collection: Collection, story: Story) -> Sequence[Revision]:
    try:
        versions = collection.history(story.card.url)
    except (NoCapture, RecordUnreadable):
        return ()  # read as no article since, or damaged, which `morgue verify` tells
    return [
        Revision(story=story, version=versions[at], before=versions[at - 1], versions=len(versions))
        for at in range(max(1, len(versions) - _OF_ONE_ARTICLE), len(versions))
    ]
