"""Authors' names out of what pages print and declare: `By Jane Doe and John Roe, Reuters` names two people.

Words that introduce an author are listed by language because nothing structural marks them; a language that is not
listed loses nothing but the introduction's removal.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from html import unescape

from pipelines.extract.tree import clean

MAX_NAME_CHARS = 60
MAX_NAMES = 20
_MAX_VALUE_CHARS = 400

_INTRODUCTION = re.compile(
    r"^(?:(?:written|posted|reported|reviewed|published|story|words|text|texte?|scritto|escrito|geschrieben|опубликовал"
    r"|(?:ein\s+)?interview|(?:article\s+)?rédigé|propos\s+recueillis|recueilli)\s+)?"
    r"(?:by|von|par|por|door|av|af|di|da|de|od|przez|autor(?:in|a|es|ka)?|author|authors|автор|от|yazan|haber(?=\s*:)|oleh|írta|γράφει|نویسنده|بقلم|reporter"
    r"|(?:texte?|texto|testo|tekst|words|reportage|خبرنگار|گزارشگر|كتبت?|کتب|撰文|作者|采写|取材・文)(?=\s*[:：]))\b\s*[:：]?\s*|^opr(?:ac)?\.\s+",
    re.IGNORECASE,
)
_FIRST_WORDS = (
    "written", "posted", "reported", "reviewed", "published", "story", "words", "text", "scritto", "escrito", "geschrieben",
    "опубликовал", "by", "von", "par", "por", "door", "av", "af", "di", "da", "de", "od", "przez", "autor", "author", "автор", "от",
    "yazan", "oleh", "írta", "γράφει", "نویسنده", "بقلم", "reporter", "ein", "interview", "article", "rédigé", "propos", "recueilli", "haber",
    "testo", "tekst", "reportage", "opr", "خبرنگار", "گزارشگر", "كتب", "کتب", "撰文", "作者", "采写", "取材",
)  # fmt: skip
_FIRST_LETTERS = frozenset(word[:count] for word in _FIRST_WORDS for count in range(len(word)))
"""With which a text begins that may go on to one of them; a text of which nothing is known is one."""
_FIRST_TWO = frozenset(word[:count] for word in _FIRST_WORDS for count in range(3))
_FIRST_WORD_CHARS = 12
"""Of a text are enough to see whether it begins with one of them."""
# The words above that names also begin with, and those that only a name goes on with: `De Witt`, `Von der Au`.
_ALSO_IN_NAMES = frozenset({"da", "de", "di", "af", "av"})
_NAME_GOES_ON = frozenset({"la", "los", "las", "le", "der", "den", "dem", "het", "'t", "zu"})
_SEPARATOR = re.compile(
    r"\s*(?:[;|·•・／、\n\t]|\s/\s|\s&\s|&amp;|\s(?:and|und|et|y|e|en|og|och|oraz|i|ja|ve|dan|и|та|й)\s|\s(?:و)\s|,\s(?:and|und|et|y)\s)\s*"
)
_LIST_COMMA = re.compile(r"\s*[,，،]\s*")
_ROLE_DASH = re.compile(r"\s+[-–—]\s+")
_EMAIL = re.compile(r"\(?[^\s@]{1,80}@[^\s@.]{1,80}\.[^\s@]{1,80}\)?")
_SLASH = re.compile(r"\s*/\s*")
_HANDLE = re.compile(r"^@|\s@\S+")
_BRACKETED = re.compile(r"\s*[(\[（【][^()\[\]（）【】]*[)\]）】]")
# A full stop ends a sentence after a long word; after a short one it ends an initial or a title (`J. K.`, `Dr.`, `Prof.`).
_NOT_A_NAME = re.compile(r"https?:|www\.|\d|[<>{}=_]|\b(?!(?:[Pp]rof|[Dd]ipl|PROF)\.)\w{4,}\.\s+\S|[!?。]\s+\S|:\s")
_LETTER = re.compile(r"[^\W\d_]")
# Newspapers of East Asia write the trade behind the name, or before it.
_TRADE = re.compile(
    r"^(?:本报|本報|本刊|本网)?(?:实习|實習)?(?:記者|记者)\s*|\s*(?:記者|记者|編輯|编辑|선임기자|기자|특파원|논설위원)$"
)
# `Jane Doe in London`, and `台北報導`: where it was written from.
_PLACE = re.compile(r"\s+in\s+[A-Z].*$")
# Agencies set the name in capitals and themselves behind it: `JANE DOE Associated Press`.
_AGENCY = re.compile(
    r"^([A-Z][A-Z.'’-]*(?:\s[A-Z][A-Z.'’-]*)*\s[A-Z][A-Z'’-]{2,})\s(?=.*\b(?:Press|Service|Staff|News|Writer|Reporter|Bureau|Editor|Correspondent)\b).*$"
)
_REPORTED_FROM = re.compile(r"\w{1,6}(?:報導|报道|報道|電|电|訊|讯)")
_ROLE = re.compile(r"\b(?:writer|reporter|editor|correspondent|columnist|photographer)$", re.IGNORECASE)
_LOGIN = re.compile(r"[a-z0-9]+[._][\w.]+|[a-z]+[0-9]+|\S*[a-z]{2}[A-Z]\S*")
_ACCOUNTS = frozenset({"admin", "administrator", "webmaster", "root", "guest", "wordpress"})
_SMALL = frozenset(
    {
        "van",
        "von",
        "vom",
        "zu",
        "zur",
        "de",
        "del",
        "della",
        "di",
        "da",
        "dos",
        "du",
        "la",
        "le",
        "el",
        "al",
        "bin",
        "ben",
        "ter",
        "ten",
        "af",
    }
)
_PARTICLES = frozenset({"jr.", "jr", "sr.", "ii", "iii", "el", "al"})


def clean_names(values: Iterable[str]) -> tuple[str, ...]:
    """The names in some author values, in order, each once.

    >>> clean_names(["By Jane Doe and John Roe"])
    ('Jane Doe', 'John Roe')
    """
    found: dict[str, str] = {}
    for value in values:
        for name in _split(value[: 2 * _MAX_VALUE_CHARS]):
            if len(found) < MAX_NAMES:
                found.setdefault(name.casefold(), name)
    return tuple(found.values())


def may_be_introduced(text: str) -> bool:
    """Whether a text begins with the first word of an introduction; of one of which only so much is known, whether it may."""
    text = text.lstrip()
    if text[:2].lower() not in _FIRST_TWO:  # as most are, for a quarter of the time
        return False
    head = text[:_FIRST_WORD_CHARS].lower()
    return head.startswith(_FIRST_WORDS) or head in _FIRST_LETTERS


def is_introduced(text: str) -> bool:
    """Whether a short text is a byline: an introduction, then a name of two to five capitalised words.

    >>> is_introduced("By Jane Doe"), is_introduced("By the river stood a mill")
    (True, False)
    """
    if not may_be_introduced(text) or not _INTRODUCTION.match(text.lstrip()):  # most texts end here
        return False
    text = clean(text)
    match = _INTRODUCTION.match(text)
    rest = _SEPARATOR.split(text[match.end() :])[0] if match else ""
    words = rest.split()
    # Scripts without capitals: there a colon must say that it is no sentence.
    starts = str.isupper if match and match[0].rstrip()[-1:] not in {":", "："} else _is_no_small_letter
    return 2 <= len(words) <= 5 and all(starts(word[:1]) for word in words) and _clean_name(rest) is not None


def _is_no_small_letter(letter: str) -> bool:
    return letter.isalpha() and not letter.islower()


def without_outlets(names: tuple[str, ...], outlets: frozenset[str]) -> tuple[str, ...]:
    """The names that are no outlet's own (casefolded), nor its own `with Agencies`."""
    return tuple(name for name in names if name.casefold().partition(" with ")[0] not in outlets)


