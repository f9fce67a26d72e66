"""Which form of the title is the headline."""

import pytest

from pipelines.extract.headline import Titles, choose_headline, shown_titles
from pipelines.extract.parsing import parse


def headline(
    h1: str | tuple[str, ...] = "", linked: str = "", shared: str = "", title: str = "", *, is_news: bool = False
) -> str | None:
    shown = (h1,) if isinstance(h1, str) else h1
    titles = Titles(
        shown=tuple(filter(None, shown)),
        linked=linked,
        shared=shared,
        title=title,
        site_names=("Example",),
        is_news=is_news,
    )
    return choose_headline(titles)[0]


@pytest.mark.parametrize(
    ("h1", "linked", "shared", "title", "found"),
    [
        ("Bridge opens", "Bridge opens", "Bridge opens - Example", "Bridge opens | Example", "Bridge opens"),
        ("Example", "Bridge opens", "Bridge opens", "Bridge opens - Example", "Bridge opens"),
        ("Shown", "Declared", "Shared", "Titled | Example", "Shown"),
        ("", "", "", "Example: Bridge opens", "Bridge opens"),
        ("", "", "", "Bridge opens", "Bridge opens"),
        ("", "", "", "", None),
        # One text for search engines, copied: no two voices against the h1.
        (
            "The old bridge opens at last",
            "",
            "Bridge opens: a guide",
            "Bridge opens: a guide | Example",
            "The old bridge opens at last",
        ),
        ("All stories of today", "", "Bridge opens", "Bridge opens | Example", "Bridge opens"),
        ("Town Blog", "", "", "Why the bridge opens | Town Blog", "Why the bridge opens"),
        # What stands behind a separator is a tail where the h1 goes without it.
        ("Bridge opens", "Bridge opens | Region", "", "Bridge opens - Region - Example", "Bridge opens"),
        ("", "Bridge opens - Example", "", "", "Bridge opens"),
        ("Bridge – and road – open", "", "Bridge – and road – open", "", "Bridge – and road – open"),
    ],
)
def test_the_h1_holds_where_a_declared_title_bears_it_out(
    h1: str, linked: str, shared: str, title: str, found: str | None
) -> None:
    assert headline(h1, linked, shared, title) == found


@pytest.mark.parametrize(
    ("h1", "linked", "shared", "found"),
    [
        ("Bridge reopens after a year", "Old bridge open again", "The bridge story", "Old bridge open again"),
        (
            "Bridge reopens after a year",
            "Old bridge open again",
            "Bridge reopens after a year",
            "Bridge reopens after a year",
        ),
        (
            "The bridge over the river Sarrow has been opened again, and the whole of the town came to see it",
            "The bridge over the river Sarrow has been opened again, and the whole of the town",
            "",
            "The bridge over the river Sarrow has been opened again, and the whole of the town came to see it",
        ),
        ("Bridge reopens after a year", "Bridge reopens…", "", "Bridge reopens after a year"),
    ],
)
def test_a_newsrooms_own_headline_holds_unless_two_others_agree_or_it_is_cut(
    h1: str, linked: str, shared: str, found: str
) -> None:
    assert headline(h1, linked, shared, is_news=True) == found


def test_of_forms_that_differ_in_spaces_the_one_with_more_words_is_taken() -> None:
    assert headline("RegionBridge opens", "", "Region / Bridge opens", "") == "Region / Bridge opens"


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("<h1>Bridge <em>opens</em> today</h1>", ("Bridge opens today",)),
        ("<h1><span>Kicker</span><span>: </span><span>Bridge opens</span></h1>", ("Kicker: Bridge opens",)),
        ("<h1><div>Kicker</div><div>Bridge opens</div></h1>", ("Kicker Bridge opens",)),
        ("<h1><time>Mar 12</time> Bridge opens</h1>", ("Bridge opens",)),
        ("<h1>Bridge opens<h3>Posted on Monday</h3></h1>", ("Bridge opens",)),
        ("<h1><h2>Bridge opens</h2></h1>", ("Bridge opens",)),
        ('<h1><a href="/">The Example</a></h1><h1>Bridge opens</h1>', ("Bridge opens",)),
        ('<a href="/"><h1>The Example</h1></a>', ()),
        ("<h1></h1>", ()),
        (f"<h1>{'long ' * 100}</h1>", ()),
    ],
)
def test_an_h1_is_read_without_what_is_set_inside_it(markup: str, shown: tuple[str, ...]) -> None:
    tree = parse(f"<html><body>{markup}</body></html>".encode())
    assert tree is not None
    assert shown_titles(tree.iter("h1")) == shown
