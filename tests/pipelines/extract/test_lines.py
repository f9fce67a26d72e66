"""Each line rule drops its line, in any language, and leaves what only looks like it, or is too much to be furniture."""

import time

import pytest

from pipelines.extract.body import Line, blocks_of, lay_over
from pipelines.extract.labels import INVITES, NEWSLETTERS
from pipelines.extract.line_labels import _ASKING, _OF_RIGHTS, _RIGHTS
from pipelines.extract.lines import RULES, Forms, Known, apply_rules
from pipelines.extract.parsing import parse
from pipelines.extract.removals import Removal

STORY = [
    f"<p>Paragraph {i} of the story is long enough to be kept by every reader, and says nothing new.</p>"
    for i in range(10)
]
ABOVE, BELOW = STORY[:6], STORY[6:]
KNOWN = Known(
    titles=Forms(["The bridge is open", "The bridge is open - Harbour News"]),
    times=Forms(["Tuesday at nine"]),
    captions=Forms(["The bridge at dusk."]),
    authors=("Ana Reyes", "Мария Иванова"),
)
ONE_LINK = '<p><a href="/x">{}</a></p>'

# Of each rule pages as (above the story, in it, under it); what is not the story's goes. One of each is not in English.
TAKEN = {
    "empty": [("", "<p>* * *</p>", ""), ("", "<p>・・・</p>", "")],
    "headline": [("<p>The bridge is open</p>", "", ""), ("<p>«The Bridge Is Open» – Harbour News</p>", "", "")],
    "caption": [("", "<p>The bridge at dusk.</p>", ""), ("<div>The bridge at dusk</div>", "", "")],
    "byline": [("<p>By Ana Reyes in the harbour</p>", "", ""), ("", "", "<p>Автор: Петр Сидоров</p>"), ("<p>Мария Иванова</p>", "", ""),
        ("", "", "<p>(rhh/krp)</p>"), ("", "", "<p>(责编：李明、王芳)</p>"), ("", "", "<p>المصدر : الميناء + وكالات</p>")],
    "date": [("<p>Tuesday at nine</p>", "", ""), ("<p>11 مارس 2025</p>", "", ""), ("", "", "<div>2025年3月11日</div>")],
    "reading-time": [("<p>3 min read</p>", "", ""), ("<p>Lesezeit: 3 Minuten</p>", "", ""), ("<li>约3分钟</li>", "", "")],
    "related": [
        ("", '<p>Read also: <a href="/x">The harbour is closed for the summer</a></p>', ""),
        ("", "", '<h3>相关阅读</h3><ul><li><a href="/x">港口关闭</a></li><li><a href="/y">渡轮停航</a></li></ul>'),
        ("", '<p><b>İLGİLİ HABER:</b> <a href="/x">Liman yaz boyunca kapalı</a></p>', ""),
        ("", '<p><b>Читайте также:</b> <a href="/x">Порт закрыт на все лето</a></p>', ""),
        ("", "<p>یہ بھی پڑھیں: بندرگاہ بند ہے</p>", ""),
    ],
    "link-row": [
        ("", "", '<p><a href="/a">About</a> | <a href="/b">Help</a> | <a href="/c">Letters</a></p>'),
        ("", "", '<p><a href="/a">About the harbour</a> / <a href="/b">Help</a></p>'),
        ("", '<div><a href="/a">北京新闻</a> · <a href="/b">体育新闻</a> · <a href="/c">天气预报</a></div>', ""),
    ],
    "link": [("", ONE_LINK.format("The harbour is closed"), ""), ("", ONE_LINK.format("항구가 문을 닫았다"), "")],
    "prompt": [
        ("", "", "<p>Sign up for our weekly letter about bridges and boats.</p>"),
        ("", "", "<p>Dazu mehr jeden Morgen, kurz und klar, im Newsletter der Hafenstadt.</p>"),
        ("", "<p>Подписывайтесь на наш канал о мостах.</p>", ""),
        ("", "", "<h4>Folgen Sie uns auf allen Kanälen</h4>"),
        ("", "", "<p>Have you crossed it yet? Let us know in the comments below.</p>"),
    ],
    "label": [("", "<p>Advertisement</p>", ""), ("", "<div>إعلان</div>", ""), ("", "<h3>Brücken aus Stahl (Anzeige)</h3>", ""), ("<p>目次</p>", "", ""), ("", "", "<p>Komentarze (14)</p>")],
    "credit": [("", "<p>Image: Harbour Press</p>", ""), ("", "<p>写真：港新聞</p>", ""), ("", "<p>Foto: Hafenpresse</p>", "")],
    "rights": [
        ("", "", "<p>© 2025 Harbour News and Shipping Gazette, the oldest of the coast</p>"),
        ("", "", "<p>© 2025 港新聞社。無断転載を禁じます。</p>"),
        ("", "", "<p>&lt;저작권자 © 항구일보, 무단 전재 및 재배포 금지&gt;</p>"),
    ],
    "social": [
        ("", '<p>Find us in the <a href="https://www.facebook.com/groups/harbour">bridge group</a>.</p>', ""),
        ("", "", '<p>به <a href="https://t.me/harbour">کانال ما</a> بپیوندید.</p>'),
    ],
    "standing": [
        ("", "", '<p>The Harbour News lives by its readers. <a href="/donate">Give what you can</a>, once or every month.</p>'),
        ("", "", '<p>Dieser Text steht unter einer <a href="/license">freien Lizenz</a> und darf gedruckt werden.</p>'),
    ],
    "author-bio": [
        ("", "", "<p>Ana Reyes has written about bridges since she was nine, and lives beside one.</p>"),
        ("", "", "<p>Contact Ana Reyes at reyes@harbour.example or 555-0142 with news of bridges.</p>"),
        ("", "", "<p>Мария Иванова пишет о мостах с девяти лет и живет возле одного из них.</p>"),
    ],
    "repeated": [("", STORY[0], ""), ("", "<p>다리는 일 년의 수리 끝에 화요일 아침 다시 열렸고, 시장은 자전거를 타고 건넜으며 아이들이 뒤를 따랐다.</p>" * 2, "")],
    "outside": [
        ("", "", "</div><div><p>The harbour is run by the harbour office, which is on the quay.</p>"),
        ("</div><p>Politik</p><div>", "", ""),
        ("", "", "</div><section><h3>항구 소식</h3><p>항구 사무소는 부두에 있습니다.</p></section><div>"),
    ],
    "last-section": [
        ("", "", "<h2>More from the harbour</h2><p>The harbour office is open on all days but Sunday.</p>"),
        ("", "", "<h3>Читайте также о порте</h3><p>Порт открыт все дни, кроме воскресенья.</p>"),
    ],
    "tail-label": [("", "", "<h3>Other news of the harbour</h3>"), ("", "", "<p>Плюс к этому:</p>")],
}  # fmt: skip
# Of each rule a line that looks alike but is the story's.
LEFT = {
    "empty": ("", "<p>1871</p>", ""),
    "headline": ("", "<p>The bridge is open</p>", ""),
    "caption": ("", "<p>The bridge at dusk. Nobody crossed it.</p>", ""),
    "byline": ("<p>Ana Reyes was the first to cross the bridge on Tuesday.</p>", "<p>(and so on)</p>", ""),
    "date": ("<p>The bridge was closed in 2024, and nobody knew why.</p>", "<p>Tuesday at nine</p>", "<p>Mabel Thorne, born 2 May 1926; died 14 January 2024</p>"),
    "reading-time": ("<p>The first boat came after 15 minutes.</p>", "<p>Waiting time: 3 minutes</p>", ""),
    "related": ("", "<p>Read more slowly, she told the children, and they did.</p>", ""),
    "link-row": ("", '<p><a href="/x">The first bridge</a> / <a href="/y">the second</a></p><p>Open | shut | <a href="/x">open</a> again: so went the winter.</p>', ""),
    "link": ("", '<h3><a href="/x">The harbour</a></h3><ul><li><a href="/y">A pillar</a></li></ul>', ""),
    "prompt": ("", "<p>He asked them to sign up for our sake, and they did so the next morning.</p><ul><li>Follow us</li></ul>", ""),
    "label": ("", "<p>Advertisement was a word he did not like.</p><table><tr><td>Tags</td></tr></table>", ""),
    "credit": ("", "<p>Image quality: what to look for</p>", ""),
    "rights": ("", "", "<p>Copyright is a right of authors.</p>"),
    "social": ("", '<p>So she <a href="https://x.com/ana/status/1">said</a> on Tuesday.</p>', ""),
    "standing": ("", '<p>They could <a href="/donate">give</a> what they had, and did.</p>', ""),
    "author-bio": ("<p>Ana Reyes is also the name of the first boat that came under the bridge.</p>", "", ""),
    "repeated": ("", "<p>Said she.</p><p>Said she.</p><ul><li>A list may say a thing twice, and more than once</li><li>A list may say a thing twice, and more than once</li></ul>", ""),
    "last-section": ("<h2>More on the bridge</h2>", "", f"<h2>More on the harbour</h2>{STORY[0][:-4]} {STORY[1][3:]}"),
    "outside": ("</div><div>", "</div><div>", "<p>The last of it stands beside the rest.</p>"),
    "tail-label": ("", "<h3>What came then</h3>", "<p>The end of it came soon.</p>"),
}  # fmt: skip

