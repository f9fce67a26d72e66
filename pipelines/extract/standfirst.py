"""The standfirst: the summary a page shows between headline and body. Inside the body it would be read twice.

It is told by where it stands and by its class, or because the page declares the same text as its description; a plain
paragraph of the body is none.
"""

from pipelines.extract.blocks import Block
from pipelines.extract.body import Body
from pipelines.extract.headline import fold
from pipelines.extract.tree import words_of

MIN_CHARS, MAX_CHARS = 20, 900
_SENTENCE_CHARS = 60
_CLIMB = 3
_NEAR = 4
"""How many blocks after the headline an unmarked one may still be its standfirst."""
_MAX_BETWEEN = 40
_PEOPLE = frozenset({"author", "authors", "bio", "avatar", "byline", "profile"})
_VOCABULARY = (
    "standfirst intro introduction lead lede perex dek deck subtitle subheadline subheading subhead summary abstract excerpt"
    " chapo sapo ingress manchet entradilla bajada sommario occhiello vorspann strapline"
)
_WORDS = frozenset(_VOCABULARY.split())
_HEADINGS = frozenset({"h1", "h2", "h3"})
_SENTENCE_ENDS = (".", "!", "?", "…", "。", "؟", "۔", "।", '"', "”", "»", ")")


def find_standfirst(body: Body, titles: frozenset[str], descriptions: tuple[str, ...]) -> Block | None:
    """The block that is the standfirst: declared, else marked, else the one sentence that stands alone before the body."""
    declared = [fold(description) for description in descriptions]
    start = _body_start(body)
    if start is None:
        return None
    above = _above(body, start, titles)
    candidates = [block for block in above if _may_be(block, titles)]
    for block in candidates:
        if _is_declared(block.text, declared):
            return block
    for block in [*candidates, body.blocks[start]]:
        if _is_marked(block):
            return block
    for position, block in enumerate(above[:_NEAR]):
        if block in candidates and _is_sentence(block):
            alone = body.siblings[block.element.getparent()] < 2
            if position == 0 if block.tag in _HEADINGS else alone:
                return block
    return None


def _body_start(body: Body) -> int | None:
    """Index of the first block that is a paragraph among others; with none, of the first line."""
    kept = {id(line.block) for line in body.lines if line.block}
    for index in range(body.first or 0, len(body.blocks)):
        block = body.blocks[index]
        if id(block) in kept and block.tag not in _HEADINGS and body.siblings[block.element.getparent()] >= 3:
            return index
    return body.first


def _above(body: Body, start: int, titles: frozenset[str]) -> list[Block]:
    """The blocks from the headline to the body; none where no headline stands above it."""
    for index in range(start - 1, max(-1, start - _MAX_BETWEEN), -1):
        block = body.blocks[index]
        if fold(block.text) in titles or block.tag == "h1":
            return body.blocks[index + 1 : start]
    return []


def _may_be(block: Block, titles: frozenset[str]) -> bool:
    if not MIN_CHARS <= len(block.text) <= MAX_CHARS or block.link_share > 0.5:
        return False
    folded = fold(block.text)
    return not any(title and title in folded for title in titles)


def _is_declared(text: str, declared: list[str]) -> bool:
    """The page declares it as its description, which is often cut short."""
    folded = fold(text)
    return any(folded == whole or (len(whole) > 40 and folded.startswith(whole)) for whole in declared)


def _is_marked(block: Block) -> bool:
    """Its own class says so, or that of a box which holds nothing else."""
    if len(block.text) < MIN_CHARS:
        return False
    for step, ancestor in enumerate((block.element, *block.element.iterancestors())):
        if step == _CLIMB or ancestor.tag in {"body", "article", "main"}:
            return False
        if len(ancestor.text_content()) > 1.5 * len(block.text) + 60:
            return False
        words = words_of(ancestor.get("class")).split()
        if not _WORDS.isdisjoint(words):
            return _PEOPLE.isdisjoint(words)
    return False


def _is_sentence(block: Block) -> bool:
    """A sentence, or a heading as long as one."""
    if len(block.text) < _SENTENCE_CHARS:
        return False
    return block.tag in _HEADINGS or (
        block.tag in {"p", "div", "section", "header"} and block.text.endswith(_SENTENCE_ENDS)
    )
