"""What sites and pages may claim of a capture when it is made: whose tags are meant for us, and what becomes of `noarchive`."""

from collections.abc import Callable

import msgspec

from archive.formats.rights import NOTHING_SAID, ROBOT_NAMES, Rights
from archive.model import Exchange


def _nothing(_url: str) -> Rights:
    return NOTHING_SAID


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """How the claims of what is captured are read."""

    names: frozenset[str] = ROBOT_NAMES
    """In lower case: who a robots tag has to name to be meant for us."""
    skip_noarchive: bool = False
    """Whether a page that says `noarchive` is not kept."""
    of_site: Callable[[str], Rights] = _nothing
    """What the site of a URL says of it elsewhere than in the answer."""

    def skips(self, exchange: Exchange, said: Rights) -> bool:
        """Whether an exchange is not to be kept."""
        return self.skip_noarchive and "noarchive" in said.directives and exchange.kind in ("page", "requisite")


NO_CLAIMS = Claims()
