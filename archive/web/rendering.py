"""Jinja2 templates, and how times, sizes, languages and snippets are shown in them. All text is escaped."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from archive.formats.timestamp import from_timestamp
from archive.output import printable, readable_size
from archive.web.assets import versions as asset_versions
from archive.web.kept import fresh_answer
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


_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}")
_ESCAPED_LETTERS = re.compile(r"(?:%[89A-Fa-f][0-9A-Fa-f])+")
CHANGES = {
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
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        versions = asset_versions()
        self._environment.globals.update(
            site=site,
            path=site.path,
            raw=site.raw,
            asset=lambda name: site.path(f"/static/{name}", v=versions[name]),
        )
        self._environment.filters.update(
            day=day,
            moment=moment,
            minute=minute,
            clock=clock,
            brief=brief,
            date=dashed,
            month=month,
            number=number,
            change=CHANGES.__getitem__,
            when=when,
            iso=iso,
            size=readable_size,
            direction=direction,
            lang=language_tag,
            language=language_name,
            pieces=snippet_pieces,
            escape_url=escape_url,
            host=host,
            readable_url=readable_url,
        )

    def render(self, template: str, **shown: Any) -> str:
        """The HTML of a page; `title` has to be among what is shown."""
        return self._environment.get_template(template).render(**shown)

    def page(self, request: Request, template: str, status: int = 200, **shown: Any) -> Response:
        """A page, with an entity tag where it is no error; `title` has to be among what is shown."""
        html = self.render(template, **shown)
        return self.answer(request, html.encode()) if status == 200 else HTMLResponse(html, status)

    def answer(self, request: Request, html: bytes) -> Response:
        """A page that is rendered already, or 304 where the reader has it."""
        return fresh_answer(request, html, "text/html; charset=utf-8")


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


def clock(timestamp: str) -> str:
    """The time of day of a timestamp.

    >>> clock("20240501103000")
    '10:30'
    """
    return f"{timestamp[8:10]}:{timestamp[10:12]}"


def brief(timestamp: str) -> str:
    """A time where there is little room.

    >>> brief("20240501103000")
    '1 May 2024, 10:30'
    """
    time = from_timestamp(timestamp)
    return f"{time.day} {time:%b %Y, %H:%M}"


def dashed(timestamp: str) -> str:
    """The day of a timestamp, or of 8 digits, as addresses write it.

    >>> dashed("20240501103000"), dashed("20240501")
    ('2024-05-01', '2024-05-01')
    """
    return f"{timestamp[:4]}-{timestamp[4:6]}-{timestamp[6:8]}"


def month(day: str) -> str:
    """The month of a day of 8 digits.

    >>> month("20240501")
    'May 2024'
    """
    return f"{from_timestamp(day + '000000'):%B %Y}"


def number(count: float) -> str:
    """A count, thousands parted.

    >>> number(12345), number(2.5)
    ('12,345', '2.5')
    """
    return f"{count:,.0f}" if count == int(count) else f"{count:,.1f}"


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


def language_tag(language: str | None) -> str:
    """What the attribute `lang` should say; nothing where a page's word for its language is no tag (RFC 5646).

    >>> language_tag("zh-Hans"), language_tag("English (UK)"), language_tag(None)
    ('zh-Hans', '', '')
    """
    return language if language and _TAG.fullmatch(language) else ""


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
