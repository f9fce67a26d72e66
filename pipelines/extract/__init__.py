"""Reads the article out of a captured page. The front door is `extract_article`."""

from typing import TYPE_CHECKING, Any

from pipelines.extract.version import EXTRACTOR

if TYPE_CHECKING:
    from pipelines.extract.article import explain_article, extract_article, read_page
    from pipelines.extract.assembly import Extraction

__all__ = ["EXTRACTOR", "Extraction", "explain_article", "extract_article", "read_page"]


def __getattr__(name: str) -> Any:
    # Lazy: a crawl names the extractor, and decodes with `decode`, but leaves the readers to its workers.
    if name in __all__:
        from pipelines.extract import article

        return getattr(article, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
