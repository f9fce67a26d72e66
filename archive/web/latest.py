"""The articles that are new or changed, newest first: what the front page shows."""

import tantivy

from archive.collection import SEARCH_FOLDER, Collection
from archive.index.document import StoredDocument, read_document
from archive.index.ranking import newest_first
from archive.index.search import VERSION
from archive.index.search_folder import reading, stamped_version
from archive.model import SearchHit


def latest_articles(collection: Collection, limit: int) -> list[SearchHit]:
    """The articles with the newest versions, each once; none before anything was read."""
    path = collection.folder / SEARCH_FOLDER
    if stamped_version(path) != VERSION:
        return []
    with reading(path):
        index = tantivy.Index.open(str(path))
        searcher = index.searcher()

        def tie_break(address: tantivy.DocAddress) -> tuple[str, str]:
            found = read_document(searcher, address)
            return found.url, found.key

        newest: dict[str, StoredDocument] = {}
        seen: set[int] = set()
        for _, article, address in newest_first(searcher, tantivy.Query.all_query(), limit, tie_break):
            if article in seen:
                continue
            seen.add(article)
            found = read_document(searcher, address)
            if not collection.is_searchable(found.to_hit(0.0, ())):
                continue
            # An article that moved is known by several keys; the first is its present one.
            keys = collection.catalog.article_keys(found.key) or (found.key,)
            newest.setdefault(keys[0], found)
            if len(newest) >= limit:
                break
    return [found.to_hit(0.0, ()) for found in newest.values()]
