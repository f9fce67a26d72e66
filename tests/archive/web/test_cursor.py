import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import QueryInvalid
from archive.web.cursor import from_cursor, to_cursor

KEY = tuple[str, str, str, int]


@given(
    st.tuples(
        st.text(st.characters(exclude_categories=["Cs"])), st.text("0123456789"), st.text("é~-_"), st.integers(0, 2**60)
    )
)
def test_a_key_comes_back_through_an_address(key: tuple[str, str, str, int]) -> None:
    cursor = to_cursor(key)
    assert cursor.isascii()
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert from_cursor(cursor, KEY) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "0WyJhIl0",
        "1WyJhIl0",
        "1!!!!",
        "1WyJh\u0131",
        "1W yJh",
        "1\x00",
        "1" + "A" * 20_000,
        "1//8",
        "1W3sifV0",
    ],
)
def test_what_is_no_cursor_is_said_to_be_none(text: str) -> None:
    with pytest.raises(QueryInvalid, match="none of ours"):
        from_cursor(text, KEY)


@given(st.text())
def test_no_text_does_worse(text: str) -> None:
    try:
        from_cursor("1" + text, KEY)
    except QueryInvalid:
        return
    assert to_cursor(from_cursor("1" + text, KEY))
