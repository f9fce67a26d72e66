"""What seeds offer: payloads of feeds, sitemaps, pages and APIs, read into candidates. Pure: bytes in, values out.

Nothing here fetches, and nothing raises for what a payload holds: what is wrong is the reading's `problem`.
"""

from datetime import UTC, tzinfo

from crawler.seeds.payload import Payload
from crawler.seeds.reading import Candidate, ChildSitemap, SeedReading
from crawler.source import SeedKind

__all__ = ["Candidate", "ChildSitemap", "Payload", "SeedReading", "parse_seed"]


def parse_seed(
    kind: SeedKind, payload: bytes | Payload, *, url: str, content_type: str | None = None, zone: tzinfo = UTC
) -> SeedReading:
    """Read a seed's payload; bytes are under no content coding. `url` is where it came from, after redirects.

    Dates that name no zone are in `zone`.
    """
    # Each kind is imported when it is asked for: a crawl of feeds needs no HTML parser.
    match kind:
        case "feed":
            from crawler.seeds.feed import parse_feed as parse
        case "sitemap":
            from crawler.seeds.sitemap import parse_sitemap as parse
        case "page":
            from crawler.seeds.page import parse_page as parse
        case "api":
            from crawler.seeds.api import parse_api as parse
    return parse(payload, url=url, content_type=content_type, zone=zone)
