"""Puts stories onto pages: the families' templates, filled. Pure: the same story gives the same page, byte for byte.

Each family hides the story in its own furniture; `crawler.demo.story.expected_article` says what is to be found.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache, partial
from hashlib import blake2s
from itertools import groupby
from typing import Any
from urllib.parse import quote

import jinja2
import msgspec
from markupsafe import Markup, escape

from crawler.demo.labels import Labels, labels
from crawler.demo.paths import Link, image_path, section_path, story_path
from crawler.demo.story import Family, Image, Story, blocks, expected_article, lead_images, story_of

NAMES: dict[Family, str] = {"a": "Radio Sarrow", "b": "The Sarrow Ledger", "c": "Ardmere Courier"}
"""The invented papers that the newsroom's sites belong to."""

GROWN_NAMES: dict[Family, str] = {**NAMES, "d": "Velmora Today", "e": "The Kestrel Post"}
"""With those that have pages in `crawler.demo.growth` only."""

PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"

_BOXES = {2: "see-also", 3: "player", 4: "advert", 5: "share"}
"""What stands after which paragraph."""

SECTIONS = ("world", "region", "economy", "science", "culture", "sport")


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """One thing in the column of text: a block of the story, a list of them, or a box set between them."""

    kind: str
    text: str = ""
    lines: tuple[str, ...] = ()
    """Of a list."""
    image: Image | None = None
    source: str = ""
    """Path of the image's file."""
    dense: str = ""
    """Path of that for dense screens."""
    first: bool = False
    """The story's first paragraph, where a dateline goes."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A run of the column that stands in a container of its own."""

    pieces: tuple[Piece, ...]
    quotable: str
    """A sentence of it, to be repeated as a pull quote."""


def render(
    family: Family,
    record: Story | Mapping[str, Any],
    *,
    base: str = "http://127.0.0.1",
    related: Iterable[Link] = (),
    design: int = 0,
) -> str:
    """The page of a story (or of any article's fields) in a family's markup.

    From `design` 1 on it is the markup of a site that was redesigned; (d) keeps its elements and generates new names.
    """
    story = record if isinstance(record, Story) else story_of(record)
    story = msgspec.structs.replace(story, family=family)
    words = labels(story.language)
    links = tuple(related) or _filler(story, words)
    opening = next((block.text for block in blocks(story.body) if block.kind == "paragraph"), "")
    pieces = list(_column(story))
    page = "redesign" if design and family != "d" else "story"
    template = _templates().get_template(f"{family}/{page}.html")
    return template.render(
        **_furniture(family, story.language, base, design),
        charset=story.charset if story.charset_in != "header" else None,
        story=story,
        url=base + story_path(story),
        section=words.sections[story.section],
        section_url=section_path(family, story.language, story.section),
        lead=[_picture(story, image) for image in lead_images(story)],
        pieces=pieces,
        groups=list(_groups(pieces, story.number)),
        picture=image_path(story, story.images[0]) if story.images else None,
        # Without a standfirst, meta descriptions repeat the text or cut it off: neither makes a standfirst.
        opening=opening,
        teaser=opening[:120].rstrip() + "…",
        related=links,
        ticker=words.tickers[story.surroundings % 2],
        advert=words.adverts[(story.number + story.surroundings) % 2],
        json_ld=_json_ld(story, base) if family in "cd" else "",
        variant=story.number,
    )


def render_listing(
    family: Family,
    links: Iterable[Link],
    *,
    base: str,
    language: str = "en",
    section: str | None = None,
    design: int = 0,
) -> str:
    """A front page (every language), or a section page (one)."""
    words = labels(language)
    groups = [(labels(key), key, list(group)) for key, group in groupby(links, key=lambda link: link.language)]
    template = _templates().get_template(f"{family}/listing.html")
    return template.render(
        **_furniture(family, language, base, design),
        charset="utf-8",
        url=base + (section_path(family, language, section) if section else "/"),
        title=words.sections[section] if section else GROWN_NAMES[family],
        front=section is None,
        groups=groups,
        ticker=words.tickers[0],
        advert=words.adverts[0],
    )


