"""Linked data in a page (https://schema.org, JSON-LD): parses it leniently and finds the node that describes the article.

Broken JSON is repaired only where the repair cannot change a value. What the fields mean is `metadata`'s business.
"""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any

import msgspec

Node = dict[str, Any]

MAX_SCRIPT_CHARS = 2_000_000
_MAX_DEPTH = 12
_MANY = 3
_OTHERS = frozenset(
    {"itemListElement", "relatedLink", "isPartOf", "hasPart", "comment", "citation", "mentions", "review"}
)
"""Where a page names articles that are not its own: lists, recommendations, sources."""

# The order says which node is taken when a page has several.
ARTICLE_TYPES = (
    "newsarticle",
    "reportagenewsarticle",
    "analysisnewsarticle",
    "opinionnewsarticle",
    "backgroundnewsarticle",
    "reviewnewsarticle",
    "askpublicnewsarticle",
    "liveblogposting",
    "article",
    "blogposting",
    "report",
    "advertisercontentarticle",
    "satiricalarticle",
    "scholarlyarticle",
    "techarticle",
    "socialmediaposting",
)
_RANK = {name: rank for rank, name in enumerate(ARTICLE_TYPES)}

_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
# Before and after the JSON stand comments and CDATA marks, for parsers of another age.
_BEFORE = re.compile(r"\s*(?:<!--|/\*|//|<!\[CDATA\[|\*/|\s)*")
_WRAPPING_CHARS = 200
_TYPE_CHARS = 60
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_DECODER = json.JSONDecoder(strict=False)


class LinkedData:
    """Every JSON-LD node of a page, and references between them resolved."""

    def __init__(self, scripts: Iterable[str]) -> None:
        self.nodes: list[Node] = []
        self._by_id: dict[str, Node] = {}
        for script in scripts:
            for value in _parse(script):
                if isinstance(value, dict | list):
                    _gather(value, self.nodes, 0)
        for node in self.nodes:
            identity = node.get("@id")
            # A bare {"@id": …} is a reference, not the thing itself.
            if isinstance(identity, str) and len(node) > len(self._by_id.get(identity, {"@id": None})):
                self._by_id[identity] = node

    def article(self, url: str) -> Node | None:
        """The node that describes the article at `url`.

        With several it is the one of this address, else the one with the most telling type, else the fullest; a page with
        many, none of them of this address, is a list of articles.
        """
        found = [(node, rank) for node in self.nodes if (rank := _rank(node)) is not None and _has_headline(node)]
        own = [(node, rank) for node, rank in found if _same_address(node, url)]
        if not own and len(found) > _MANY:
            return None
        return min(own or found, key=lambda pair: (pair[1], -len(pair[0])), default=(None, 0))[0]

    def resolve(self, value: Any) -> Any:
        """Follow a reference to the node it names."""
        if isinstance(value, dict) and len(value) <= 2 and isinstance(value.get("@id"), str):
            return self._by_id.get(value["@id"], value)
        return value

    def of_type(self, *names: str) -> Iterator[Node]:
        """The nodes of one of these types, in page order."""
        return (node for node in self.nodes if not types_of(node).isdisjoint(names))


def types_of(node: Node) -> frozenset[str]:
    """A node's types in lower case, without the vocabulary's address."""
    kind = node.get("@type")
    if isinstance(kind, str) and len(kind) <= _TYPE_CHARS:
        return _type_of(kind)
    return frozenset(str(name).rsplit("/", 1)[-1].lower() for name in as_list(kind))


@lru_cache(maxsize=200)  # of each node it is asked several times, and there are few
def _type_of(name: str) -> frozenset[str]:
    return frozenset([name.rsplit("/", 1)[-1].lower()])


def as_list(value: Any) -> list[Any]:
    """JSON-LD writes one value plainly and several as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def text_of(value: Any) -> str | None:
    """The text of a plain or wrapped value: a string, `{"@value": …}`, or a node's name."""
    for item in as_list(value):
        if isinstance(item, dict):
            item = item.get("@value") or item.get("name")
        if isinstance(item, str) and item.strip():
            return item
    return None


def texts_of(values: Iterable[Any]) -> list[str]:
    """The texts of several values, without the empty ones."""
    return [text for value in values if (text := text_of(value))]


def _same_address(node: Node, url: str) -> bool:
    page = node.get("mainEntityOfPage")
    named = [node.get("url"), node.get("@id"), page.get("@id") if isinstance(page, dict) else page]
    return any(isinstance(name, str) and (name == url or _bare(name) == _bare(url)) for name in named)


def _bare(url: str) -> str:
    """An address without scheme, query, fragment and closing slash."""
    return re.split(r"[?#]", url.strip(), maxsplit=1)[0].rstrip("/").partition("//")[2].removeprefix("www.")


def _rank(node: Node) -> int | None:
    return min((_RANK[name] for name in types_of(node) if name in _RANK), default=None)


def _has_headline(node: Node) -> bool:
    return bool(text_of(node.get("headline")) or text_of(node.get("name")))


def _parse(script: str) -> list[Any]:
    if len(script) > MAX_SCRIPT_CHARS:
        return []
    plain = script.lstrip()
    if not plain.startswith(("{", "[")):
        head = _BEFORE.sub("", script[:_WRAPPING_CHARS], count=1)
        plain = head.removeprefix("\ufeff") + script[_WRAPPING_CHARS:]
    with suppress(msgspec.DecodeError, ValueError, RecursionError):
        return [msgspec.json.decode(plain)]  # in half the time, what is written as it should be
    for repair in (False, True):
        try:
            # raw_decode: what follows the value is let be. strict=False: line breaks inside strings are a common fault.
            value = _DECODER.raw_decode(_TRAILING_COMMA.sub(r"\1", plain) if repair else plain)[0]
            return [_without_halves(value) if _SURROGATE.search(plain) else value]
        except (ValueError, RecursionError):  # ValueError also for a number of more digits than Python reads
            continue
    return []


def _without_halves(value: Any) -> Any:
    """The value without surrogates that have lost their other half: no encoding can hold them."""
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", errors="ignore"))


def _gather(value: Any, nodes: list[Node], depth: int) -> None:
    """Add the nodes in a value, in the order of the page; those of other pages, and what nests deeper than any page's, are let be."""
    if isinstance(value, list):
        items = value
    else:
        if "@type" in value:
            nodes.append(value)
        items = [item for key, item in value.items() if key not in _OTHERS]
    if depth < _MAX_DEPTH:
        for item in items:
            if isinstance(item, dict | list):
                _gather(item, nodes, depth + 1)
