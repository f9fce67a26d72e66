"""A captured page, made to be shown from the archive: what it needs is loaded from there, where it leads is there, and
what runs, sends or asks others is gone.

The page is not parsed into a tree. Its tags are read one by one and written again, so that markup which is broken breaks
in the reader's browser just as it did; and since no `<` is written that does not begin a tag of this module's making,
there is no second way to read the outcome, whatever a browser makes of where it stands.
"""

import re
from collections.abc import Callable

from archive.formats.srcset import rewrite_srcset
from archive.formats.style import rewrite_style
from archive.web.replay.addresses import Addresses
from archive.web.replay.attributes import escape, parse_attributes, to_tag, unescape
from archive.web.replay.elements import ATTRIBUTES_GONE, DROPPED, KEPT_META, LOADED, PLAIN, RENAMED, SPECIAL, STYLED
from archive.web.replay.lazy import lazy_background, undo_lazy
from archive.web.replay.tokens import RAW, Token, iter_tokens

_ENDS_STYLE = re.compile(r"<(?=[A-Za-z/!?])")
_REFERENCE = re.compile(r"&(?=[A-Za-z#])")
"""Within SVG browsers read references in a style sheet, and only they know for sure where SVG ends."""
_NAMES_URL = re.compile(r"url|image-set|import|\\|&", re.IGNORECASE)
_END_OF_NOSCRIPT = re.compile(r"</noscript[\t\n\f\r />]", re.IGNORECASE | re.ASCII)
_TAG_NAME = re.compile(r"[a-z][^\x00-\x20\"'<>/=&`\x7f]*")
_ANIMATED = re.compile(r"href|src|style|\bon", re.IGNORECASE)
_URLS = frozenset(("href", "xlink:href", "src", "data", "background", "poster"))
_SEEN_TO = frozenset((("a", "href"), ("a", "xlink:href"), ("area", "href"), ("link", "href")))
_FALLBACK_CHARS = 400
"""How far behind a lazy image the `noscript` that holds the same image begins."""
_LONGEST_FALLBACK = 5000


def rewrite_page(text: str, addresses: Addresses) -> str:
    """The page as it is to be shown."""
    return _Rewriting(text, addresses).run()


