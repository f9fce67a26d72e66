"""The words a site puts around its stories, by language: skip links, tickers, prompts, section names.

They live in `labels.toml`; a reader of pages must not depend on any of them.
"""

import tomllib
from functools import cache
from importlib.resources import files

import msgspec


class Labels(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One language's furniture."""

    direction: str = "ltr"
    name: str
    """Of the language, in that language."""
    locale: str
    """As OpenGraph writes it."""
    sections: dict[str, str]
    skip_heading: str
    skip_links: tuple[str, str, str]
    """To the main content, the navigation, the search."""
    breaking: str
    tickers: tuple[str, str]
    no_media: str
    share: str
    print: str
    embed: str
    copied: str
    see_also: str
    advert: str
    adverts: tuple[str, str]
    cookies: str
    accept: str
    newsletter: str
    newsletter_text: str
    comments: str
    comment: str
    submitted: str
    """With `{author}` and `{date}`."""
    by: str
    tags: str
    subscribe: str
    subscribe_text: str
    read_more: str
    most_read: str
    share_prompt: str
    home: str
    search: str
    live: str
    about: str
    contact: str
    rights: str
    photo: str
    letter_prompt: str
    """A line that asks for a sign-up, printed as if it belonged to the story."""
    corrections: str
    """A standing note on how mistakes are corrected."""
    about_author: str
    """With `{author}`."""
    gallery: str
    no_video: str
    watch: str


@cache
def _all_labels() -> dict[str, Labels]:
    text = (files("crawler.demo") / "labels.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Labels])


def labels(language: str) -> Labels:
    """The labels of a language; English where there are none."""
    every = _all_labels()
    return every.get(language) or every.get(language.partition("-")[0]) or every["en"]


def languages() -> tuple[str, ...]:
    """The languages that have labels."""
    return tuple(_all_labels())
