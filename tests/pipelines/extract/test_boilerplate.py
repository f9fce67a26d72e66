"""Each rule takes its furniture, in any language, and leaves what is more than furniture under the same mark."""

import pytest
from lxml import html

from pipelines.extract.boilerplate import remove_boilerplate, remove_other_stories
from pipelines.extract.headline import fold
from pipelines.extract.removals import Removal
from pipelines.extract.rules import RULES
from pipelines.extract.tree import text_of

STORY = "".join(
    f"<p>Paragraph {i} of a story that goes on long enough to be taken for prose by anyone who reads it.</p>"
    for i in range(12)
)
ENTRIES = [
    f"<li><a href='#part{i}'>What the engineers found in the {i}th pillar of the old bridge</a></li>" for i in range(60)
]
PERSON = "Jane Doe writes about bridges and the people who build, cross and mend them. " * 4

# Of each rule two pages, one of them not in English.
TAKEN = {
    "breakpoint-probe": (
        '<div class="responsive-indicator"><div class="visible-xs-block">XS</div>'
        '<div class="visible-sm-block">SM</div><div class="visible-md-block">MD</div></div>',
        '<p lang="fi"><span class="is-mobile">Mobile</span><span class="is-tablet">Tablet</span></p>',
    ),
    "skip-links": (
        '<a class="sr-only focus:not-sr-only" href="#main">Skip to content</a>',
        '<div class="sr-only"><h2>روابط الوصول</h2><ul><li><a href="#content">المحتوى</a></li></ul></div>',
    ),
    "anchor-list": (
        '<ul><li><a href="#main">Content</a></li><li><a href="#nav">Menu</a></li></ul>',
        '<ul><li><a href="#main">본문으로 이동</a></li><li><a href="#nav">메뉴</a></li></ul>',
    ),
    "contents": (
        '<div class="toc"><p>In this story</p><ul><li><a href="#a">The bridge</a></li></ul></div>',
        '<h2></h2><p>目录</p><ol><li><a href="#a">桥</a></li><li><a href="#b">河</a></li><li><a href="#c">路</a></li></ol>',
    ),
    "hidden": ('<div style="display: none">Not shown</div>', "<div hidden>नहीं दिखाया गया</div>"),
    "ticker": (
        '<div class="ticker">Just in: the bridge is closed</div>',
        '<div class="breaking-news"><span>Срочно</span> <a href="/x">Мост закрыт</a></div>',
    ),
    "media-player": (
        '<div class="jwplayer">Play 0:00</div>',
        '<div class="c-mmp"><div class="c-mmp__no-media">هیچ رسانه‌ای در دسترس نیست</div> 0:00</div>',
    ),
    "media": (
        '<video src="x.mp4">Your browser plays no video</video>',
        '<audio src="x.mp3">Ο περιηγητής σας δεν παίζει ήχο</audio>',
    ),
    "share": (
        '<div class="social-links">Share on X</div>',
        '<aside class="share"><h3>分享</h3><a href="#fb">Facebook</a></aside>',
    ),
    "share-links": (
        '<div class="x9"><a href="https://www.facebook.com/sharer/sharer.php?u=x">F</a><a href="https://x.com/intent/post">X</a></div>',
        '<div class="x9"><span>Teilen</span><a href="https://www.facebook.com/sharer/sharer.php?u=x">F</a>'
        '<a href="https://wa.me/?text=x">W</a></div>',
    ),
    "related": (
        '<ul class="related"><li><a href="/y">The harbour is closed for the summer</a></li></ul>',
        '<div class="also-read"><a href="/y">Ver también: otra historia que contar</a></div>',
    ),
    "advert": ('<div class="adslot">Paid for by a bank</div>', '<div class="ad-slot"><span>Reklama</span></div>'),
    "newsletter": (
        '<div class="newsletter-signup"><p>Every morning in your letter box.</p></div>',
        '<div class="newsletter"><p>Каждое утро в вашем ящике.</p></div>',
    ),
    "form": (
        '<div><h3>Never miss a bridge</h3><form><input type="email"> weekly, free</form></div>',
        '<section><div>毎朝お届けします</div><form><input name="user_mail"></form></section>',
    ),
    "call": (
        '<div class="cta"><p>Try our maps free for a month.</p><a href="/try">Try</a></div>',
        '<section class="donate-box"><p>ادعم صحافتنا المستقلة</p><a href="/d">تبرع</a></section>',
    ),
    "legal": (
        '<p class="disclaimer">We may earn money from what you buy.</p>',
        '<div class="copyright">© Ежедневник, все права защищены</div>',
    ),
    "comments": (
        '<section class="comments"><div><p>What a fine bridge that is, said the reader who had crossed it twice.</p></div></section>',
        '<div id="comments"><h3>تعليقات</h3><p>جسر جميل</p></div>',
    ),
    "paywall": (
        '<div class="paywall"><p>Read on for a dollar a week.</p></div>',
        '<section class="paywall-prompt"><h4>Abonnieren</h4><p>Nur für Abonnenten.</p></section>',
        '<div class="subscriber-prompt"><p>Already a reader? <a href="/login">Log in to read on</a></p></div>',
    ),
    "consent": (
        '<div class="consent-banner"><p>We keep cookies.</p></div>',
        '<div class="cookie-banner"><p>Wir verwenden Cookies.</p></div>',
        f'<div role="dialog"><p>We and our partners use cookies. {PERSON}</p><p>{PERSON}</p><button>Agree</button></div>',
    ),
    "popup": ('<div class="modal-dialog"><p>Log in</p></div>', '<div role="dialog"><p>Bejelentkezés</p></div>'),
    "byline": ('<p class="byline">By Ann Reed</p>', '<div class="byline">Di Anna Rossi</div>'),
    "time": ("<time>11.03.2025 09:00</time>", '<div class="article-date">২০২৫ সালের ১১ মার্চ</div>'),
    "author-box": (
        f'<div class="author-bio"><p>{PERSON}</p></div>',
        '<div class="about-author"><p>' + "Η Μαρία γράφει για γέφυρες και για όσους τις περνούν. " * 4 + "</p></div>",
    ),
    "navigation": (
        '<nav><a href="/a">World</a> <a href="/b">Sport</a></nav>',
        '<ul class="breadcrumbs"><li><a href="/a">दुनिया</a></li><li><a href="/b">खेल</a></li></ul>',
    ),
    "sidebar": (
        '<div class="sidebar"><h3>Weather</h3><p>Rain at noon.</p></div>',
        '<div role="complementary"><h3>מזג אוויר</h3><p>גשם בצהריים</p></div>',
    ),
    "footer": (
        '<footer><p>Printed in the harbour since 1871.</p></footer>',
        '<div class="site-footer"><p>Wydawane w porcie od 1871 roku.</p></div>',
    ),
    "call-box": (
        '<div class="x7"><h3>See all bridges</h3><p>Our map has them.</p><a class="btn" href="/map">Open it</a></div>',
        '<section><div>Читайте без рекламы</div><p><a class="wp-button" href="/p">Попробовать</a></p></section>',
    ),
    "button": (
        '<div class="wp-block-button"><a href="/b">See the map</a></div>',
        '<div class="btn-group"><a href="/b">지도 보기</a></div>',
    ),
    "embed": (
        '<blockquote class="twitter-tweet"><p>The bridge is open! I crossed it this morning and it did not fall.</p></blockquote>',
        '<blockquote class="instagram-media"><p>Le pont est ouvert !</p></blockquote>',
    ),
    "feedback": (
        '<div class="feedback"><h4>Was this of use?</h4> Yes No</div>',
        '<div class="survey-box"><h4>Bu haber işinize yaradı mı?</h4> Evet Hayır</div>',
    ),
    "tag-links": (
        '<p>Filed under <a rel="tag" href="/t/b">Bridges</a> <a rel="tag" href="/t/r">Rivers and ports</a></p>',
        '<div><a rel="category tag" href="/t/b">สะพาน</a> <a rel="tag" href="/t/r">แม่น้ำ</a></div>',
    ),
}  # fmt: skip

