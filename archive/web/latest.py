"""The articles that are new or changed, newest first: what the front page shows."""

import msgspec
import tantivy

from archive.collection import SEARCH_FOLDER, Collection
from archive.index.ranking import newest_first
from archive.index.search import VERSION, SearchDocument
from archive.index.search_folder import reading, stamped_version
from archive.index.snippet import make_snippet
from archive.model import SearchHit

_decoder = msgspec.msgpack.Decoder(SearchDocument)


def latest_articles(collection: Collection, limit: int) -> list[SearchHit]:
    """The articles with the newest versions, each once; none before anything was read."""
    path = collection.folder / SEARCH_FOLDER
    if stamped_version(path) != VERSION:
        return []
    with reading(path):
        index = tantivy.Index.open(str(path))
        searcher = index.searcher()

        def document(address: tantivy.DocAddress) -> SearchDocument:
            stored: bytes = searcher.doc(address)["document"][0]
            return _decoder.decode(stored)

        def tie_break(address: tantivy.DocAddress) -> tuple[str, str]:
            found = document(address)
            return found.url, found.key

        newest: dict[str, SearchDocument] = {}
        seen: set[int] = set()
        for article, address in newest_first(searcher, tantivy.Query.all_query(), limit, tie_break):
            if article in seen:
                continue
            seen.add(article)
            found = document(address)
            if not collection.is_searchable(_to_hit(found)):
                continue
            # An article that moved is known by several keys; the first is its present one.
            keys = collection.catalog.article_keys(found.key) or (found.key,)
            newest.setdefault(keys[0], found)
            if len(newest) >= limit:
                break
    return [_to_hit(found) for found in newest.values()]


def _to_hit(document: SearchDocument) -> SearchHit:
    return SearchHit(
        url=document.url,
        timestamp=document.timestamp,
        headline=document.headline,
        snippet=make_snippet([document.standfirst or "", *document.body.split("\n")], ()),
        score=0.0,
        source=document.source,
        language=document.language,
    )
