"""Articles as they stand on front pages and in feeds: headline, first words, picture. Which there are is the catalog's to say.

A reading never changes once it is written, so what was made of one is kept.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import msgspec

from archive.collection import Collection
from archive.errors import QueryInvalid, RecordUnreadable
from archive.index.catalog_news import NewsEntry
from archive.model import Article, Capture
from archive.versions import ReadingEntry
from archive.web.kept import KeptValues

NO_SOURCE = "-"
"""How an address names what was read for no source, such as imported pages."""
_LONGEST_NAME = 200
_KEPT = 4000
"""Cards: some kilobytes each."""
_BATCH = 64
_DEEPEST = 2000
"""News looked through for one list: most of what there is may be hidden from readers."""
_DEK = 260
"""Characters of the first words."""
_IMAGES = 3
"""Images of an article that are looked for in the archive before it goes without."""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What a list shows of one reading."""

    url: str
    timestamp: str
    """Of the capture that was read."""
    headline: str | None
    dek: str
    """The standfirst, else how the text begins."""
    language: str | None
    source: str | None
    section: str | None
    authors: tuple[str, ...]
    images: tuple[str, ...]


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """An article in a list."""

    key: str
    """Of the address at which it was first captured: it stays when the article moves."""
    card: Card
    first: str
    """Timestamp of the article's first capture."""
    changed: str | None
    """Timestamp of the capture with its newest text, where it is not the first."""
    picture: Capture | None = None


class Stories:
    """Reads stories, and keeps their cards."""

    def __init__(self) -> None:
        self._cards: KeptValues[tuple[str, int], Card] = KeptValues(_KEPT)

    def newest(
        self,
        collection: Collection,
        limit: int,
        *,
        source: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        as_first_seen: bool = False,
    ) -> list[Story]:
        """Articles by their first capture, newest first; with `as_first_seen` as they read then, else as they read now."""

        def found(entry: NewsEntry) -> Story | None:
            keys = collection.catalog.article_keys(entry.key)
            if entry.key not in keys:
                return None  # read again since, and found to be none
            if len(keys) > 1 and _is_later(collection, entry, keys):
                return None  # it moved here, and is no news
            at = entry.first if as_first_seen else None
            return self._story(collection, entry, entry.key if as_first_seen else keys[0], at)

        return list(_gather(collection, limit, found, source=source, from_=from_, to=to))

    def changed(self, collection: Collection, limit: int, *, source: str | None = None) -> list[Story]:
        """Articles by when their text last became another, newest first, as they read now."""
        seen: set[str] = set()

        def found(entry: NewsEntry) -> Story | None:
            keys = collection.catalog.article_keys(entry.key)
            if entry.key not in keys or not seen.isdisjoint(keys):
                return None
            seen.update(keys)
            if len(keys) > 1:
                first = min(_news_of(collection, keys), key=lambda one: (one.first, one.key))
                entry = msgspec.structs.replace(first, changed=entry.changed)
            return self._story(collection, entry, keys[0], None)

        return list(_gather(collection, limit, found, source=source, changed=True))

    def _story(self, collection: Collection, entry: NewsEntry, key: str, at: str | None) -> Story | None:
        reading = collection.catalog.shown_reading(key, at=at)
        if reading is None:
            return None
        card = self._card(collection, reading)
        if card is None or not collection.may_be_found(card.url, card.timestamp):
            return None
        return Story(key=entry.key, card=card, first=entry.first, changed=entry.changed)

    def _card(self, collection: Collection, reading: ReadingEntry) -> Card | None:
        place = (reading.location.file, reading.location.offset)
        try:
            return self._cards.get(place, lambda: _to_card(collection.read_article(reading), reading))
        except RecordUnreadable:
            return None  # `morgue verify` tells; one damaged record must not take the front page away


def asked_source(given: str | None) -> str | None:
    """The source that an address names; empty for what was read for none, `None` where all are meant.

    >>> asked_source("voa"), asked_source("-"), asked_source(" ")
    ('voa', '', None)
    """
    name = (given or "").strip()[:_LONGEST_NAME]
    return None if not name else "" if name == NO_SOURCE else name


def named_source(source: str | None) -> str | None:
    """What an address says for a source: `asked_source` turned round."""
    return NO_SOURCE if source == "" else source


def with_pictures(collection: Collection, stories: Sequence[Story], most: int) -> list[Story]:
    """The stories, the first `most` that have an archived picture with it."""
    shown: list[Story] = []
    for story in stories:
        picture = archived_picture(collection, story.card.images[:_IMAGES], story.card.timestamp) if most > 0 else None
        most -= picture is not None
        shown.append(msgspec.structs.replace(story, picture=picture))
    return shown


def pictured_first(stories: Sequence[Story]) -> list[Story]:
    """The first story with a picture leads; the others stay in order."""
    lead = next((story for story in stories if story.picture), None)
    return [lead, *(story for story in stories if story is not lead)] if lead else list(stories)


def archived_picture(collection: Collection, urls: Sequence[str | None], timestamp: str) -> Capture | None:
    """The first of these that the archive holds as a picture, as it was nearest to a time."""
    for url in urls:
        capture = None
        if url:
            with suppress(QueryInvalid):
                capture = collection.closest(url, timestamp)
        if capture is not None and capture.mime.startswith("image/") and capture.status == 200:
            return capture
    return None


def _gather(
    collection: Collection,
    limit: int,
    found: Callable[[NewsEntry], Story | None],
    *,
    changed: bool = False,
    source: str | None = None,
    from_: str | None = None,
    to: str | None = None,
) -> Iterator[Story]:
    offset = 0
    while offset < _DEEPEST:
        batch = _BATCH if offset else min(_BATCH, limit + 4)
        entries = collection.catalog.news(
            changed=changed, source=source, from_=from_, to=to, limit=batch, offset=offset
        )
        for story in filter(None, map(found, entries)):
            yield story
            limit -= 1
            if limit <= 0:
                return
        if len(entries) < batch:
            return
        offset += batch


def _is_later(collection: Collection, entry: NewsEntry, keys: Sequence[str]) -> bool:
    return any((one.first, one.key) < (entry.first, entry.key) for one in _news_of(collection, keys))


def _news_of(collection: Collection, keys: Sequence[str]) -> list[NewsEntry]:
    return [one for key in keys if (one := collection.catalog.news_of(key))]


def _to_card(article: Article, reading: ReadingEntry) -> Card:
    return Card(
        url=article.url,
        timestamp=reading.timestamp,
        headline=article.headline,
        dek=_shortened(article.standfirst or article.text),
        language=article.language,
        source=article.source,
        section=article.section,
        authors=article.authors,
        images=tuple(image.url for image in article.images if image.url),
    )


def _shortened(text: str) -> str:
    r"""The first words of a text, cut between words where there are any.

    >>> _shortened("It rained.\nIt poured.")
    'It rained. It poured.'
    """
    words = " ".join(text[: _DEK * 2].split())
    if len(words) <= _DEK:
        return words
    cut = words[:_DEK]
    return (cut.rsplit(" ", 1)[0] if " " in cut[_DEK // 2 :] else cut) + "…"
