"""What is looked at the short way, because pages are many, gives what the long way gives."""

import unicodedata
from collections import Counter
from urllib.parse import urljoin, urlsplit

import lxml.html
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.extract.blocks import cut_blocks, key_of, key_size
from pipelines.extract.body import Line
from pipelines.extract.boilerplate import _Box
from pipelines.extract.byline_marks import _beginning, _may_begin
from pipelines.extract.dates import parse_date
from pipelines.extract.declared import host_of, joined
from pipelines.extract.headline import Titles, _choose_among, choose_headline, fold
from pipelines.extract.language import count_scripts, main_script
from pipelines.extract.line_places import Places, stand_together
from pipelines.extract.line_text import Forms, Known, Text, lead_of
from pipelines.extract.names import is_introduced, may_be_introduced
from pipelines.extract.parsing import parse
from pipelines.extract.recurring import without_recurring
from pipelines.extract.standfirst import _is_declared
from pipelines.extract.tree import _INVISIBLE, _OUTER, bearers, clean, content_of, text_of
from pipelines.extract.verdict import _is_root

WORDS = ["The", "bridge", "is", "open", "—", "«", "Ana", "Reyes", ",", "ÉTÉ", "мост", "...", "橋は", "a", "1", " "]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join)
ADDRESSES = st.lists(
    st.sampled_from(
        ["/", "a", "b.png", ".", "..", "?q=1", "#x", "//", "é", " ", ";p", "https://example.org", "%20", ":"]
    ),
    max_size=6,
).map("".join)


@given(TEXTS, st.lists(TEXTS, max_size=3))
def test_a_line_begins_as_what_it_repeats(text: str, others: list[str]) -> None:
    none = Forms(())
    for captions in (others, [*others, text]):
        known = Known(titles=none, times=none, captions=Forms(captions), authors=())
        lines = Text([Line(text=text)], known)
        found = lines.echoing == [0] and lines.fold(0) in known.captions.folded
        assert found == (fold(text) in set(map(fold, captions)))


@given(TEXTS, st.lists(TEXTS, max_size=3))
def test_a_text_is_a_form_or_holds_one(text: str, others: list[str]) -> None:
    for titles in (others, [*others, text], [*others, text[3:-3]], [*others, text.rpartition(" ")[2]]):
        folded, forms = set(map(fold, titles)), Forms(titles)
        assert forms.have(text) == (len(text) <= forms.longest and fold(text) in folded)
        assert forms.are_in(text) == any(form and form in fold(text) for form in folded)


@given(TEXTS, TEXTS)
def test_a_text_is_declared(text: str, description: str) -> None:
    for said in (description, text, text[:50], f"— {text}"):
        whole = fold(said)
        expected = fold(text) == whole or (len(whole) > 40 and fold(text).startswith(whole))
        assert _is_declared(text, (said,)) == expected


@given(st.text())
def test_a_line_without_words_has_no_lead(text: str) -> None:
    assert (lead_of(text) == "") == (not any(map(str.isalnum, text)))


# U+0085 is white space and invisible too: whether it parts words depends on what else stands there, now as before.
@given(st.text(st.characters(exclude_characters="\x85") | st.sampled_from(" \n\u00a0\u3000\u200b\u200c\u00ad\x1c")))
def test_a_text_is_cleaned(text: str) -> None:
    expected = " ".join(_INVISIBLE.sub("", text).split()).strip(_OUTER)
    assert clean(text) == expected


@given(st.text())
def test_a_keys_size(text: str) -> None:
    assert key_size(text) == len(key_of(text))


@given(
    st.sampled_from(
        ["https://example.org/a/b", "http://example.org:8080/", "https://example.org", "https://a@example.org/x"]
    ),
    ADDRESSES,
)
def test_an_address_is_joined(url: str, link: str) -> None:
    try:
        expected = urljoin(url, link)
    except ValueError:
        return
    # A whole address of https may keep its two dots.
    if not link.startswith("https://"):
        assert joined(url, link) == expected


