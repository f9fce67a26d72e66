"""From a payload to an Article: the order in which a page is taken apart.

Decoding, fields, boilerplate and body each have a module; here is only what joins them.
"""

from datetime import datetime

from archive.model import Article
from pipelines.extract.body import lay_over
from pipelines.extract.boilerplate import remove_boilerplate
from pipelines.extract.decode import gunzip_if_gzipped
from pipelines.extract.headline import fold
from pipelines.extract.language import choose_language
from pipelines.extract.metadata import Fields, read_fields
from pipelines.extract.readers import read_with_trafilatura
from pipelines.extract.tree import parse

EXTRACTOR = "newsmorgue/1"


def extract_article(
    payload: bytes, *, url: str, content_type: str | None = None, captured: datetime | None = None
) -> Article:
    """Read the article from a page whose content codings are undone.

    `captured` bounds the dates that are believed. Raises `PayloadUnreadable`.
    """
    tree = parse(gunzip_if_gzipped(payload), content_type)
    if tree is None:
        return Article(url=url, extractor=EXTRACTOR)
    fields = read_fields(tree, url, latest=captured)
    remove_boilerplate(tree)
    reading = read_with_trafilatura(tree, url)
    body = lay_over(tree, reading.lines)
    text = "\n".join(_without_headline(tuple(line.text for line in body), fields))
    return Article(
        url=url,
        canonical_url=fields.canonical_url,
        headline=fields.headline,
        authors=fields.authors,
        date_published=fields.date_published,
        date_modified=fields.date_modified,
        language=choose_language(list(fields.languages), text),
        section=fields.section,
        keywords=fields.keywords,
        text=text,
        extractor=EXTRACTOR,
        confidence=0.5 if text else 0.0,
    )


def _without_headline(lines: tuple[str, ...], fields: Fields) -> tuple[str, ...]:
    titles = set(map(fold, fields.titles))
    return lines[1:] if lines and fold(lines[0]) in titles else lines
