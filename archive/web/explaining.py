"""What the server asks of whoever can read pages: how a text came about. The answer is `pipelines`', which stands above us."""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class Removed(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule took from a page."""

    rule: str
    layer: str
    """`tree`, where it left the page before that was read, or `line`, where it left the text."""
    chars: int
    text: str
    """Its beginning."""
    why: str
    """The mark that called the rule."""


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """How today's rules read a page."""

    removed: Sequence[Removed] = ()
    kept_chars: int = 0
    reader: str | None = None
    """Whose reading of the body was taken."""
    agreement: float = 0.0
    """How far the other readers agree with it, 0 to 1."""
    reason: str | None = None
    """Why it is held to be no article."""
    problem: str | None = None
    """Why there is no explanation, in a line."""


class Explain(Protocol):
    """Reads a page again and says what each rule took."""

    def __call__(self, payload: bytes, *, url: str, headers: Sequence[tuple[str, str]]) -> Explanation:
        """`payload` has its content codings still. Never raises because of a page; bounded in time and memory."""
        ...

    def close(self) -> None:
        """Let go of what it took to read."""
        ...
