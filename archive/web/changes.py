"""The page that shows what changed between two versions of an article."""

from collections.abc import Mapping, Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from archive.collection import Collection
from archive.diff import Diff, Hunk, diff_texts
from archive.errors import QueryInvalid
from archive.model import Article, ArticleVersion, Capture
from archive.web.links import check_url
from archive.web.pool import CollectionPool
from archive.web.rendering import Renderer
from archive.web.sides import Block, shorten, to_blocks
from archive.web.stories import archived_picture

MOST_ROWS = 1_000
"""Paragraphs on one page; a reader has given up by then, and a browser might."""
MOST_CHOICES = 200
"""Versions offered in a list, those around the chosen one."""


MOST_JUDGED = 100
"""Versions up to which a list says of each what sort of edit it was."""


_MOST_PICTURES = 20


class DiffPage(msgspec.Struct, frozen=True, kw_only=True):
    """What the diff page shows."""

    article: Article
    """As it is in the newer version."""
    earlier: Article
    """As it is in the older one."""
    language: str | None
    versions: Sequence[ArticleVersion]
    """Those that changed enough; of a long history they are not judged."""
    count: int
    """Of all versions."""
    old: ArticleVersion
    new: ArticleVersion
    times: tuple[str, str]
    """When the page stood so on either side."""
    pictures: Mapping[str, Capture]
    """Those that changed and are archived, by side and address: `old https://…`."""
    blocks: Sequence[Block]
    left_out: int
    """How many paragraphs are not shown."""
    notices: Sequence[Hunk]
    """Correction notices that came."""
    significance: float
    changed: bool

    @property
    def before(self) -> tuple[int, int] | None:
        """The numbers of the change before this one."""
        return self._change(-1)

    @property
    def after(self) -> tuple[int, int] | None:
        """The numbers of the change behind this one."""
        return self._change(1)

    def choices(self, chosen: ArticleVersion) -> Sequence[ArticleVersion]:
        """The versions to choose from: the first, the newest, and those around the chosen one."""
        numbers = [one.number for one in self.versions]
        at = next((i for i, number in enumerate(numbers) if number >= chosen.number), len(numbers) - 1)
        around = self.versions[max(0, at - MOST_CHOICES // 2) : at + MOST_CHOICES // 2]
        offered = {one.number: one for one in (self.versions[0], *around, self.versions[-1], chosen)}
        return [offered[number] for number in sorted(offered)]

    def _change(self, step: int) -> tuple[int, int] | None:
        numbers = sorted({one.number for one in self.versions} | {self.new.number})
        at = numbers.index(self.new.number) + step
        return (numbers[at - 1], numbers[at]) if 0 < at < len(numbers) else None


class Changes:
    """Answers `/diff`."""

    def __init__(self, pool: CollectionPool, renderer: Renderer) -> None:
        self._pool = pool
        self._renderer = renderer

    def routes(self) -> list[Route]:
        return [Route("/diff", self.diff)]

    async def diff(self, request: Request) -> Response:
        given = request.query_params
        url = check_url(given.get("url"))
        least = parse_share(given.get("min_change"))
        page = await self._pool.ask(
            lambda collection: read_diff_page(collection, url, given.get("a"), given.get("b"), least)
        )
        view = "inline" if given.get("view") == "inline" else "sides"
        title = f"Changes: {page.article.headline or url}"
        return self._renderer.page(request, "diff.html", title=title, url=url, page=page, view=view, least=least)


def parse_share(text: str | None) -> float:
    """A number from 0 to 1, 0 where none is given. Raises QueryInvalid.

    >>> parse_share("0.2"), parse_share(None)
    (0.2, 0.0)
    """
    try:
        share = float(text or 0)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise QueryInvalid(f"min_change={text!r:.40}: is no share (write a number from 0 to 1, such as 0.2)")
    return share


def read_diff_page(collection: Collection, url: str, a: str | None, b: str | None, min_change: float = 0.0) -> DiffPage:
    """What the diff page shows: from version `a` to `b`, given by number or time; else the last two. Raises NoCapture."""
    history = collection.history_of(url)
    # What sort of edits all the versions of a live blog were would take seconds to say, and nobody looks at it here.
    is_long = len(history) > MOST_JUDGED and not min_change
    listed = history.unjudged() if is_long else history.listed(min_change)
    if (len(history) == 1 and not (a and b)) or (len(listed) == 1 and not a):
        sides = history.choose("1", "1")
    else:
        sides = history.choose(a or None, b or None, min_change)
    before, article = map(history.read, sides)
    old, new = (history.version(side.version.number) for side in sides)
    diff = diff_texts(before, article)
    blocks, left_out = shorten(to_blocks(diff), MOST_ROWS)
    return DiffPage(
        article=article,
        earlier=before,
        language=article.language or before.language,
        versions=listed,
        count=len(history),
        old=old,
        new=new,
        times=(sides[0].timestamp, sides[1].timestamp),
        pictures=_archived(collection, diff, (sides[0].timestamp, sides[1].timestamp)),
        blocks=blocks,
        left_out=left_out,
        notices=diff.notices,
        significance=diff.significance,
        changed=diff.changed,
    )


def _archived(collection: Collection, diff: Diff, times: tuple[str, str]) -> dict[str, Capture]:
    """Captures of the pictures that changed, those of either side as they were then."""
    found: dict[str, Capture] = {}
    for figure in [one for one in diff.images if one.op != "equal"][:_MOST_PICTURES]:
        for side, url, timestamp in (("old", figure.old, times[0]), ("new", figure.new, times[1])):
            capture = archived_picture(collection, [url], timestamp)
            if capture is not None:
                found[f"{side} {url}"] = capture
    return found
