"""What the article URLs of one site have in common, and the rest of its URLs have not. Pure.

A pattern that leaves articles out loses news without anybody noticing, so one is given only where it fits every URL
that is known to be an article and fits nothing that looks like navigation.
"""

import re
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

MIN_SAMPLES = 10
"""Fewer known articles say too little about a site."""

# From the most telling to the least. Each fits one thing that article URLs have and section pages have not.
SHAPES = (
    # /2024/05/, /2024/may/01/, /2024-05-01/ and more than digits after it: the page of a day is none.
    r"/(?:19|20)[0-9]{2}[/-](?:[0-9]{1,2}|[a-z]{3})[/-](?=[^?#]*[^/?#0-9])",
    r"/(?:19|20)[0-9]{6}(?![0-9])",  # /20240501-
    r"(?<![0-9])[0-9]{5,}(?![0-9])[^/?#]*/?$",  # an id in the last segment: /a/4662445.html, /story-1234567
    r"/[0-9]{5,}/[^/?#]+/?$",  # an id before the last segment: /1234567/some-words
    r"/[^/?#-]+(?:-[^/?#-]+){3,}/?$",  # a headline: /four-words-or-more
    r"[?&](?:id|p|aid|article|articleid|news_?id|nid|story)=[0-9]+",
)

_SERVICE = re.compile(
    r"[/?&](amp|print|printable|tags?|topics?|authors?|profile|people|category|categories|search|page|gallery|galleries"
    r"|comments|share|login|newsletters?|podcasts?|autore?n?|autores|auteurs?|themen?|temas?|sujets?|etiquetas?|schlagwort)"
    r"(?=[/?&=]|$)"
)
"""Segments and parameters of pages that are made of articles, or of one in another form."""
_SHORT = 3
_HEADLINE_WORDS = 4
_HEADLINE_CHARACTERS = 12


def learn_article_urls(articles: Collection[str], links: Iterable[str]) -> tuple[str, ...]:
    """Expressions one of which is found in each of the article URLs; `()` where none can be given safely.

    `links` are all links of the front page: those that look like navigation must not fit.

    >>> stories = [f"https://a.example/news/{n}/some-story" for n in range(10000, 10010)]
    >>> learn_article_urls(stories, ["https://a.example/news", "https://a.example/about-us"])
    ('/[0-9]{5,}/[^/?#]+/?$',)
    """
    samples = set(articles)
    if len(samples) < MIN_SAMPLES:
        return ()
    links = list(links)
    navigation = [link for link in links if looks_like_navigation(link)]
    chosen: list[str] = []
    rest = set(samples)
    while rest:
        shape = max(SHAPES, key=lambda shape: sum(1 for url in rest if fits(shape, url)))
        left = {url for url in rest if not fits(shape, url)}
        if len(left) == len(rest):
            chosen = []
            break
        chosen.append(shape)
        rest = left
    if not chosen or any(fits(shape, link) for link in navigation for shape in chosen):
        folder = _common_folder(samples)
        if folder is None or any(fits(folder, link) for link in navigation):
            return ()
        chosen = [folder]
    return _without_service(chosen, samples, links)


def guess_article_urls(links: Iterable[tuple[str, str | None]]) -> tuple[str, ...]:
    """Expressions for a site without any feed, from the links of its front page and their texts.

    A shape counts when it fits several links that read like headlines, and no link that looks like navigation.
    """
    links = list(links)
    headlines = {url for url, text in links if reads_like_headline(text) and not _SERVICE.search(url)}
    navigation = [url for url, _ in links if looks_like_navigation(url) and url not in headlines]
    shapes = [
        shape
        for shape in SHAPES
        if sum(1 for url in headlines if fits(shape, url)) >= MIN_SAMPLES // 2
        and not any(fits(shape, url) for url in navigation)
    ]
    return _without_service(shapes, headlines, [url for url, _ in links])


def _common_folder(samples: Collection[str]) -> str | None:
    """An expression for the folder that all samples lie in, each with one segment more; `None` where there is none.

    What tells `/articles/c0123456789o` from a section is not the form of its last segment, as long as it has none of a
    section's.
    """
    if any(looks_like_navigation(url) for url in samples):
        return None
    folders = {urlsplit(url).path.rstrip("/").rpartition("/")[0] for url in samples}
    folder = next(iter(folders))
    return f"{re.escape(folder)}/[^/?#]+/?$" if len(folders) == 1 and folder else None


def _without_service(shapes: Collection[str], samples: Collection[str], links: Collection[str]) -> tuple[str, ...]:
    """The shapes, made not to fit pages of tags, authors, AMP, print and their like, where they would and no article is one."""
    kinds = {found[1] for url in links if (found := _SERVICE.search(url)) and any(fits(shape, url) for shape in shapes)}
    kinds -= {found[1] for url in samples for found in _SERVICE.finditer(url)}
    if not kinds:
        return tuple(shapes)
    return tuple(f"^(?!.*[/?&](?:{'|'.join(sorted(kinds))})(?:[/?&=]|$)).*{shape}" for shape in shapes)


def fits(expression: str, url: str) -> bool:
    """Whether an expression is found in a URL, as `Source.is_article_url` looks for it."""
    return re.search(expression, url) is not None


def looks_like_navigation(url: str) -> bool:
    """Whether a URL is that of a section or service page: few and short words, and no number to speak of.

    >>> looks_like_navigation("https://a.example/sport/football"), looks_like_navigation("https://a.example/a/4662445.html")
    (True, False)
    """
    parts = urlsplit(url)
    segments = [segment for segment in parts.path.split("/") if segment]
    words = re.split(r"[-_]", segments[-1]) if segments else []
    return len(segments) <= 2 and len(words) <= _SHORT and not re.search(r"[0-9]{3}", parts.path + parts.query)


def reads_like_headline(text: str | None) -> bool:
    """Whether a link's text is a sentence rather than a label; scripts without spaces count by characters.

    >>> reads_like_headline("Storm floods three coastal towns"), reads_like_headline("Sport")
    (True, False)
    """
    if not text:
        return False
    spaceless = sum(1 for character in text if "\u3040" <= character <= "\u9fff")
    return len(text.split()) >= _HEADLINE_WORDS or spaceless >= _HEADLINE_CHARACTERS
