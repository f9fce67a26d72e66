"""The list of articles: for those who build a corpus, and for those who follow what is new."""

from datetime import UTC, datetime
from itertools import dropwhile, islice

from archive.collection import Collection
from archive.formats.timestamp import parse_time, to_timestamp
from archive.web.api.answers import ArticlesAnswer, ListedAnswer
from archive.web.api.questions import ArticlesQuestion
from archive.web.cursor import from_cursor, to_cursor
from archive.web.stories import Stories, Story

_SAME_SECOND = 32
"""Articles of one second that are looked through at first for the one where the page before ended."""


class Listing:
    """Answers with lists; the cards of articles are kept for the next."""

    def __init__(self) -> None:
        self._stories = Stories()

    def articles(self, collection: Collection, question: ArticlesQuestion) -> ArticlesAnswer:
        found = self._found(collection, question, question.limit + 1)
        shown = found[: question.limit]
        more = len(found) > question.limit
        return ArticlesAnswer(
            articles=tuple(map(_listed, shown)),
            cursor=to_cursor((shown[-1].first, shown[-1].key)) if more else None,
        )

    def _found(self, collection: Collection, question: ArticlesQuestion, wanted: int) -> list[Story]:
        from_ = _timestamp(question.from_) if question.from_ else None
        to = _timestamp(question.to, end=True) if question.to else None
        if not question.cursor:
            return self._stories.newest(collection, wanted, source=question.source, from_=from_, to=to)
        first, key = from_cursor(question.cursor, tuple[str, str])
        first = _timestamp(first)
        passed = _SAME_SECOND
        while True:
            stories = self._stories.newest(
                collection, wanted + passed, source=question.source, from_=from_, to=min(first, to or first)
            )
            rest = list(dropwhile(lambda one: one.first == first and one.key != key, stories))
            if rest and rest[0].key == key:
                rest = rest[1:]
            if len(rest) >= wanted or len(stories) < wanted + passed:
                return list(islice(rest, wanted))
            passed *= 4


def _listed(story: Story) -> ListedAnswer:
    card = story.card
    return ListedAnswer(
        url=card.url,
        headline=card.headline,
        language=card.language,
        source=card.source,
        section=card.section,
        authors=card.authors,
        first=story.first,
        changed=story.changed,
    )


def _timestamp(text: str, *, end: bool = False) -> str:
    return to_timestamp(parse_time(text, now=datetime.now(UTC), end=end))
