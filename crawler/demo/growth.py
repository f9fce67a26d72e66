"""The newsroom grown to thousands of pages: five sites, one for each family of templates, made without a network. Pure.

    for page in grow(2000, redesign_at=0.5):
        page.url, page.html, page.captured      # what an archive of these sites would hold
        page.expected["text"]                   # what is to be read from it

The same seed gives the same pages, byte for byte. `crawler.demo.newsroom` serves none of them.
"""

import random
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec

from crawler.demo.labels import labels
from crawler.demo.pages import encode, render, render_listing
from crawler.demo.paths import Link, link_to, section_path, story_path
from crawler.demo.recombination import Recombination
from crawler.demo.story import Family, Story, expected_article

Kind = Literal["story", "notice", "video", "listing"]
"""A story; an article of one paragraph; a page that holds nothing but a player; a page of links."""

HOSTS: dict[Family, str] = {
    "a": "www.radio-sarrow.example",
    "b": "www.sarrow-ledger.example",
    "c": "www.ardmere-courier.example",
    "d": "www.velmora-today.example",
    "e": "www.kestrel-post.example",
}

_START = datetime(2024, 1, 8, 6, tzinfo=UTC)
_PACE = timedelta(minutes=37)
_TWINS = 0.01
"""Share of pages that print an earlier agency story again."""
_REMEMBERED = 40
_FIRST_NUMBER = 8_000_000


class GrownPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of one of the five sites, as it was captured."""

    url: str
    html: bytes
    captured: datetime
    template: Family
    kind: Kind
    design: int
    """0, and 1 after the redesign."""
    language: str
    expected: dict[str, Any] | None
    """`expected_article` of the story; `None` where the page is no article."""
    twin_of: str | None = None
    """URL of the page that has nearly the same text under another headline."""


def grow(
    count: int = 2000,
    *,
    seed: int = 1,
    templates: Sequence[Family] = tuple(HOSTS),
    redesign_at: float | None = None,
    noise: float = 0.0,
    start: datetime = _START,
) -> Iterator[GrownPage]:
    """`count` pages of stories by time of capture, the templates by turns.

    From the fraction `redesign_at` of them on, every site has its new design. `noise` is the share of further pages
    (listings, videos, notices) that are mixed in, as a fraction of `count`.
    """
    numbers = random.Random(seed)
    recombination = Recombination(numbers)
    sites = {template: _Site(template) for template in templates}
    captured = start
    noises: tuple[Kind, ...] = ("listing", "video", "notice")
    made = 0
    for index in range(count):
        site = sites[templates[index % len(templates)]]
        site.design = int(redesign_at is not None and index >= redesign_at * count)
        captured += _PACE
        number = _FIRST_NUMBER + index
        published = captured - timedelta(minutes=numbers.randrange(3, 3000))
        original = numbers.choice(site.recent) if site.recent and numbers.random() < _TWINS else None
        if original is None:
            story = recombination.story(number, published)
        else:
            story = recombination.twin(original, number, timedelta(minutes=numbers.randrange(20, 400)))
        yield site.page("story", story, captured, twin_of=original)
        while made < round(noise * (index + 1), 6) // 1:
            kind = noises[made % len(noises)]
            made += 1
            captured += timedelta(minutes=1)
            if kind == "listing":
                yield site.listing(story, captured)
                continue
            yield site.page(kind, _short(recombination, story, _FIRST_NUMBER + count + made), captured)


def _short(recombination: Recombination, story: Story, number: int) -> Story:
    """A notice beside a story: a headline and one paragraph."""
    return Story(
        number=number,
        slug=f"{story.slug}-brief",
        family=story.family,
        language=story.language,
        section=story.section,
        headline=recombination.headline(story.language),
        published=story.published,
        body=recombination.notice(story.language),
    )


class _Site:
    """One host: what it printed lately goes into its related boxes and listings."""

    def __init__(self, template: Family) -> None:
        self.template = template
        self.base = f"https://{HOSTS[template]}"
        self.design = 0
        self.recent: deque[Story] = deque(maxlen=_REMEMBERED)

    def page(self, kind: Kind, story: Story, captured: datetime, *, twin_of: Story | None = None) -> GrownPage:
        story = msgspec.structs.replace(story, family=self.template)
        shown = _as_video(story) if kind == "video" else story
        html = render(self.template, shown, base=self.base, related=self._links(story.language, 4), design=self.design)
        if kind == "story":
            self.recent.append(story)
        return GrownPage(
            url=self.base + story_path(story),
            html=encode(story, html),
            captured=captured,
            template=self.template,
            kind=kind,
            design=self.design,
            language=story.language,
            expected=None if kind == "video" else expected_article(story),
            twin_of=self.base + story_path(twin_of) if twin_of else None,
        )

    def listing(self, story: Story, captured: datetime) -> GrownPage:
        """The section page of a story."""
        html = render_listing(
            self.template,
            self._links(story.language, 20),
            base=self.base,
            language=story.language,
            section=story.section,
            design=self.design,
        )
        return GrownPage(
            url=self.base + section_path(self.template, story.language, story.section),
            html=html.encode(),
            captured=captured,
            template=self.template,
            kind="listing",
            design=self.design,
            language=story.language,
            expected=None,
        )

    def _links(self, language: str, most: int) -> list[Link]:
        """To the newest stories in a language."""
        same = [story for story in reversed(self.recent) if story.language == language]
        return [link_to(story, self.base) for story in same[:most]]


def _as_video(story: Story) -> Story:
    """A page with nothing under its headline but what a player says."""
    words = labels(story.language)
    return msgspec.structs.replace(story, headline=f"{words.watch}: {story.headline}", body=words.no_video)
