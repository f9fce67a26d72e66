"""Elements by class are the ones that CSS selectors name, and what has left the tree is not handed out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.extract.classes import Classes
from pipelines.extract.parsing import parse
from pipelines.extract.selectors import find_all

PAGE = b"""<html><body class="wide"><div class="box  story_a1 box"><p class="lead">a</p><p class="leader">b</p></div>
<DIV CLASS="Box\tlead">c<p class="no&nbsp;break">d</p><span class="lead">e</span></div><p id="lead">f</p><p class="">g</p></body></html>"""


@pytest.mark.parametrize(
    "selector",
    [
        "p",
        "div",
        "p.lead",
        "div.lead",
        "div.box",
        "div.Box",
        "span.box",
        'div[class*="story_"]',
        "p#lead",
        "div.box p.lead",
        "p.no",
        'div[class*=""]',
        'p[id="lead"]',
        'p[id="le"]',
        'p[class=""]',
        "div#lead",
        'p[data-n="1"]',
    ],
)
def test_finds_what_the_selector_names(selector: str) -> None:
    tree = parse(PAGE)
    assert tree is not None
    assert Classes(tree).find_all(selector) == find_all(selector, tree)


def test_each_group_gets_what_its_selectors_name() -> None:
    tree = parse(PAGE)
    assert tree is not None
    groups = (
        ("p.lead", "div.box", "p.lead"),
        (),
        ("span", "p#lead", "div.box p.lead"),
        ('div[class*="story_"]', "p.none"),
    )
    found = Classes(tree).find_each(groups)
    assert [set(named) for named in found] == [
        {element for selector in group for element in find_all(selector, tree)} for group in groups
    ]


@given(st.lists(st.sampled_from(["lead", "box", "Lead", " ", "\t", "\u00a0", "-x", "é"]), max_size=6))
def test_words_are_parted_as_css_has_it(pieces: list[str]) -> None:
    tree = parse(f'<div class="{"".join(pieces)}">a</div>'.encode())
    assert tree is not None
    for name in ("lead", "box", "lead-x"):
        wanted = find_all(f"div.{name}", tree)
        assert Classes(tree).find_all(f"div.{name}") == wanted
        assert Classes(tree).find_each(((f"div.{name}",),)) == [wanted]


def test_what_no_class_can_say_is_ruled_out_however_it_is_written() -> None:
    tree = parse(b'<div class="article__DateLine"><p class="lead">a</p></div>')
    assert tree is not None
    classes = Classes(tree)
    assert classes.may_say("dateline")
    assert classes.may_say("lead")
    assert not classes.may_say("byline")


def test_elements_below_come_in_page_order_without_those_that_are_gone() -> None:
    tree = parse(PAGE)
    assert tree is not None
    body = tree.find("body")
    assert body is not None
    classes = Classes(body)

    def texts() -> list[str]:
        return [element.text or "" for element in classes.below(lambda said: "lead" in said, body.iter("div"))]

    assert texts() == ["", "a", "b", "c", "e"]
    classes.drop(classes.find_all("div.lead")[0])
    assert texts() == ["", "a", "b"]
