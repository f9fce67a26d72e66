from hypothesis import given
from hypothesis import strategies as st

from pipelines.extract.body import blocks_of
from pipelines.extract.parsing import parse
from pipelines.extract.spans import Measure, Span, spans_of, unite, within, without

PAGE = b"<body><nav><a href='/'>Home</a></nav><main><p>One.</p><div><p>Two.</p><p>Three.</p></div></main><p>Four.</p></body>"

spans = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)).map(lambda pair: (pair[0], sum(pair))), max_size=12)


def members(spans: list[Span]) -> set[int]:
    return {index for start, end in spans for index in range(start, end)}


@given(spans, spans)
def test_spans_behave_as_sets_of_blocks(some, others):
    one, other = unite(some), unite(others)
    assert members(one) == members(some)
    assert members(within(one, other)) == members(some) & members(others)
    assert members(without(one, other)) == members(some) - members(others)
    for result in (one, within(one, other), without(one, other)):
        flat = [edge for span in result for edge in span]
        assert flat == sorted(flat), "they rise, and do not overlap"


def test_an_element_spans_the_blocks_inside_it():
    tree = parse(PAGE)
    assert tree is not None
    blocks = blocks_of(tree)
    by_tag = {element.tag: span for element, span in spans_of(blocks).items() if element.tag != "p"}
    assert [block.text for block in blocks] == ["Home", "One.", "Two.", "Three.", "Four."]
    assert by_tag == {"nav": (0, 1), "main": (1, 4), "div": (2, 4), "body": (0, 5)}


def test_fit_counts_text_that_is_missed_and_prose_that_is_not_text():
    tree = parse(PAGE)
    assert tree is not None
    measure = Measure(blocks_of(tree), {1, 2, 3}, max_link_share=0.5)
    assert measure.fit([(1, 4)]) == 1.0
    assert measure.fit([(0, 4)]) == 1.0, "links are no prose"
    assert 0.8 < measure.fit([(0, 5)]) < 1.0
    assert 0.5 < measure.fit([(2, 4)]) < 0.9
    assert measure.fit([]) == 0.0