# Of each rule a page where more than furniture bears its mark.
LEFT = {
    "breakpoint-probe": "<div>" + "".join(f'<b class="word{i}">word{i}</b>' for i in range(15)) + "</div>",
    "skip-links": f'<div class="sr-only">{STORY}</div>',
    "anchor-list": "<ul>" + "".join(ENTRIES[:8]) + "</ul>",
    "contents": f'<div class="toc">{STORY}</div>' + "<ul>" + "".join(ENTRIES) + "</ul>",
    "hidden": f'<div style="display:none">{STORY}</div>',
    "ticker": f'<div class="breaking-news">{STORY}</div>',
    "media-player": f'<div class="player">{STORY}</div>',
    "media": f"<audio>{STORY * 2}</audio>",
    "share": f'<div class="share">{STORY}</div>',
    "share-links": '<div>Whoever wants to tell others of the bridge may do so here, said the mayor, and he meant it. '
    '<a href="https://wa.me/?text=x">W</a></div>',
    "related": '<div class="related"><p>The committee found that the two events were related to each other, and that it took more '
    "than a year until the second was noticed by anybody at all. Nobody was asked, nobody was told, and the report was filed under "
    "another name until the spring of the following year, when it was found by chance.</p></div>",
    "advert": f'<div class="ad-content">{STORY}</div>',
    "newsletter": f'<div class="newsletter">{STORY}</div>',
    "form": f'<div>{STORY}<input type="email"></div>',
    "call": f'<div class="cta">{STORY}</div>',
    "legal": f'<div class="legal">{STORY}</div>',
    "comments": f'<div class="comments">{STORY}</div>',
    "paywall": f'<div class="paywall">{STORY}</div>',
    "consent": f'<div class="cookie">{STORY}</div>',
    "popup": f'<div class="modal">{STORY}</div>',
    "byline": f'<div class="author">{STORY}</div>',
    "time": f"<time>{STORY}</time>",
    "author-box": f'<div class="author-box">{STORY}{STORY}</div>',
    "navigation": f'<nav>{STORY}<a href="/a">World</a></nav>',
    "sidebar": f'<div class="has-sidebar">{STORY}</div>',
    "footer": f"<footer>{STORY}</footer>",
    "call-box": "".join(
        f'<div class="x7"><h3>Bridge {i}</h3> Built of stone and crossed each day. <a class="btn" href="/m{i}">Map</a></div>' for i in range(5)
    )
    + f'<div>{STORY}<a class="button" href="/map">Open the map</a></div>',
    "button": '<div class="button">The mayor pressed it twice.</div>',
    "embed": f'<blockquote class="twitter-tweet">{STORY * 2}</blockquote>',
    "feedback": f'<div class="survey">{STORY}</div>',
    "tag-links": '<p>The <a rel="tag" href="/t">bridge</a> was opened on Tuesday by the mayor, who came by bicycle.</p>',
}  # fmt: skip


