"""A site's profile file, as it is written: TOML that a person can read, edit and pin. Reading it is `pipelines.profiles`'.

host, pinned · [attempted] the last look at the site's pages · [[profiles]] oldest first
    [[profiles.templates]] with [[…templates.skip]] · [[profiles.recurring]]
"""

import msgspec

from archive.formats.toml import to_toml
from pipelines.extract.profile import Profile, check_timestamp

_HEAD = """\
# What was learned of this site from its own pages: where its articles stand, and which lines all of them share.
# Yours to edit: a change holds from the next page on, and `morgue extract` reads archived pages again with it.
"""
_NOTES = {
    "pinned": "true: nothing more is learned of this site; what stands here stays.",
    "since": "Captures from this time on are read with it, until the next profile's.",
    "frame": "The one element that holds headline, standfirst, pictures and text: a CSS selector.",
    "container": "What holds the text: CSS selectors inside of it.",
    "furniture": "What stands in the frame and is never part of an article.",
    "kinds": "How lines of text stand in the container. A page with much else is not read with this.",
    "links": "Linked subheads that are text.",
    "cleared": "Whether the general rules take furniture out first: false where skip and kinds do.",
    "sliced": "Whether the frame is cut out of a page's bytes before it is parsed: proved to read the same.",
    "share": "The least share of a page's text that was in the container.",
    "rest": "The most prose that the frame had beside it.",
    "likeness": "How like the readers' texts of other pages its own were, 0 to 1.",
}


class Attempt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One look at a site's pages, to learn from them."""

    at: str
    """Timestamp."""
    pages: int
    remark: str
    """What came of it."""

    def __post_init__(self) -> None:
        check_timestamp("at", self.at)


class SiteFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is known of one site."""

    host: str
    pinned: bool = False
    attempted: Attempt | None = None
    profiles: tuple[Profile, ...] = ()
    """Oldest first."""


def render(file: SiteFile) -> str:
    """The file's text; what each key means stands above its first occurrence."""
    notes = dict(_NOTES)
    lines = [_HEAD, *_plain(file, notes, "host", "pinned")]
    if file.attempted:
        lines += ["", "[attempted]", *_plain(file.attempted, notes)]
    for profile in file.profiles:
        lines += ["", "[[profiles]]", *_plain(profile, notes, "number", "since", "learned", "articles", "extractor")]
        for template in profile.templates:
            plain = (key for key in template.__struct_fields__ if key != "skip")
            lines += ["", "[[profiles.templates]]", *_plain(template, notes, *plain)]
            for skip in template.skip:
                lines += ["", "[[profiles.templates.skip]]", *_plain(skip, notes)]
        for line in profile.recurring:
            lines += ["", "[[profiles.recurring]]", *_plain(line, notes)]
    return "\n".join(lines) + "\n"


def _plain(struct: msgspec.Struct, notes: dict[str, str], *keys: str) -> list[str]:
    """`key = value` for these fields, or for all; lists of more than one value a line each."""
    lines = []
    for key in keys or struct.__struct_fields__:
        if note := notes.pop(key, None):
            lines.append(f"# {note}")
        value = getattr(struct, key)
        if isinstance(value, tuple) and len(value) > 1:
            lines += [f"{key} = [", *(f"    {to_toml(item)}," for item in value), "]"]
        else:
            lines.append(f"{key} = {to_toml(value)}")
    return lines
