"""What is learned of a site's pages, on the shapes that break crude profiles."""

from collections.abc import Callable, Iterator

from pipelines.extract.article import read_raw_page
from pipelines.extract.opening import RawPage
from pipelines.extract.profile import Profile, SiteRules, Template
from pipelines.extract.proof import Learned, learn_profile

Draw = Callable[[int, list[str]], str]
"""A page's body, from its number and its paragraphs."""

# A word says nothing of a template; these make paragraphs that no two pages share.
NOUNS = [
    "bridge",
    "ferry",
    "harbour",
    "council",
    "school",
    "orchard",
    "tram",
    "mill",
    "ledger",
    "kettle",
    "lantern",
    "quarry",
]
VERBS = ["reopened", "flooded", "burned", "moved", "closed", "grew", "doubled", "vanished", "returned", "sank"]


def paragraphs(number: int, count: int = 6) -> list[str]:
    return [
        f"The {NOUNS[(number * 5 + part) % 12]} of district {number * 31 + part} {VERBS[(number * 3 + part * 7) % 10]} on day "
        f"{number + part * 13}, and the {NOUNS[(number + part * 5) % 12]} keeper said that {number * 17 + part} people had seen it happen."
        for part in range(count)
    ]


def pages(draw: Draw, count: int = 16, first: int = 0) -> list[RawPage]:
    return [page(draw, number) for number in range(first, first + count)]


def page(draw: Draw, number: int, text: list[str] | None = None) -> RawPage:
    headline = f"District {number} and its {NOUNS[number % 12]}"
    head = f'<html lang="en"><head><meta property="og:type" content="article"><title>{headline}</title></head><body>'
    nav = "<nav><ul>" + "".join(f'<li><a href="/s/{n}">Section {n}</a></li>' for n in range(9)) + "</ul></nav>"
    main = draw(number, text or paragraphs(number)).replace("HEADLINE", f"<h1>{headline}</h1>")
    foot = "<footer><p>All rights reserved by the paper that prints this page, and by nobody else at all.</p></footer>"
    payload = f"{head}{nav}{main}{foot}</body></html>"
    return RawPage(payload=payload.encode(), url=f"https://news.example/story-{number}")


def learn(draw: Draw, count: int = 16) -> Learned:
    return learn_profile(pages(draw, count), host="news.example", number=1, since="20260101000000")


def template(draw: Draw, count: int = 16) -> Template:
    profile = learn(draw, count).profile
    assert profile is not None
    return profile.templates[0]


def in_p(text: list[str], around: str = "<p>{}</p>") -> str:
    return "".join(around.format(line) for line in text)


def plain(number: int, text: list[str]) -> str:
    return f'<main><article class="story">HEADLINE<div class="story-text">{in_p(text)}</div></article></main>'


def test_a_plain_site_has_one_container_in_one_frame():
    found = template(plain)
    assert found.container == ("div.story-text",)
    assert found.frame in {"article", "article.story"}
    assert found.kinds == ("p",)
    assert found.skip == ()


def test_too_few_pages_teach_nothing():
    learned = learn(plain, 7)
    assert learned.profile is None
    assert "7 different articles" in learned.remark


def test_the_same_article_many_times_is_one_page():
    same = [page(plain, 1) for _ in range(20)]
    numbered = [RawPage(payload=one.payload, url=f"https://news.example/{copy}") for copy, one in enumerate(same)]
    learned = learn_profile(numbered, host="news.example", number=1, since="")
    assert learned.articles == 1
    assert learned.profile is None


def test_names_of_a_build_give_way_to_names_that_last():
    def draw(number: int, text: list[str]) -> str:
        return f'<div class="css-1x9k2z" data-testid="page">HEADLINE<div class="css-8h2j1q" data-testid="story">{in_p(text)}</div></div>'

    assert template(draw).container == ('div[data-testid="story"]',)


def test_names_of_a_build_do_where_there_are_no_others():
    def draw(number: int, text: list[str]) -> str:
        return f'<div class="css-1x9k2z">HEADLINE<div class="css-8h2j1q">{in_p(text)}</div></div>'

    assert template(draw).container == ("div.css-8h2j1q",)


def test_an_article_in_several_containers_of_one_kind():
    def draw(number: int, text: list[str]) -> str:
        groups = "".join(
            f'<div class="group">{in_p(text[start : start + 2])}</div><div class="promo"><p>Buy lamp oil number {number * start + 3} '
            "from the chandler at the quay, who has had none to sell since the spring tide took his shed.</p></div>"
            for start in range(0, 6, 2)
        )
        return f'<main>HEADLINE<section class="column">{groups}</section></main>'

    found = template(draw)
    text = read_raw_page(page(draw, 99), rules(found)).article.text
    assert text.split("\n")[:2] == paragraphs(99)[:2]
    assert text.count("chandler") <= 3


