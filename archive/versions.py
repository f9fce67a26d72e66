"""How an article's captures become its versions: a pure function of what was read from them.

Readings by different extractors are never held against each other, so a better extractor does not look like an edit by
the newspaper. Where readings and captures come from is `archive.index.catalog`'s; what changed, word by word, `archive.diff`'s.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence

import msgspec

from archive.formats.digest import format_sha1
from archive.model import Article, ArticleVersion, Capture, Change, Outcome, RecordLocation

OWN = ":own"
"""Ends the profile's label of readings that the readers made although the site has a profile: the page did not fit it."""


class ReadingEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What an index holds of one reading; the fields and the text lie at its two locations."""

    extractor: str
    profile: str | None
    timestamp: str
    """Of the capture that was read."""
    digest: str
    """Digest of what was read of it."""
    outcome: Outcome
    key: str | None
    text_digest: str | None
    headline: str | None
    source: str | None
    location: RecordLocation
    """Of the `metadata` record."""
    text_location: RecordLocation | None
    """Of the `conversion` record that holds the text; `None` where there is no text."""

    @property
    def is_article(self) -> bool:
        return self.text_digest is not None and self.outcome in ("article", "unchanged")


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """One capture of an article, and every reading of its payload, oldest first."""

    capture: Capture
    readings: tuple[ReadingEntry, ...]

    @property
    def reading(self) -> ReadingEntry | None:
        """The reading that holds: the newest that did not fail."""
        return next((entry for entry in reversed(self.readings) if entry.outcome != "failed"), None)


def text_digest(headline: str | None, standfirst: str | None, text: str) -> str:
    r"""The digest that tells texts apart: SHA-1 over headline, standfirst and text as a reader sees them.

    That is in Unicode's composed form (NFC), each paragraph's white space made single, empty paragraphs and invisible
    formatting characters dropped. The joiners that Persian and Hindi spell with (U+200C, U+200D) are kept.

    >>> text_digest("Rain", None, "It  rained.\n\n") == text_digest("Rain", "", "It rained.")
    True
    """
    normal = "\x00".join(_seen(part or "") for part in (headline, standfirst, text))
    return format_sha1(hashlib.sha1(normal.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest())


def derive_versions(
    keys: Sequence[str],
    observations: Iterable[Observation],
    change_of: Callable[[str, str], Change],
) -> list[ArticleVersion]:
    """The versions of the article with these keys (its present one first), oldest first.

    `observations` are in order of time. A capture shows the version before it unless a reading by one extractor and
    profile exists for both and says otherwise; of several such, the newest decides. A text that comes back after
    another is a version of its own. `change_of` gets the two text digests that were held against each other, always by
    one extractor, so asking again after a reindex gives the same answer.
    """
    shown = [entry for entry in map(_shown, observations) if entry is not None]
    speaking = _speaking_urlkeys(keys, shown)
    versions: list[_Version] = []
    for entry in shown:
        current = versions[-1] if versions else None
        differing = current.differing(entry) if current else None
        if current and not differing:
            if entry.capture.urlkey in speaking or current.shows(entry):
                current.add(entry)
        elif entry.capture.urlkey in speaking:
            change = change_of(*differing) if differing else "first"
            versions.append(_Version(entry, change))
    return [version.finish(keys[0], number) for number, version in enumerate(versions, 1)]


def classify_change(old: Article, new: Article) -> Change:
    """How one text differs from the one before it.

    A correction notice that the old text did not have comes before all else; `cosmetic` is punctuation, quotation
    marks, case and white space; `headline` is a new headline over the same text; the rest is `edited`.
    """
    if _new_correction(old.text, new.text):
        return "corrected"
    same_body = _words(old.standfirst) == _words(new.standfirst) and _words(old.text) == _words(new.text)
    if not same_body:
        return "edited"
    return "cosmetic" if _words(old.headline) == _words(new.headline) else "headline"


class _Shown(msgspec.Struct, frozen=True):
    """A capture that showed the article."""

    capture: Capture
    reading: ReadingEntry
    digests: dict[tuple[str, str | None], str]
    """Text digest by extractor and profile, oldest reading first."""


class _Version:
    """A version while its captures are being gathered."""

    def __init__(self, first: _Shown, change: Change) -> None:
        self.first = self.last = first.capture
        self.reading = first.reading
        self.change = change
        self.digests = dict(first.digests)

    def differing(self, entry: _Shown) -> tuple[str, str] | None:
        """The two digests of the newest extractor that read both, where they differ.

        Read with another profile, or by the readers, a page may show more or less of what stands beside the story. Where any
        reading of the one gave the very text that any of the other did, nobody has edited it; else the newest pair decides.
        """
        common = [by for by in reversed(entry.digests) if by in self.digests]
        if not common:
            return None
        extractor, _ = common[0]
        texts = [{digest for by, digest in one.items() if by[0] == extractor} for one in (self.digests, entry.digests)]
        return None if texts[0] & texts[1] else (self.digests[common[0]], entry.digests[common[0]])

    def shows(self, entry: _Shown) -> bool:
        """Whether an extractor says that the texts are equal, rather than none that they differ."""
        return any(self.digests.get(by) == digest for by, digest in entry.digests.items())

    def add(self, entry: _Shown) -> None:
        self.last = entry.capture
        self.digests |= entry.digests
        if _position(entry.reading) > _position(self.reading):
            self.reading = entry.reading

    def finish(self, key: str, number: int) -> ArticleVersion:
        return ArticleVersion(
            key=key,
            number=number,
            timestamp=self.first.timestamp,
            text_digest=self.reading.text_digest or "",
            first_seen=self.first.timestamp,
            last_seen=self.last.timestamp,
            change=self.change,
            headline=self.reading.headline,
            url=self.first.url,
        )


def _position(reading: ReadingEntry) -> tuple[str, int]:
    """Where the reading stands in the append-only text files: later is newer."""
    return reading.location.file, reading.location.offset


def _shown(observation: Observation) -> _Shown | None:
    capture, reading = observation.capture, observation.reading
    complete = capture.truncated is None and (capture.status == 200 or capture.revisit == "not-modified")
    if not complete or reading is None or not reading.is_article:
        return None
    articles = [entry for entry in observation.readings if entry.is_article]
    return _Shown(capture, reading, {(e.extractor, e.profile): e.text_digest or "" for e in articles})


def _speaking_urlkeys(keys: Sequence[str], shown: list[_Shown]) -> set[str]:
    """The addresses whose text counts as the article's.

    An AMP or print page reads a little differently from the page it belongs to; captured in turn, the two would look
    like one text that changes for ever. So an address other than the article's own speaks only once it has shown the
    same text as one that does; until then its captures prove nothing.
    """
    texts: dict[str, set[tuple[str, str | None, str]]] = {}
    for entry in shown:
        known = texts.setdefault(entry.capture.urlkey, set())
        known.update((*by, digest) for by, digest in entry.digests.items())
    speaking = texts.keys() & set(keys) or set(list(texts)[:1])
    spoken = {text for urlkey in speaking for text in texts[urlkey]}
    grown = True
    while grown:
        joining = {urlkey for urlkey in texts.keys() - speaking if not spoken.isdisjoint(texts[urlkey])}
        speaking |= joining
        spoken.update(text for urlkey in joining for text in texts[urlkey])
        grown = bool(joining)
    return set(speaking)


# Soft hyphen, zero-width space, marks of direction, word joiner, byte order mark: nothing that a reader sees.
_INVISIBLE = dict.fromkeys([0xAD, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF])


def _seen(text: str) -> str:
    paragraphs = (
        " ".join(line.split()) for line in unicodedata.normalize("NFC", text.translate(_INVISIBLE)).split("\n")
    )
    return "\n".join(paragraph for paragraph in paragraphs if paragraph)


_SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SPACE_IN_SPACELESS = re.compile(rf"(?<=[{_SPACELESS}]) | (?=[{_SPACELESS}])")


def _words(text: str | None) -> str:
    """The text without what is only typography: case, punctuation, white space, the form of letters.

    What carries meaning stays: the point in `1.5`, the minus of `-5`, the apostrophe of `we're`, signs such as `%`.
    """
    text = unicodedata.normalize("NFKC", text or "").casefold()
    kept: list[str] = []
    for at, char in enumerate(text):
        category = unicodedata.category(char)
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        if category[0] in "LMNS" and char not in "`´^~":
            kept.append("-" if char == "\u2212" else char)
        elif category == "Cf":
            continue
        elif (
            char in "%\u2030\u00a7#@&\u066a"
            or (char in ".,:/\u066b\u066c" and before.isdigit() and after.isdigit())
            or (char == "-" and after.isdigit() and not before.isalnum())
        ):
            kept.append(char)
        elif char in "'\u2019" and before.isalpha() and after.isalpha():
            kept.append("'")
        else:
            kept.append(" ")
    return _SPACE_IN_SPACELESS.sub("", " ".join("".join(kept).split()))


_NOTICES = (
    # The word that opens a notice, in the languages of most newsrooms; only at the start of a paragraph, and closed.
    "correction|corrections|clarification|corrigendum|erratum|errata|amendment"
    "|اصلاحیه|تصحیح|تصحيح|توضيح|تنويه|استدراک|استدراك"
    "|исправление|поправка|уточнение|виправлення|уточнення|поправка редакции"
    "|更正|更正启事|更正啟事|勘误|勘誤|訂正|お詫びと訂正|정정|정정보도|바로잡습니다"
    "|corrección|fe de errores|fe de erratas|rectificación|aclaración|rectificatif|correctif|précision"
    "|korrektur|berichtigung|richtigstellung|rettifica|errata corrige|correzione|correção|erramos|retificação"
    "|düzeltme|tashih|sprostowanie|korekta|correctie|rectificatie|rättelse|rettelse|oikaisu|korekce|oprava|corectură"
    "|διόρθωση|תיקון|הבהרה|भूल सुधार|स्पष्टीकरण|সংশোধনী|تصحیح نامہ|ralat|koreksi|đính chính|แก้ไข|შესწორება|marekebisho"
)
_NOTICE = re.compile(
    rf"[\W_]*(?:{_NOTICES})(?:\s*(?:$|[:：\]】)）.—–|-])|\s+(?:\(|[0-9])|,?\s+\w+\.?\s[0-9])", re.IGNORECASE
)
_NOTICE_PHRASES = (
    "an earlier version of this",
    "a previous version of this",
    "this article has been corrected",
    "this article was corrected",
    "this article was amended",
    "this article has been amended",
    "this story has been corrected",
    "this story was corrected",
    "this report has been corrected",
    "has been updated to correct",
    "was updated to correct",
    "in einer früheren version",
    "in einer früheren fassung",
    "une version précédente de cet article",
    "una versión anterior de est",
    "uma versão anterior dest",
    "una versione precedente di quest",
    "в предыдущей версии",
    "в более ранней версии",
    "本文此前",
    "本文早前",
    "در نسخه پیشین",
    "في نسخة سابقة",
)
_NOTICE_LENGTH = 1500
"""Characters: no notice is longer, and a long paragraph that happens to speak of corrections is none."""


def _new_correction(old: str, new: str) -> bool:
    had = {_words(paragraph) for paragraph in old.split("\n") if _is_notice(paragraph)}
    return any(_is_notice(paragraph) and _words(paragraph) not in had for paragraph in new.split("\n"))


def _is_notice(paragraph: str) -> bool:
    if len(paragraph) > _NOTICE_LENGTH:
        return False
    paragraph = unicodedata.normalize("NFC", paragraph)
    folded = paragraph.casefold()
    return bool(_NOTICE.match(paragraph)) or any(phrase in folded for phrase in _NOTICE_PHRASES)
