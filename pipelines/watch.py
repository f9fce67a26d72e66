"""Watches how a site's pages fit its profile, and says when to learn one: at first, when pages cease to fit, when many do not.

Pure: it is told what was read. What is learned, and kept, is others' work.
"""

from bisect import insort
from collections.abc import Iterable

import msgspec

from archive.formats.timestamp import from_timestamp
from archive.model import Capture
from archive.versions import OWN
from pipelines.extract.profile import Profile
from pipelines.profile_file import Attempt, SiteFile

REMEMBERED = 40
"""Pages of a site that are looked back on."""
TRIES = (12, 24, 40)
"""After so many pages that no profile fits, one is learned; after the last of them, only when some time has passed."""
REST_DAYS, REST_DAYS_DRIFTING = 7, 1
DRIFT_WINDOW, DRIFT_MISSES = 10, 8
"""Of the last pages so many do not fit: the site has changed its pages."""
CHECK_EVERY_YOUNG, CHECK_EVERY_SETTLED = 25, 200
"""Of so many pages that fit one is checked: of a profile that has not read `REMEMBERED` pages yet, and of one that has."""
MISFIT_PAGES = 20
"""Of the pages looked back on so many do not fit, though others do: there is a kind of page that is not known."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A page that was read, and how."""

    capture: Capture
    profile: str | None
    """Label of the profile; ends in `:own` where the page did not fit."""
    is_doubted: bool = False
    """It did fit, but was read otherwise by the readers; known only of pages that were read since the program began."""


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """What to learn from."""

    captures: tuple[Capture, ...]
    """Oldest first."""
    drifting: bool


class SiteWatch:
    """What was read lately of one site."""

    def __init__(self, seen: Iterable[Seen] = ()) -> None:
        self._seen: list[Seen] = []
        for one in seen:
            self.note(one)

    def __len__(self) -> int:
        return len(self._seen)

    def note(self, seen: Seen) -> None:
        """A page was read. The newest captures are remembered, each page as it was read last."""
        self._seen = [one for one in self._seen if one.capture.urlkey != seen.capture.urlkey]
        insort(self._seen, seen, key=lambda one: one.capture.timestamp)
        del self._seen[:-REMEMBERED]

    def fitting(self, profile: Profile) -> list[Seen]:
        """The pages that were read with this profile."""
        return [one for one in self._seen if one.profile == profile.label]

    def misfits(self, profile: Profile) -> list[Seen]:
        """The pages that were to be read with it and did not fit, oldest first; those read before it was there are none."""
        return [one for one in self._seen if one.profile == profile.label + OWN]

    def is_drifting(self, profile: Profile | None) -> bool:
        """Whether the site's pages have ceased to fit a profile that others did fit."""
        if profile is None or not profile.templates:
            return False
        tried = self._tried(profile)
        return sum(1 for one in tried[-DRIFT_WINDOW:] if one.profile != profile.label) >= DRIFT_MISSES

    def check_every(self, profile: Profile) -> int:
        """Of how many pages that fit a profile one is to be read by the readers too.

        Often while the profile is young, seldom when many have fitted; each one, once a page that fits was read otherwise, until
        as many agree as show a drift.
        """
        tried = self._tried(profile)
        if any(one.is_doubted for one in tried[-DRIFT_WINDOW:]):
            return 1
        return CHECK_EVERY_YOUNG if len(tried) < REMEMBERED else CHECK_EVERY_SETTLED

    def _tried(self, profile: Profile) -> list[Seen]:
        return [one for one in self._seen if one.profile in {profile.label, profile.label + OWN}]

    def lesson(self, file: SiteFile, *, now: str) -> Lesson | None:
        """What to learn from now; `None` where there is nothing new to be learned, or the file is pinned."""
        profile = file.profiles[-1] if file.profiles else None
        if file.pinned:
            return None
        drifting = self.is_drifting(profile)
        if profile is None or not profile.templates:
            pages = list(self._seen)
        elif drifting or len(self.misfits(profile)) >= MISFIT_PAGES:
            pages = self.misfits(profile) if drifting else list(self._seen)
        else:
            return None
        attempted = file.attempted
        if drifting and len(file.profiles) == 1 and attempted is not None and file.profiles[0].learned == attempted.at:
            attempted = None  # a site that was learned a moment ago may change; one that changes all the time rests
        if not _is_due(len(pages), attempted, REST_DAYS_DRIFTING if drifting else REST_DAYS, now):
            return None
        return Lesson(captures=tuple(one.capture for one in pages), drifting=drifting)


def _is_due(pages: int, attempted: Attempt | None, rest_days: int, now: str) -> bool:
    """Whether there are enough pages; after a try, more than it had, or whether it was long ago."""
    if pages < TRIES[0]:
        return False
    if attempted is None:
        return True
    rested = (from_timestamp(now) - from_timestamp(attempted.at)).days >= rest_days
    return rested or any(attempted.pages < step <= pages for step in TRIES)
