"""Keeps and finds: formats, stores, indexes and the `Collection` front door. Knows neither Scrapy nor trafilatura."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archive.collection import Collection

__all__ = ["Collection"]


def __getattr__(name: str) -> Any:
    # Lazy: `import archive.model` in a worker must not load the indexes.
    if name == "Collection":
        from archive.collection import Collection

        return Collection
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
