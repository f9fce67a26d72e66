"""Posts as JSON: those of WordPress (`/wp-json/wp/v2/posts`), which most news sites run on, and the nodes of Drupal's JSON:API.

Specs: https://developer.wordpress.org/rest-api/reference/posts/,
https://www.drupal.org/docs/core-modules-and-themes/core-modules/jsonapi-module.
"""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from urllib.parse import urljoin

from crawler.seeds.date import parse_date
from crawler.seeds.json import decode_json, text_of
from crawler.seeds.link import clean_link
from crawler.seeds.payload import Payload, to_payload
from crawler.seeds.reading import Candidate, SeedReading, gather
from crawler.seeds.text import clean_title


def parse_api(
    payload: bytes | Payload,
    *,
    url: str,
    content_type: str | None = None,  # noqa: ARG001  JSON is UTF-8 whatever the media type says
    zone: tzinfo = UTC,
) -> SeedReading:
    """Read a list of posts."""
    payload = to_payload(payload)
    if payload.is_empty():
        return SeedReading(problem="is empty")
    posts = decode_json(payload)
    if isinstance(posts, Mapping) and isinstance(posts.get("data"), list):
        nodes = posts["data"]
        candidates, problem = gather(
            candidate for node in nodes if isinstance(node, Mapping) and (candidate := _from_node(node, url, zone))
        )
        if nodes and not candidates:
            return SeedReading(problem="is JSON:API, but no list of articles with a path")
        return SeedReading(candidates=candidates, problem=problem, form="posts")
    if isinstance(posts, Mapping) and text_of(posts, "code"):
        reason = " ".join(text_of(posts, "message").split())[:200]
        return SeedReading(problem=f"answers with an error: {text_of(posts, 'code')[:80]}: {reason}")
    if not isinstance(posts, list):
        return SeedReading(problem="is not a list of WordPress posts")
    candidates, problem = gather(
        candidate for post in posts if isinstance(post, Mapping) and (candidate := _from_post(post, url, zone))
    )
    if posts and not candidates:
        return SeedReading(problem="is JSON, but no list of WordPress posts")
    return SeedReading(candidates=candidates, problem=problem, form="posts")


def _from_post(post: Mapping[str, object], url: str, zone: tzinfo) -> Candidate | None:
    link = clean_link(text_of(post, "link"), url)
    if not link:
        return None
    return Candidate(
        url=link,
        title=clean_title(text_of(post, "title", "rendered")),
        published=parse_date(text_of(post, "date_gmt")) or parse_date(text_of(post, "date"), zone),
        modified=parse_date(text_of(post, "modified_gmt")) or parse_date(text_of(post, "modified"), zone),
    )


def _from_node(node: Mapping[str, object], url: str, zone: tzinfo) -> Candidate | None:
    """A node that readers may see; its path is relative to the site."""
    attributes = node.get("attributes")
    if not isinstance(attributes, Mapping) or attributes.get("status") is False:
        return None
    link = clean_link(text_of(attributes, "path", "alias"), urljoin(url, "/"))
    if not link:
        return None
    return Candidate(
        url=link,
        title=clean_title(text_of(attributes, "title")),
        published=parse_date(text_of(attributes, "created"), zone),
        modified=parse_date(text_of(attributes, "changed"), zone),
    )
