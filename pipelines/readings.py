"""The recorder's readings: what of each capture is to be read, and what its article comes to once it was.

What is stored becomes durable with the group of the recorder's thread that it is stored in. How two readings compare is
`pipelines.compare`'s; what is learned of a site from them, `pipelines.pupil`'s.
"""

import logging
from collections.abc import Mapping, Sequence

import msgspec

from archive.model import Capture, Reading
from archive.records import ARCHIVE
from archive.versions import OWN, ReadingEntry
from archive.writer import ArchiveWriter
from pipelines.compare import REREADS, compare, next_elsewhere, next_unlike, versions_with
from pipelines.extract.profile import SiteRules
from pipelines.extract.version import EXTRACTOR
from pipelines.kept import Counts, Kept
from pipelines.pupil import Pupil
from pipelines.reader import ReadJob, ReadResult
from pipelines.source_rules import NO_RULES, SourceRules
from pipelines.unread import REQUISITE, SEED, UNREAD, is_readable

logger = logging.getLogger(__name__)

UNREAD_KEPT = 1000
"""Pages whose reading failed that a run can name: it may go on for months."""


class Readings:
    """Makes jobs of captures, and keeps what comes back of them."""

    def __init__(self, writer: ArchiveWriter, rules: Mapping[str, SourceRules], counts: Counts) -> None:
        """`rules` are by source name; what is found to be an article or a version goes into `counts`."""
        self.rules = rules
        self.pupil = Pupil(writer.folder, writer.catalog, clock=writer.clock)
        self.unreadable = 0
        """Pages whose reading failed."""
        self.unread: dict[str, str] = {}
        """Why, of the first of them, by URL."""
        self._writer = writer
        self._counts = counts

    def rules_of(self, source: str | None) -> SourceRules:
        """How pages of a source are read."""
        return self.rules.get(source or "", NO_RULES)

    def is_read(self, capture: Capture, readings: Sequence[ReadingEntry]) -> bool:
        """Whether one of these readings was made by today's extractor, with the profile of the capture's time."""
        if any(entry.extractor in UNREAD for entry in readings):
            return True
        rules = self.rules_of(readings[-1].source if readings else None)
        profile = self.pupil.profiles.at(capture.url, capture.timestamp) if rules.extract.profile else None
        labels = {profile.label, profile.label + OWN} if profile else {None}
        return any(entry.extractor == EXTRACTOR and entry.profile in labels for entry in readings)

    def count_reversion(self, capture: Capture) -> None:
        """Count the version that a text which has come back makes: it is known, so nothing is read."""
        before = self._writer.catalog.captures(urlkey=capture.urlkey, to_timestamp=capture.timestamp, newest_first=True)
        previous = next((one for one in before if one.location != capture.location), None)
        if previous is None or previous.read_digest == capture.read_digest:
            return
        without, with_it = versions_with(self._writer.catalog, capture, reading=False)
        self._counts.versions += with_it - without

    def _note_unread(self, url: str, reason: str | None) -> None:
        self.unreadable += 1
        if len(self.unread) < UNREAD_KEPT:
            self.unread[url] = reason or "reading failed"
        logger.warning("failed to read url=%s reason=%s", url, reason)

    def store(self, result: ReadResult, versions: list[tuple[Reading, bool]]) -> list[ReadJob]:
        """Compare a reading with its article's past and store it; returns what is to be read next on its account."""
        catalog, job = self._writer.catalog, result.job
        if result.unavailable and result.error is None:
            return []
        if result.unavailable:
            self._note_unread(job.capture.url, result.error)
            return list(job.then)
        readings = catalog.readings(job.capture.urlkey, job.capture.read_digest or "")
        is_reread = any(entry.is_article for entry in readings)
        if job.held is not None:
            # Without it the page would count as one that does not fit.
            held = compare(ReadResult(job=job, extraction=job.held), catalog)
            assert held.reading
            self._writer.add_reading(held.reading, held.text, known_text=job.held.article.text)
        comparison = compare(result, catalog)
        again = msgspec.structs.replace(job, rereads=job.rereads + 1)
        if comparison.reread_own:
            own = msgspec.structs.replace(job.rules, own=True)
            return [msgspec.structs.replace(again, rules=own, held=result.extraction)]
        if comparison.reread is not None:
            # Read as this page was, whatever the profile of its own time; it stays its own source's.
            before = comparison.reread
            earlier = catalog.readings(before.urlkey, before.read_digest or "")
            first = msgspec.structs.replace(
                job,
                capture=before,
                source=earlier[-1].source if earlier else job.source,
                rules=_rules_like(result),
                member=b"",
                then=(*job.then, again),
                rereads=REREADS,
            )
            return [first]
        assert comparison.reading
        reading = comparison.reading
        text = result.extraction.article.text if result.extraction else None
        self._writer.add_reading(reading, comparison.text, known_text=text)
        without, with_it = (0, 0) if is_reread else versions_with(catalog, job.capture, reading=True)
        if with_it > without:
            self._counts.versions += with_it - without
            self._counts.articles += without == 0
            versions.append((reading, without == 0))
        if reading.outcome == "failed":
            self._note_unread(reading.url, reading.reason)
        elif reading.outcome != "not-article" and not job.then and self.rules_of(job.source).extract.profile:
            is_doubted = result.extraction is not None and result.extraction.is_doubted
            # A job that others wait for was read on their account.
            self.pupil.note(job, reading, is_doubted=is_doubted)
        later = None if is_reread or reading.text_digest is None else next_unlike(catalog, job.capture)
        return [*job.then, *([self.job(*later)] if later else [])]

    def job_for(self, kept: Kept) -> ReadJob | None:
        """The job of reading a page that was just captured; `None` where there is nothing new to read."""
        capture = kept.capture
        if capture is None or kept.exchange_kind != "page" or kept.unread:
            return None
        readings = self._writer.catalog.readings(capture.urlkey, capture.read_digest or "")
        if any(entry.extractor not in UNREAD for entry in readings):
            return None
        if capture.revisit == "identical" and any(entry.extractor in (SEED, REQUISITE) for entry in readings):
            # What it repeats was fetched as something else, and therefore left unread.
            capture = self._writer.catalog.original_of(capture) or capture
        return self.job(capture, kept.source) if is_readable(capture) else None

    def moved_with(self, kept: Kept) -> tuple[Capture, str | None] | None:
        """What is to be read again because an article has been found to have moved; `None` for most."""
        capture = kept.capture
        if capture is None or capture.redirect is None or kept.exchange_kind != "page" or not kept.is_archived:
            return None
        return next_elsewhere(self._writer.catalog, capture)

    def job(self, capture: Capture, source: str | None) -> ReadJob:
        """The job of reading a capture, by the rules and the profile that hold for it."""
        rules = self.rules_of(source)
        profile = self.pupil.profiles.at(capture.url, capture.timestamp) if rules.extract.profile else None
        return ReadJob(
            capture=capture,
            source=source,
            rules=rules.for_site(profile, self.pupil.check_every(capture, profile)) if profile else rules.for_site(),
            folder=str(self._writer.folder / ARCHIVE),
        )


def _rules_like(result: ReadResult) -> SiteRules:
    """The rules that make another page be read as this one was: by the readers where it did not fit the profile."""
    profile = result.extraction.profile if result.extraction else None
    return msgspec.structs.replace(result.job.rules, own=profile is not None and profile.endswith(OWN))
