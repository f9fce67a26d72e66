"""Each rule takes its furniture, in any language, and leaves a story that only looks like it."""

import pytest
from lxml import html

from pipelines.extract.boilerplate import remove_boilerplate
from pipelines.extract.rules import RULES
from pipelines.extract.tree import text_of

STORY = "".join(
    f"<p>Paragraph {i} of a story that goes on long enough to be taken for prose by anyone who reads it.</p>"
    for i in range(12)
)

FURNITURE = {
    "breakpoint-probe": '<div class="responsive-indicator"><div class="visible-xs-block">XS</div>'
    '<div class="visible-sm-block">SM</div><div class="visible-md-block">MD</div></div>',
    "skip-links": '<div class="sr-only"><h2>روابط الوصول</h2><ul><li><a href="#content">المحتوى</a></li></ul></div>',
    "anchor-list": '<ul><li><a href="#main">본문으로 이동</a></li><li><a href="#nav">메뉴</a></li></ul>',
    "hidden": '<div style="display: none">Not shown</div>',
    "ticker": '<div class="breaking-news"><span>Срочно</span> <a href="/x">Мост закрыт</a></div>',
    "media-player": '<div class="c-mmp"><div class="c-mmp__no-media">هیچ رسانه‌ای در دسترس نیست</div> 0:00</div>',
    "media": '<video src="x.mp4">Your browser plays no video</video>',
    "share": '<aside class="share"><h3>分享</h3><a href="#fb">Facebook</a></aside>',
    "share-links": '<div class="x9"><span>Teilen</span><a href="https://www.facebook.com/sharer/sharer.php?u=x">F</a>'
    '<a href="https://wa.me/?text=x">W</a></div>',
    "related": '<div class="also-read"><a href="/y">Ver también: otra historia que contar</a></div>',
    "advert": '<div class="ad-slot"><span>Reklama</span></div>',
    "newsletter": '<div class="newsletter-signup"><p>Every morning in your letter box.</p><form><input type="email"></form></div>',
    "comments": '<section class="comments"><div><p>What a fine bridge that is, said the reader who had crossed it twice.</p></div></section>',
    "paywall": '<section class="paywall-prompt"><h4>Abonnieren</h4><p>Nur für Abonnenten.</p></section>',
    "consent": '<div class="cookie-banner"><p>Wir verwenden Cookies.</p></div>',
    "popup": '<div class="modal-dialog"><p>Log in</p></div>',
    "byline": '<div class="byline">Di Anna Rossi</div>',
    "time": "<time>11.03.2025 09:00</time>",
    "author-box": '<div class="author-bio"><p>'
    + "Jane Doe writes about bridges and the people who build, cross and mend them. " * 4
    + "</p></div>",
    "navigation": '<nav><a href="/a">Welt</a> <a href="/b">Sport</a></nav>',
}


def page(inside: str) -> html.HtmlElement:
    return html.document_fromstring(f"<html><body>{inside}<h1>Headline</h1><article>{STORY}</article></body></html>")


def test_every_rule_has_a_page_here() -> None:
    assert set(FURNITURE) == {rule.name for rule in RULES}


@pytest.mark.parametrize("name", FURNITURE)
def test_the_rule_takes_its_furniture(name: str) -> None:
    tree = page(FURNITURE[name])
    removals = remove_boilerplate(tree)
    assert name in {removal.rule for removal in removals}
    assert text_of(tree) == text_of(page(""))


@pytest.mark.parametrize(
    "class_name",
    [
        "share",
        "paywall",
        "related",
        "ad-content",
        "newsletter",
        "sr-only",
        "player",
        "author",
        "comments",
        "cookie",
        "modal",
        "nav",
    ],
)
def test_a_class_alone_never_takes_a_story(class_name: str) -> None:
    tree = html.document_fromstring(f"<html><body><h1>H</h1><div class='{class_name}'>{STORY}</div></body></html>")
    before = text_of(tree)
    remove_boilerplate(tree)
    assert text_of(tree) == before


@pytest.mark.parametrize(
    "inside",
    [
        '<p>A word <span class="author">inside</span> a sentence</p>',
        '<h2 id="social-media-and-share-prices">Shares fall</h2>',
        '<pre><span class="comment"># stage every file</span></pre>',
        '<div class="grid"><div class="big">One thing</div><div class="small">Another thing</div></div>',
        '<div class="related"><p>The committee found that the two events were related to each other, and that it took more than a '
        "year until the second was noticed by anybody at all. Nobody was asked, nobody was told, and the report was filed under "
        "another name until the spring of the following year, when it was found by chance.</p></div>",
    ],
)
def test_what_only_looks_like_furniture_stays(inside: str) -> None:
    tree = page(inside)
    before = text_of(tree)
    remove_boilerplate(tree)
    assert text_of(tree) == before
