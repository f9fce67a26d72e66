"""What the rules took out of a page, for those who ask why a text reads as it does."""

from typing import Literal

import msgspec

from pipelines.extract.tree import clean

_SHOWN_CHARS = 200


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule took."""

    rule: str
    layer: Literal["tree", "line"]
    """Whether it left the page before it was read, or the text that was read."""
    chars: int
    """Its length, white space collapsed."""
    text: str
    """Its beginning."""
    why: str
    """The mark that called the rule."""


def note(rule: str, layer: Literal["tree", "line"], text: str, why: str) -> Removal:
    r"""A removal, its text made short.

    >>> note("share", "tree", "Share  on\nX", "class word share").text
    'Share on X'
    """
    text = clean(text)
    return Removal(rule=rule, layer=layer, chars=len(text), text=text[:_SHOWN_CHARS], why=why)
