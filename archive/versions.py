"""How an article's captures become its versions: a pure function of what was read from them.

Readings by different extractors are never held against each other, so a better extractor does not look like an edit by
the newspaper. Where readings and captures come from is `archive.index.catalog`'s; what changed, word by word, `archive.diff`'s.
"""

import hashlib
import unicodedata
from collections.abc import Callable, Iterable, Sequence

import msgspec

from archive.formats.digest import format_sha1
from archive.model import ArticleVersion, Capture, Change, Outcome, RecordLocation

OWN = ":own"
"""Ends the profile's label of readings that the readers made although the site has a profile: the page did not fit it."""


class ReadingEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What an index holds of one reading; the fields and the text lie at its two locations."""

    extractor: str
    profile: str | None
    timestamp: str
    """Of the capture that was read."""
    digest: str
    """Digest of what was read of it."""
    outcome: Outcome
    key: str | None
    text_digest: str | None
    headline: str | None
    source: str | None
    location: RecordLocation
    """Of the `metadata` record."""
    text_location: RecordLocation | None
    """Of the `conversion` record that holds the text; `None` where there is no text."""

    @property
    def is_article(self) -> bool:
        return self.text_digest is not None and self.outcome in ("article", "unchanged")


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """One capture of an article, and every reading of its payload, oldest first."""

    capture: Capture
    readings: tuple[ReadingEntry, ...]

    @property
    def reading(self) -> ReadingEntry | None:
        """The reading that holds: the newest that did not fail."""
        return next((entry for entry in reversed(self.readings) if entry.outcome != "failed"), None)


def text_digest(headline: str | None, standfirst: str | None, text: str) -> str:
    r"""The digest that tells texts apart: SHA-1 over headline, standfirst and text as a reader sees them.

    That is in Unicode's composed form (NFC), each paragraph's white space made single, empty paragraphs and invisible
    formatting characters dropped. The joiners that Persian and Hindi spell with (U+200C, U+200D) are kept.

    >>> text_digest("Rain", None, "It  rained.\n\n") == text_digest("Rain", "", "It rained.")
    True
    """
    normal = "\x00".join(_seen(part or "") for part in (headline, standfirst, text))
    return format_sha1(hashlib.sha1(normal.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest())


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of the edit that made a version (`archive.judgement`)."""

    change: Change
    significance: float | None = None
    silent: bool = False


Judge = Callable[[ReadingEntry, ReadingEntry, str], Judgement]
"""Gets the readings that were held against each other, and when the older version was last seen (14 digits)."""


def unjudged(_old: ReadingEntry, _new: ReadingEntry, _last_seen: str) -> Judgement:
    """For who asks which versions there are, and not what they changed: reads no text."""
    return Judgement(change="edited")


def untouched(_first: ReadingEntry, _last: ReadingEntry) -> bool:
    """For the same: reads no dates."""
    return False


def derive_versions(
    keys: Sequence[str],
    observations: Iterable[Observation],
    judge: Judge = unjudged,
    is_touched: Callable[[ReadingEntry, ReadingEntry], bool] = untouched,
) -> list[ArticleVersion]:
    """The versions of the article with these keys (its present one first), oldest first.

    `observations` are in order of time. A capture shows the version before it unless a reading by one extractor and
    profile exists for both and says otherwise; of several such, the newest decides. A text that comes back after
    another is a version of its own. `judge` gets readings by one extractor always, so asking again after a reindex gives
    the same answer; `is_touched` the first and last reading of one version, where they are two.
    """
    shown = [entry for entry in map(_shown, observations) if entry is not None]
    speaking = _speaking_urlkeys(keys, shown)
    versions: list[_Version] = []
    for entry in shown:
        current = versions[-1] if versions else None
        differing = current.differing(entry) if current else None
        if current and not differing:
            if entry.capture.urlkey in speaking or current.shows(entry):
                current.add(entry)
        elif entry.capture.urlkey in speaking:
            if current and differing:
                judgement = judge(*differing, current.last.timestamp)
            else:
                judgement = Judgement(change="first")
            versions.append(_Version(entry, judgement))
    numbers: dict[str, int] = {}
    finished: list[ArticleVersion] = []
    for number, version in enumerate(versions, 1):
        digest = version.reading.text_digest or ""
        finished.append(version.finish(keys[0], number, numbers.get(digest), is_touched))
        numbers[digest] = number
    return finished


def fold_versions(versions: Sequence[ArticleVersion], least: float) -> list[ArticleVersion]:
    """The versions without those of less significance: each is counted in, and its time added to, the one before it.

    Numbers stay. The first is always there.
    """
    kept: list[ArticleVersion] = []
    for version in versions:
        if kept and (version.significance or 0.0) < least:
            before = kept[-1]
            kept[-1] = msgspec.structs.replace(before, folded=before.folded + 1, last_seen=version.last_seen)
        else:
            kept.append(version)
    return kept


