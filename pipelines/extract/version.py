"""Which extractor this is. By itself, so that naming it loads no reader."""

EXTRACTOR = "newsmorgue/5"
"""Raised whenever a page may read differently: readings by different extractors are never held against each other."""
