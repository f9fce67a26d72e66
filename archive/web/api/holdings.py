"""Answers of what there is in all: sources and counts."""

from archive.collection import Collection
from archive.status import read_status
from archive.web.api.answers import SourceAnswer, SourcesAnswer, StatusAnswer
from archive.web.api.questions import NoQuestion


def answer_sources(collection: Collection, _question: NoQuestion) -> SourcesAnswer:
    """What was read of each source, those never crawled included."""
    return SourcesAnswer(
        sources=tuple(
            SourceAnswer(
                source=one.source,
                versions=one.versions,
                read=one.read,
                not_articles=one.not_articles,
                failed=one.failed,
                last_day=one.last_day,
            )
            for one in read_status(collection).sources
        )
    )


def answer_status(collection: Collection, _question: NoQuestion) -> StatusAnswer:
    """Counts of all that is held."""
    total = read_status(collection).total
    return StatusAnswer(
        captures=total.captures,
        revisits=total.revisits,
        urls=total.urls,
        articles=total.articles,
        versions=total.versions,
        unread=total.unread,
        last_capture=total.last_capture,
        files=total.files,
        size_bytes=total.size_bytes,
    )
