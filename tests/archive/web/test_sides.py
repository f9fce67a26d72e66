"""A diff in two columns."""

from hypothesis import given
from hypothesis import strategies as st

from archive.diff import diff_texts
from archive.model import Article
from archive.web.sides import Block, shorten, to_blocks


def blocks(old: str, new: str, **fields: tuple[object, object]) -> list[Block]:
    before = {name: values[0] for name, values in fields.items()}
    after = {name: values[1] for name, values in fields.items()}
    return to_blocks(diff_texts(Article(url="u", text=old, **before), Article(url="u", text=new, **after)))


def texts(block: Block) -> list[tuple[str, str]]:
    return [tuple("".join(span.text for span in side) for side in (row.old, row.new)) for row in block.rows]


def test_each_side_holds_its_own_words() -> None:
    (block,) = blocks("Two people fled the fire.", "Six people fled the fire.")
    assert texts(block) == [("Two people fled the fire.", "Six people fled the fire.")]


def test_new_and_lost_paragraphs_stand_alone() -> None:
    (block,) = blocks("The road is closed.\nKept.", "Kept.\nRain came at noon.")
    assert texts(block) == [("The road is closed.", ""), ("Kept.", "Kept."), ("", "Rain came at noon.")]


def test_long_stretches_without_a_change_are_folded() -> None:
    same = [f"Paragraph number {number}." for number in range(10)]
    found = blocks("\n".join(["Two fled.", *same]), "\n".join(["Six fled.", *same]))
    assert [(len(block.rows), block.folded) for block in found] == [(2, False), (9, True)]


def test_one_unchanged_paragraph_is_not_folded() -> None:
    same = ["Alpha stays here.", "Beta stays here too.", "Gamma is last of all."]
    found = blocks("\n".join(["Two fled.", *same, "Four left."]), "\n".join(["Six fled.", *same, "Nine left."]))
    assert not any(block.folded for block in found)


def test_changed_fields_come_first_under_their_names() -> None:
    found = blocks("Same.", "Same.", headline=("Old", "New"), authors=(("A", "B"), ("A",)))
    labels = [row.label for block in found for row in block.rows]
    assert labels == ["Headline", "By", None]


def test_moved_paragraph_stands_in_each_column_where_it_was() -> None:
    first = "The minister resigned on Friday after a long debate."
    others = "Rain fell in the north all day.\nTrains were late in the south.\nThe games went on all the same."
    found = blocks(f"{first}\n{others}", f"{others}\n{first.replace('Friday', 'Monday')}")
    here, *_, there = [row for block in found for row in block.rows]
    assert (here.kind, here.label) == ("moved", "Moved from here to paragraph 4")
    assert (there.kind, there.label) == ("move", "Moved here from paragraph 1")
    assert (here.anchor, here.link) == (there.link, there.anchor)


def test_a_correction_notice_is_named() -> None:
    found = blocks("Two fled.", "Six fled.\nCorrection: an earlier version of this story said two.")
    assert [(row.kind, row.role, row.label) for block in found for row in block.rows] == [
        ("replace", "text", None),
        ("insert", "correction", "Correction notice"),
    ]


PARAGRAPHS = st.lists(
    st.sampled_from([f"Paragraph {word} of the story stands here." for word in "abcdefgh"]), max_size=8
)


@given(PARAGRAPHS, PARAGRAPHS)
def test_each_column_reads_as_its_version(old: list[str], new: list[str]) -> None:
    pairs = [pair for block in blocks("\n".join(old), "\n".join(new)) for pair in texts(block)]
    assert [left for left, _ in pairs if left] == old
    assert [right for _, right in pairs if right] == new


def test_a_page_ends_somewhere() -> None:
    found = blocks("\n".join(f"Line {n} fell." for n in range(50)), "\n".join(f"Line {n} rose." for n in range(50)))
    shown, left_out = shorten(found, 20)
    assert (sum(len(block.rows) for block in shown), left_out) == (20, 30)
    assert shorten(found, 50) == (found, 0)
