"""One invented story as the newsroom keeps it, and the reading a perfect extractor would take from its page.

A story is a TOML file under `stories/`. Its body is one block a line: `## ` opens a subhead, `> ` a quote, `- ` a list
item, `[[2]]` places the second image, anything else is a paragraph. Markup is left to `crawler.demo.pages`.
"""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import msgspec

from crawler.demo.labels import labels

Family = Literal["a", "b", "c", "d", "e"]
"""The content system a page comes from: (a) international broadcaster, (b) Drupal-like, (c) JSON-LD and paywall,
(d) generated class names, (e) a story cut into groups."""

FAMILIES: tuple[Family, ...] = ("a", "b", "c")
"""Those that the newsroom's three sites are made of; `crawler.demo.growth` makes pages of all five."""

EditKind = Literal["corrected", "edited", "headline", "cosmetic", "advert", "moved", "gone", "restored", "reverted"]
"""What happens to a printed story. An `advert` edit touches only what surrounds it; `reverted` undoes all before it, and
`restored` brings back what was gone."""


class Image(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A picture of a story; its file is drawn at run time."""

    caption: str
    alt: str = ""
    """Empty: the caption is used for it, as family (a) always does."""
    credit: str | None = None
    kind: Literal["png", "svg", "jpg"] = "png"


class Edit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change to a story in a later edition."""

    edition: int
    kind: EditKind
    replace: tuple[tuple[str, str], ...] = ()
    """Pairs of old and new wording; each old wording stands in the body exactly once."""
    headline: str | None = None
    notice: str | None = None
    """A correction notice, added as the last paragraph."""
    slug: str | None = None
    """Of the new URL, where the story moves."""


class Story(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A news story, ready to be put into any family's templates."""

    number: int
    """Unique; part of the URL, and what a page's manners on the wire are picked by."""
    slug: str
    family: Family
    language: str
    """BCP 47; a table of `labels.toml`."""
    section: str = "world"
    """Key into the labels' sections."""
    headline: str
    standfirst: str | None = None
    authors: tuple[str, ...] = ()
    dateline: str | None = None
    published: datetime
    modified: datetime | None = None
    keywords: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    body: str
    edits: tuple[Edit, ...] = ()
    edition: int = 1
    """The first edition that prints it."""
    only_in_feed: bool = False
    """Announced by its site's RSS feed alone: no listing, Atom feed or sitemap names it."""
    charset: str = "utf-8"
    charset_in: Literal["header", "meta", "both"] = "both"
    surroundings: int = 0
    """Which ticker line and advert stand around it."""


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of a body, in page order."""

    kind: Literal["paragraph", "subhead", "quote", "item", "image"]
    text: str = ""
    image: int = 0
    """Index into the story's images."""


_SOME_DAY = datetime(2025, 3, 11, 9, tzinfo=UTC)

_MARKS: tuple[tuple[str, Literal["subhead", "quote", "item"]], ...] = (
    ("## ", "subhead"),
    ("> ", "quote"),
    ("- ", "item"),
)


def blocks(body: str) -> Iterator[Block]:
    r"""The blocks of a body.

    >>> [(block.kind, block.text) for block in blocks("First.\n## Then\n[[2]]")]
    [('paragraph', 'First.'), ('subhead', 'Then'), ('image', '')]
    """
    for line in filter(None, map(str.strip, body.splitlines())):
        if line.startswith("[[") and line.endswith("]]"):
            yield Block(kind="image", image=int(line[2:-2]) - 1)
            continue
        for mark, kind in _MARKS:
            if line.startswith(mark):
                yield Block(kind=kind, text=line.removeprefix(mark))
                break
        else:
            yield Block(kind="paragraph", text=line)


def ordered_images(story: Story) -> tuple[Image, ...]:
    """The story's images in page order: those without a place in the body lead it."""
    placed = [block.image for block in blocks(story.body) if block.kind == "image"]
    return (*lead_images(story), *(story.images[i] for i in placed))


def lead_images(story: Story) -> tuple[Image, ...]:
    """The images that stand above the body."""
    placed = {block.image for block in blocks(story.body) if block.kind == "image"}
    return tuple(image for i, image in enumerate(story.images) if i not in placed)


def expected_article(story: Story) -> dict[str, Any]:
    """What extraction has to read from the story's page, by the field names of `archive.model.Article`."""
    return {
        "headline": story.headline,
        "standfirst": story.standfirst,
        "authors": story.authors,
        "dateline": story.dateline,
        "date_published": story.published.astimezone(UTC),
        "date_modified": story.modified.astimezone(UTC) if story.modified else None,
        "language": story.language,
        "section": labels(story.language).sections[story.section],
        "keywords": story.keywords,
        "images": [{"caption": image.caption, "credit": image.credit} for image in ordered_images(story)],
        "paywalled": True if story.family == "c" else None,
        "text": "\n".join(block.text for block in blocks(story.body) if block.kind != "image"),
    }


def story_of(record: Mapping[str, Any]) -> Story:
    """A story from an article's fields (headline, text, images…), so that any reading can be put on a page.

    The text's lines become paragraphs, short lines without a full stop subheads; the second and later images are
    placed evenly in the body.
    """
    lines = [_as_block(line) for line in record["text"].splitlines() if line.strip()]
    images = [
        {key: image[key] for key in ("caption", "alt", "credit") if image.get(key)}
        for image in record.get("images", ())
    ]
    for i in range(len(images), 1, -1):
        lines.insert(len(lines) * (i - 1) // len(images), f"[[{i}]]")
    renamed = {"published": record.get("date_published") or _SOME_DAY, "modified": record.get("date_modified")}
    kept = ("headline", "standfirst", "authors", "dateline", "language", "keywords", "number", "slug", "family")
    fields = {
        "number": 5001000,
        "slug": "story",
        "family": "a",
        "language": "en",
        "images": images,
        "body": "\n".join(lines),
        **{key: value for key, value in renamed.items() if value},
        **{key: record[key] for key in kept if record.get(key)},
    }
    return msgspec.convert(fields, Story)


def _as_block(line: str) -> str:
    closed = line.rstrip("\"'”’»)").endswith((".", "!", "?", ":", "…", "。", "؟", "۔"))
    return line if closed or len(line) > 60 else f"## {line}"


@cache
def printed_stories() -> tuple[Story, ...]:
    """Every story of the newsroom as first written, by number."""
    folder = files("crawler.demo") / "stories"
    loaded = [_load(file.name, file.read_text("utf-8")) for file in folder.iterdir() if file.name.endswith(".toml")]
    return tuple(sorted(loaded, key=lambda story: story.number))


def _load(name: str, text: str) -> Story:
    try:
        return msgspec.convert(tomllib.loads(text), Story)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"stories/{name}: {error}") from error


def load_stories(today: date | None = None) -> tuple[Story, ...]:
    """The stories, moved in time by whole weeks so that the first edition is at most a week old on `today`.

    Whole weeks keep the weekdays named in the texts right. `None` leaves the dates as the files have them.
    """
    stories = printed_stories()
    if today is None:
        return stories
    newest = max(story.published.date() for story in stories if story.edition == 1)
    shift = timedelta(weeks=(today - newest).days // 7)
    return tuple(
        msgspec.structs.replace(
            story, published=story.published + shift, modified=story.modified + shift if story.modified else None
        )
        for story in stories
    )