def is_account(name: str) -> bool:
    """Whether a name is that of an account of the content system: it stands for whoever wrote.

    >>> is_account("NOC Admin"), is_account("jane.doe"), is_account("Jane Doe")
    (True, True, False)
    """
    return not _ACCOUNTS.isdisjoint(name.casefold().split()) or _LOGIN.fullmatch(name) is not None


def is_titled(name: str) -> bool:
    """Whether a name begins and ends with a capital letter's word, or is in a script without capitals.

    >>> is_titled("Jane van der Doe"), is_titled("Read more")
    (True, False)
    """
    words = name.split()
    return not any(word[:1].islower() and word.lower() not in _PARTICLES for word in (words[0], words[-1]))


# A byline is looked at for each mark that it bears, and a newspaper prints the same ones day by day.
@lru_cache(maxsize=500)
def _split(value: str) -> tuple[str, ...]:
    value = clean(unescape(value))
    if not value or len(value) > _MAX_VALUE_CHARS:
        return ()
    value = _EMAIL.sub("", _BRACKETED.sub("", value) or value.strip("()[]（）【】"))
    value = _without_introduction(value)
    parts = [part for part in _SEPARATOR.split(value) if part]
    pieces = (piece for part in parts for comma in _split_commas(part) for piece in _split_slash(comma))
    names = tuple(name for piece in pieces if (name := _clean_name(piece)))
    return tuple(name for name in names if not _ROLE.search(name)) or names


def _without_introduction(text: str) -> str:
    match = _INTRODUCTION.match(text)
    if match is None:
        return text
    introduction, words = match[0].rstrip().lower(), text[match.end() :].split()
    if words and (words[0].lower() in _NAME_GOES_ON or (len(words) < 2 and introduction in _ALSO_IN_NAMES)):
        return text
    return text[match.end() :]


def _split_commas(part: str) -> list[str]:
    """At a comma begins another name, or a role, a title, an agency.

    Two names have two words each; `Doe, Jane` is one name and `Jane Doe, Reporter` is a name and a role.
    """
    first, *others = [piece for piece in _LIST_COMMA.split(part) if piece] or [""]
    # `Marta Ferri, inviata a Capo Sereno`: what begins small is no name, but for one that begins with a particle.
    pieces = [first, *(one for one in others if not one[0].islower() or first[0].islower() or one.split()[0] in _SMALL)]
    if len(pieces) < 2 or all(2 <= len(piece.split()) <= 4 for piece in pieces):
        return pieces
    return pieces[:1]


def _split_slash(part: str) -> list[str]:
    """Behind a slash stands another name of several words, or the agency (`Jane Doe/Reuters`); `AFP/dpa` is left whole."""
    first, *others = _SLASH.split(part)
    if not others or len(first.split()) < 2:
        return [part]
    return [first, *(other for other in others if len(other.split()) > 1)]


def _clean_name(name: str) -> str | None:
    name = _HANDLE.split(name)[0].strip(" .,:;-–—|/*\"'“”„")
    first, *role = _ROLE_DASH.split(name, maxsplit=1)
    name = first if role and len(first.split()) > 1 else name
    name = _TRADE.sub("", _PLACE.sub("", _AGENCY.sub(r"\1", _without_introduction(name)))).strip()
    if (
        not 1 < len(name) <= MAX_NAME_CHARS
        or len(name.split()) > 6
        or _NOT_A_NAME.search(name)
        or _REPORTED_FROM.fullmatch(name)
        or not _LETTER.search(name)
    ):
        return None
    return name