# Of each rule that could take much, lines that would be too much of a text.
TOO_MUCH = {
    "caption": "<p>The bridge at dusk.</p>" * 60,
    "date": "<p>Tuesday at nine</p>" * 8 + "<p>Tuesday at nine " + "and " * 200 + "ten</p>",
    "related": '<p>Read also: <a href="/x">The harbour is closed for the summer</a></p>' * 12,
    "link": ONE_LINK.format("The harbour is closed for the summer, and for the autumn") * 50,
    "link-row": '<p><a href="/a">About the bridge</a> | <a href="/b">Help us</a> | <a href="/c">Letters</a></p>' * 12,
    "prompt": "<p>Sign up for our weekly letter about bridges, boats and the sea.</p>" * 12,
    "label": "<p>Advertisement</p>" * 40,
    "credit": "<p>Image: Harbour Press, from the book of all bridges</p>" * 12,
    "social": '<p>Find us in the <a href="https://www.facebook.com/groups/harbour">bridge group</a>, all of us.</p>'
    * 12,
}


def read(above: str, inside: str, below: str) -> tuple[list[str], list[Removal]]:
    page = f"<body><div>{above}{''.join(ABOVE)}{inside}{''.join(BELOW)}{below}</div></body>"
    tree = parse(page.encode())
    assert tree is not None
    blocks = blocks_of(tree)
    removals: list[Removal] = []
    kept = apply_rules(lay_over(blocks, tuple(block.text for block in blocks)).lines, KNOWN, removals)
    return [line.text for line in kept], removals


