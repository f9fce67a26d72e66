"""Whether a page says that its text is not free to read.

Read are published conventions only: schema.org's isAccessibleForFree and OpenGraph's article:content_tier.
"""

from pipelines.extract.declared import Declarations
from pipelines.extract.jsonld import as_list

_FALSE = frozenset({"false", "0", "no"})
_TRUE = frozenset({"true", "1", "yes"})
_TIERS = {"free": False, "metered": True, "locked": True}
"""https://developers.facebook.com/docs/instant-articles/subscriptions: metered is free for the first few pages only."""
_MAX_PARTS = 20


def is_paywalled(said: Declarations) -> bool | None:
    """True where the page says its text, or a part of it, is not free; `None` where it says nothing."""
    free = list(map(_truth, said.every("isaccessibleforfree")))
    if said.article:
        parts = [part for part in as_list(said.article.get("hasPart"))[:_MAX_PARTS] if isinstance(part, dict)]
        free += [_truth(node.get("isAccessibleForFree")) for node in (said.article, *parts)]
    if False in free:
        return True
    tier = said.first("article:content_tier", "og:article:content_tier")
    if tier is not None and (found := _TIERS.get(tier.lower())) is not None:
        return found
    return False if True in free else None


def _truth(value: object) -> bool | None:
    """A truth value as pages write it: a boolean, its name, or its address in the vocabulary."""
    if isinstance(value, bool):
        return value
    word = value.rsplit("/", 1)[-1].strip().lower() if isinstance(value, str) else ""
    return True if word in _TRUE else False if word in _FALSE else None
