"""From the tree of a query to tantivy's own query objects, so that no user text ever meets tantivy's parser."""

from collections.abc import Sequence

import tantivy
from tantivy import FieldType, Occur, Query

from archive.index.query import Any, Leaf, Node, Not, Term, pattern

EARLIEST, LATEST = 0, 99999999999999


def to_query(schema: tantivy.Schema, node: Node, fields: Sequence[str]) -> Query:
    """Documents that match a tree, each word looked for in any of `fields` unless it names a field itself."""
    if isinstance(node, Leaf):
        return _leaf_query(schema, node, fields)
    if isinstance(node, Any):
        return Query.boolean_query([(Occur.Should, to_query(schema, child, fields)) for child in node.nodes])
    # What is excluded is excluded wherever it stands.
    nodes = (node,) if isinstance(node, Not) else node.nodes
    parts = [
        (Occur.MustNot, to_query(schema, child.node, ("text",)))
        if isinstance(child, Not)
        else (Occur.Must, to_query(schema, child, fields))
        for child in nodes
    ]
    if all(occur == Occur.MustNot for occur, _ in parts):
        parts.append((Occur.Must, Query.all_query()))
    return Query.boolean_query(parts)


def filter_query(
    schema: tantivy.Schema, *, source: str | None, language: str | None, from_: int | None, to: int | None
) -> list[Query]:
    """What every hit must fulfil besides the words."""
    filters = []
    if source is not None:
        filters.append(Query.term_query(schema, "source", source.casefold()))
    if language is not None:
        filters.append(Query.term_query(schema, "language", language.casefold()))
    if from_ is not None or to is not None:
        low, high = (EARLIEST if from_ is None else from_), (LATEST if to is None else to)
        filters.append(Query.range_query(schema, "timestamp", FieldType.Unsigned, low, high))
    return filters


def both(*queries: Query) -> Query:
    """Documents that match all the queries."""
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Must, query) for query in queries])


def of_articles(schema: tantivy.Schema, articles: Sequence[int]) -> Query:
    """All versions of these articles."""
    # Not by `term_set_query`: over numbers it looks at every document of the index.
    queries = [Query.term_query(schema, "article", article) for article in articles]
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Should, query) for query in queries])


def without(query: Query, excluded: Sequence[Query]) -> Query:
    """Documents that match the query and none of the excluded ones."""
    return Query.boolean_query([(Occur.Must, query), *((Occur.MustNot, other) for other in excluded)])


def _leaf_query(schema: tantivy.Schema, leaf: Leaf, fields: Sequence[str]) -> Query:
    if leaf.field == "source":
        return Query.term_query(schema, "source", leaf.text.casefold())
    if leaf.field is not None:
        fields = ("authors",) if leaf.field == "author" else ("headline",)
    terms, joined = pattern(leaf)
    queries = [_terms_query(schema, field, terms) for field in fields]
    if joined is not None:
        queries += [Query.term_query(schema, field, joined) for field in fields]
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Should, query) for query in queries])


def _terms_query(schema: tantivy.Schema, field: str, terms: Sequence[Term]) -> Query:
    # Tokens hold word characters only, so none has a meaning to a regular expression.
    if any(term.prefix for term in terms):
        patterns = [f"{term.text}.?" if term.prefix else term.text for term in terms]
        if len(patterns) == 1:
            return Query.regex_query(schema, field, patterns[0])
        return Query.regex_phrase_query(
            schema, field, [(term.offset, text) for term, text in zip(terms, patterns, strict=True)]
        )
    if len(terms) == 1:
        # tantivy panics on a phrase of one word.
        return Query.term_query(schema, field, terms[0].text)
    return Query.phrase_query(schema, field, [(term.offset, term.text) for term in terms])
