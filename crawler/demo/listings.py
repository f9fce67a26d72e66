"""The newsroom's machine-readable front doors: robots.txt, RSS 2.0, Atom, sitemap index, news sitemap. Pure.

RSS names stories by IRI, as some real feeds do; the others percent-encode.
"""

import gzip
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache
from urllib.parse import unquote

import jinja2
import msgspec

from crawler.demo.pages import NAMES
from crawler.demo.paths import story_path
from crawler.demo.story import Family, Story

SITEMAPS = ("/sitemap-news.xml", "/sitemap-archive.xml.gz")
"""The newer half of the stories, and the older half gzipped."""


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    iri: str
    story: Story


def robots(base: str) -> bytes:
    """A robots.txt with a closed folder and the sitemap index."""
    lines = ["User-agent: *", "Disallow: /private/", "Disallow: /s?", "", f"Sitemap: {base}/sitemap.xml"]
    return "\n".join([*lines, ""]).encode()


def feed(family: Family, base: str, stories: Sequence[Story], updated: datetime) -> bytes:
    """The site's RSS feed."""
    return _fill("feed.xml", family, base, updated, stories)


def atom(family: Family, base: str, stories: Sequence[Story], updated: datetime) -> bytes:
    """The site's Atom feed."""
    return _fill("atom.xml", family, base, updated, _announced(stories))


def sitemap_index(family: Family, base: str, updated: datetime) -> bytes:
    """The index of the site's two sitemaps."""
    return _render("sitemap-index.xml", name=NAMES[family], base=base, updated=updated, paths=SITEMAPS)


def sitemap(family: Family, base: str, stories: Sequence[Story], updated: datetime, *, older: bool) -> bytes:
    """One of the two news sitemaps; the older half is a gzip file."""
    listed = list(_announced(stories))
    half = (len(listed) + 1) // 2
    part = listed[half:] if older else listed[:half]
    filled = _fill("sitemap.xml", family, base, updated, part)
    return gzip.compress(filled, 6, mtime=0) if older else filled


def _announced(stories: Iterable[Story]) -> list[Story]:
    return [story for story in stories if not story.only_in_feed]


def _fill(template: str, family: Family, base: str, updated: datetime, stories: Iterable[Story]) -> bytes:
    entries = [
        _Entry(url=base + story_path(story), iri=base + unquote(story_path(story)), story=story) for story in stories
    ]
    return _render(template, name=NAMES[family], base=base, updated=updated, entries=entries)


def _render(template: str, **values: object) -> bytes:
    return _templates().get_template(template).render(**values).encode()


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("crawler.demo", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["rfc822"] = lambda moment: format_datetime(moment.astimezone(UTC), usegmt=True)
    return environment
