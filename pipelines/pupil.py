"""Learns the sites of a collection while their pages are read: notes how each page was read, gives lessons out, takes results in."""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from archive.errors import FolderUnwritable, SettingInvalid
from archive.formats.timestamp import to_timestamp
from archive.formats.urlkey import urlkey
from archive.index.catalog import Catalog
from archive.model import Capture, Reading
from archive.records import ARCHIVE
from pipelines.extract.profile import Learned, Profile, SiteRules
from pipelines.extract.recurring import MAX_LINES
from pipelines.learn import LearnJob, LearnResult
from pipelines.profile_file import Attempt
from pipelines.profiles import Profiles, site_of
from pipelines.reader import ReadJob
from pipelines.recent import watch_site
from pipelines.watch import Seen, SiteWatch

logger = logging.getLogger(__name__)

_WATCHES = 1000
"""Sites whose last pages are held in memory, 60 kB each at most; the catalog knows those of the others."""


def site_key(url: str) -> str:
    """The first part of the urlkeys of a URL's site, such as `org,example)`. Raises QueryInvalid."""
    return urlkey(url).partition(")")[0] + ")"


class Pupil:
    """For one thread, the recorder's."""

    def __init__(
        self, folder: Path, catalog: Catalog, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Raises SettingInvalid where a profile cannot be understood."""
        self.profiles = Profiles(folder)
        self._folder = folder
        self._catalog = catalog
        self._clock = clock
        self._watches: dict[str, SiteWatch] = {}
        """The one asked for last at the end."""
        self._changed: dict[str, tuple[Capture, SiteRules]] = {}
        """Sites that may teach something now: one of their captures, and how their pages are read."""
        self._unkept: set[str] = set()
        """Sites whose file did not take what was learned: they are let be until the next start."""
        self._is_writable = True
        self._at_work: set[str] = set()
        self._drifting: set[str] = set()

    def check_every(self, capture: Capture, profile: Profile) -> int:
        """Of how many pages like this that fit the profile one is to be read by the readers too."""
        return self._watch(site_of(capture.url), capture).check_every(profile)

    def note(self, job: ReadJob, reading: Reading, *, is_doubted: bool = False) -> None:
        """A page was read on its own account, and is an article."""
        site = site_of(job.capture.url)
        watch = self._watch(site, job.capture)
        # A page that fits may be read by the readers last, to be compared with one that does not.
        profile = job.held.profile if job.held else reading.profile
        watch.note(Seen(capture=job.capture, profile=profile, is_doubted=is_doubted))
        file = self.profiles.site(site)
        if site not in self._drifting and watch.is_drifting(file.profiles[-1] if file.profiles else None):
            self._drifting.add(site)
            logger.warning("site has changed its pages site=%s (`morgue doctor` shows which do not fit)", site)
        self._changed[site] = (job.capture, job.rules)

    def look_at(self, capture: Capture, rules: SiteRules) -> None:
        """Consider the site of a capture although nothing new was read of it."""
        site = site_of(capture.url)
        self._changed[site] = (capture, rules)

    def lessons(self) -> Iterator[LearnJob]:
        """What there is to be learned now; each lesson is given out once, until its result is taken."""
        sites, self._changed = self._changed, {}
        for site, (capture, rules) in sites.items():
            if site in self._at_work or site in self._unkept or not self._is_writable:
                continue
            file = self.profiles.site(site)
            lesson = self._watch(site, capture).lesson(file, now=self._now())
            if lesson is None:
                continue
            self._at_work.add(site)
            yield LearnJob(
                site=site,
                number=len(file.profiles) + 1,
                captures=lesson.captures,
                folder=str(self._folder / ARCHIVE),
                rules=rules,
            )

    def take(self, result: LearnResult) -> None:
        """Keep what was learned, or that nothing was."""
        site, learned = result.job.site, result.learned
        self._at_work.discard(site)
        now = self._now()
        if learned is None:
            if not result.error:
                return
            logger.warning("failed to learn site=%s error=%s", site, result.error)
            # Noted like any try, or each further page would have the same one made again.
            learned = Learned(profile=None, articles=0, remark=f"did not come to an end: {result.error[:200]}")
        profile = self._dated(learned.profile, result.job, now) if learned.profile else None
        attempt = Attempt(at=now, pages=len(result.job.captures), remark=learned.remark)
        try:
            is_kept = self.profiles.add(site, profile, attempt)
        except FolderUnwritable as error:
            self._is_writable = False
            logger.warning("nothing more is learned until the next start error=%s", error)
            return
        except SettingInvalid as error:
            self._unkept.add(site)
            logger.warning("what was learned is not kept site=%s error=%s", site, error)
            return
        if not is_kept:
            self._unkept.add(site)
            return
        if profile is not None:
            self._drifting.discard(site)
        logger.info("learned site=%s profile=%s remark=%s", site, profile.label if profile else None, learned.remark)

    def _dated(self, profile: Profile, job: LearnJob, now: str) -> Profile:
        """A site's first profile holds for all that is archived of it: what it does not fit, it is not used for.

        A later one keeps what recurred before: a page of the old design is then read as one of the new is.
        """
        since = profile.since
        known = {line.text: line for line in profile.recurring}
        for before in self.profiles.site(job.site).profiles[-1:]:
            known |= {line.text: line for line in before.recurring if line.text not in known}
        profile = msgspec.structs.replace(profile, recurring=tuple(known.values())[:MAX_LINES])
        if profile.number == 1:
            since = min(since, self._catalog.first_article(site_key(job.captures[0].url)) or since)
        return msgspec.structs.replace(profile, learned=now, since=since)

    def _watch(self, site: str, capture: Capture) -> SiteWatch:
        watch = self._watches.pop(site, None)
        if watch is None:
            watch = watch_site(self._catalog, site_key(capture.url))
        self._watches[site] = watch
        if len(self._watches) > _WATCHES:
            del self._watches[next(iter(self._watches))]
        return watch

    def _now(self) -> str:
        return to_timestamp(self._clock())
