"""How well each site's pages fit what was learned of it: the answer to `morgue doctor`. Reads only."""

from collections.abc import Collection as Names
from pathlib import Path

import msgspec

from archive.index.catalog import Catalog
from pipelines.extract.version import EXTRACTOR
from pipelines.profiles import Profiles, site_of
from pipelines.recent import watch_of
from pipelines.watch import REMEMBERED, SiteWatch

EXAMPLES = 5


class SiteHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One site; the keys of `doctor --json`."""

    site: str
    source: str | None
    """Of its newest article."""
    profile: str | None
    """Label of its newest profile."""
    since: str | None
    """Captures from this timestamp on are read with it."""
    pages: int
    """Its newest articles that the profile was tried on, at most 40; without a profile all of the newest."""
    fitting: int
    """How many of them it fits."""
    drifting: bool
    """Whether its pages have ceased to fit: most likely a redesign."""
    examples: tuple[str, ...]
    """Pages that do not fit, the newest first."""
    attempted: str | None
    """Timestamp of the last time its pages were learned from."""
    remark: str | None
    """What came of that."""


def examine(catalog: Catalog, folder: Path, *, sources: Names[str] = ()) -> list[SiteHealth]:
    """The health of every site that has articles, or of those of these sources; the drifting ones first.

    Raises SettingInvalid where a profile cannot be understood.
    """
    profiles = Profiles(folder)
    found = []
    for key in catalog.sites():
        recent = catalog.recent_articles(key, EXTRACTOR, limit=REMEMBERED)
        if recent and (not sources or recent[0][1][-1].source in sources):
            capture, readings = recent[0]
            found.append(_examine(watch_of(recent), profiles, site_of(capture.url), readings[-1].source))
    return sorted(found, key=lambda one: (not one.drifting, one.site))


def _examine(watch: SiteWatch, profiles: Profiles, site: str, source: str | None) -> SiteHealth:
    file = profiles.site(site)
    profile = file.profiles[-1] if file.profiles else None
    misfits = watch.misfits(profile) if profile else []
    fitting = len(watch.fitting(profile)) if profile else 0
    return SiteHealth(
        site=site,
        source=source,
        profile=profile.label if profile else None,
        since=profile.since if profile else None,
        pages=fitting + len(misfits) if profile else len(watch),
        fitting=fitting,
        drifting=watch.is_drifting(profile),
        examples=tuple(one.capture.url for one in reversed(misfits))[:EXAMPLES],
        attempted=file.attempted.at if file.attempted else None,
        remark=file.attempted.remark if file.attempted else None,
    )
