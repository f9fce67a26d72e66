"""Named rules over the lines of a body: what a reader lets through although it is a field of its own, or no text at all.

A rule that would take more of a text than furniture can be takes nothing. What each looks for stands in `line_marks` and `line_labels`.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter

import msgspec

from pipelines.extract import line_labels, line_marks
from pipelines.extract.body import Line
from pipelines.extract.line_text import Forms, Found, Known, Text
from pipelines.extract.removals import Removal, note

__all__ = ["RULES", "Forms", "Known", "LineRule", "apply_rules"]

_SMALL = 300
"""Characters that a rule may take of any text, however short."""


class LineRule(msgspec.Struct, frozen=True, kw_only=True):
    """Lines to drop."""

    name: str
    find: Callable[[Text], Found]
    among: Callable[[Text], Sequence[int]] | None = None
    """The only lines that it looks at: where a text has none of them, the rule is not asked."""
    max_share: float = 0.5
    """Of the text: a rule that finds more takes nothing."""


# What stands at an edge of the text is known when all else is gone.
RULES = (
    LineRule(name="empty", find=line_marks.empty, among=attrgetter("wordless")),
    LineRule(name="headline", find=line_marks.headline, among=attrgetter("echoing")),
    LineRule(name="caption", find=line_marks.caption, among=attrgetter("echoing")),
    LineRule(name="related", find=line_labels.related, among=attrgetter("calling"), max_share=0.2),
    LineRule(name="link", find=line_marks.link, among=attrgetter("linked")),
    LineRule(name="link-row", find=line_marks.link_row, among=attrgetter("linked"), max_share=0.2),
    LineRule(name="prompt", find=line_labels.prompt, max_share=0.2),
    LineRule(name="label", find=line_labels.label, max_share=0.2),
    LineRule(name="rights", find=line_labels.rights, max_share=0.2),
    LineRule(name="credit", find=line_labels.credit, among=attrgetter("short"), max_share=0.2),
    LineRule(name="social", find=line_marks.social, among=attrgetter("short"), max_share=0.2),
    LineRule(name="repeated", find=line_marks.repeated, max_share=1.0),
    LineRule(name="outside", find=line_marks.outside, max_share=0.2),
    LineRule(name="last-section", find=line_marks.last_section, among=attrgetter("headings"), max_share=0.2),
    LineRule(name="standing", find=line_marks.standing, max_share=0.2),
    LineRule(name="author-bio", find=line_marks.author_bio, max_share=0.2),
    LineRule(name="byline", find=line_marks.byline, among=attrgetter("edges")),
    LineRule(name="date", find=line_marks.date),
    LineRule(name="reading-time", find=line_marks.reading_time, among=attrgetter("edges")),
    LineRule(name="tail-label", find=line_marks.tail_label, max_share=0.2),
)


def apply_rules(lines: Iterable[Line], known: Known, removals: list[Removal] | None = None) -> list[Line]:
    """The lines that no rule drops; what each dropped is added to `removals`, if given."""
    text = Text(list(lines), known)
    for rule in RULES:
        if rule.among is not None and not rule.among(text):
            continue
        found = dict(rule.find(text))
        if not found:
            continue
        total = sum(len(line.text) for line in text.lines)
        taken = sum(len(text.lines[index].text) for index in found)
        if taken > max(_SMALL, rule.max_share * total):
            continue
        if removals is not None:
            removals += [note(rule.name, "line", text.lines[index].text, why) for index, why in sorted(found.items())]
        text = text.without(found)
    return text.lines
