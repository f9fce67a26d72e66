"""Which captures may hold an article, and the readings of those that nobody is to read: seeds, parts of pages, failed renderings."""

from archive.index.catalog_adding import is_whole_page
from archive.model import Capture, Exchange, Outcome, Reading

SEED, REQUISITE, BROWSER = "seed", "requisite", "browser"
"""What readings name as extractor where none has read a payload, and none is to: of seeds, of parts of other pages, and
of pages that a browser was to render and did not."""
UNREAD = frozenset((SEED, REQUISITE, BROWSER))


def is_readable(capture: Capture) -> bool:
    """Whether a capture may hold an article: a complete 200 of an HTML page, stored in full or rendered."""
    return is_whole_page(capture) and (bool(capture.size) or capture.dom is not None)


def unread_reading(exchange: Exchange, capture: Capture) -> Reading | None:
    """The reading of a page that nobody is to read, whatever an extractor would make of it; `None` of any other."""
    if not is_readable(capture):
        return None
    problem = exchange.rendering.problem if exchange.rendering and exchange.rendering.dom is None else None
    outcome: Outcome = "not-article"
    if exchange.kind == "seed":
        extractor, reason = SEED, "a seed: polled for URLs, not read"
    elif exchange.kind == "requisite":
        extractor, reason = REQUISITE, "a requisite: a part of a page, not read"
    elif problem is not None:
        extractor, reason, outcome = BROWSER, f"not rendered: {problem}", "failed"
    else:
        return None
    assert capture.record_id
    assert capture.read_digest
    return Reading(
        url=capture.url,
        timestamp=capture.timestamp,
        record_id=capture.record_id,
        digest=capture.read_digest,
        source=exchange.source,
        extractor=extractor,
        outcome=outcome,
        reason=reason,
    )
