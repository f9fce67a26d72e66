"""What may be asked of the JSON interface, as query strings. Texts and bounds go into the OpenAPI document."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from archive.formats.urlkey import Match
from archive.web.links import LONGEST_URL

MOST_CAPTURES = 1000
MOST_HITS = 100
MOST_VERSIONS = 1000

Url = Annotated[
    str,
    Meta(
        description="The address of an archived page.",
        max_length=LONGEST_URL,
        examples=["https://www.example.org/news/bridge"],
    ),
]
Time = Annotated[
    str,
    Meta(
        description="4 to 14 digits (UTC; fewer stand for the whole year, month, day …), ISO 8601, or such as `2d` (ago) and `yesterday`.",
        max_length=40,
        examples=["20240501103000", "2024-05", "2d"],
    ),
]
Cursor = Annotated[
    str,
    Meta(description="`cursor` of the answer before, for what comes after it; the rest as there."),
]
Id = Annotated[str, Meta(description="`id` of an answer before, in place of url.")]


class CapturesQuestion(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Which captures, from the first on."""

    url: Url
    match: Annotated[
        Match, Meta(description="This URL, all that begin with it, all of its host, or of its host and its subdomains.")
    ] = "exact"
    from_: Time | None = None
    to: Time | None = None
    limit: Annotated[int, Meta(ge=1, le=MOST_CAPTURES)] = 100
    cursor: Cursor | None = None


class CaptureQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Which capture: of this URL the one that answers best for a time (now, where none is given), or the one of this id."""

    url: Url | None = None
    at: Time | None = None
    id: Id | None = None


class ArticleQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Which article, and as of when: the version seen nearest to a time, else the newest; or the version of this id."""

    url: Url | None = None
    at: Time | None = None
    id: Id | None = None


MinChange = Annotated[
    float,
    Meta(
        ge=0,
        le=1,
        description="Versions of less significance are folded into those before; 0 is all, 1 a change of all that was said.",
    ),
]


class HistoryQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Which article, and the least change that makes a version; or the newest versions only, and those before them."""

    url: Url
    min_change: MinChange = 0.0
    limit: (
        Annotated[
            int,
            Meta(ge=1, le=MOST_VERSIONS, description="So many of the newest versions; not together with min_change."),
        ]
        | None
    ) = None
    cursor: Cursor | None = None


class DiffQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Which two versions of an article, by number or time; the last two where neither is given."""

    url: Url
    a: Annotated[str, Meta(description="The older: a version's number, or a time.", max_length=40)] | None = None
    b: Annotated[str, Meta(description="The newer; the newest where it is left out.", max_length=40)] | None = None


class SearchQuestion(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Which words, and where."""

    q: Annotated[
        str,
        Meta(
            description='Words that all have to be there; "a phrase", `a OR b`, `-word`, `headline:word`, `author:`, `source:`.',
            max_length=2000,
            examples=['harbour "new bridge" -ferry'],
        ),
    ]
    source: Annotated[str, Meta(description="Articles of this source only.", max_length=200)] | None = None
    language: (
        Annotated[
            str, Meta(description="BCP 47: articles in this language only; `zh` includes `zh-Hans`.", max_length=40)
        ]
        | None
    ) = None
    from_: Time | None = None
    to: Time | None = None
    limit: Annotated[int, Meta(ge=1, le=MOST_HITS)] = 20
    versions: Annotated[
        Literal["newest", "all"],
        Meta(description="Of each article the newest version that matches, or every one that does."),
    ] = "newest"
    offset: Annotated[int, Meta(ge=0, le=9_900, description="Hits to pass over; not together with a cursor.")] = 0
    cursor: Cursor | None = None


class ArticlesQuestion(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Which articles, by when they were first captured, newest first."""

    source: Annotated[str, Meta(description="Of this source only.", max_length=200)] | None = None
    from_: Time | None = None
    to: Time | None = None
    limit: Annotated[int, Meta(ge=1, le=MOST_HITS)] = 50
    cursor: Cursor | None = None


class NoQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing to choose."""
