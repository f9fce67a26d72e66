"""The endpoints of the JSON interface, and how each is answered over HTTP."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from archive.collection import Collection
from archive.web.api import answers, questions
from archive.web.api.articles import answer_article, answer_diff, answer_history, answer_search
from archive.web.api.captures import CaptureAnswers
from archive.web.api.endpoint import Endpoint, parse_question
from archive.web.api.holdings import Holdings
from archive.web.api.listing import Listing
from archive.web.api.openapi import to_openapi
from archive.web.links import Site
from archive.web.pool import CollectionPool


def endpoints(site: Site) -> tuple[Endpoint[Any, Any], ...]:
    """All that can be asked."""
    captures, holdings = CaptureAnswers(site), Holdings()
    return (
        Endpoint(
            path="captures",
            summary="Captures of a URL, a prefix, a host or a domain",
            question=questions.CapturesQuestion,
            answer=answers.CapturesAnswer,
            ask=captures.captures,
        ),
        Endpoint(
            path="capture",
            summary="One capture and the head of its response",
            question=questions.CaptureQuestion,
            answer=answers.MementoAnswer,
            ask=captures.capture,
        ),
        Endpoint(
            path="articles",
            summary="Articles by when they were first captured, newest first",
            question=questions.ArticlesQuestion,
            answer=answers.ArticlesAnswer,
            ask=Listing().articles,
        ),
        Endpoint(
            path="article",
            summary="What an article said at a time",
            question=questions.ArticleQuestion,
            answer=answers.ArticleAnswer,
            ask=answer_article,
        ),
        Endpoint(
            path="history",
            summary="The versions of an article",
            question=questions.HistoryQuestion,
            answer=answers.HistoryAnswer,
            ask=answer_history,
        ),
        Endpoint(
            path="diff",
            summary="What changed between two versions",
            question=questions.DiffQuestion,
            answer=answers.DiffAnswer,
            ask=answer_diff,
        ),
        Endpoint(
            path="search",
            summary="Articles that hold words",
            question=questions.SearchQuestion,
            answer=answers.SearchAnswer,
            ask=answer_search,
        ),
        Endpoint(
            path="sources",
            summary="The sources, and how much was read of each",
            question=questions.NoQuestion,
            answer=answers.SourcesAnswer,
            ask=holdings.sources,
        ),
        Endpoint(
            path="status",
            summary="How much the collection holds",
            question=questions.NoQuestion,
            answer=answers.StatusAnswer,
            ask=holdings.status,
        ),
    )


class Api:
    """Answers everything below `/api/`."""

    def __init__(self, pool: CollectionPool, site: Site) -> None:
        self._pool = pool
        self._site = site
        self._endpoints = endpoints(site)

    def routes(self) -> list[Route]:
        return [
            *(Route(f"/api/{one.path}", self._answering(one)) for one in self._endpoints),
            Route("/api/openapi.json", self.openapi),
        ]

    async def openapi(self, request: Request) -> Response:
        return _respond(to_openapi(self._endpoints, server=self._site.absolute(request, "")))

    def _answering(self, endpoint: Endpoint[Any, Any]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            question = parse_question(endpoint.question, request.query_params)

            def ask(collection: Collection) -> bytes:
                return msgspec.json.encode(endpoint.ask(collection, question))

            return _respond(await self._pool.ask(ask))

        return answer


def _respond(answer: object) -> Response:
    body = answer if isinstance(answer, bytes) else msgspec.json.encode(answer)
    return Response(body, media_type="application/json")
