"""What sort of edit made one version of an article out of another, how much it matters, and whether the newspaper said so. Pure."""

from datetime import datetime, time, timedelta

from archive.alignment import common_ends
from archive.diff import Diff, diff_images, diff_texts
from archive.formats.timestamp import from_timestamp
from archive.judge import Judgement
from archive.model import Article, Change
from archive.notices import is_marked, role_of
from archive.wording import bare_words

MATTERS = 0.05
"""The significance from which an edit counts: less than one word of running text, more than its spelling."""


def judge_change(old: Article, new: Article, last_seen: str) -> Judgement:
    """How the newer text differs from the older one, which was last seen at a timestamp of 14 digits."""
    diff = diff_texts(old, new)
    change = classify_change(old, new, diff)
    return Judgement(
        change=change,
        significance=diff.significance,
        silent=change in ("edited", "headline")
        and diff.significance >= MATTERS
        and not _says_so(old, new, diff)
        and not _is_redated(old, new, last_seen),
    )


def classify_change(old: Article, new: Article, diff: Diff | None = None) -> Change:
    """How one text differs from the one before it.

    A correction notice that the old text did not have comes before all else; `cosmetic` is punctuation, quotation
    marks, case, white space and time stamps; `headline` is a new headline over the same text; the rest is `edited`.
    """
    if (diff or diff_texts(old, new)).notices:
        return "corrected"
    if not (_same_words(old.standfirst, new.standfirst) and _same_text(old.text, new.text)):
        return "edited"
    return "cosmetic" if _same_words(old.headline, new.headline) else "headline"


def _same_words(old: str | None, new: str | None) -> bool:
    return old == new or bare_words(old) == bare_words(new)


def _same_text(old: str, new: str) -> bool:
    a, b = old.split("\n"), new.split("\n")
    start, end = common_ends(a, b)
    sides = ("\n".join(line for line in side[start : len(side) - end] if role_of(line) != "stamp") for side in (a, b))
    return _same_words(*sides)


def _says_so(old: Article, new: Article, diff: Diff) -> bool:
    """Whether the page has a new word on its having been changed."""
    if new.headline and new.headline != old.headline and is_marked(new.headline):
        return True
    if new.standfirst and new.standfirst != old.standfirst and role_of(new.standfirst) != "text":
        return True
    return any(
        hunk.op != "equal" and hunk.new is not None and hunk.role in ("correction", "update", "stamp")
        for hunk in diff.body
    )


def _is_redated(old: Article, new: Article, last_seen: str) -> bool:
    """Whether the page states a date that tells of this edit.

    A date that names the same hour of another zone is the same date. One that says no more than the day covers all edits of
    that day.
    """
    if new.date_modified is None:
        # Some papers have but one date, and move it.
        return _is_later(old.date_published, new.date_published)
    if old.date_modified is None:
        # Most pages state such a date once they have been changed, some from the first.
        return new.date_published is None or _is_later(new.date_published, new.date_modified)
    if _is_later(old.date_modified, new.date_modified):
        return True
    return _is_day(new.date_modified) and new.date_modified + timedelta(days=1) > from_timestamp(last_seen)


def _is_later(before: datetime | None, after: datetime | None) -> bool:
    if before is None or after is None:
        return False
    return after > before and after.replace(tzinfo=None) != before.replace(tzinfo=None)


def _is_day(stated: datetime) -> bool:
    return stated.timetz().replace(tzinfo=None) == time(0, 0)


def is_touched(old: Article, new: Article) -> bool:
    """Whether a page states a later date of change over the same text."""
    return _is_later(old.date_modified, new.date_modified)


def is_amended(old: Article, new: Article) -> bool:
    """Whether what stands around the text became another: authors, dateline, pictures with their captions and credits."""
    if sorted(map(bare_words, old.authors)) != sorted(map(bare_words, new.authors)):
        return True
    if not _same_words(old.dateline, new.dateline):
        return True
    return old.images != new.images and any(one.op != "equal" for one in diff_images(old.images, new.images))
