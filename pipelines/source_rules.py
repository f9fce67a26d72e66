"""What a source says of reading its pages: the `[extract]` part of `sources/NAME.toml`, and its language.

The rest of the file is `crawler.source`'s; here it is let be, so that archived pages are read under the same rules as new ones.
"""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from archive.errors import SettingInvalid
from archive.formats.toml import FieldInvalid, decode_toml
from pipelines.extract.profile import NO_RULES as NO_SITE_RULES
from pipelines.extract.profile import Profile, Quality, SiteRules

FOLDER = "sources"


class ExtractRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What extraction should know of this site."""

    prune: Annotated[
        tuple[str, ...],
        Meta(description="XPath expressions of elements that are never part of an article, such as a media player."),
    ] = ()
    quality: Annotated[
        Quality,
        Meta(
            description='How much time a page may take: "best", or "fast" (three fifths of the time, a little less exact).'
        ),
    ] = "best"
    profile: Annotated[
        bool,
        Meta(
            description="Learn where the site's articles stand (profiles/), and read them there: faster, and more exact."
        ),
    ] = True

    def __post_init__(self) -> None:
        for index, expression in enumerate(self.prune):
            if reason := _xpath_error(expression):
                raise FieldInvalid(f"prune[{index}]", f"is not an XPath expression: {reason} (write it like //aside)")


class SourceRules(msgspec.Struct, frozen=True, kw_only=True):
    """How the pages of one source are read."""

    extract: ExtractRules = ExtractRules()
    language: str | None = None
    """Of articles whose page names none."""

    def for_site(self, profile: Profile | None = None, check_every: int = NO_SITE_RULES.check_every) -> SiteRules:
        """The same, with what is known of one site, and how often it is checked."""
        return SiteRules(
            prune=self.extract.prune,
            quality=self.extract.quality,
            language=self.language,
            profile=profile,
            check_every=check_every,
        )


NO_RULES = SourceRules()


class _SourceFile(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a source file that is ours."""

    language: str = ""
    extract: ExtractRules = ExtractRules()


def load_source_rules(collection: Path) -> dict[str, SourceRules]:
    """The rules of every source of a collection, by name. Raises SettingInvalid."""
    rules = {}
    for path in sorted((collection / FOLDER).glob("*.toml")):
        file = f"{FOLDER}/{path.name}"
        try:
            found = decode_toml(path.read_bytes(), _SourceFile, file)
        except OSError as error:
            raise SettingInvalid(
                f"{file}: cannot be read: {error.strerror} (check the file and its permissions)"
            ) from None
        rules[path.stem] = SourceRules(extract=found.extract, language=found.language or None)
    return rules


def _xpath_error(expression: str) -> str | None:
    from lxml import etree

    try:
        etree.XPath(expression)
    except (etree.XPathError, ValueError) as error:
        return str(error)
    return None
