"""What rules took from a page, found in a process of its own."""

import gzip
from collections.abc import Iterator

import pytest

from pipelines.explaining import PageExplainer

URL = "https://www.example.org/a"
PARAGRAPHS = "".join(
    f"<p>Paragraph {n} of the story is long enough to be read as a part of it, says the port.</p>" for n in range(8)
)
PAGE = f"""<html><body><div class="share-tools">Share this on everything</div><article><h1>Bridge to close</h1>{PARAGRAPHS}
</article></body></html>""".encode()


@pytest.fixture(scope="module")
def explain() -> Iterator[PageExplainer]:
    explainer = PageExplainer()
    yield explainer
    explainer.close()


def test_each_removal_is_told_with_its_rule(explain: PageExplainer) -> None:
    headers = [("Content-Type", "text/html; charset=utf-8"), ("CONTENT-encoding", "gzip")]
    found = explain(gzip.compress(PAGE), url=URL, headers=headers)
    assert found.problem is None
    assert found.kept_chars > 500
    assert "Share this on everything" in [one.text for one in found.removed]
    assert all(one.rule and one.why and one.chars for one in found.removed)
    assert explain(gzip.compress(PAGE), url=URL, headers=headers).removed == found.removed


@pytest.mark.parametrize("payload", [b"", b"\x89PNG\r\n\x1a\n" + b"\0" * 300, b"\x1f\x8b broken"])
def test_what_cannot_be_read_is_a_problem_or_no_article(explain: PageExplainer, payload: bytes) -> None:
    found = explain(payload, url=URL, headers=[("Content-Encoding", "gzip")])
    assert found.problem or found.reason


def test_closed_explainer_starts_again_when_it_is_asked(explain: PageExplainer) -> None:
    explain.close()
    assert explain(PAGE + b"<!-- again -->", url=URL, headers=[]).kept_chars > 500
