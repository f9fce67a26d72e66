"""What a page says of whether its text is free."""

import pytest

from pipelines.extract.metadata import read_fields
from pipelines.extract.parsing import parse


def paywalled(head: str) -> bool | None:
    tree = parse(f"<html><head>{head}</head><body><h1>T</h1></body></html>".encode())
    assert tree is not None
    return read_fields(tree, "https://news.example.org/a").paywalled


def linked(values: str) -> str:
    return f'<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "T", {values}}}</script>'


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ('"isAccessibleForFree": false', True),
        ('"isAccessibleForFree": "False"', True),
        ('"isAccessibleForFree": "https://schema.org/False"', True),
        ('"isAccessibleForFree": true', False),
        ('"isAccessibleForFree": "True"', False),
        ('"isAccessibleForFree": true, "hasPart": {"@type": "WebPageElement", "isAccessibleForFree": false}', True),
        ('"hasPart": [3, {"@type": "WebPageElement", "isAccessibleForFree": "false"}]', True),
        ('"isAccessibleForFree": null', None),
        ('"isAccessibleForFree": "perhaps"', None),
        ('"name": "x"', None),
    ],
)
def test_linked_data_says_so(values: str, found: bool | None) -> None:
    assert paywalled(linked(values)) is found


@pytest.mark.parametrize(
    ("tier", "found"), [("free", False), ("metered", True), ("LOCKED", True), ("other", None), ("", None)]
)
def test_content_tiers_say_so(tier: str, found: bool | None) -> None:
    assert paywalled(f'<meta property="article:content_tier" content="{tier}">') is found


def test_what_one_says_is_not_free_is_not() -> None:
    tier = '<meta property="article:content_tier" content="free">'
    assert paywalled(linked('"isAccessibleForFree": false') + tier) is True
    assert paywalled('<meta itemprop="isAccessibleForFree" content="false">') is True
    assert paywalled("") is None
