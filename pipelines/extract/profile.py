"""What was learned of a site from its own pages: where its articles stand, and which lines all of them share.

Types only. A profile is learned by `learning`, used by `template` and `recurring`, kept as a file by `pipelines.profiles`.
"""

import hashlib
from functools import cached_property
from typing import Literal

import msgspec

from archive.errors import QueryInvalid
from archive.formats.timestamp import from_timestamp
from archive.formats.toml import FieldInvalid
from pipelines.extract.blocks import key_of
from pipelines.extract.selectors import check_selector

Quality = Literal["best", "fast"]
"""How much time a page that no profile fits may take."""


class Skip(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands inside the container and is no part of the article."""

    selector: str
    hits: int = 0
    """Elements of the pages learned from that it named."""

    def __post_init__(self) -> None:
        check_selector("selector", self.selector)


class Template(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One shape of page."""

    frame: str
    """Selector of the one element that holds headline, standfirst, pictures and text."""
    container: tuple[str, ...]
    """Selectors, inside the frame, of what holds the text; all elements they name, in page order."""
    skip: tuple[Skip, ...] = ()
    furniture: tuple[str, ...] = ()
    """Selectors of what stands in the frame and never held anything of an article: it is taken out before the frame is read."""
    kinds: tuple[str, ...] = ()
    """How the lines of text stand in the container (`selectors.kind_of`), the commonest first."""
    links: tuple[str, ...] = ()
    """The kinds that are text even where all of it is a link, such as linked subheads."""
    cleared: bool = True
    """Whether the general rules clear the frame before it is read: not where all that they took has been learned."""
    sliced: bool = False
    """Whether the frame can be cut out of a page's bytes: where that was proved to read the same."""
    share: float
    """The least share of a page's text that the container had."""
    rest: float = 0.0
    """The most prose that the frame had beside the text, as a share of both."""
    pages: int
    """Pages it was learned from."""
    proved: int = 0
    """Other pages that it was then proved on."""
    likeness: float = 0.0
    """Mean token F1, on those, of what it read and what the readers did."""

    def __post_init__(self) -> None:
        check_selector("frame", self.frame)
        for key in ("container", "furniture"):
            for index, selector in enumerate(getattr(self, key)):
                check_selector(f"{key}[{index}]", selector)


class RecurringLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line that several articles share."""

    text: str
    pages: int


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """What holds of a site from one time on, until a later one takes its place."""

    host: str = ""
    """The site (`pipelines.profiles.site_of`); its file says it once for all."""
    number: int
    """Counts the site's profiles from 1."""
    since: str
    """Timestamp of the oldest page it was learned from: older captures are not read with it."""
    learned: str = ""
    """Timestamp of when."""
    articles: int = 0
    """How many different ones it was learned from and proved on."""
    extractor: str = ""
    """Whose readings it was learned from."""
    templates: tuple[Template, ...] = ()
    recurring: tuple[RecurringLine, ...] = ()

    def __post_init__(self) -> None:
        for field in ("since", "learned"):
            if value := getattr(self, field):
                check_timestamp(field, value)

    @cached_property
    def label(self) -> str:
        """What readings made with it name: host, number, and a digest that an edit by hand changes.

        >>> Profile(host="example.org", number=2, since="20260101000000").label
        'example.org/2-cf1c'
        """
        known = [
            *(
                [
                    *(t.frame, *t.container, *(s.selector for s in t.skip), *t.furniture, *t.kinds, *t.links),
                    *(str(t.cleared), str(t.share), str(t.rest)),
                ]
                for t in self.templates
            ),
            [line.text for line in self.recurring],
        ]
        return f"{self.host}/{self.number}-{hashlib.sha256(msgspec.json.encode(known)).hexdigest()[:4]}"

    @cached_property
    def recurring_keys(self) -> frozenset[str]:
        """The keys (`blocks.key_of`) of its recurring lines."""
        return frozenset(key_of(line.text) for line in self.recurring)


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """What came of learning."""

    profile: Profile | None
    """`None` where nothing was learned."""
    articles: int
    """Different articles among the pages."""
    remark: str
    """What was found, or why nothing is used: one line for a person."""


class SiteRules(msgspec.Struct, frozen=True, kw_only=True):
    """How a site's pages are to be read."""

    prune: tuple[str, ...] = ()
    """XPath expressions of what is never part of an article."""
    quality: Quality = "best"
    language: str | None = None
    """The source's, for a page that names none."""
    profile: Profile | None = None
    check_every: int = 50
    """Of so many pages that fit the profile one is read by the readers too, to see that both still agree."""
    own: bool = False
    """Let the readers read although there is a profile: the page is compared with one that did not fit."""


NO_RULES = SiteRules()


def check_timestamp(field: str, value: str) -> None:
    """Raise FieldInvalid for what is no timestamp."""
    try:
        from_timestamp(value)
    except QueryInvalid:
        raise FieldInvalid(field, "is no timestamp (write 14 digits such as 20240501103000)") from None
