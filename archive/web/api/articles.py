"""Answers of what was read: articles, their versions, what changed between two, and search.

A version's id is made of an address of the article and the timestamp of the version's first capture.
"""

from archive.collection import Collection
from archive.diff import diff_texts
from archive.errors import NoCapture, QueryInvalid
from archive.history import History
from archive.model import ArticleVersion, SearchFilters, SearchHit, SearchPlace
from archive.output import HIT_END, HIT_START
from archive.web.api.answers import (
    ArticleAnswer,
    DiffAnswer,
    HistoryAnswer,
    HitAnswer,
    SearchAnswer,
    VersionAnswer,
)
from archive.web.api.questions import ArticleQuestion, DiffQuestion, HistoryQuestion, SearchQuestion
from archive.web.cursor import from_cursor, to_cursor
from archive.web.links import check_url


def answer_article(collection: Collection, question: ArticleQuestion) -> ArticleAnswer:
    """The article as one of its versions reads. Raises NoCapture, QueryInvalid."""
    history, number = _find(collection, question)
    version = history.version(number)
    return ArticleAnswer(article=history.article(version, question.at), version=_version(version))


def answer_history(collection: Collection, question: HistoryQuestion) -> HistoryAnswer:
    """The versions, oldest first, or the newest of them. Raises NoCapture, QueryInvalid."""
    history = collection.history_of(check_url(question.url))
    if question.limit is None:
        if question.cursor:
            raise QueryInvalid("cursor= goes with limit= (write limit= as in the question before)")
        versions = history.listed(question.min_change)
        return HistoryAnswer(versions=tuple(map(_version, versions)), count=len(history), cursor=None)
    if question.min_change:
        raise QueryInvalid(
            "give either limit= or min_change=: which versions are listed is not known before all are judged"
        )
    end = len(history)
    if question.cursor:
        # By its time: numbers move where an older capture is imported.
        (timestamp,) = from_cursor(question.cursor, tuple[str])
        end = sum(one.timestamp < timestamp for one in history.unjudged())
    start = max(0, end - question.limit)
    versions = history.versions(start, end)
    cursor = to_cursor((versions[0].timestamp,)) if versions and start else None
    return HistoryAnswer(versions=tuple(map(_version, versions)), count=len(history), cursor=cursor)


def answer_diff(collection: Collection, question: DiffQuestion) -> DiffAnswer:
    """From one version to another. Raises NoCapture, QueryInvalid."""
    url = check_url(question.url)
    history = collection.history_of(url)
    sides = history.choose(question.a, question.b)
    diff = diff_texts(*map(history.read, sides))
    old, new = (_version(history.version(side.version.number)) for side in sides)
    return DiffAnswer(old=old, new=new, changed=diff.changed, diff=diff)


def answer_search(collection: Collection, question: SearchQuestion) -> SearchAnswer:
    """Hits, best first. Raises QueryInvalid, IndexOutdated."""
    filters: SearchFilters = {
        "source": question.source,
        "language": question.language,
        "from_": question.from_,
        "to": question.to,
        "versions": question.versions,
    }
    if question.offset:
        if question.cursor:
            raise QueryInvalid("give either offset= or cursor=")
        hits = collection.search(question.q, limit=question.limit, offset=question.offset, **filters)
        return SearchAnswer(hits=tuple(map(_hit, hits)), cursor=None)
    after = SearchPlace(*from_cursor(question.cursor, tuple[str, float, str, str, str])) if question.cursor else None
    page = collection.search_page(question.q, limit=question.limit, after=after, **filters)
    return SearchAnswer(hits=tuple(map(_hit, page.hits)), cursor=to_cursor(page.next) if page.next else None)


def _find(collection: Collection, question: ArticleQuestion) -> tuple[History, int]:
    """An article's history, and the number of a version."""
    if question.id and question.url is None and question.at is None:
        url, timestamp = from_cursor(question.id, tuple[str, str])
        history = collection.history_of(url)
        for version in history.unjudged():
            if version.timestamp == timestamp:
                return history, version.number
        raise NoCapture(f"{question.id[:40]}: no version has this id (see /api/history)")
    if question.url is None or question.id:
        raise QueryInvalid("give either url= (and at=, for a time) or id=")
    url = check_url(question.url)
    history = collection.history_of(url)
    return history, history.nearest(question.at).number


def _version(version: ArticleVersion) -> VersionAnswer:
    return VersionAnswer(
        id=to_cursor((version.url, version.timestamp)),
        number=version.number,
        timestamp=version.timestamp,
        change=version.change,
        headline=version.headline,
        text_digest=version.text_digest,
        first_seen=version.first_seen,
        last_seen=version.last_seen,
        significance=version.significance,
        silent=version.silent,
        same_as=version.same_as,
        touched=version.touched,
        amended=version.amended,
        folded=version.folded,
        url=version.url,
    )


def _hit(hit: SearchHit) -> HitAnswer:
    return HitAnswer(
        id=to_cursor((hit.url, hit.timestamp)),
        url=hit.url,
        timestamp=hit.timestamp,
        headline=hit.headline,
        snippet=hit.snippet.replace(HIT_START, "").replace(HIT_END, ""),
        score=hit.score,
        source=hit.source,
        language=hit.language,
    )
