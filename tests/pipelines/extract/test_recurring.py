from pipelines.extract.blocks import key_of
from pipelines.extract.body import Line
from pipelines.extract.recurring import distinct, find_recurring, without_recurring

NOTE = "We mend our mistakes in the open; write to the editors."


def article(number: int, *more: str) -> list[Line]:
    own = [f"Paragraph {part} of story {number}, which no other story of this paper has." for part in range(4)]
    return [Line(text=text) for text in (*own, *more)]


def test_a_line_on_three_articles_recurs_and_on_two_does_not():
    assert find_recurring([article(1, NOTE), article(2, NOTE), article(3)]) == {}
    assert find_recurring([article(1, NOTE), article(2, NOTE), article(3, NOTE)]) == {NOTE: 3}


def test_captures_of_one_article_count_as_one():
    same = [article(1, NOTE, f"Corrected {n} times.") for n in range(5)]
    assert find_recurring([*same, article(2)]) == {}
    assert len(distinct([*same, article(2)], lambda lines: lines)) == 2


def test_short_articles_with_the_same_tail_are_no_twins():
    short = [
        [
            Line(text=f"A fire at pier {n} was out before the boats came, the brigade said on Monday evening."),
            Line(text=NOTE),
        ]
        for n in range(4)
    ]
    assert find_recurring(short) == {NOTE: 4}


def test_what_is_dropped_has_a_bound():
    lines = article(1, NOTE)
    keys = frozenset({key_of(NOTE)})
    assert without_recurring(lines, keys) == lines[:-1]
    everything = frozenset(key_of(line.text) for line in lines)
    assert without_recurring(lines, everything) == lines
    assert without_recurring(lines, frozenset()) == lines


def test_a_line_is_known_again_in_other_spacing():
    keys = frozenset({key_of("وبسایت  ما")})
    assert without_recurring([*article(1), Line(text="وب\u200cسایت ما")], keys) == article(1)