def test_what_hardly_anybody_reads_is_skipped():
    def draw(number: int, text: list[str]) -> str:
        box = '<div class="note-box"><p>We mend our mistakes in the open. Tell us where this story is wrong, and we will.</p></div>'
        return f'<main>HEADLINE<div class="story-text">{in_p(text[:3])}{box}{in_p(text[3:])}</div></main>'

    learned = learn(draw)
    assert learned.profile
    one = read_raw_page(page(draw, 50), SiteRules(profile=learned.profile))
    assert one.article.text.split("\n") == paragraphs(50)
    assert "mend our mistakes" in learned.profile.recurring[0].text or learned.profile.templates[0].skip


def learn_both(draw):
    """The template that asks no rules, and the one that does."""
    profile = learn(draw).profile
    assert profile
    bare, careful = profile.templates
    assert (bare.cleared, careful.cleared) == (False, True)
    return bare, careful


def boxed(number: int, text: list[str]) -> str:
    box = f'<div class="byline-row">District desk, page {number}</div>'
    teasers = "".join(f"<li><a href='/t/{n}'>Teaser {n} of page {number}</a></li>" for n in range(6))
    body = f'{box}<div class="story-text">{in_p(text)}</div><div class="see-more"><ul>{teasers}</ul></div>'
    return f'<main class="page">HEADLINE{body}</main>'


def test_where_all_that_rules_took_is_known_by_name_the_rules_are_not_asked():
    bare, _ = learn_both(boxed)
    assert "div.see-more" in bare.furniture
    one = read_raw_page(page(boxed, 70), rules(bare))
    assert one.reader == "profile"
    assert one.article.text.split("\n") == paragraphs(70)


def interrupted(number: int, text: list[str]) -> str:
    """Furniture among the text, and one line of the text that nothing names."""
    *prose, last = text
    parts = [f'<p class="story-p">{line}</p>' for line in prose]
    for part in (1, 3, 5):
        parts.insert(
            part,
            f'<div class="ad-slot"><p>Lamp oil, {number} crowns the gallon, at the chandler on quay {part}.</p></div>',
        )
    parts.append(f"<p>{last[:60]}.</p>")
    return f'<main class="page">HEADLINE<div class="story-text">{"".join(parts)}</div></main>'


def test_where_furniture_stands_among_the_text_the_bare_template_reads_in_what_held_it_once_cleared():
    bare, careful = learn_both(interrupted)
    assert bare.container == careful.container == ("div.story-text",)
    one = read_raw_page(page(interrupted, 75), rules(bare))
    assert one.reader == "profile"
    *prose, last = paragraphs(75)
    assert one.article.text.split("\n") == [*prose, f"{last[:60]}."]


def test_what_a_bare_template_does_not_know_is_left_to_the_careful_one():
    profile = learn(boxed).profile
    assert profile
    advert = '<div class="advert"><p>Lamp oil at the chandler\'s on the quay, half a crown the gallon while it lasts.</p></div>'

    def strange(number: int, text: list[str]) -> str:
        return boxed(number, text).replace("</p><p>", f"</p>{advert}<p>", 1)

    bare, _ = profile.templates
    assert read_raw_page(page(strange, 71), rules(bare)).reader != "profile"
    one = read_raw_page(page(strange, 71), SiteRules(profile=profile))
    assert one.reader == "profile"
    assert one.article.text.split("\n") == paragraphs(71)


def listed(number: int, text: list[str]) -> str:
    """Some stories have a list; every second page teaches, and none of those has one."""
    if number % 4 != 1:
        return plain(number, text)
    items = "".join(f'<li class="point">{line}</li>' for line in text[3:])
    return plain(number, text[:3]).replace("</div>", f'<ul class="points">{items}</ul></div>')


def test_what_only_the_pages_of_the_proof_show_is_no_stranger():
    found = template(listed)
    assert any(kind.endswith("li.point") for kind in found.kinds)
    one = read_raw_page(page(listed, 73), rules(found))
    assert one.reader == "profile"
    assert one.article.text.split("\n") == paragraphs(73)
    strange = page(lambda number, text: plain(number, text).replace("<p>", '<section class="odd">'), 74)
    assert read_raw_page(strange, rules(found)).reader != "profile"