class _Rewriting:
    """One page on its way through."""

    def __init__(self, text: str, addresses: Addresses) -> None:
        self._text = text.replace("\x00", "")
        self._addresses = addresses
        self._out: list[str] = []
        self._has_base = False
        self._raw = ""
        """The element whose content comes next, where that element is kept."""
        self._is_empty = False
        """Whether that element has just begun. `<style/>` has no content within SVG, and has elsewhere: only the browser knows
        for sure where that is, so it is closed as both understand."""
        self._noscript = False
        self._fallbacks: set[str] = set()
        """Images shown because their `noscript` is."""
        self._lazy_at = -_FALLBACK_CHARS
        """Behind the last image that was put in place of a placeholder."""
        self._skip_until = 0

    def run(self) -> str:
        text, write = self._text, self._out.append
        for token in iter_tokens(text):
            kind = token.kind
            if token.start < self._skip_until:
                continue
            if self._is_empty and kind != "raw":
                write(f"</{self._raw}>")
                self._raw = ""
            self._is_empty = False
            if kind == "text":
                piece = text[token.start : token.end]
                write(piece.replace("<", "&lt;") if "<" in piece else piece)
            elif kind == "start":
                self._start(token)
            elif kind == "end":
                self._end(token)
            elif kind == "raw":
                self._content(token)
            else:
                write(text[token.start : token.end])
        if self._raw:
            write(f"</{self._raw}>")
        return "".join(self._out)

    def _start(self, token: Token) -> None:
        name, text = token.name, self._text
        if name not in SPECIAL and PLAIN.fullmatch(text, token.start, token.end):
            self._out.append(text[token.start : token.end])
            return
        if name == "noscript":
            self._begin_noscript(token)
        if name in DROPPED or not _TAG_NAME.fullmatch(name):
            return
        attributes = parse_attributes(text, token.attributes, token.end)
        if name in _LOOKS and not _LOOKS[name](self, attributes, token):
            return
        self._clean(name, attributes)
        name = RENAMED.get(name, name)
        self._is_empty = name in RAW
        self._out.append(to_tag(name, attributes, closed=text[token.end - 2] == "/" and not self._is_empty))
        self._raw = name if self._is_empty else ""

    def _end(self, token: Token) -> None:
        name = token.name
        if name == "noscript":
            self._noscript = False
        self._raw = ""
        if name in DROPPED or name in ("amp-img", "amp-anim") or not _TAG_NAME.fullmatch(name):
            return
        self._out.append(f"</{RENAMED.get(name, name)}>")

    def _content(self, token: Token) -> None:
        piece = self._text[token.start : token.end]
        if token.name == "style":
            if self._raw:
                style = rewrite_style(piece, self._addresses.in_style)
                self._out.append(_REFERENCE.sub(r"\\26 ", _ENDS_STYLE.sub(r"\\3c ", style)))
        elif token.name in ("title", "textarea", "xmp", "plaintext"):
            self._out.append(piece.replace("<", "&lt;") if token.name in ("title", "textarea") else _as_text(piece))

    def _clean(self, name: str, attributes: dict[str, str]) -> None:
        """Rewrite what names something to load, and take out what runs or asks others, whatever element it is on."""
        loaded = LOADED.get(name, {})
        for key in list(attributes):
            value = attributes[key]
            if key.startswith("on") or key in ATTRIBUTES_GONE:
                del attributes[key]
            elif key in loaded:
                found = self._addresses.requisite(unescape(value), loaded[key])
                self._set(attributes, key, found)
            elif key in ("srcset", "imagesrcset"):
                self._set(attributes, key, rewrite_srcset(unescape(value), self._candidate))
            elif key == "style" or key in STYLED:
                if _NAMES_URL.search(value):
                    attributes[key] = escape(rewrite_style(unescape(value), self._addresses.in_style))
            elif (key in _URLS and (name, key) not in _SEEN_TO and not value.startswith("#")) or (
                key == "target" and name not in ("a", "area")
            ):
                del attributes[key]
        if background := lazy_background(attributes):
            found = escape(self._addresses.in_style(background, "image"))
            style = f'{attributes.get("style", "")};background-image:url("{found}")'
            attributes["style"] = style.lstrip(";")

    def _set(self, attributes: dict[str, str], key: str, value: str | None) -> None:
        if value:
            attributes[key] = escape(value)
        else:
            attributes.pop(key, None)

    def _candidate(self, value: str) -> str:
        return self._addresses.requisite(value, "im_") or ""

    # What is special about single elements. `False`: the element is left out.

    def _begin_noscript(self, token: Token) -> None:
        """What stands in it is shown, unless it is the image that is shown already."""
        self._noscript = True
        if token.start - self._lazy_at > _FALLBACK_CHARS:
            return
        end = _END_OF_NOSCRIPT.search(self._text, token.end, token.end + _LONGEST_FALLBACK)
        if end and "<img" in self._text[token.end : end.start()].lower():
            self._skip_until = end.start()

    def _look_at_base(self, attributes: dict[str, str], _token: Token) -> bool:
        """Only the first counts; as every URL is made absolute, none is needed any more."""
        if "href" in attributes and not self._has_base:
            self._has_base = True
            if url := self._addresses.resolve(unescape(attributes["href"])):
                self._addresses.rebase(url)
        return False

    def _look_at_link(self, attributes: dict[str, str], _token: Token) -> bool:
        relations = unescape(attributes.get("rel", "")).lower().split()
        loads = attributes.get("onload", "")
        if "stylesheet" in relations or ("preload" in relations and "stylesheet" in loads):
            role = "cs_"
            if "media" in loads:  # loaded for print, and for all once it is there: so that nobody waits for it
                attributes.pop("media", None)
            attributes["rel"] = "alternate stylesheet" if "alternate" in relations else "stylesheet"
            attributes.pop("as", None)
        elif "icon" in relations:
            role = "im_"
            attributes["rel"] = "icon"
        else:
            return False
        self._set(attributes, "href", self._addresses.requisite(unescape(attributes.get("href", "")), role))
        return "href" in attributes

    def _look_at_meta(self, attributes: dict[str, str], _token: Token) -> bool:
        """Refresh and policies of the page's own are among what is left out; the encoding is said in a header."""
        equivalent = unescape(attributes.get("http-equiv", "")).strip().lower()
        attributes.pop("charset", None)
        return not equivalent or equivalent in KEPT_META

    def _look_at_anchor(self, attributes: dict[str, str], _token: Token) -> bool:
        attributes.pop("target", None)
        for key in ("href", "xlink:href"):
            if key in attributes:
                found = self._addresses.page(unescape(attributes[key]))
                self._set(attributes, key, found)
                if found and not found.startswith("#"):
                    attributes["target"] = "_top"
        return True

    def _look_at_image(self, attributes: dict[str, str], token: Token) -> bool:
        if undo_lazy(attributes, is_shown=self._fallbacks):
            self._lazy_at = token.end
            attributes.pop("loading", None)
        elif self._noscript and attributes.get("src"):
            self._fallbacks.add(unescape(attributes["src"]).strip())
        return True

    def _look_at_frame(self, attributes: dict[str, str], _token: Token) -> bool:
        if not attributes.get("src") and attributes.get("data-src"):
            attributes["src"] = attributes["data-src"]
        return True

    def _look_at_input(self, attributes: dict[str, str], _token: Token) -> bool:
        if unescape(attributes.get("type", "")).strip().lower() != "image":
            attributes.pop("src", None)
        return True

    def _look_at_animation(self, attributes: dict[str, str], _token: Token) -> bool:
        """One that turns a harmless link into another."""
        return not _ANIMATED.search(unescape(attributes.get("attributename", "")))


def _as_text(piece: str) -> str:
    return piece.replace("&", "&amp;").replace("<", "&lt;")


_Look = Callable[[_Rewriting, dict[str, str], Token], bool]
_LOOKS: dict[str, _Look] = {
    "base": _Rewriting._look_at_base,
    "link": _Rewriting._look_at_link,
    "meta": _Rewriting._look_at_meta,
    "a": _Rewriting._look_at_anchor,
    "area": _Rewriting._look_at_anchor,
    "img": _Rewriting._look_at_image,
    "amp-img": _Rewriting._look_at_image,
    "source": _Rewriting._look_at_image,
    "iframe": _Rewriting._look_at_frame,
    "input": _Rewriting._look_at_input,
    **dict.fromkeys(("animate", "set", "animatemotion", "animatetransform"), _Rewriting._look_at_animation),
}
