"""The newsroom while a week of an almanac passes: its pages are those of the moment they are asked for."""

from datetime import datetime

import msgspec

from crawler.clock import Clock
from crawler.demo.almanac import Almanac, codes_in
from crawler.demo.answer import Request
from crawler.demo.newsroom import Newsroom
from crawler.demo.site import Page
from crawler.demo.story import Family, Story


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One request, and what there was to see."""

    seconds: float
    """After the beginning of the week."""
    url: str
    status: int
    """Before it is known whether the visitor has the page already."""
    number: int | None = None
    """Of the story that stands there."""
    codes: frozenset[str] = frozenset()
    """Of its text."""


class WeekRoom(Newsroom):
    """A newsroom that prints by an almanac and a clock."""

    def __init__(self, almanac: Almanac, clock: Clock) -> None:
        super().__init__(stories=almanac.stories, clock=clock.utc)
        self.visits: list[Visit] = []
        self.almanac = almanac
        self._now = clock.utc
        self._by_path: dict[tuple[Family, str], Story] = {}

    def time_of(self, edition: int) -> datetime:
        return self.almanac.time_of(edition)

    def print_edition(self, number: int) -> None:
        super().print_edition(number)
        self._by_path = {(story.family, self.path_of(story)): story for story in self.stories}

    def path_of(self, story: Story) -> str:
        """Path of a story's page, as it is asked for."""
        return "/" + self.url_of(story).split("/", 3)[3]

    def page_for(self, request: Request, family: Family) -> Page:
        now = self._now()
        if (number := self.almanac.edition_at(now)) != self.edition:
            self.print_edition(number)
        page = super().page_for(request, family)
        story = self._by_path.get((family, request.path)) if page.status == 200 else None
        visit = Visit(
            seconds=(now - self.almanac.start).total_seconds(),
            url=next(site.base for site in self.sites if site.family == family) + request.path,
            status=page.status,
            number=story.number if story else None,
            codes=codes_in(f"{story.headline}\n{story.body}") if story else frozenset(),
        )
        self.visits.append(visit)
        return page