def test_a_text_in_short_lines_is_weighed_against_the_prose_beside_it():
    note = "Readers may write to the desk in the old customs house until the clock of the tower has struck for noon."

    def noted(number: int, text: list[str]) -> str:
        return f'<main class="page">HEADLINE<div class="note">{note}</div><div class="story-text">{in_p(text)}</div></main>'

    profile = learn(noted).profile
    assert profile
    careful = profile.templates[-1]
    assert careful.cleared, "the bare one takes the note out by name"
    short = [f"{line[:70].rsplit(' ', 1)[0]}." for line in paragraphs(76, 9)]
    assert max(map(len, short)) < 80
    one = read_raw_page(page(noted, 76, short), rules(careful))
    assert one.reader == "profile"
    assert one.article.text.split("\n") == short


def test_furniture_whose_name_now_holds_the_story_stays():
    profile = learn(boxed).profile
    assert profile
    bare, _ = profile.templates

    def turned(number: int, text: list[str]) -> str:
        return (
            boxed(number, text)
            .replace('<main class="page">', '<main class="page"><div class="see-more">')
            .replace("</main>", "</div></main>")
        )

    one = read_raw_page(page(turned, 72), rules(bare))
    assert one.article.text.split("\n") == paragraphs(72)


def test_two_kinds_of_page_are_two_templates():
    def draw(number: int, text: list[str]) -> str:
        if number % 4 < 2:
            return plain(number, text)
        return f'<div>HEADLINE<section class="opinion-piece">{in_p(text)}</section></div>'

    profile = learn(draw, 32).profile
    assert profile
    assert {one.container for one in profile.templates} == {("div.story-text",), ("section.opinion-piece",)}
    for number in (100, 102):
        one = read_raw_page(page(draw, number), SiteRules(profile=profile))
        assert one.reader == "profile"
        assert one.article.text.split("\n") == paragraphs(number)


def test_a_name_that_means_something_else_on_other_pages_is_not_proved():
    def draw(number: int, text: list[str]) -> str:
        inner = f'<div class="c{number}x">{in_p(text)}</div>'
        teasers = in_p([f"{line} Not here, but in the next town." for line in paragraphs(number + 500, 4)])
        return f"<div><div>HEADLINE{inner}</div><div>{teasers}</div></div>"

    learned = learn(draw)
    assert learned.profile is None or not learned.profile.templates


def rules(found: Template) -> SiteRules:
    return SiteRules(profile=Profile(host="news.example", number=1, since="", templates=(found,)))


def shapes() -> Iterator[tuple[str, Draw]]:
    yield "other class", lambda number, text: plain(number, text).replace("story-text", "body-copy")
    yield (
        "most of it elsewhere",
        lambda number, text: plain(number, text[:1]).replace(
            "</article>", f"</article><section>{in_p(text[1:])}</section>"
        ),
    )
    yield (
        "rest beside it",
        lambda number, text: plain(number, text[:2]).replace("</article>", f"{in_p(text[2:])}</article>"),
    )
    yield (
        "in strange boxes",
        lambda number, text: plain(number, []).replace(
            '"story-text">', f'"story-text">{in_p(text, "<div class=card><div class=inner>{}</div></div>")}'
        ),
    )
    yield "empty", lambda number, text: plain(number, ["…"])


def test_pages_that_do_not_fit_are_left_to_the_readers():
    found = template(plain)
    for name, draw in shapes():
        one = page(draw, 77)
        with_profile, without = read_raw_page(one, rules(found)), read_raw_page(one, SiteRules())
        assert with_profile.reader != "profile", name
        assert with_profile.article.text == without.article.text, name
        assert with_profile.profile is not None, name
        assert with_profile.profile.endswith(":own"), name


def test_a_page_that_fits_is_read_the_same_either_way():
    found = template(plain)
    for number in range(60, 64):
        one = page(plain, number)
        with_profile, without = read_raw_page(one, rules(found)), read_raw_page(one, SiteRules())
        assert with_profile.reader == "profile"
        assert with_profile.article.text == without.article.text
        assert with_profile.article.headline == without.article.headline


def test_a_declared_body_that_is_longer_says_that_part_is_missing():
    found = template(plain)
    body = " ".join(paragraphs(5, 12))
    script = (
        f'<script type="application/ld+json">{{"@type":"NewsArticle","headline":"x","articleBody":"{body}"}}</script>'
    )
    one = page(plain, 5)
    one = RawPage(payload=one.payload.replace(b"</head>", script.encode() + b"</head>"), url=one.url)
    assert read_raw_page(one, rules(found)).reader != "profile"
