"""The shape of a page alone finds its article."""

from lxml import html

from pipelines.extract.body import blocks_of
from pipelines.extract.shape import main_branch, main_paragraphs

STORY = [
    f"In paragraph {number} the council heard why the old bridge over the river must close for {number} months, and who pays."
    for number in ("one", "two", "three", "four", "five", "six")
]
TEASER = "A teaser of another story, long enough to be prose in its own right, it seems to the reader."


def paragraphs(lines: list[str]) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def branch(body: str) -> list[str]:
    tree = html.document_fromstring(f"<html><body>{body}</body></html>")
    return [block.text for block in main_branch(tree, blocks_of(tree))]


def paragraphs_of(body: str) -> list[str]:
    tree = html.document_fromstring(f"<html><body>{body}</body></html>")
    return [block.text for block in main_paragraphs(blocks_of(tree))]


def test_the_branch_is_where_the_prose_grows() -> None:
    story = (
        f"<main><section><h2>A subhead</h2>{paragraphs(STORY)}</section><section><a href=/x>More</a></section></main>"
    )
    assert branch(f"<div>{paragraphs([TEASER])}</div>{story}") == ["A subhead", *STORY]


def test_one_long_paragraph_is_not_taken_for_the_article() -> None:
    assert branch(f"<main><p>{' '.join(STORY * 3)}</p>{paragraphs(STORY[:1])}</main>")[-1] == STORY[0]


def test_one_huge_block_does_not_outweigh_many_paragraphs() -> None:
    licence = f"<div>{TEASER * 100}</div>"
    assert branch(f"<main>{licence}<article>{paragraphs(STORY * 2)}</article></main>") == STORY * 2


def test_sections_of_one_kind_are_read_together() -> None:
    large, small = paragraphs(STORY[:4]), paragraphs(STORY[4:])
    assert branch(f"<main><div class=part>{large}</div><div class=part>{small}</div></main>") == STORY


def test_paragraphs_beside_a_box_of_prose_belong_to_the_article() -> None:
    assert branch(f"<main>{paragraphs(STORY[:2])}<div class=chart>{paragraphs(STORY[2:])}</div></main>") == STORY


def test_an_article_in_pieces_of_one_kind_is_read_whole() -> None:
    pieces = "".join(f"<div class=piece>{paragraphs(STORY[i : i + 2])}</div><hr>" for i in (0, 2, 4))
    assert paragraphs_of(f"<div><div>{pieces}</div><div class=shop>{paragraphs([TEASER])}</div></div>") == STORY


def test_many_small_pieces_outweigh_one_larger_box() -> None:
    pieces = "".join(f"<div class=piece>{paragraphs([line])}</div>" for line in STORY)
    assert paragraphs_of(f"{pieces}<div class=shop>{paragraphs([TEASER, TEASER])}</div>") == STORY


def test_a_page_without_prose_has_neither() -> None:
    assert branch("<p>Short.</p>") == paragraphs_of("<p>Short.</p>") == []