def test_every_rule_has_its_pages_here() -> None:
    assert set(TAKEN) == set(LEFT) == {rule.name for rule in RULES}


@pytest.mark.parametrize(("name", "page"), [(name, page) for name, pages in TAKEN.items() for page in pages])
def test_the_rule_drops_its_line(name: str, page: tuple[str, str, str]) -> None:
    text, removals = read(*page)
    assert {removal.rule for removal in removals} == {name}
    assert [line for line in text if line.startswith("Paragraph")] == read("", "", "")[0]
    if name != "repeated":
        assert len(text) == len(STORY)


@pytest.mark.parametrize("name", LEFT)
def test_what_only_looks_like_it_stays(name: str) -> None:
    text, removals = read(*LEFT[name])
    assert removals == []
    assert len(text) > len(STORY)


@pytest.mark.parametrize("name", TOO_MUCH)
def test_a_rule_that_would_take_too_much_takes_nothing(name: str) -> None:
    _, few = read("", TOO_MUCH[name][: TOO_MUCH[name].index("</p>") + 4], "")
    _, many = read("", TOO_MUCH[name], "")
    if name != "date":
        assert name in {removal.rule for removal in few}
    assert name not in {removal.rule for removal in many}


def test_a_story_that_stands_twice_on_its_page_is_read_once() -> None:
    text, removals = read("", "<p>Said she.</p>" + "".join(ABOVE) + "<p>Said she.</p>" + "".join(BELOW), "")
    assert text == [*read("", "", "")[0][:6], "Said she.", *read("", "", "")[0][6:]] or text.count("Said she.") == 1
    assert {removal.rule for removal in removals} == {"repeated"}


