"""Trees hold no characters that XML forbids, and their text reads as the page shows it."""

import time

import pytest

from pipelines.errors import PayloadTooLarge
from pipelines.extract.parsing import MAX_PAGE_BYTES, check_size, parse
from pipelines.extract.tree import clean, drop, drop_silent, text_of


def test_control_characters_leave_before_parsing() -> None:
    tree = parse(b"<p>a\x00b\x01c&#1;d&#x02;e&#xFFFF;f&#0;g&#10;h</p>")
    assert tree is not None
    assert text_of(tree) == "abcdefg h"


def test_text_is_parted_where_the_page_parts_it() -> None:
    tree = parse(b"<div><p>One <b>bold</b>word</p><p>Two</p>three<br>four<script>x</script></div>")
    assert tree is not None
    assert text_of(tree) == "One boldword Two three four"


def test_joiners_that_shape_letters_stay() -> None:
    assert clean("  می‌رود \n soft\u00adhyphen\u200b ") == "می‌رود softhyphen"


def test_dropping_an_element_leaves_the_text_behind_it() -> None:
    tree = parse(b"<p>a<b>b</b>c<i>d</i>e</p>")
    assert tree is not None
    for element in list(tree.iter("b", "i")):
        drop(element)
    assert text_of(tree) == "ace"


def test_external_entities_are_not_loaded(tmp_path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden words")
    page = f'<!DOCTYPE html [<!ENTITY x SYSTEM "file://{secret}">]><p>&x;</p>'.encode()
    tree = parse(page)
    assert tree is not None
    assert "hidden words" not in text_of(tree)


@pytest.mark.parametrize("payload", [b"", b"   ", b"<!-- nothing -->"])
def test_nothing_gives_no_tree(payload: bytes) -> None:
    assert parse(payload) is None


def test_pages_have_a_largest_size() -> None:
    with pytest.raises(PayloadTooLarge):
        check_size(bytes(MAX_PAGE_BYTES + 1))


def test_a_button_that_swallows_the_page_becomes_a_container() -> None:
    story = "".join(f"<p>Paragraph {n} of the story.</p>" for n in range(6))
    tree = parse(f"<body><button><div>Menu<div></button><h1>Bridge</h1>{story}</body>".encode())
    assert tree is not None
    assert next(tree.iter("button"), None) is None
    assert "Paragraph 5" in text_of(tree.find("body"))


def test_a_button_with_a_word_or_two_stays_silent() -> None:
    tree = parse(b"<body><button><p>Share</p><p>Now</p></button><textarea>Draft</textarea><p>Story.</p></body>")
    assert tree is not None
    assert text_of(tree.find("body")) == "Story."
    drop_silent(tree)
    assert next(tree.iter("textarea"), None) is None


def test_buttons_in_buttons_take_no_time_that_grows_with_the_square() -> None:
    began = time.process_time()
    assert parse(b"<body>" + b"<button><div>" * 100_000) is not None
    assert parse(b"<body>" + b"<button>x</button>" * 200_000) is not None
    assert time.process_time() - began < 10
