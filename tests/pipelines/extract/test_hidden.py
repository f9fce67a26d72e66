"""What a page keeps out of sight is read where it is prose about what the page says it is about."""

import json
import time

import pytest
from lxml import html

from pipelines.extract import extract_article
from pipelines.extract.hidden import is_about, read_hidden
from pipelines.extract.readers import Page

TITLE = "Harbour bridge to close for nine months"
STORY = [
    f"In paragraph {number} the council heard why the old harbour bridge must close for nine months, and who pays for it."
    for number in ("one", "two", "three", "four", "five", "six")
]
MARKUP = "".join(f"<p>{line}</p>" for line in STORY)


def page(body: str, *, title: str = TITLE) -> Page:
    tree = html.document_fromstring(f"<html><body>{body}</body></html>")
    return Page(
        tree=tree,
        blocks=[],
        url="https://news.example.org/1",
        titles=(title,),
        unseen=tuple(tree.iter("script", "noscript")),
    )


def state(value: object) -> str:
    return json.dumps(value).replace("</", "<\\/")


@pytest.mark.parametrize(
    "body",
    [
        f"<script type=application/json>{state({'props': {'article': {'id': 7, 'body': MARKUP}}})}</script>",
        f"<script>window.__STATE__ = {state({'parts': [{'kind': 'p', 'text': line} for line in STORY]})};</script>",
        f"<script>self.push([1,{state('4:' + json.dumps({'html': MARKUP}))}])</script>",
        f"<script>self.push([1,{state(MARKUP)}])</script>",
        f"<noscript><div>{MARKUP}</div></noscript>",
    ],
    ids=["json", "a literal for each paragraph", "state in a literal", "markup in a list", "noscript"],
)
def test_a_body_out_of_sight_is_found(body: str) -> None:
    assert read_hidden(page(body)).lines == tuple(STORY)


def test_what_is_about_something_else_is_not_the_article() -> None:
    body = f"<script type=application/json>{state({'body': MARKUP})}</script>"
    assert read_hidden(page(body, title="Six recipes with rhubarb and custard")).lines == ()
    assert not is_about(page("", title="Home"), STORY)


def test_code_and_settings_are_no_prose() -> None:
    code = f"function bridge() {{ return 'harbour bridge to close for nine months'; }} {' ' * 40}"
    assert (
        read_hidden(page(f"<script>{state({'harbour bridge to close for nine months': [code] * 20})}</script>")).lines
        == ()
    )


def test_an_article_is_read_from_the_state_only_where_nothing_stands_in_sight() -> None:
    script = f"<script type=application/json>{state({'body': MARKUP})}</script>"
    head = f"<html><head><title>{TITLE}</title></head><body>"
    url = "https://news.example.org/2026/bridge"
    hidden = extract_article(f"{head}<div id=app></div>{script}</body></html>".encode(), url=url)
    assert hidden.text.split("\n") == STORY
    shown = "".join(f"<p>{line} It is shown.</p>" for line in STORY)
    seen = extract_article(f"{head}<article>{shown}</article>{script}</body></html>".encode(), url=url)
    assert "It is shown." in seen.text


@pytest.mark.parametrize(
    "script",
    [
        '"a":"' * 200_000,
        '["' * 400_000,
        "\\" * 1_000_000,
        '"a":"' + "\\" * 999_999,
        '"k":"' + 'x\\"' * 300_000 + '"',
        '"' * 500_000,
    ],
    ids=["keys", "lists", "backslashes", "one literal of them", "escapes", "quotes"],
)
def test_scripts_made_to_be_slow_are_not(script: str) -> None:
    tree = html.document_fromstring("<html><body><script></script></body></html>")
    element = next(tree.iter("script"))
    element.text = script
    began = time.process_time()
    read_hidden(Page(tree=tree, blocks=[], url="https://x.example/", titles=(TITLE,), unseen=(element,)))
    assert time.process_time() - began < 5