def page(inside: str) -> html.HtmlElement:
    return html.document_fromstring(f"<html><body>{inside}<h1>Headline</h1><article>{STORY}</article></body></html>")


def removed(tree: html.HtmlElement) -> list[Removal]:
    removals: list[Removal] = []
    remove_boilerplate(tree, removals)
    return removals


def test_every_rule_has_its_pages_here() -> None:
    assert set(TAKEN) == set(LEFT) == {rule.name for rule in RULES}


@pytest.mark.parametrize(("name", "inside"), [(name, inside) for name, pages in TAKEN.items() for inside in pages])
def test_the_rule_takes_its_furniture(name: str, inside: str) -> None:
    tree = page(inside)
    removals = removed(tree)
    assert name in {removal.rule for removal in removals}
    assert text_of(tree) == text_of(page(""))


@pytest.mark.parametrize("name", LEFT)
def test_the_rules_guard_leaves_what_is_more_than_furniture(name: str) -> None:
    tree = html.document_fromstring(f"<html><body>{LEFT[name]}<h1>Headline</h1></body></html>")
    before = tree.text_content()
    rules = {removal.rule for removal in removed(tree)}
    assert name not in rules
    assert tree.text_content() == before or rules == {"button"}


@pytest.mark.parametrize(
    "inside",
    [
        '<p class="sr-only md:not-sr-only">What wide screens show</p>',
        '<p class="not-sr-only">What every screen shows</p>',
        '<p>A word <span class="author">inside</span> a sentence</p>',
        '<h2 id="social-media-and-share-prices">Shares fall</h2>',
        '<pre><span class="comment"># stage every file</span></pre>',
        '<div class="grid"><div class="big">One thing</div><div class="small">Another thing</div></div>',
        '<div class="card"><h1>The headline</h1></div>',
        # What subscribers alone may read is the story.
        '<div class="subscriber-only"><p>The bridge is open again.</p></div><div class="subscriber-only"><p>So is the road.</p></div>',
        f'<div role="dialog"><p>{PERSON}</p><p>{PERSON}</p><button>Close</button></div>',
    ],
)
def test_what_only_looks_like_furniture_stays(inside: str) -> None:
    tree = page(inside)
    before = text_of(tree)
    assert removed(tree) == []
    assert text_of(tree) == before


