"""How the leases of a run end: what was fetched, what failed, what robots.txt forbids, and what follows from it.

When a URL is due again is `crawler.revisit`'s to say; writing results to the frontier is the run's.
"""

import logging
from functools import partial
from typing import Protocol

import msgspec

from archive.config import Settings
from crawler import revisit
from crawler.admission import Admission
from crawler.circles import Circles
from crawler.clock import Clock
from crawler.edits import EditRates
from crawler.failures import Failures
from crawler.frontier.entry import Entry, Lease, Result, to_entry_url
from crawler.host_watch import HostWatch
from crawler.politeness import Turn
from crawler.requisites import document_of, wants_requisites
from crawler.saving import Saving
from crawler.source import CrawlRules, Source
from crawler.watch.tally import Tally
from pipelines.kept import Kept

logger = logging.getLogger(__name__)

DAY = 86400.0


class Run(Protocol):
    """What is asked of the run whose leases end."""

    settings: Settings
    clock: Clock
    sources: dict[str, Source]
    admission: Admission
    edits: EditRates
    hosts: HostWatch
    saving: Saving
    tally: Tally


class Settlement:
    """The results of one run. Safe in any thread, but for pages, which are the recorder's thread's."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.failures = Failures(retries=run.settings.retries)
        self.missing = Failures(retries=run.settings.retries)
        """Likewise of requisites: a page without one of its pictures is no failure of the run."""
        self._circles = Circles()

    def fetched(self, lease: Lease, kept: Kept, error: str | None, now: float) -> Result:
        """How a lease ends whose exchange is durable."""
        run, head = self._run, kept.head
        answer = revisit.Answer(
            capture=kept.capture,
            etag=head.get("etag") if head else None,
            last_modified=head.get("last-modified") if head else None,
            retry_after=head.get("retry-after") if head else None,
            error=error if error is not None else (None if kept.capture else "no HTTP response"),
        )
        result = run.hosts.spare(revisit.settle(lease, answer, self.rules(lease.entry), now))
        result = run.edits.looked(lease, result, now)
        archived = kept.capture if kept.is_archived else None
        source = run.sources.get(lease.entry.source or "")
        if wants_requisites(lease.entry.source, source) and (document := document_of(lease, archived)):
            result = msgspec.structs.replace(result, unsearched=document)
        target = kept.capture.redirect if kept.capture else None
        if not target:
            self._circles.forget(lease.entry.url)
        elif problem := self._dead_end(lease.entry, target):
            result = msgspec.structs.replace(result, error=problem, attempts=lease.attempts + 1)
            target = None
        if lease.entry.kind == "robots":
            # What a site says of itself, such as its tdmrep.json: there or not, it is looked at once a day.
            result = msgspec.structs.replace(result, due=now + DAY if run.settings.tdm == "ask" else None)
        self._note(result, lease.entry)
        hops = run.settings.max_redirects
        if target and (entry := run.admission.target_of(lease, target, max_redirects=hops, now=now)):
            result = msgspec.structs.replace(result, discovered=(entry,))
        return result

    def unsent(self, lease: Lease, reason: str) -> Result:
        """How a lease ends whose request never went out."""
        answer = revisit.Answer(capture=None, error=reason)
        now = self._run.clock.now()
        result = self._run.hosts.spare(revisit.settle(lease, answer, self.rules(lease.entry), now))
        self._note(result, lease.entry)
        return result

    def refused(self, turn: Turn) -> Result:
        """How a lease ends that robots.txt forbids, or whose robots.txt cannot be had. Called in the reactor's thread."""
        assert turn.lease
        entry = turn.lease.entry
        if turn.act == "unavailable":
            result = self._run.hosts.refuse(turn)
            self._note(result, entry)
            return result
        now = self._run.clock.now()
        logger.info("disallowed url=%s", entry.url)
        self._run.tally.refused(entry, now)
        if self._run.saving.urls is not None and entry.kind != "requisite":
            # A crawl passes over such pages; whoever named one wants to know.
            self.failures.note(entry.url, 'robots.txt forbids it (a source with robots = "ignore" would not ask)')
        due = None if entry.kind == "requisite" else now + DAY
        return Result(url=entry.url, due=due, error="disallowed by robots.txt", fetched=False)

    def rules(self, entry: Entry) -> revisit.Rules:
        """What revisiting an entry goes by."""
        source = self._run.sources.get(entry.source or "")
        # One that was removed a moment ago may come back: an editor takes its file away to write it anew.
        crawl = source.crawl if source else CrawlRules() if entry.source else None
        return revisit.Rules(
            max_age_seconds=crawl.max_age.total_seconds() if crawl else 0.0,
            retries=self._run.settings.retries,
            tries=self._failures_of(entry).tries(entry.url),
            next_look=partial(self._run.edits.next_look, entry.source or "", entry.section or ""),
        )

    def _note(self, result: Result, entry: Entry) -> None:
        if result.error is not None:
            logger.info("failed url=%s attempts=%d error=%s", result.url, result.attempts, result.error)
        self._failures_of(entry).note(result.url, result.error)
        self._run.tally.settled(entry, result, self._run.clock.now())

    def _failures_of(self, entry: Entry) -> Failures:
        return self.missing if entry.kind == "requisite" else self.failures

    def _dead_end(self, entry: Entry, target: str) -> str | None:
        """Why a redirect is not followed, where it leads round, or on and on."""
        if problem := self._circles.close(entry.url, to_entry_url(target) or target):
            return problem
        if entry.redirects < self._run.settings.max_redirects:
            return None
        return f"the last of {entry.redirects + 1} redirects, which are not followed further (max_redirects)"
