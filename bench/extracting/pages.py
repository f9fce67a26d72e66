"""The pages that bench/extraction.py reads: those of the shared data folder, or the newsroom's stories where it is absent.

Every page is UTF-8 and says so. A page's host decides its half: rules are tuned on half 0, and half 1 is held out.
"""

import gzip
import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

SHARED = Path(os.environ.get("NEWSMORGUE_SHARED") or Path(__file__).resolve().parents[3] / "shared")
ARTICLES = SHARED / "data" / "articles"
_SNIPPET_CHARS = 25
"""Shorter lines of a story may stand in its furniture too."""


class Page(NamedTuple):
    """One page, and what is to be read from it."""

    gold: dict[str, Any]
    """As in the shared folder's gold.jsonl."""
    place: Path | bytes
    """The gzipped file, or the page itself."""

    @property
    def url(self) -> str:
        return str(self.gold["url"])

    @property
    def half(self) -> int:
        return zlib.crc32((urlsplit(self.url).hostname or "").removeprefix("www.").encode()) % 2

    def load(self) -> bytes:
        return gzip.decompress(self.place.read_bytes()) if isinstance(self.place, Path) else self.place


def load_pages(source: str) -> dict[str, list[Page]]:
    """The sets of pages of a source, `shared` or `newsroom`."""
    if source == "newsroom":
        return {f"family-{family}": list(_newsroom(family)) for family in ("a", "b", "c")}
    return {name: list(_shared(ARTICLES / name)) for name in ("fundus", "wcxb")}


def _shared(folder: Path) -> Iterator[Page]:
    with (folder / "gold.jsonl").open(encoding="utf-8") as lines:
        for gold in map(json.loads, lines):
            yield Page(gold=gold, place=folder / "pages" / f"{gold['id']}.html.gz")


def _newsroom(family: Any) -> Iterator[Page]:
    import msgspec

    from crawler.demo.labels import labels
    from crawler.demo.pages import render
    from crawler.demo.paths import story_path
    from crawler.demo.story import expected_article, printed_stories

    for story in printed_stories():
        story = msgspec.structs.replace(story, family=family, charset="utf-8", charset_in="both")
        words = labels(story.language)
        expected = expected_article(story)
        captions = [image["caption"] for image in expected["images"]]
        furniture = [*words.tickers, *words.adverts, words.cookies, words.newsletter_text, words.subscribe_text]
        gold = {
            "id": str(story.number),
            "url": "https://newsroom.example.org" + story_path(story),
            "text": expected["text"],
            "title": expected["headline"],
            "authors": list(expected["authors"]),
            "date": story.published.isoformat(),
            "must_contain": [line for line in expected["text"].splitlines() if len(line) >= _SNIPPET_CHARS],
            "must_not_contain": [*captions, *furniture, words.comment, words.no_media, words.share_prompt],
        }
        yield Page(gold=gold, place=render(family, story).encode())