@given(st.text(), ADDRESSES)
def test_host_and_root_of_an_address(text: str, address: str) -> None:
    for url in (
        f"https://www.example.org{address}",
        f"http://{text}/{address}",
        f"https://example.org/{text}",
        address,
    ):
        try:
            parts = urlsplit(url)
        except ValueError:
            continue
        assert host_of(url) == (parts.hostname or "").removeprefix("www.")
        assert _is_root(url) == (parts.path in {"", "/"} and not parts.query)


@given(
    st.from_regex(
        r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})?)?",
        fullmatch=True,
    )
)
def test_a_plain_date_is_read(date: str) -> None:
    found, expected = parse_date(date), parse_date(f" {date}")  # with a space in front it is not plain
    assert found == expected
    assert found is None or (expected is not None and found.utcoffset() == expected.utcoffset())


@given(
    st.lists(
        st.sampled_from(["<p itemprop=a>", "<b>", "<i itemprop=b>x", "</p>", "</b>", "</i>", "<a itemprop='a c'>"])
    )
)
def test_values_of_an_attribute_with_those_who_bear_it(pieces: list[str]) -> None:
    tree = parse(f"<main>{''.join(pieces)}</main>".encode())
    assert tree is not None
    expected = [(one.get("itemprop"), one) for one in tree.iter() if one.get("itemprop") is not None]
    assert list(bearers("*/@itemprop")(tree)) == expected
    assert list(bearers("*/@itemprop[. = 'a']")(tree)) == [pair for pair in expected if pair[0] == "a"]


@given(st.text())
def test_letters_are_counted_by_script(text: str) -> None:
    expected = Counter(unicodedata.name(char, "UNKNOWN").split(" ", 1)[0] for char in text if char.isalpha())
    assert count_scripts(text) == expected


ALPHABETS = st.sampled_from(
    [
        "".join(map(chr, range(*place)))
        for place in (
            (0x370, 0x590),
            (0x600, 0x780),
            (0x4E00, 0xA100),
            (0xAC00, 0xD7FF),
            (0x3000, 0x3200),
            (0xE00, 0xF00),
        )
    ]
)


@given(ALPHABETS.flatmap(lambda alphabet: st.text(st.sampled_from(alphabet), min_size=150, max_size=1000)), st.text())
def test_letters_of_long_texts_are_counted_by_script(text: str, other: str) -> None:
    text = (text + other)[:2000]
    expected = Counter(unicodedata.name(char, "UNKNOWN").split(" ", 1)[0] for char in text if char.isalpha())
    assert +count_scripts(text) == expected


@given(TEXTS, ALPHABETS.flatmap(lambda alphabet: st.text(st.sampled_from(alphabet), max_size=150)))
def test_the_script_of_most_letters(text: str, other: str) -> None:
    script, letters = main_script(text + other)
    counts = count_scripts(text + other)
    assert counts.get(script or "", 0) == max(counts.values(), default=0)
    # Where they need not be counted, they are enough all the same.
    assert letters == counts.get(script or "", 0) or 20 <= letters <= counts["LATIN"]


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_is_folded(text: str) -> None:
    assert fold(text) == fold(f"{text} é").removesuffix("é").strip()


TITLES = st.sampled_from(
    ["River falls", "River falls | The Post", "River-side - a walk", "The Post", "River falls: why", "", "|", "a" * 500]
)


@given(st.lists(TITLES, max_size=2), TITLES, TITLES, TITLES, st.booleans())
def test_a_page_with_one_title_has_that_headline(
    shown: list[str], linked: str, shared: str, title: str, is_news: bool
) -> None:
    titles = Titles(
        shown=tuple(filter(None, shown)), linked=linked or None, shared=shared or None, title=title or None,
        site_names=("The Post",), is_news=is_news,
    )  # fmt: skip
    assert choose_headline(titles) == _choose_among(titles)


PIECES = st.sampled_from(["By", "B", "y ", " Jane Doe", "The bridge is open", " ", "", "written ", "von"])


