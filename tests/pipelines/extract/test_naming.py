from lxml.html import HtmlElement, fromstring

from pipelines.extract.naming import kind_of, plainness, selectors_of
from pipelines.extract.selectors import find_all


def element(markup: str) -> HtmlElement:
    return fromstring(markup)


def test_an_element_is_named_by_each_thing_it_says_of_itself():
    story = element('<div class="story lead" id="body" itemprop="articleBody" data-n="7"></div>')
    assert list(selectors_of(story)) == ["div.story", "div.lead", "div#body", 'div[itemprop="articleBody"]']
    assert list(selectors_of(element("<article></article>"))) == ["article"]
    assert list(selectors_of(element("<p></p>"))) == []


def test_what_counts_stories_names_none_of_them():
    assert list(selectors_of(element('<div class="post-48213 story" id="story-48213"></div>'))) == ["div.story"]


def test_what_could_not_stand_in_a_selector_is_left_out():
    odd = element('<div class="md:w-1/2 [&gt;p]:x 9lives ok" id="a b" itemprop="a&quot;b"></div>')
    assert list(selectors_of(odd)) == ["div.ok"]


def test_a_tag_that_means_something_else_in_a_selector_names_nothing():
    for tag in ("o:p", "x.y", "n" * 500):
        page = element(f'<div><{tag} class="story" id="s">text</{tag}></div>')
        assert list(selectors_of(page[0])) == [], page[0].tag


def test_kinds_are_short_whatever_a_page_calls_its_elements():
    names = " ".join(letter * 100_000 for letter in "abc")
    page = element(f'<div><p class="{names}">text</p></div>')
    assert len(kind_of(page[0], {page})) < 300


def test_a_component_is_known_again_after_a_new_build():
    old, new = (element(f'<div class="Story_text__{build}"></div>') for build in ("2gQno", "x9_Ab"))
    assert 'div[class*="Story_text__"]' in set(selectors_of(old)) & set(selectors_of(new))


def test_every_name_finds_its_element():
    page = element('<body><div class="a_b c-d -e" id="x_1" role="main" data-testid="s/t: u"><p>x</p></div></body>')
    (story,) = page
    for name in selectors_of(story):
        assert find_all(name, page) == [story], name
        assert find_all(name, story) == [story], "itself included"


def test_names_that_a_new_build_would_change_come_last():
    names = ["div.css-1x2y3z9", "div.story-text", 'div[itemprop="articleBody"]', "div.dcr-1qp23oo", "article"]
    assert sorted(names, key=plainness) == [
        'div[itemprop="articleBody"]',
        "article",
        "div.story-text",
        "div.css-1x2y3z9",
        "div.dcr-1qp23oo",
    ]


def test_kinds_tell_how_a_line_stands_not_where():
    page = element(
        '<div class="text"><p>a</p><div><p>b</p></div><aside><p>c</p></aside><p class="p12 last">d</p><p class="p3 last">e</p></div>'
    )
    kinds = {p.text: kind_of(p, {page}) for p in page.iter("p")}
    assert kinds == {"a": "p", "b": "p", "c": "aside > p", "d": "p.last.p0", "e": "p.last.p0"}
    assert kind_of(page, {page}) == ""