def encode(story: Story, page: str) -> bytes:
    """The page in the story's charset; letters it lacks become character references."""
    return page.encode(story.charset, "xmlcharrefreplace")


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("crawler.demo", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["day"] = _day
    return environment


def _furniture(family: Family, language: str, base: str, design: int) -> dict[str, Any]:
    words = labels(language)
    return {
        "base": base,
        "name": GROWN_NAMES[family],
        "css": partial(_generated_class, design),
        "words": words,
        "language": language,
        "sections": [(words.sections[key], section_path(family, language, key)) for key in SECTIONS],
        "pixel": PIXEL,
    }


@cache
def _generated_class(design: int, component: str) -> str:
    """A class as CSS-in-JS names it: the same for a component on every page of one build, and nowhere else."""
    number = int.from_bytes(blake2s(f"{design} {component}".encode(), digest_size=4).digest())
    letters = "0123456789abcdefghijklmnopqrstuvwxyz"
    return "css-" + "".join(letters[number // 36**i % 36] for i in range(6))


def _groups(pieces: Iterable[Piece], number: int) -> Iterator[Group]:
    """The column without its boxes, cut after every second to fourth paragraph, for templates that part it so."""
    held: list[Piece] = []
    paragraphs = 0
    for piece in pieces:
        if piece.kind in _BOXES.values():
            continue
        held.append(piece)
        paragraphs += piece.kind == "paragraph"
        if piece.kind == "paragraph" and paragraphs >= 2 + number % 3:
            yield _group(held)
            held, paragraphs = [], 0
            number += 1
    if held:
        yield _group(held)


def _group(pieces: list[Piece]) -> Group:
    """A group, with a sentence of its last longer paragraph to be set large beside it."""
    longest = max((piece.text for piece in pieces if piece.kind == "paragraph"), key=len, default="")
    quotable = re.split(r"(?<=[.!?。！？؟]) ?", escape(longest).striptags())[0]
    return Group(pieces=tuple(pieces), quotable=quotable)


def _column(story: Story) -> Iterator[Piece]:
    """The body's blocks with what content systems set between them: see-also, player, advert, share prompt."""
    paragraphs = 0
    topics = list(story.keywords)
    for kind, group in groupby(blocks(story.body), key=lambda block: block.kind):
        if kind == "item":
            yield Piece(kind="list", lines=tuple(item.text for item in group))
            continue
        for block in group:
            if kind == "image":
                yield _picture(story, story.images[block.image])
            elif kind == "paragraph":
                paragraphs += 1
                yield Piece(kind=kind, text=_with_topics(block.text, topics), first=paragraphs == 1)
                if box := _BOXES.get(paragraphs):
                    yield Piece(kind=box)
            else:
                yield Piece(kind=kind, text=block.text)


def _with_topics(text: str, topics: list[str]) -> Markup:
    """The paragraph with a link on the first topic it names; that topic is then done."""
    for topic in topics:
        before, found, after = text.partition(topic)
        if found:
            topics.remove(topic)
            link = Markup('<a class="topic" href="/topics/{}">{}</a>').format(quote(topic), topic)
            return escape(before) + link + escape(after)
    return escape(text)


def _picture(story: Story, image: Image) -> Piece:
    return Piece(kind="image", image=image, source=image_path(story, image), dense=image_path(story, image, scale=2))


def _filler(story: Story, words: Labels) -> tuple[Link, ...]:
    """Related links for a story rendered by itself."""
    return tuple(
        Link(url=f"/related/{i}", headline=line, language=story.language) for i, line in enumerate(words.tickers, 1)
    )


def _json_ld(story: Story, base: str) -> str:
    """The NewsArticle of families (c) and (d). In (c) its articleBody is, by turns, whole, absent, or only a teaser."""
    article = expected_article(story)
    whole = article["text"].replace("\n", "\n\n")
    bodies = {0: whole, 1: None, 2: whole[:160].rstrip() + "…"}
    fields = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": {"@type": "WebPage", "@id": base + story_path(story)},
        "headline": story.headline,
        "description": story.standfirst,
        "articleSection": article["section"],
        "keywords": list(story.keywords) or None,
        "inLanguage": story.language,
        "datePublished": story.published.isoformat(),
        "dateModified": story.modified.isoformat() if story.modified else None,
        "author": [{"@type": "Person", "name": name} for name in story.authors] or None,
        "dateline": story.dateline,
        "publisher": {
            "@type": "NewsMediaOrganization",
            "name": GROWN_NAMES[story.family],
            "logo": {"@type": "ImageObject", "url": base + "/img/logo.svg"},
        },
        "image": [base + image_path(story, image) for image in story.images] or None,
    }
    if story.family == "c":
        fields |= {
            "isAccessibleForFree": False,
            "hasPart": {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": ".article__body"},
            "articleBody": bodies[story.number % 3],
        }
    # ASCII only, and no "</script>" can close the element early.
    return json.dumps({key: value for key, value in fields.items() if value is not None}).replace("</", "<\\/")


def _day(moment: datetime) -> str:
    """A date as the pages print it, the same in every language."""
    return moment.strftime("%d.%m.%Y %H:%M")
