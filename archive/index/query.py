"""The query language of `morgue search`: text in, a small tree out. Pure; `archive.index.search` runs the tree.

    word word         both             "two words"        as a phrase        -word, NOT word    without
    one OR other      either; OR binds its two neighbours closer than a space does
    headline:word     author:"a name"  source:voa         one field only; a field may stand before a group
    (one OR other) word                                   groups

What is no syntax is read as words: a stray bracket, a missing quote, an unknown field.
"""

import re
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec

from archive.errors import QueryInvalid
from archive.index.folding import compounds, is_unspaced, tokens

Field = Literal["headline", "author", "source"]

LONGEST_QUERY = 2_000
"""Characters."""
MOST_TERMS = 128
"""Tokens of all words together: enough for a pasted sentence of Chinese."""
DEEPEST_GROUP = 8


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """One word or phrase to look for."""

    text: str
    field: Field | None = None
    """`None`: the whole article."""


class Not(msgspec.Struct, frozen=True):
    """What must not be there."""

    node: "Node"


class All(msgspec.Struct, frozen=True):
    """All of these."""

    nodes: "tuple[Node, ...]"


class Any(msgspec.Struct, frozen=True):
    """At least one of these."""

    nodes: "tuple[Node, ...]"


Node = Leaf | Not | All | Any


class Term(NamedTuple):
    """One token of a leaf."""

    offset: int
    """Its position within the phrase."""
    text: str
    prefix: bool = False
    """A single character of an unspaced script at the end: any pair that starts with it will do."""


class Pattern(NamedTuple):
    """What a leaf looks for: its terms side by side, or the same word written as one."""

    terms: tuple[Term, ...]
    joined: str | None


def parse_query(text: str) -> Node:
    """The tree of a query.

    Raises `QueryInvalid` when nothing is left to look for, or when the query is beyond the limits above.

    >>> parse_query('quake -"aid convoy"')
    All(nodes=(Leaf(text='quake', field=None), Not(node=Leaf(text='aid convoy', field=None))))
    """
    if len(text) > LONGEST_QUERY:
        raise QueryInvalid(f"query: {len(text)} characters are too many (write at most {LONGEST_QUERY})")
    text = text.encode("utf-8", "replace").decode()  # an argument that is no UTF-8 holds lone surrogates
    lexemes = [match for match in _lexeme.finditer(text.translate(_QUOTES)) if match.lastgroup]
    node = _Parser(lexemes).parse()
    leaves = [] if node is None else list(_leaves(node))
    if node is None or not any(positive for _, positive in leaves):
        raise QueryInvalid(f"query: {_shown(text)} holds no word to look for (write at least one word)")
    if sum(len(pattern(leaf).terms) for leaf, _ in leaves) > MOST_TERMS:
        raise QueryInvalid(f"query: more than {MOST_TERMS} words (write fewer)")
    return node


@lru_cache(maxsize=1024)  # a search asks for that of each of its words many times
def pattern(leaf: Leaf) -> Pattern:
    """The tokens a leaf stands for, in the order and distance they must have in the text."""
    found = tokens(leaf.text)
    terms: list[Term] = []
    for offset, token in enumerate(found):
        if not is_unspaced(token) or len(token) == 2:
            terms.append(Term(offset, token))
        elif offset == 0 or not (is_unspaced(found[offset - 1]) and len(found[offset - 1]) == 2):
            terms.append(Term(offset, token, prefix=offset == len(found) - 1))
        # else: the last character of a run, which the pair before it already asks for.
    joined = compounds(leaf.text)
    parts = "".join(found)
    return Pattern(tuple(terms), joined[0] if len(joined) == 1 and joined[0] == parts else None)


def positive_leaves(node: Node) -> list[Leaf]:
    """What a hit's text can show: every leaf that is not under a negation."""
    return [leaf for leaf, positive in _leaves(node) if positive]


def _leaves(node: Node, positive: bool = True) -> "list[tuple[Leaf, bool]]":
    if isinstance(node, Leaf):
        return [(node, positive)]
    if isinstance(node, Not):
        return _leaves(node.node, not positive)
    return [pair for child in node.nodes for pair in _leaves(child, positive)]


_FIELDS: dict[str, Field] = {"headline:": "headline", "author:": "author", "source:": "source"}
_QUOTES = str.maketrans("“”„‟«»＂（）：", '"""""""():')
_lexeme = re.compile(
    r"""(?P<close>\))|(?P<word>
        (?P<minus>-)?
        (?P<field>(?:headline|author|source):(?=\S))?
        (?: "(?P<phrase>[^"]*)"? | (?P<open>\() | (?P<bare>[^\s()"]+) )
    )""",
    re.IGNORECASE | re.VERBOSE,
)


class _Parser:
    def __init__(self, lexemes: list[re.Match[str]]) -> None:
        self._lexemes = iter(lexemes)

    def parse(self, field: Field | None = None, depth: int = 0) -> Node | None:
        """Everything up to the bracket that closes this group, or to the end."""
        if depth > DEEPEST_GROUP:
            raise QueryInvalid(f"query: brackets more than {DEEPEST_GROUP} deep (write fewer)")
        groups: list[list[Node]] = []
        either = negated = False
        for lexeme in self._lexemes:
            if lexeme["close"]:
                if depth:
                    break
                continue
            bare = lexeme["bare"]
            if lexeme["word"] == "OR":
                either = True
                continue
            if lexeme["word"] in ("AND", "NOT"):
                negated = negated or bare == "NOT"
                continue
            inner = _FIELDS[lexeme["field"].lower()] if lexeme["field"] else field
            if lexeme["open"]:
                node = self.parse(inner, depth + 1)
            else:
                leaf = Leaf(text=bare if bare is not None else lexeme["phrase"], field=inner)
                node = leaf if inner == "source" or tokens(leaf.text) else None
            if node is not None:
                node = Not(node) if negated or lexeme["minus"] else node
                if either and groups:
                    groups[-1].append(node)
                else:
                    groups.append([node])
            either = negated = False
        nodes = tuple(group[0] if len(group) == 1 else Any(tuple(group)) for group in groups)
        return None if not nodes else nodes[0] if len(nodes) == 1 else All(nodes)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
