"""The `srcset` attribute (https://html.spec.whatwg.org/multipage/images.html#parsing-a-srcset-attribute)."""

import re
from collections.abc import Callable, Iterator

MAX_CANDIDATES = 12
"""Of one image. Which one a browser takes depends on its window, and it shows nothing where that one is missing."""
_URL = re.compile(r"[\s,]*+(\S++)")
_BRACKET = re.compile(r"[(),]")


def iter_candidates(srcset: str) -> Iterator[str]:
    """The URLs of a srcset.

    >>> list(iter_candidates("a.jpg 1x, b,c.jpg 640w,d.jpg"))
    ['a.jpg', 'b,c.jpg', 'd.jpg']
    """
    return (url for url, _ in _candidates(srcset))


def rewrite_srcset(srcset: str, link: Callable[[str], str]) -> str:
    """A srcset that names what `link` makes of each of its URLs; empty: the candidate is left out.

    >>> rewrite_srcset("a.jpg 1x, b.jpg 2x", lambda url: f"/archived/{url}")
    '/archived/a.jpg 1x, /archived/b.jpg 2x'
    """
    linked = ((link(url), descriptors) for url, descriptors in _candidates(srcset))
    return ", ".join(f"{url} {descriptors}".rstrip() for url, descriptors in linked if url)


def _candidates(srcset: str) -> Iterator[tuple[str, str]]:
    at = 0
    for _ in range(MAX_CANDIDATES):
        match = _URL.match(srcset, at)
        if match is None:
            return
        at = match.end()
        url = match[1].rstrip(",")
        descriptors = ""
        if url == match[1]:
            at = _end_of_descriptors(srcset, at)
            descriptors = srcset[match.end() : at].strip().rstrip(",").rstrip()
        if url:
            yield url, descriptors


def _end_of_descriptors(srcset: str, at: int) -> int:
    """Behind the comma that ends a candidate's descriptors; one in brackets does not."""
    is_open = False
    for match in _BRACKET.finditer(srcset, at):
        if match[0] == "," and not is_open:
            return match.end()
        is_open = match[0] == "(" or (is_open and match[0] != ")")
    return len(srcset)
