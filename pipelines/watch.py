"""Watches how a site's pages fit its profile, and says when to learn one: at first, when pages cease to fit, when many do not.

Pure: it is told what was read. What is learned, and kept, is others' work.
"""

from collections import deque
from collections.abc import Iterable

import msgspec

from archive.formats.timestamp import from_timestamp
from archive.model import Capture
from pipelines.extract.profile import OWN, Profile
from pipelines.profile_file import Attempt, SiteFile

REMEMBERED = 40
"""Pages of a site that are looked back on."""
TRIES = (12, 24, 40)
"""After so many pages that no profile fits, one is learned; after the last of them, only when some time has passed."""
REST_DAYS, REST_DAYS_DRIFTING = 7, 1
DRIFT_WINDOW, DRIFT_MISSES = 10, 8
"""Of the last pages so many do not fit: the site has changed its pages."""
MISFIT_PAGES = 20
"""Of the pages looked back on so many do not fit, though others do: there is a kind of page that is not known."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A page that was read, and how."""

    capture: Capture
    profile: str | None
    """Label of the profile; ends in `:own` where the page did not fit."""


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """What to learn from."""

    captures: tuple[Capture, ...]
    """Oldest first."""
    drifting: bool


class SiteWatch:
    """What was read lately of one site."""

    def __init__(self, seen: Iterable[Seen] = ()) -> None:
        """`seen` is in order of capture."""
        self._seen: deque[Seen] = deque(seen, maxlen=REMEMBERED)

    def note(self, seen: Seen) -> None:
        """Another page was read. A page that is read again counts once, as it was read last."""
        for old in self._seen:
            if old.capture.urlkey == seen.capture.urlkey:
                self._seen.remove(old)
                break
        self._seen.append(seen)

    def misfits(self, profile: Profile | None) -> list[Seen]:
        """The pages that this profile does not fit, or that were read without it, oldest first."""
        return [one for one in self._seen if not _fits(one, profile)]

    def is_drifting(self, profile: Profile | None) -> bool:
        """Whether the site's pages have ceased to fit a profile that others did fit."""
        if profile is None or not profile.templates:
            return False
        last = [one for one in self._seen if one.capture.timestamp >= profile.since][-DRIFT_WINDOW:]
        misses = [one for one in last if one.profile == profile.label + OWN]
        return len(misses) >= DRIFT_MISSES

    def lesson(self, file: SiteFile, *, now: str) -> Lesson | None:
        """What to learn from now; `None` where there is nothing new to be learned, or the file is pinned."""
        profile = file.profiles[-1] if file.profiles else None
        if file.pinned:
            return None
        misfits = self.misfits(profile)
        drifting = self.is_drifting(profile)
        if drifting:
            pages = misfits
        elif profile is None or not profile.templates or len(misfits) >= MISFIT_PAGES:
            pages = list(self._seen)
        else:
            return None
        rest_days = REST_DAYS_DRIFTING if drifting else REST_DAYS
        if not _is_due(len(pages), profile, file.attempted, rest_days, now):
            return None
        return Lesson(captures=tuple(one.capture for one in pages), drifting=drifting)


def _fits(seen: Seen, profile: Profile | None) -> bool:
    return profile is not None and seen.profile == profile.label


def _is_due(pages: int, profile: Profile | None, attempted: Attempt | None, rest_days: int, now: str) -> bool:
    """Whether there are enough pages; after a try that taught nothing, more than it had, or whether it was long ago."""
    if pages < TRIES[0]:
        return False
    if attempted is None or (profile is not None and profile.learned == attempted.at):
        return True
    rested = (from_timestamp(now) - from_timestamp(attempted.at)).days >= rest_days
    return rested or any(attempted.pages < step <= pages for step in TRIES)
