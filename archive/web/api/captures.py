"""Answers of what is archived: captures, and the head of one."""

from itertools import islice

from archive.collection import Collection
from archive.errors import NoCapture, QueryInvalid
from archive.formats.urlkey import match_range
from archive.index.catalog import capture_key
from archive.model import Capture
from archive.web.api.answers import CaptureAnswer, CapturesAnswer, Header, MementoAnswer
from archive.web.api.questions import CaptureQuestion, CapturesQuestion
from archive.web.cursor import from_capture_cursor, to_cursor
from archive.web.links import Site, check_url


class CaptureAnswers:
    """Answers about captures; links in them begin where the site does."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def captures(self, collection: Collection, question: CapturesQuestion) -> CapturesAnswer:
        url = check_url(question.url)
        start, end = match_range(url, question.match)
        found = list(
            collection.lookup(
                url,
                from_=question.from_,
                to=question.to,
                match=question.match,
                after=from_capture_cursor(question.cursor, start, end) if question.cursor else None,
                limit=question.limit + 1,
            )
        )
        shown, more = found[: question.limit], len(found) > question.limit
        return CapturesAnswer(
            captures=tuple(map(self._answer, shown)),
            cursor=to_cursor(capture_key(shown[-1])) if more else None,
        )

    def capture(self, collection: Collection, question: CaptureQuestion) -> MementoAnswer:
        memento = collection.memento(_find(collection, question))
        return MementoAnswer(
            capture=self._answer(memento.capture),
            status=memento.status,
            reason=memento.reason,
            headers=tuple(Header(name=name, value=value) for name, value in memento.headers),
            payload_bytes=len(memento.payload),
        )

    def _answer(self, capture: Capture) -> CaptureAnswer:
        return CaptureAnswer(
            id=to_cursor(capture_key(capture)),
            urlkey=capture.urlkey,
            timestamp=capture.timestamp,
            url=capture.url,
            mime="warc/revisit" if capture.revisit else capture.mime,
            media_type=capture.mime,
            status=capture.status,
            digest=capture.digest,
            length=capture.location.length,
            offset=capture.location.offset,
            filename=capture.location.file,
            record_id=capture.record_id,
            revisit=capture.revisit,
            truncated=capture.truncated,
            redirect=capture.redirect,
            rights=capture.rights,
            rendered=capture.dom is not None,
            raw=self._site.raw(capture.timestamp, capture.url),
            warc=self._site.path(f"/warc/{capture.location.file}"),
            record=self._site.path(
                f"/warc/{capture.location.file}", offset=capture.location.offset, length=capture.location.length
            ),
        )


def _find(collection: Collection, question: CaptureQuestion) -> Capture:
    if question.id and question.url is None and question.at is None:
        key = from_capture_cursor(question.id)
        urlkey, timestamp, *_ = key
        same_second = collection.catalog.captures(urlkey=urlkey, from_timestamp=timestamp, to_timestamp=timestamp)
        for capture in islice(same_second, 10_000):
            if capture_key(capture) == key:
                return capture
        raise NoCapture(f"{question.id[:40]}: no capture has this id (its WARC file is gone)")
    if question.url is None or question.id:
        raise QueryInvalid("give either url= (and at=, for a time) or id=")
    url = check_url(question.url)
    found = collection.closest(url, question.at)
    if found is None:
        raise NoCapture(f"{url}: nothing is archived of this address")
    return found
