"""Who wrote it: the declared names, the surest declaration first, else those that the page prints."""

from collections.abc import Iterable, Iterator
from typing import Any

from lxml.html import HtmlElement

from pipelines.extract.byline import printed_authors
from pipelines.extract.declared import Declarations
from pipelines.extract.jsonld import as_list
from pipelines.extract.names import MAX_NAMES, clean_names, is_account, without_outlets

_AUTHOR_METAS = (
    "authors", "article:author", "og:article:author", "parsely-author", "sailthru.author", "dc.creator",
    "dcterms.creator", "articleauthor", "byl", "creator",
)  # fmt: skip


def find_authors(
    tree: HtmlElement, said: Declarations, site_name: str | None, heading: HtmlElement | None
) -> tuple[str, ...]:
    """Declared names; where only the outlet or an account is named, those the page prints, if any."""
    outlet_names = (said.linked_text("publisher"), site_name, said.first("twitter:site"))
    outlets = frozenset(name.casefold().lstrip("@") for name in outlet_names if name)
    declared: tuple[str, ...] = ()
    for values in _declared_authors(said):
        names = _names(values, outlets)
        people = without_outlets(names, outlets)
        if not all(map(is_account, people)):
            return people
        declared = declared or people or names
    accounts = said.texts(filter(_is_first_account, _linked_people(said)))
    is_declared = bool(declared or accounts)
    strangers = outlets | {name.casefold() for name in accounts}
    return printed_authors(tree, heading, strangers, is_declared=is_declared) or declared


def _declared_authors(said: Declarations) -> Iterator[list[str]]:
    """The values of each kind of declaration, the surest first; JSON-LD's without the account that a content system begins with."""
    if said.article:
        yield said.texts(person for person in _linked_people(said) if not _is_first_account(person))
    yield _citation_authors(said)
    yield said.every("author")
    yield said.every(*_AUTHOR_METAS)


def _names(values: Iterable[str], outlets: frozenset[str]) -> tuple[str, ...]:
    """The names in declared values. The outlet, or the outlet and an agency (`The Example and AFP`), signs as one."""
    found: dict[str, None] = {}
    for value in values:
        names = clean_names([value])
        signed = len(names) == 2 and names[0].casefold() in outlets and " " not in names[1] and "," not in value
        found.update(dict.fromkeys([value] if signed or value.casefold() in outlets else names))
    return tuple(found)[:MAX_NAMES]


def _linked_people(said: Declarations) -> list[Any]:
    return [said.linked.resolve(item) for key in ("author", "creator") for item in as_list(said.article.get(key))]


def _is_first_account(person: object) -> bool:
    addresses = (person.get("@id"), person.get("url")) if isinstance(person, dict) else ()
    return any(isinstance(address, str) and address.rstrip("/").endswith("/admin") for address in addresses)


def _citation_authors(said: Declarations) -> list[str]:
    """Authors as libraries cite them, `Doe, Jane`, turned round."""
    return [" ".join(reversed(name.split(", "))) for name in said.every("citation_author")]
