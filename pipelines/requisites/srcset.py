"""The `srcset` attribute (https://html.spec.whatwg.org/multipage/images.html#parsing-a-srcset-attribute), its URLs only."""

import re
from collections.abc import Iterator

MAX_CANDIDATES = 12
"""Of one image. Which one a browser takes depends on its window, and it shows nothing where that one is missing."""
_URL = re.compile(r"[\s,]*+(\S++)")
_BRACKET = re.compile(r"[(),]")


def iter_candidates(srcset: str) -> Iterator[str]:
    """The URLs of a srcset.

    >>> list(iter_candidates("a.jpg 1x, b,c.jpg 640w,d.jpg"))
    ['a.jpg', 'b,c.jpg', 'd.jpg']
    """
    at = 0
    for _ in range(MAX_CANDIDATES):
        match = _URL.match(srcset, at)
        if match is None:
            return
        at = match.end()
        url = match[1].rstrip(",")
        if url == match[1]:
            at = _end_of_descriptors(srcset, at)
        if url:
            yield url


def _end_of_descriptors(srcset: str, at: int) -> int:
    """Behind the comma that ends a candidate's descriptors; one in brackets does not."""
    is_open = False
    for match in _BRACKET.finditer(srcset, at):
        if match[0] == "," and not is_open:
            return match.end()
        is_open = match[0] == "(" or (is_open and match[0] != ")")
    return len(srcset)