class _Shown(msgspec.Struct, frozen=True):
    """A capture that showed the article."""

    capture: Capture
    reading: ReadingEntry
    entries: dict[tuple[str, str | None], ReadingEntry]
    """By extractor and profile, oldest reading first."""

    @property
    def digests(self) -> dict[tuple[str, str | None], str]:
        """Text digests in the same order."""
        return {by: entry.text_digest or "" for by, entry in self.entries.items()}


class _Version:
    """A version while its captures are being gathered."""

    def __init__(self, first: _Shown, judgement: Judgement) -> None:
        self.first = self.last = first.capture
        self.reading = first.reading
        self.judgement = judgement
        self.opening = first.entries
        self.entries = dict(first.entries)

    def differing(self, entry: _Shown) -> tuple[ReadingEntry, ReadingEntry] | None:
        """The two readings of the newest extractor that read both, where they differ.

        Read with another profile, or by the readers, a page may show more or less of what stands beside the story. Where any
        reading of the one gave the very text that any of the other did, nobody has edited it; else the newest pair decides.
        """
        common = next((by for by in reversed(entry.entries) if by in self.entries), None)
        if common is None:
            return None
        old, new = self.entries[common], entry.entries[common]
        if old.text_digest == new.text_digest:
            return None
        texts = [
            {one.text_digest for (extractor, _), one in entries.items() if extractor == common[0]}
            for entries in (self.entries, entry.entries)
        ]
        return None if texts[0] & texts[1] else (old, new)

    def shows(self, entry: _Shown) -> bool:
        """Whether an extractor says that the texts are equal, rather than none that they differ."""
        return any(
            by in self.entries and self.entries[by].text_digest == one.text_digest for by, one in entry.entries.items()
        )

    def add(self, entry: _Shown) -> None:
        self.last = entry.capture
        self.entries |= entry.entries
        if _position(entry.reading) > _position(self.reading):
            self.reading = entry.reading

    def finish(
        self, key: str, number: int, same_as: int | None, is_touched: Callable[[ReadingEntry, ReadingEntry], bool]
    ) -> ArticleVersion:
        ends = next(
            ((self.opening[by], last) for by, last in reversed(self.entries.items()) if by in self.opening), None
        )
        return ArticleVersion(
            key=key,
            number=number,
            timestamp=self.first.timestamp,
            text_digest=self.reading.text_digest or "",
            first_seen=self.first.timestamp,
            last_seen=self.last.timestamp,
            change=self.judgement.change,
            headline=self.reading.headline,
            url=self.first.url,
            significance=self.judgement.significance,
            silent=self.judgement.silent,
            same_as=same_as,
            touched=bool(ends and ends[0].location != ends[1].location and is_touched(*ends)),
        )


def _position(reading: ReadingEntry) -> tuple[str, int]:
    """Where the reading stands in the append-only text files: later is newer."""
    return reading.location.file, reading.location.offset


def _shown(observation: Observation) -> _Shown | None:
    capture, reading = observation.capture, observation.reading
    complete = capture.truncated is None and (capture.status == 200 or capture.revisit == "not-modified")
    if not complete or reading is None or not reading.is_article:
        return None
    articles = [entry for entry in observation.readings if entry.is_article]
    return _Shown(capture, reading, {(entry.extractor, entry.profile): entry for entry in articles})


def _speaking_urlkeys(keys: Sequence[str], shown: list[_Shown]) -> set[str]:
    """The addresses whose text counts as the article's.

    An AMP or print page reads a little differently from the page it belongs to; captured in turn, the two would look
    like one text that changes for ever. So an address other than the article's own speaks only once it has shown the
    same text as one that does; until then its captures prove nothing.
    """
    texts: dict[str, set[tuple[str, str | None, str]]] = {}
    for entry in shown:
        known = texts.setdefault(entry.capture.urlkey, set())
        known.update((*by, digest) for by, digest in entry.digests.items())
    speaking = texts.keys() & set(keys) or set(list(texts)[:1])
    spoken = {text for urlkey in speaking for text in texts[urlkey]}
    grown = True
    while grown:
        joining = {urlkey for urlkey in texts.keys() - speaking if not spoken.isdisjoint(texts[urlkey])}
        speaking |= joining
        spoken.update(text for urlkey in joining for text in texts[urlkey])
        grown = bool(joining)
    return set(speaking)


# Soft hyphen, zero-width space, marks of direction, word joiner, byte order mark: nothing that a reader sees.
_INVISIBLE = dict.fromkeys([0xAD, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF])


def _seen(text: str) -> str:
    paragraphs = (
        " ".join(line.split()) for line in unicodedata.normalize("NFC", text.translate(_INVISIBLE)).split("\n")
    )
    return "\n".join(paragraph for paragraph in paragraphs if paragraph)
