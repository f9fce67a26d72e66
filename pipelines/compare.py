"""Compare: what was read from a page becomes a Reading: a new text, a known one, no article, or a failure.

Only readings by the same extractor and profile are held against each other: where the page before was read otherwise,
it is read again first, so a better extractor never looks like an edit by the newspaper.
"""

import msgspec

from archive.errors import QueryInvalid
from archive.formats.urlkey import urlkey
from archive.index.catalog import Catalog, capture_key
from archive.model import Article, Capture, Reading
from archive.versions import OWN, Observation, derive_versions, text_digest
from pipelines.extract.version import EXTRACTOR
from pipelines.reader import ReadResult


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be stored of one reading, or what must be read before it."""

    reading: Reading | None = None
    text: str | None = None
    """The text, where no article has shown it yet."""
    is_new_article: bool = False
    reread: Capture | None = None
    """What is to be read first, as this page was: the capture before it; `reading` is then `None`."""
    reread_own: bool = False
    """Whether this page itself, which fits the profile, is to be read by the readers too: the one before it does not fit."""


REREADS = 2
"""After so many readings on its account a page is compared with what there is."""


def compare(result: ReadResult, catalog: Catalog) -> Comparison:
    """Hold one page's extraction against what the catalog knows of its article.

    Both must have been read alike, by the same extractor and profile. Where the capture before was not, it is read again
    with this page's profile; where it does not fit that, this page is read again without.
    """
    capture = result.job.capture
    extraction = result.extraction
    if extraction is None:
        return Comparison(reading=_reading(result, outcome="failed", reason=result.error))
    article = extraction.article
    if not extraction.is_article:
        return Comparison(reading=_reading(result, outcome="not-article", reason=extraction.reason))
    key = article_key(article)
    keys = catalog.article_keys(key) or catalog.article_keys(capture.urlkey) or (key,)
    before = previous_observation(catalog, keys, capture)
    digest = text_digest(article.headline, article.standfirst, article.text)
    known: str | None = None
    if before is not None:
        known = _digest_by(before, extraction.profile)
        if known is None and result.job.rereads < REREADS and (again := _read_first(result, before, catalog)):
            return again
    # Read again with another profile, the same text is no news to the search index either.
    read_alike = any(
        entry.extractor == EXTRACTOR and entry.text_digest == digest
        for entry in catalog.readings(capture.urlkey, capture.read_digest or "")
    )
    is_new = catalog.text_location(digest) is None
    reading = _reading(
        result,
        outcome="unchanged" if digest == known or read_alike else "article",
        key=key,
        text_digest=digest,
        article=msgspec.structs.replace(article, text=""),
    )
    return Comparison(reading=reading, text=article.text if is_new else None, is_new_article=before is None)


def article_key(article: Article) -> str:
    """The key that an article is known by: the urlkey of its canonical address, which extraction has checked."""
    try:
        return urlkey(article.canonical_url or article.url)
    except QueryInvalid:
        return urlkey(article.url)


def previous_observation(catalog: Catalog, keys: tuple[str, ...], capture: Capture) -> Observation | None:
    """The last capture that showed this article before this one; where there is one, of the same address.

    Its AMP page, captured in between, reads a little differently and tells nothing of a change.
    """
    position = capture.timestamp, capture_key(capture)
    for address in (capture.urlkey, None):
        # From here back: of a page that changes all day, what is looked for is the last of thousands.
        seen = catalog.observations(keys, newest_first=True, until=capture.timestamp, address=address)
        for observation in seen:
            one = observation.capture
            if (one.timestamp, capture_key(one)) < position:
                return observation
    return None


def next_unlike(catalog: Catalog, capture: Capture) -> tuple[Capture, str | None] | None:
    """The next capture of the page behind this one, and its source, where today's extractor read both and not alike.

    That one was read first, and could not be held against this one then.
    """
    mine: set[tuple[str, str | None]] | None = None
    for observation in catalog.observations(catalog.article_keys(capture.urlkey)):
        one = observation.capture
        if one.urlkey != capture.urlkey:
            continue
        read = {(entry.extractor, entry.profile) for entry in observation.readings if entry.is_article}
        if one.location == capture.location:
            mine = read
        elif mine is not None and one.read_digest != capture.read_digest:
            if mine & read or all(extractor != EXTRACTOR for extractor, _ in read):
                return None
            original = catalog.read_from(one)
            return (original, observation.readings[-1].source) if original else None
    return None


def next_elsewhere(catalog: Catalog, redirect: Capture) -> tuple[Capture, str | None] | None:
    """The first capture at another address than the one before it, and its source, where the two were not read alike.

    An article's page was found to have moved by this redirect: nobody knew before that the two are one article's.
    """
    seen = catalog.captures(urlkey=redirect.urlkey, to_timestamp=redirect.timestamp, newest_first=True)
    before = next((one for one in seen if one.location != redirect.location), None)
    if before is None or before.redirect == redirect.redirect:
        return None
    last: tuple[str, set[tuple[str, str | None]]] | None = None
    for observation in catalog.observations(catalog.article_keys(redirect.urlkey)):
        one = observation.capture
        read = {(entry.extractor, entry.profile) for entry in observation.readings if entry.is_article}
        if not read:
            continue
        if last is not None and last[0] != one.urlkey and not read & last[1] and _same_extractor(read, last[1]):
            original = catalog.read_from(one)
            return (original, observation.readings[-1].source) if original else None
        last = one.urlkey, read
    return None


def _same_extractor(*read: set[tuple[str, str | None]]) -> bool:
    return all(any(extractor == EXTRACTOR for extractor, _ in one) for one in read)


def versions_with(catalog: Catalog, capture: Capture, *, reading: bool) -> tuple[int, int]:
    """How many versions the article at this capture's address has, without the capture and with it.

    With `reading`, without its reading and with it: every capture that shows the same inherits that.
    """
    keys = catalog.article_keys(capture.urlkey)
    shown = list(catalog.observations(keys)) if keys else []
    if reading:
        mine = (capture.urlkey, capture.read_digest)
        others = [one for one in shown if (one.capture.urlkey, one.capture.read_digest) != mine]
    else:
        others = [one for one in shown if one.capture.location != capture.location]
    without, all_of_them = (len(derive_versions(keys, some)) for some in (others, shown))
    return without, all_of_them


def _read_first(result: ReadResult, before: Observation, catalog: Catalog) -> Comparison | None:
    """What must be read before these two can be compared; `None` where nothing can be."""
    profile = result.extraction.profile if result.extraction else None
    if result.job.rereads == 0:
        original = catalog.read_from(before.capture)
        return Comparison(reread=original) if original else None
    fits = profile is not None and not profile.endswith(OWN)
    return Comparison(reread_own=True) if fits else None


def _digest_by(observation: Observation, profile: str | None) -> str | None:
    for entry in reversed(observation.readings):
        if entry.extractor == EXTRACTOR and entry.profile == profile:
            return entry.text_digest or ""
    return None


def _reading(result: ReadResult, **found: object) -> Reading:
    capture = result.job.capture
    if result.extraction:
        profile = result.extraction.profile
    else:
        tried = result.job.rules.profile
        profile = tried.label + OWN if tried else None
    assert capture.record_id
    assert capture.read_digest
    return Reading(
        url=capture.url,
        timestamp=capture.timestamp,
        record_id=capture.record_id,
        digest=capture.read_digest,
        source=result.job.source,
        extractor=EXTRACTOR,
        profile=profile,
        reader=result.extraction.reader if result.extraction else None,
        **found,  # type: ignore[arg-type]  # the callers' keywords are fields of Reading
    )