def test_what_lets_the_end_be_looked_at_stands_in_every_phrase_of_it() -> None:
    # A word that is folded to several is never met as one.
    words = [word for word in NEWSLETTERS if " " not in word]
    assert [phrase for phrase in (*words, *INVITES) if not any(sign in phrase for sign in _ASKING)] == []


@pytest.mark.parametrize(
    "line",
    [
        "© Harbour News", "Copyright © Harbour News", "(c) 2025 Harbour News", "«(C)2025", "Copyright 2025", "copyright2025", "All Rights Reserved",
        "all rights reserved", "Todos los derechos", "Tous droits réservés", "Alle Rechte vorbehalten", "저작권자 항구", "무단전재", "무단 전재", "無断転載",
        "版权所有", "版權所有", "الحقوق محفوظة", "Все права защищены", "все права защищены", "Tüm hakları saklıdır", "tüm hakları",
    ],
)  # fmt: skip
def test_what_lets_rights_be_looked_for_stands_in_every_line_of_them(line: str) -> None:
    assert _RIGHTS.search(line)
    assert any(sign in line.lower() for sign in _OF_RIGHTS)
    lines = [Line(text=f"Paragraph {i} of the story is long enough to be kept.") for i in range(9)]
    assert apply_rules([*lines, Line(text=line)], KNOWN) == lines


def test_lines_without_any_character_are_judged_too() -> None:
    lines = [Line(text=f"Paragraph {i}.") for i in range(9)]
    empty = Line(text="")
    assert apply_rules([empty, *lines, empty], KNOWN) == lines
    assert apply_rules([empty], KNOWN) == []
    assert apply_rules([], KNOWN) == []


def test_a_removal_says_what_was_found() -> None:
    _, removals = read("<p>The bridge is open</p>", "", "<p>© 2025 Harbour News. All of it.</p>")
    assert [(one.rule, one.layer, one.why) for one in removals] == [
        ("headline", "line", "a form of the headline"),
        ("rights", "line", "reserves rights: ©"),
    ]


def test_lines_that_are_no_blocks_are_judged_by_their_text() -> None:
    lines = [
        Line(text="The bridge is open"),
        *(Line(text=f"Paragraph {i} of it.") for i in range(20)),
        Line(text="© 2025"),
    ]
    assert [line.text for line in apply_rules(lines, KNOWN)] == [f"Paragraph {i} of it." for i in range(20)]


def test_of_two_invitations_in_one_line_the_longer_is_named() -> None:
    removals: list[Removal] = []
    tree = parse("".join([*STORY, "<p>Tell us in the comments below, or in the comments section.</p>"]).encode())
    assert tree is not None
    blocks = blocks_of(tree)
    apply_rules([Line(text=block.text, block=block) for block in blocks], KNOWN, removals)
    assert [removal.why for removal in removals] == ["says 'in the comments section' at the end"]


def test_links_beside_many_short_lines_are_looked_at_once() -> None:
    lines, links = "<br>".join(f"Line {i}" for i in range(1500)), "<a href=/x></a>" * 3000
    tree = parse(f"<div>{lines}{links}</div>".encode())
    assert tree is not None
    blocks = blocks_of(tree)
    started = time.process_time()
    apply_rules([Line(text=block.text, block=block) for block in blocks], KNOWN)
    assert time.process_time() - started < 1  # of each line anew: 3 s
