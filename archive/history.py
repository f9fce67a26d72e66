"""The history of one article: its captures and versions, gathered once. What an edit was is judged when somebody asks for it.

Judging reads texts, about a millisecond a version at first, and a live blog has thousands: who shows twenty asks for twenty.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import msgspec

from archive.errors import NoCapture, QueryInvalid
from archive.formats.timestamp import from_timestamp, parse_time, to_timestamp
from archive.judge import UNJUDGED, Judge, Judgement
from archive.model import Article, ArticleVersion, Capture
from archive.versions import Observation, ReadingEntry, TextState, gather_states


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a diff."""

    version: ArticleVersion
    """Unjudged."""
    reading: ReadingEntry
    timestamp: str
    """When the page stood so: of the version's first capture, or of a later one where both sides are of one version."""


class History:
    """The versions of the article at one URL, oldest first, across all its URLs."""

    def __init__(
        self,
        url: str,
        keys: Sequence[str],
        observations: Sequence[Observation],
        judge: Callable[[], Judge],
        read_article: Callable[[ReadingEntry], Article],
    ) -> None:
        self.url = url
        self.captures: list[Capture] = [one.capture for one in observations]
        """All that showed the article, revisits included, oldest first."""
        self._states = gather_states(keys, observations)
        self._judge = judge
        self._read_article = read_article

    def __len__(self) -> int:
        return len(self._states)

    def versions(self, start: int = 0, stop: int | None = None) -> list[ArticleVersion]:
        """The versions judged, all of them or those of a slice, as of a list."""
        states = self._states[start:stop]
        judge = self._judge() if states else UNJUDGED
        return [state.to_version(judge) for state in states]

    def unjudged(self, start: int = 0, stop: int | None = None) -> list[ArticleVersion]:
        """The same, each called `edited`, without significance: reads no text."""
        return [state.to_version() for state in self._states[start:stop]]

    def version(self, number: int) -> ArticleVersion:
        """One version, judged; numbers are from 1."""
        return self._states[number - 1].to_version(self._judge())

    def listed(self, least: float) -> list[ArticleVersion]:
        """The versions without those that changed less of the meaning than `least`, from 0 to 1.

        Each is judged from the one listed before it, so what many small edits come to is not missed. One that is left out is counted
        in that one, and its time and its amendments added. Numbers stay. The first is always there.
        """
        if least <= 0:
            return self.versions()
        judge = self._judge()
        kept: list[ArticleVersion] = []
        shown = self._states[0]
        for state in self._states:
            judgement = _judged_from(shown, state, judge)
            version = state.to_version(judge, judgement or Judgement(change="edited"))
            if kept and (version.significance or 0.0) < least:
                before = kept[-1]
                kept[-1] = msgspec.structs.replace(
                    before,
                    folded=before.folded + 1,
                    last_seen=version.last_seen,
                    amended=before.amended + version.amended,
                )
            else:
                kept.append(version)
                shown = state
        return kept

    def article(self, version: ArticleVersion | None = None, at: str | None = None) -> Article:
        """What the article said in a version, else in the newest, by the reading that holds. Raises RecordUnreadable, NoCapture.

        With a time within the version, names, pictures and captions are those of then.
        """
        state = self._state(version) if version else self._states[-1]
        return self._read_article(state.holding(_timestamp(at, end=True) if at else None))

    def nearest(self, at: str | None) -> ArticleVersion:
        """The version seen nearest to a time, unjudged; the newest where no time is given."""
        if at is None:
            return self._states[-1].to_version()
        goal = from_timestamp(_timestamp(at))

        def distance(state: TextState) -> float:
            first, last = from_timestamp(state.first.timestamp), from_timestamp(state.last.timestamp)
            return max((first - goal).total_seconds(), (goal - last).total_seconds(), 0.0)

        return min(self._states, key=distance).to_version()

    def standing(self, at: str | None) -> ArticleVersion:
        """The version that was to be read at a time, judged: the last one seen by then; the first for any time before."""
        if at is None:
            return self.version(len(self))
        return self._standing(_timestamp(at, end=True)).to_version(self._judge())

    def choose(self, a: str | None = None, b: str | None = None, least: float = 0.0) -> tuple[Side, Side]:
        """The two sides of a diff, each given by number or time. Raises NoCapture where the article has but one version.

        The last two versions where none is given; with `a` alone, from it to the newest. One that is not named is among those that
        `listed` gives. Two times within one version choose the captures of those times: their pictures may differ.
        """
        if b is None and len(self) < 2:
            raise NoCapture(
                f"{self.url}: has one version only, of {self._states[0].first.timestamp}; nothing to compare"
            )
        numbers = [one.number for one in self.listed(least)] if least and not (a and b) else range(1, len(self) + 1)
        if a is None and len(numbers) < 2:
            raise NoCapture(f"{self.url}: none of its {len(self)} versions changed {least:g} of the meaning or more")
        old, old_time = (self._states[numbers[-2] - 1], None) if a is None else self._named(a)
        new, new_time = (self._states[numbers[-1] - 1], None) if b is None else self._named(b)
        if old is new and old_time and new_time:
            return _sides_within(old, old_time, new_time)
        return _side(old), _side(new)

    def read(self, side: Side) -> Article:
        """The article of a side of a diff. Raises RecordUnreadable."""
        return self._read_article(side.reading)

    def _named(self, wanted: str) -> tuple[TextState, str | None]:
        """A version by number, or by time, which is given back as a timestamp."""
        # Four digits are a year, but of an article that has so many versions: there the page counts on beyond 999.
        is_digits = wanted.isascii() and wanted.isdigit()
        if is_digits and (len(wanted) < 4 or (len(wanted) == 4 and 1000 <= int(wanted) <= len(self))):
            number = int(wanted)
            if not 1 <= number <= len(self):
                raise QueryInvalid(f"{wanted}: there are versions 1 to {len(self)}")
            return self._states[number - 1], None
        moment = _timestamp(wanted, end=True)
        return self._standing(moment), moment

    def _standing(self, moment: str) -> TextState:
        return next((one for one in reversed(self._states) if one.first.timestamp <= moment), self._states[0])

    def _state(self, version: ArticleVersion) -> TextState:
        for state in self._states:
            if (state.first.timestamp, state.text_digest) == (version.timestamp, version.text_digest):
                return state
        raise NoCapture(f"{version.url}: version {version.number} is gone (run `morgue history` again)")


