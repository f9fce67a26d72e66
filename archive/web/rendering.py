"""Jinja2 templates, and how times, sizes, languages and snippets are shown in them. All text is escaped."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse

from archive.formats.timestamp import from_timestamp
from archive.output import printable, readable_size
from archive.web.links import Site, escape_url

_FOLDER = Path(__file__).parent
_RTL_LANGUAGES = frozenset(
    [
        "ar",
        "arc",
        "ckb",
        "dv",
        "fa",
        "glk",
        "he",
        "iw",
        "ks",
        "lrc",
        "mzn",
        "nqo",
        "pnb",
        "prs",
        "ps",
        "sd",
        "sdh",
        "syr",
        "ug",
        "ur",
        "yi",
    ]
)
_RTL_SCRIPTS = frozenset(["adlm", "arab", "hebr", "mand", "nkoo", "rohg", "samr", "syrc", "thaa"])
_LANGUAGES = {
    "am": "Amharic", "ar": "Arabic", "az": "Azerbaijani", "be": "Belarusian", "bg": "Bulgarian", "bn": "Bengali",
    "bs": "Bosnian", "ckb": "Sorani Kurdish", "cs": "Czech", "de": "German", "el": "Greek", "en": "English",
    "es": "Spanish", "fa": "Persian", "fr": "French", "ha": "Hausa", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian",
    "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ka": "Georgian",
    "kk": "Kazakh", "km": "Khmer", "ko": "Korean", "ku": "Kurdish", "ky": "Kyrgyz", "lo": "Lao", "mk": "Macedonian",
    "my": "Burmese", "nl": "Dutch", "pl": "Polish", "prs": "Dari", "ps": "Pashto", "pt": "Portuguese", "ro": "Romanian",
    "ru": "Russian", "so": "Somali", "sq": "Albanian", "sr": "Serbian", "sw": "Swahili", "tg": "Tajik", "th": "Thai",
    "tk": "Turkmen", "tr": "Turkish", "tt": "Tatar", "uk": "Ukrainian", "ur": "Urdu", "uz": "Uzbek",
    "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip


_ESCAPED_LETTERS = re.compile(r"(?:%[89A-Fa-f][0-9A-Fa-f])+")
_CHANGES = {
    "first": "first seen",
    "edited": "edited",
    "corrected": "corrected",
    "headline": "new headline",
    "cosmetic": "typography only",
}


class Renderer:
    """Turns a template and what it shows into a page."""

    def __init__(self, site: Site) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_FOLDER / "templates"),
            autoescape=True,
            finalize=_shown,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(site=site, path=site.path, raw=site.raw)
        self._environment.filters.update(
            day=day,
            moment=moment,
            minute=minute,
            change=_CHANGES.__getitem__,
            when=when,
            iso=iso,
            size=readable_size,
            direction=direction,
            language=language_name,
            pieces=snippet_pieces,
            escape_url=escape_url,
            host=host,
            readable_url=readable_url,
        )

    def page(self, request: Request, template: str, status: int = 200, **shown: Any) -> HTMLResponse:
        """A page; `title` has to be among what is shown."""
        return HTMLResponse(self._environment.get_template(template).render(request=request, **shown), status)


def day(timestamp: str) -> str:
    """The day of a timestamp, for a reader.

    >>> day("20240501103000")
    '1 May 2024'
    """
    time = from_timestamp(timestamp)
    return f"{time.day} {time:%B %Y}"


def moment(timestamp: str) -> str:
    """The time of a timestamp, for a reader.

    >>> moment("20240501103000")
    '1 May 2024, 10:30:00 UTC'
    """
    return f"{day(timestamp)}, {from_timestamp(timestamp):%H:%M:%S} UTC"


def minute(timestamp: str) -> str:
    """The time of a timestamp where seconds say nothing.

    >>> minute("20240501103000")
    '1 May 2024, 10:30 UTC'
    """
    return f"{day(timestamp)}, {from_timestamp(timestamp):%H:%M} UTC"


def when(time: datetime) -> str:
    """A time that a page stated, for a reader; a day where it stated no more.

    >>> from datetime import UTC
    >>> when(datetime(2024, 5, 1, 10, 30, tzinfo=UTC)), when(datetime(2024, 5, 1, tzinfo=UTC))
    ('1 May 2024, 10:30 UTC', '1 May 2024')
    """
    clock = f", {time:%H:%M %Z}" if (time.hour, time.minute, time.second) != (0, 0, 0) else ""
    return f"{time.day} {time:%B %Y}{clock}"


def iso(timestamp: str) -> str:
    """A timestamp for the attribute `datetime`."""
    return f"{from_timestamp(timestamp):%Y-%m-%dT%H:%M:%SZ}"


def direction(language: str | None) -> str:
    """What the attribute `dir` should say; `auto` lets the browser look at the text.

    >>> direction("fa"), direction("zh-Hans"), direction("az-Arab"), direction(None)
    ('rtl', 'ltr', 'rtl', 'auto')
    """
    if not language:
        return "auto"
    primary, *subtags = language.lower().split("-")
    script = next((subtag for subtag in subtags if len(subtag) == 4), None)
    if script:
        return "rtl" if script in _RTL_SCRIPTS else "ltr"
    return "rtl" if primary in _RTL_LANGUAGES else "ltr"


def language_name(language: str) -> str:
    """The English name of a language, or its tag where we have none."""
    return _LANGUAGES.get(language.lower().split("-")[0], language)


def snippet_pieces(snippet: str) -> list[tuple[bool, str]]:
    r"""A snippet cut where hits begin and end; of each piece whether it is a hit.

    >>> snippet_pieces("the \x02quake\x03 hit")
    [(False, 'the '), (True, 'quake'), (False, ' hit')]
    """
    pieces = []
    for index, part in enumerate(snippet.split("\x02")):
        hit, _, rest = part.partition("\x03") if index else ("", "", part)
        pieces += [(True, hit), (False, rest)]
    return [piece for piece in pieces if piece[1]]


def readable_url(url: str) -> str:
    """A URL whose escaped letters are shown as letters; what would change its meaning stays escaped.

    >>> readable_url("https://example.org/%D9%BE%D9%84?a=%26%20%FF")
    'https://example.org/پل?a=%26%20%FF'
    """
    return _ESCAPED_LETTERS.sub(_letters, url)


def _letters(escaped: re.Match[str]) -> str:
    try:
        letters = unquote(escaped[0], errors="strict")
    except UnicodeDecodeError:
        return escaped[0]
    return letters if letters.isprintable() and not any(map(str.isspace, letters)) else escaped[0]


def _shown(value: object) -> object:
    """Without control characters, and those that turn the direction of what follows; markup of ours is left alone."""
    return printable(value) if type(value) is str else value


def host(url: str) -> str:
    """The host of a URL, without `www`, as a reader would name the site.

    >>> host("https://www.example.org:8080/a")
    'example.org'
    """
    name = url.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]
    return name.removeprefix("www.")
