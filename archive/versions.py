"""How an article's captures become its versions: a pure function of what was read from them.

Readings by different extractors are never held against each other, so a better extractor does not look like an edit by
the newspaper. Where readings and captures come from is `archive.index.catalog`'s; what changed, word by word, `archive.diff`'s.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from archive.formats.digest import format_sha1
from archive.judge import UNJUDGED, Judge, Judgement
from archive.model import Amendment, ArticleVersion, Capture, Outcome, RecordLocation

OWN = ":own"
"""Ends the profile's label of readings that the readers made although the site has a profile: the page did not fit it."""

_MOST_RETAKES = 1_000
"""Captures of one version whose fields are held against each other, the newest: each may cost a record to read."""


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


def derive_versions(
    keys: Sequence[str], observations: Iterable[Observation], judge: Judge = UNJUDGED
) -> list[ArticleVersion]:
    """The versions of the article with these keys (its present one first), oldest first."""
    return [state.to_version(judge) for state in gather_states(keys, observations)]


def gather_states(keys: Sequence[str], observations: Iterable[Observation]) -> "list[TextState]":
    """What becomes versions, oldest first, before anybody says what was edited.

    `observations` are in order of time. A capture shows the version before it unless a reading by one extractor and
    profile exists for both and says otherwise; of several such, the newest decides. A text that comes back after
    another is a version of its own. Readings by one extractor are held against each other always, so asking again after a
    reindex gives the same answer.
    """
    shown = [entry for entry in map(_shown, observations) if entry is not None]
    speaking = _speaking_urlkeys(keys, shown)
    states: list[TextState] = []
    for entry in shown:
        current = states[-1] if states else None
        differing = current.differing(entry) if current else None
        if current and not differing:
            if entry.capture.urlkey in speaking or current.shows(entry):
                current.add(entry)
        elif entry.capture.urlkey in speaking:
            edit = (*differing, current.last.timestamp) if current and differing else None
            states.append(TextState(keys[0], len(states) + 1, entry, edit))
    numbers: dict[str, int] = {}
    for state in states:
        state.same_as = numbers.get(state.text_digest)
        numbers[state.text_digest] = state.number
    return states


class Shown(msgspec.Struct, frozen=True):
    """A capture that showed the article."""

    capture: Capture
    reading: ReadingEntry
    entries: dict[tuple[str, str | None], ReadingEntry]
    """By extractor and profile, oldest reading first."""

    @property
    def digests(self) -> dict[tuple[str, str | None], str]:
        """Text digests in the same order."""
        return {by: entry.text_digest or "" for by, entry in self.entries.items()}

    def by_one_extractor(self, other: "Shown") -> tuple[ReadingEntry, ReadingEntry] | None:
        """The readings of both by the newest extractor and profile that read both."""
        common = (by for by in reversed(other.entries) if by in self.entries)
        return next(((self.entries[by], other.entries[by]) for by in common), None)


class TextState:
    """One text state of an article: the captures that showed it, one after the other."""

    def __init__(
        self, key: str, number: int, first: Shown, edit: tuple[ReadingEntry, ReadingEntry, str] | None
    ) -> None:
        self.key = key
        self.number = number
        self.edit = edit
        """The two readings that tell it from the state before, and when that was last seen; `None` of the first."""
        self.same_as: int | None = None
        self.shown = [first]
        self.reading = first.reading
        """The newest reading of any of its captures: its text is the version's."""
        self.entries = dict(first.entries)
        """By extractor and profile, those of the newest captures."""

    @property
    def first(self) -> Capture:
        return self.shown[0].capture

    @property
    def last(self) -> Capture:
        return self.shown[-1].capture

    @property
    def text_digest(self) -> str:
        return self.reading.text_digest or ""

    def differing(self, entry: Shown) -> tuple[ReadingEntry, ReadingEntry] | None:
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

    def shows(self, entry: Shown) -> bool:
        """Whether an extractor says that the texts are equal, rather than none that they differ."""
        return any(
            by in self.entries and self.entries[by].text_digest == one.text_digest for by, one in entry.entries.items()
        )

    def add(self, entry: Shown) -> None:
        self.shown.append(entry)
        self.entries |= entry.entries
        if _position(entry.reading) > _position(self.reading):
            self.reading = entry.reading

    def holding(self, moment: str | None = None) -> ReadingEntry:
        """The reading of the newest capture that has the version's text; of those up to a timestamp, else of the first."""
        of_its_time = [one for one in self.shown if moment is None or one.capture.timestamp <= moment]
        found = (entry for one in reversed(of_its_time or self.shown[:1]) for entry in reversed(one.entries.values()))
        return next((entry for entry in found if entry.text_digest == self.text_digest), self.reading)

    def at(self, moment: str) -> Shown:
        """The capture that stood at a timestamp; the first for any time before."""
        return next((one for one in reversed(self.shown) if one.capture.timestamp <= moment), self.shown[0])

    def to_version(self, judge: Judge = UNJUDGED, judgement: Judgement | None = None) -> ArticleVersion:
        """The version, with what `judge` says of it, or with a judgement that was made already."""
        if judgement is None:
            judgement = judge.judge(*self.edit) if self.edit else Judgement(change="first")
        opening = self.shown[0].entries
        ends = next(((opening[by], last) for by, last in reversed(self.entries.items()) if by in opening), None)
        return ArticleVersion(
            key=self.key,
            number=self.number,
            timestamp=self.first.timestamp,
            text_digest=self.text_digest,
            first_seen=self.first.timestamp,
            last_seen=self.last.timestamp,
            change=judgement.change,
            headline=self.reading.headline,
            url=self.first.url,
            significance=judgement.significance,
            silent=judgement.silent,
            same_as=self.same_as,
            touched=bool(ends and ends[0].location != ends[1].location and judge.is_touched(*ends)),
            amended=tuple(when for before, after, when in self._retakes() if judge.is_amended(before, after)),
        )

    def _retakes(self) -> Iterator[tuple[ReadingEntry, ReadingEntry, Amendment]]:
        """Readings of one address that followed on each other over the same text, and when their pages were captured.

        An address is held against itself only: an AMP page shows other sizes of the same pictures, and fewer.
        """
        newest: dict[str, Shown] = {}
        for one in self.shown[-_MOST_RETAKES:]:
            before = newest.get(one.capture.urlkey)
            newest[one.capture.urlkey] = one
            pair = before.by_one_extractor(one) if before else None
            if before and pair and pair[0].location != pair[1].location:
                yield *pair, Amendment(before=before.capture.timestamp, after=one.capture.timestamp)


def _position(reading: ReadingEntry) -> tuple[str, int]:
    """Where the reading stands in the append-only text files: later is newer."""
    return reading.location.file, reading.location.offset


def _shown(observation: Observation) -> Shown | None:
    capture, reading = observation.capture, observation.reading
    complete = capture.truncated is None and (capture.status == 200 or capture.revisit == "not-modified")
    if not complete or reading is None or not reading.is_article:
        return None
    articles = [entry for entry in observation.readings if entry.is_article]
    return Shown(capture, reading, {(entry.extractor, entry.profile): entry for entry in articles})


def _speaking_urlkeys(keys: Sequence[str], shown: list[Shown]) -> set[str]:
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
