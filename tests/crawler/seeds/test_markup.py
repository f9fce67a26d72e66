from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.seeds.markup import End, Start, Text, iter_tokens

DOCUMENT = (
    '<?xml version="1.0"?><!DOCTYPE a><a x="1 > 0" y=\'2\'><!-- no <b> --><b/>one &amp; two &#x1F600; AT&T'
    "<![CDATA[<raw> & ]] ]]>< 3</A >&gt"
)


def joined(tokens):
    """Tokens with neighbouring texts joined: where text is cut is no promise."""
    result = []
    for token in tokens:
        if isinstance(token, Text) and result and isinstance(result[-1], Text):
            result[-1] = Text(result[-1].text + token.text)
        else:
            result.append(token)
    return result


def test_tags_and_texts_in_order():
    assert joined(iter_tokens([DOCUMENT])) == [
        Start("a", " x=\"1 > 0\" y='2'"),
        Start("b", "/"),
        Text("one & two 😀 AT&T<raw> & ]] < 3</A >&gt".replace("</A >&gt", "")),
        End("a"),
        Text("&gt"),
    ]


def test_attributes():
    tag = next(iter_tokens(["<Link REL='a' href=\"x?a&amp;b\" type=text/html rel=second bare>"]))
    assert isinstance(tag, Start)
    assert (tag.name, tag.empty) == ("link", False)
    assert tag.attributes == {"rel": "a", "href": "x?a&b", "type": "text/html"}


@given(st.lists(st.integers(0, len(DOCUMENT)), max_size=30))
def test_where_the_pieces_are_cut_changes_nothing(cuts):
    edges = [0, *sorted(cuts), len(DOCUMENT)]
    pieces = [DOCUMENT[start:end] for start, end in pairwise(edges)]
    assert joined(iter_tokens(pieces)) == joined(iter_tokens([DOCUMENT]))


@pytest.mark.parametrize("text", ["<", "<a", "<a b='", "<!", "<!-- x", "<![CDATA[ x", "<? x", "&", "&amp"])
def test_an_open_end_is_no_error(text):
    assert [token for token in iter_tokens(["<r>", text]) if isinstance(token, Start)] == [Start("r", "")]


@pytest.mark.parametrize("unit", ["<", "<a ", '<a "', "<!--", "<![CDATA[", "&", "<a a=", "<a>", "]]", "<a b c d "])
@pytest.mark.timeout(20)
def test_time_grows_with_length_only(unit):
    pieces = [(unit * (65536 // len(unit)))[:65536]] * 4
    assert sum(1 for _ in iter_tokens(["<r>", *pieces])) > 0
