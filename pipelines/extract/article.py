"""From a payload to an Article: the order in which a page is taken apart.

Declared fields first, from the whole page; then what is no text leaves the tree, piece by piece; what remains is read.
"""

from datetime import datetime

from lxml.html import HtmlElement

from archive.model import Article, Image
from pipelines.extract.body import Body, Line, lay_over
from pipelines.extract.boilerplate import remove_boilerplate
from pipelines.extract.dateline import split_dateline, take_dateline
from pipelines.extract.decode import gunzip_if_gzipped
from pipelines.extract.headline import fold
from pipelines.extract.language import choose_language
from pipelines.extract.lines import Known, apply_rules
from pipelines.extract.metadata import Fields, read_fields
from pipelines.extract.pictures import take_pictures
from pipelines.extract.readers import read_with_trafilatura
from pipelines.extract.standfirst import find_standfirst
from pipelines.extract.tree import drop_silent, parse, text_of
from pipelines.extract.version import EXTRACTOR


def extract_article(
    payload: bytes, *, url: str, content_type: str | None = None, captured: datetime | None = None
) -> Article:
    """Read the article from a page whose content codings are undone.

    `captured` bounds the dates that are believed. Raises `PayloadUnreadable`.
    """
    tree = parse(gunzip_if_gzipped(payload), content_type)
    if tree is None:
        return Article(url=url, extractor=EXTRACTOR)
    return read_article(tree, url, latest=captured)


def read_article(tree: HtmlElement, url: str, *, latest: datetime | None = None) -> Article:
    """Read the article from a parsed page; the tree is used up."""
    fields = read_fields(tree, url, latest=latest)
    times = frozenset(fold(text_of(time)) for time in tree.iter("time")) - {""}
    drop_silent(tree)
    dateline = take_dateline(tree) or fields.dateline
    remove_boilerplate(tree)
    pictures = take_pictures(tree, url)
    body = lay_over(tree, read_with_trafilatura(tree, url).lines)

    titles = frozenset(map(fold, fields.titles))
    lead = find_standfirst(body, titles, fields.descriptions)
    lines = [line for line in body.lines if lead is None or line.text != lead.text]
    known = Known(
        titles=titles,
        captions=frozenset(fold(image.caption) for image in pictures if image.caption),
        authors=tuple(map(fold, fields.authors)),
        times=times,
    )
    lines = apply_rules(lines, known)
    dateline, lines = _without_dateline(lines, dateline)
    text = "\n".join(line.text for line in lines)
    return Article(
        url=url,
        canonical_url=fields.canonical_url,
        headline=fields.headline,
        standfirst=lead.text if lead else None,
        authors=fields.authors,
        dateline=dateline,
        date_published=fields.date_published,
        date_modified=fields.date_modified,
        language=choose_language(list(fields.languages), text),
        section=fields.section,
        keywords=fields.keywords,
        images=pictures or tuple(Image(url=image) for image in fields.images[:1]),
        text=text,
        extractor=EXTRACTOR,
        confidence=0.5 if text else 0.0,
    )


def _without_dateline(lines: list[Line], dateline: str | None) -> tuple[str | None, list[Line]]:
    if not lines:
        return dateline, lines
    found, rest = split_dateline(lines[0].text, dateline)
    return dateline or found, [Line(text=rest, block=lines[0].block), *lines[1:]]
