"""The pages of the news: a day as a front page, the sources, one source with its articles a day, and what was changed."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from archive.collection import Collection
from archive.errors import QueryInvalid
from archive.formats.timestamp import parse_time, to_timestamp
from archive.index.catalog import ReadingCount
from archive.web.figures import CalendarDay, month_weeks, to_date
from archive.web.kept import KeptPages, KeptValues
from archive.web.links import Site
from archive.web.pool import CollectionPool
from archive.web.questions import parse_number
from archive.web.rendering import Renderer
from archive.web.rendering import day as day_in_words
from archive.web.revisions import RevisionQuestion, read_revisions
from archive.web.sources import read_source, read_sources, source_files
from archive.web.stories import Stories, Story, asked_source, named_source, pictured_first, with_pictures

COUNT_SECONDS = 60.0
FORTNIGHT = 14
OF_ONE_SOURCE = 60
"""Stories of a day on one page, where one source is asked for."""
MOST_SHEETS = 30
_ON_A_DAY = 90


class DaySection(msgspec.Struct, frozen=True, kw_only=True):
    """What one source brought on a day."""

    source: str
    count: int
    stories: Sequence[Story]


class DayPage(msgspec.Struct, frozen=True, kw_only=True):
    """A day as a front page."""

    day: str
    """8 digits."""
    sections: Sequence[DaySection]
    total: int
    before: str | None
    after: str | None
    """The nearest days that have news."""
    sheet: int
    """From 1, where one source is asked for."""
    sheets: int
    month_before: str | None
    month_after: str | None
    """Days with news in months before and after this one."""
    weeks: Sequence[Sequence[CalendarDay | None]]


class NewsPages:
    """Answers `/day`, `/sources`, `/source` and `/changes`; `/` asks it for what is new."""

    def __init__(self, pool: CollectionPool, site: Site, renderer: Renderer, stories: Stories, kept: KeptPages) -> None:
        self._pool = pool
        self._site = site
        self._renderer = renderer
        self._stories = stories
        self._kept = kept
        self._counted: KeptValues[tuple[str, int], Any] = KeptValues(4)

    def routes(self) -> list[Route]:
        return [
            Route("/day", self.day),
            Route("/sources", self.sources),
            Route("/source", self.source),
            Route("/changes", self.changes),
        ]

    async def day(self, request: Request) -> Response:
        given = request.query_params
        asked, source = given.get("date", "").strip(), asked_source(given.get("source"))
        if not asked:
            newest = await self._pool.ask(lambda collection: collection.catalog.news(limit=1))
            last = newest[0].first if newest else to_timestamp(datetime.now(UTC))
            return RedirectResponse(self._site.path("/day", date=f"{to_date(last[:8])}", source=named_source(source)))
        day = to_timestamp(parse_time(asked, now=datetime.now(UTC)))[:8]
        sheet = parse_number("page", given.get("page"), least=1, most=MOST_SHEETS, default=1)

        def read(collection: Collection) -> dict[str, Any]:
            page = read_day(collection, self._stories, day, source, sheet)
            return {"title": day_in_words(f"{day}000000"), "page": page, "source": named_source(source)}

        return await self._answer(request, ("day", day, source, sheet), "day.html", read)

    async def sources(self, request: Request) -> Response:
        def read(collection: Collection) -> dict[str, Any]:
            rows = read_sources(collection, _today(), self._last_read(collection))
            return {"title": "Sources", "rows": rows}

        return await self._answer(request, ("sources",), "sources.html", read)

    async def source(self, request: Request) -> Response:
        name = asked_source(request.query_params.get("name"))
        if name is None:
            raise QueryInvalid("the parameter name is missing (write name= and one of /sources)")

        def read(collection: Collection) -> dict[str, Any]:
            page = read_source(
                collection, self._stories, name, _today(), self._last_read(collection), self._outcomes(collection)
            )
            return {"title": name or "Without a source", "page": page}

        return await self._answer(request, ("source", name), "source.html", read)

    async def changes(self, request: Request) -> Response:
        source = asked_source(request.query_params.get("source"))
        question = RevisionQuestion.parse(request.query_params, source)

        def read(collection: Collection) -> dict[str, Any]:
            revisions = read_revisions(collection, self._stories, 48, question)
            return {"title": "Changed", "revisions": revisions, "source": named_source(source), "asked": question}

        return await self._answer(request, ("changes", question), "changes.html", read)

    def _last_read(self, collection: Collection) -> dict[str, str]:
        last = cast(dict[str, str], self._counted_once("last", collection.catalog.last_read))
        if collection.access.hides_any:  # a source may have nothing that is to be seen
            known = {*collection.catalog.news_sources(), *(path.stem for path in source_files(collection.folder))}
            return {name: time for name, time in last.items() if name in known}
        return last

    def _outcomes(self, collection: Collection) -> Sequence[ReadingCount]:
        start = _today() - timedelta(days=FORTNIGHT - 1)
        return cast(
            Sequence[ReadingCount],
            self._counted_once("outcomes", lambda: collection.catalog.reading_counts(from_day=f"{start:%Y%m%d}")),
        )

    def _counted_once(self, name: str, count: Callable[[], object]) -> object:
        """What takes a walk through all readings is counted once a minute, whoever asks."""
        return self._counted.get((name, int(time.monotonic() // COUNT_SECONDS)), count)

    async def _answer(
        self, request: Request, asked: tuple[object, ...], template: str, read: Callable[[Collection], dict[str, Any]]
    ) -> Response:
        return await answer_kept(self._pool, self._kept, self._renderer, request, asked, template, read)


async def answer_kept(
    pool: CollectionPool,
    kept: KeptPages,
    renderer: Renderer,
    request: Request,
    asked: tuple[object, ...],
    template: str,
    read: Callable[[Collection], dict[str, Any]],
) -> Response:
    """A page as it was kept, else made anew; `asked` is all of the request that it depends on."""
    state = kept.state()
    body = kept.get(asked, state)
    if body is None:
        body = await pool.ask(lambda collection: renderer.render(template, **read(collection)).encode())
        kept.put(asked, state, body)
    return renderer.answer(request, body)


def read_day(collection: Collection, stories: Stories, day: str, source: str | None = None, sheet: int = 1) -> DayPage:
    """A day as a front page: the sources with most articles first, each with those that came last.

    Of one source, all of them, `OF_ONE_SOURCE` on a sheet.
    """
    catalog = collection.catalog
    brought = catalog.day_counts(source=source, from_day=day, to_day=day)
    by_source = sorted(((one.source or "", one.articles) for one in brought), key=lambda pair: (-pair[1], pair[0]))
    each = OF_ONE_SOURCE if source is not None else max(3, min(12, _ON_A_DAY // max(len(by_source), 1)))
    sections: list[DaySection] = []
    for name, count in by_source[:_ON_A_DAY]:
        first = each * (sheet - 1) if source is not None else 0
        found = stories.newest(
            collection, first + each, source=name, from_=f"{day}000000", to=f"{day}235959", as_first_seen=True
        )[first:]
        if found:
            shown = pictured_first(with_pictures(collection, found, 3 if sections else 6))
            sections.append(DaySection(source=name, count=count, stories=shown))
    return DayPage(
        day=day,
        sections=sections,
        total=sum(count for _, count in by_source),
        before=catalog.day_of_news(day, before=True, source=source),
        after=catalog.day_of_news(day, before=False, source=source),
        sheet=sheet,
        sheets=min(-(-sum(one.articles for one in brought) // OF_ONE_SOURCE), MOST_SHEETS) if source is not None else 1,
        month_before=catalog.day_of_news(f"{day[:6]}01", before=True, source=source),
        month_after=catalog.day_of_news(f"{day[:6]}31", before=False, source=source),
        weeks=month_weeks(day, catalog.month_counts(day[:6], source=source)),
    )


def _today() -> date:
    return datetime.now(UTC).date()
