"""Reads the article out of a captured page. The front door is `extract_article`."""

from pipelines.extract.article import EXTRACTOR, extract_article

__all__ = ["EXTRACTOR", "extract_article"]