def test_footnotes_are_no_table_of_contents() -> None:
    notes = "".join(f'<li>So he said in a letter of that year. <a href="#r{i}">{i}</a></li>' for i in range(5))
    tree = html.document_fromstring(f"<html><body><h1>H</h1><article>{STORY}<ol>{notes}</ol></article></body></html>")
    assert removed(tree) == []


def test_one_element_of_a_page_is_treated_like_a_page() -> None:
    tree = page('<div class="share">Share</div>')
    article = tree.find(".//article")
    article.insert(0, html.fragment_fromstring('<div class="share">Share</div>'))
    assert [removal.rule for removal in removed(article)] == ["share"]
    assert tree.find(".//div").get("class") == "share"


def test_a_removal_says_what_called_it() -> None:
    tree = page(
        '<nav><a href="/">Home</a></nav><div class="x newsletter-box">Every  morning</div><div hidden>Not shown</div>'
    )
    assert [(one.rule, one.layer, one.chars, one.text, one.why) for one in removed(tree)] == [
        ("navigation", "tree", 4, "Home", "tag nav"),
        ("newsletter", "tree", 13, "Every morning", "class or id says 'newsletter'"),
        ("hidden", "tree", 9, "Not shown", "structure"),
    ]


def test_a_box_inside_a_box_that_went_is_not_counted_again() -> None:
    tree = page('<div class="share"><div class="social"><span class="share">Share</span></div></div>')
    assert [removal.text for removal in removed(tree)] == ["Share"]


OTHER = "<article><h1>{}</h1>" + STORY.replace("Paragraph", "{} paragraph") + "</article>"


def stories(*titles: str, titled: str = "The bridge opens") -> tuple[str, list[Removal]]:
    tree = html.document_fromstring(
        "<html><body>" + "".join(OTHER.replace("{}", title) for title in titles) + "</body></html>"
    )
    removals: list[Removal] = []
    remove_other_stories(tree, {fold(titled)}, removals)
    return text_of(tree), removals


def test_stories_that_a_page_loads_below_its_own_are_taken_out() -> None:
    text, removals = stories("The bridge opens", "Zoo panda refuses to move", "渡轮停航")
    assert "The bridge opens paragraph 11" in text
    assert "panda" not in text
    assert "渡轮" not in text
    assert [removal.rule for removal in removals] == ["other-story", "other-story"]


@pytest.mark.parametrize(
    "titles",
    [("Another bridge", "Zoo panda refuses to move"), ("The bridge opens", "The bridge opens", "Zoo panda")],
    ids=["none of them is the page's", "two of them are"],
)
def test_where_it_is_not_plain_which_story_is_the_pages_all_stay(titles: tuple[str, ...]) -> None:
    assert stories(*titles)[1] == []


def test_an_article_around_the_story_or_in_it_stays() -> None:
    inside = f"<article><h1>Part one</h1><article><h1>The bridge opens</h1>{STORY}<article><h1>Note</h1></article></article></article>"
    tree = html.document_fromstring(f"<html><body>{inside}</body></html>")
    before = text_of(tree)
    remove_other_stories(tree, {fold("The bridge opens")})
    assert text_of(tree) == before
