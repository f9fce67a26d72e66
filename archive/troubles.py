"""What an index leaves out of a file because it cannot be read: named, and bounded. Who has the index made says it."""

MOST_NAMED = 100
"""Places in one file."""


class Troubles:
    """What cannot be read of one file. A file may be wrong in a million places: so many are named, the rest is counted."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._named: list[str] = []
        self._more = 0

    def note(self, offset: int | None, problem: str) -> None:
        """Take down what is wrong at this byte; `None` where it is wrong with the file as a whole."""
        if len(self._named) >= MOST_NAMED:
            self._more += 1
            return
        place = self._name if offset is None else f"{self._name} at byte {offset}"
        self._named.append(f"{place}: {problem}")

    def said(self) -> list[str]:
        """A line for each place, and for those that are counted only."""
        if not self._more:
            return self._named
        more = f"{self._name}: cannot be read in {self._more} more places (`morgue verify` names more of them)"
        return [*self._named, more]