@given(st.lists(st.tuples(PIECES, PIECES, st.booleans()), min_size=1, max_size=4))
def test_what_opens_with_a_byline_may_begin_with_one(parts: list[tuple[str, str, bool]]) -> None:
    page = ""
    for text, tail, nests in parts:
        page = f"<span>{text}{page}</span>{tail}" if nests else f"{text}<span>{tail}</span>{page}"
    for element in lxml.html.fromstring(f"<div>{page}</div>").iter():
        if is_introduced(_beginning(element)):
            assert _may_begin(element)


@given(st.sampled_from(["By", "von", "Опубликовал", "The", "Reporter:", "Y"]), st.integers(1, 40))
def test_what_may_be_introduced_is_seen_from_any_beginning(word: str, length: int) -> None:
    text = f" {word} Jane Doe of the harbour office"
    if is_introduced(f" {word} Jane Doe"):
        assert may_be_introduced(text[:length])


MARKUP = st.lists(
    st.sampled_from(
        [
            "<p>",
            "</p>",
            "<b>",
            "</b>",
            "<br>",
            "<script>",
            "</script>",
            "<!-- c -->",
            "text ",
            "&amp;",
            "é",
            "<div class=a>",
        ]
    ),
    max_size=20,
).map("".join)


@given(MARKUP)
def test_all_the_text_of_an_element(markup: str) -> None:
    tree = parse(f"<body>{markup}</body>".encode())
    assert tree is not None
    for element in tree.iter():
        assert content_of(element) == element.text_content()


@given(st.text() | TEXTS)
def test_what_a_line_begins_with(text: str) -> None:
    assert lead_of(text) == fold(text)[:8].partition(" ")[0]


@given(
    st.lists(
        st.sampled_from(["<div>", "</div>", "<p>one two</p>", "<p>three</p>", "four<br>", "<ul><li>five</ul>"]),
        max_size=16,
    )
)
@example(["<p>three</p>", "<div>", "four<br>" * 10, "<p>one two</p>" * 8, "</div>", "<p>three</p>"])
def test_lines_that_stand_together_have_nothing_outside(pieces: list[str]) -> None:
    tree = parse(f"<body>{''.join(pieces)}</body>".encode())
    assert tree is not None
    lines = [Line(text=block.text, block=block) for block in cut_blocks(tree)]
    if lines and stand_together(lines, 0.8):
        places = Places(lines)
        for share in (0.8, 0.95):
            story = places.lowest(share)
            assert all(places.is_inside(index, story) for index in range(len(lines)))


@given(MARKUP)
def test_the_text_of_an_element_whose_children_hold_no_others(markup: str) -> None:
    tree = parse(f"<body>{markup}</body>".encode())
    assert tree is not None
    for element in list(tree.iter()):
        # An empty element in each child makes the way through all of them the long one.
        text = text_of(element)
        for child in element[:]:
            child.append(child.makeelement("i"))
        assert text_of(element) == text


@given(
    st.lists(st.sampled_from([*(chr(code) for code in range(0x3001) if chr(code).isspace()), "a", "bc"]), max_size=40)
)
def test_whether_a_box_is_longer(pieces: list[str]) -> None:
    element = lxml.html.Element("div")
    element.text = "".join(piece for piece in pieces if piece not in "\x0b\x0c\x1c\x1d\x1e\x1f")  # no tree holds these
    box = _Box(element)
    size = len(" ".join(box.text.split()))
    for limit in (0, size - 1, size, size + 1, 20):
        assert box.is_longer(limit) == (size > limit)


HIDDEN = st.text(alphabet="abcdefghij \u200c\u00ad\u3000", max_size=30)


@given(HIDDEN, st.lists(HIDDEN, max_size=3), st.text(alphabet=" \u200c\u00ad", max_size=20))
def test_lines_that_recur_are_told_by_their_beginning(text: str, keys: list[str], hidden: str) -> None:
    rest = [Line(text="The harbour bridge will close for three weeks in June.")] * 40
    recurring = frozenset(map(key_of, [*keys, text, "nothing but what is longer"]))
    for line in (text, hidden + hidden.join(text), f"{text}a"):
        kept = without_recurring([Line(text=line), *rest], recurring)
        assert (len(kept) == len(rest)) == (key_of(line) in recurring)
