"""Paths that name a capture: a time, what it is wanted as, and everything behind it is the address."""

import re

from archive.web.links import check_url

CAPTURED = re.compile(r"([0-9]{4,14})(fr_|cs_|im_)?/(https?:/.+)", re.DOTALL | re.IGNORECASE)
FRAMED = re.compile(r"(with-scripts/)?([0-9]{4,14})/(.+)", re.DOTALL)
VIEW = re.compile(r"([0-9]{4,14})/(https?:/.+)", re.DOTALL | re.IGNORECASE)
RAW = re.compile(r"([0-9]{1,14})id_/(https?:/.+)", re.DOTALL | re.IGNORECASE)
_MERGED = re.compile(r"^(https?:)/(?=[^/])", re.IGNORECASE)


def address(target: str) -> str:
    """The archived address in a path, without fragment, whole again where a proxy merged its slashes. Raises QueryInvalid.

    >>> address("https:/example.org/a")
    'https://example.org/a'
    """
    return _MERGED.sub(r"\1//", check_url(target).partition("#")[0], count=1)