def _judged_from(shown: TextState, state: TextState, judge: Judge) -> Judgement | None:
    """What became of the article since another state of it; `None` where that reads the same."""
    if state.edit is None:
        return Judgement(change="first")
    if state.number == shown.number + 1:
        return judge.judge(*state.edit)
    differing = shown.differing(state.shown[0])
    if differing:
        return judge.judge(*differing, shown.last.timestamp)
    # Where no extractor read both, nothing more can be said than what the edit before this state was.
    return None if shown.shows(state.shown[0]) else judge.judge(*state.edit)


def _side(state: TextState) -> Side:
    return Side(version=state.to_version(), reading=state.holding(), timestamp=state.first.timestamp)


def _sides_within(state: TextState, first: str, second: str) -> tuple[Side, Side]:
    """The captures of two times at which the article had the same text."""
    version = state.to_version()
    old, new = state.at(first), state.at(second)
    readings = old.by_one_extractor(new) or (state.holding(), state.holding())
    return (
        Side(version=version, reading=readings[0], timestamp=old.capture.timestamp),
        Side(version=version, reading=readings[1], timestamp=new.capture.timestamp),
    )


def _timestamp(text: str, *, end: bool = False) -> str:
    return to_timestamp(parse_time(text, now=datetime.now(UTC), end=end))
