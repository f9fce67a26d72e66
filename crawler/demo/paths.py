"""Where the newsroom's stories, listings and pictures are, and how a story is named where it is linked. Pure."""

from urllib.parse import quote

import msgspec

from crawler.demo.story import Family, Image, Story


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A story as listings and related boxes name it."""

    url: str
    headline: str
    standfirst: str | None = None
    picture: str | None = None
    language: str = "en"
    section: str = "world"


def story_path(story: Story) -> str:
    """The path of a story's URL, percent-encoded.

    (a) `/a/SLUG/NUMBER.html`, (b) `/LANGUAGE/SECTION/SLUG-nNUMBER`, (c) `/articles/SLUG.NUMBER`,
    (d) `/SECTION/SLUG-NUMBER`, (e) `/YYYY/MM/DD/SLUG-NUMBER/`.
    """
    slug = quote(story.slug)
    match story.family:
        case "a":
            return f"/a/{slug}/{story.number}.html"
        case "b":
            return f"/{story.language}/{story.section}/{slug}-n{story.number}"
        case "c":
            return f"/articles/{slug}.{story.number}"
        case "d":
            return f"/{story.section}/{slug}-{story.number}"
        case "e":
            return f"/{story.published:%Y/%m/%d}/{slug}-{story.number}/"


def section_path(family: Family, language: str, section: str) -> str:
    """The path of the page that lists one language's stories of a section."""
    return {
        "a": f"/z/{language}/{section}.html",
        "b": f"/{language}/{section}",
        "c": f"/sections/{language}-{section}",
        "d": f"/{section}?edition={language}",
        "e": f"/topic/{language}/{section}/",
    }[family]


def image_path(story: Story, image: Image, *, scale: int = 1) -> str:
    """The path of an image's file; `scale` 2 is that for dense screens."""
    return f"/img/{story.number}-{story.images.index(image) + 1}{'@2x' if scale == 2 else ''}.{image.kind}"


def link_to(story: Story, base: str = "") -> Link:
    """How listings name a story."""
    return Link(
        url=base + story_path(story),
        headline=story.headline,
        standfirst=story.standfirst,
        picture=image_path(story, story.images[0]) if story.images else None,
        language=story.language,
        section=story.section,
    )
