"""Cuts HTML into tags and text as browsers do (https://html.spec.whatwg.org/multipage/parsing.html#tokenization).

    text | start tag | end tag | content of an element that holds no tags (script, style, title …)

Comments, and what browsers take for comments, are left out. No tree is made: that is left to the browser that gets the
page, so broken markup looks as it did. Each character is looked at a bounded number of times, whatever stands there.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

Kind = Literal["text", "start", "end", "raw", "doctype"]

RAW = frozenset(("script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "plaintext"))
"""Elements whose content is text up to their end tag; `noscript` is none where scripts do not run."""

_TAG = re.compile(
    r"<(/?)([A-Za-z][^\t\n\f\r />]*+)"
    r"("
    r"(?:[\t\n\f\r /]++"
    r"|[^\t\n\f\r />][^\t\n\f\r />=]*+"
    r"""(?:[\t\n\f\r ]*+=[\t\n\f\r ]*+(?:"[^"]*+"|'[^']*+'|[^\t\n\f\r >"'][^\t\n\f\r >]*+|(?=>)))?+"""
    r")*+)>"
)
_MARK = re.compile(r"<(?=[A-Za-z/!?])")
"""Any other `<` is text."""
_LETTER = re.compile(r"[A-Za-z]")
_SCRIPT = re.compile(r"<!--|-->|<(/?)script(?=[\t\n\f\r />])", re.IGNORECASE | re.ASCII)
_DOCTYPE = re.compile(r"<!doctype[^<>]*>", re.IGNORECASE | re.ASCII)
_COMMENT_END = re.compile(r"--!?>")
_FOREIGN = ("svg", "math")


class Token(NamedTuple):
    """One piece of a document; `text[start:end]` is how it stands there."""

    kind: Kind
    name: str
    """Of a tag, lower-case; of raw content its element."""
    start: int
    end: int
    attributes: int = 0
    """Where a tag's attributes begin."""


def iter_tokens(text: str) -> Iterator[Token]:
    """The tokens of a document. A tag that never closes takes the rest of the document with it, as in browsers."""
    at, foreign, end_of_text = 0, 0, len(text)
    while at < end_of_text:
        mark = _MARK.search(text, at)
        if mark is None:
            yield Token("text", "", at, end_of_text)
            return
        found = mark.start()
        if found > at:
            yield Token("text", "", at, found)
        tag = _TAG.match(text, found)
        if tag is None:
            if _LETTER.match(text, found + 1 + (text[found + 1 : found + 2] == "/")):
                return
            token, at = _other(text, found, foreign=foreign > 0)
            if token is not None:
                yield token
            continue
        name = tag[2].lower() if tag[2].isascii() else tag[2]
        at = tag.end()
        if tag[1]:
            if name in _FOREIGN and foreign:
                foreign -= 1
            yield Token("end", name, found, at)
            continue
        yield Token("start", name, found, at, tag.start(3))
        is_closed = text[at - 2] == "/"
        if name in _FOREIGN and not is_closed:
            foreign += 1
        elif name in RAW and not (foreign and is_closed):
            end = _end_of_raw(text, name, at)
            yield Token("raw", name, at, end)
            at = end


def _other(text: str, at: int, *, foreign: bool) -> tuple[Token | None, int]:
    """What begins with `<` and is no tag, and where it ends."""
    if text.startswith("<!--", at):
        if text.startswith((">", "->"), at + 4):
            return None, text.index(">", at) + 1
        end = _COMMENT_END.search(text, at + 4)
        return None, end.end() if end else len(text)
    if foreign and text.startswith("<![CDATA[", at):
        end_of_data = text.find("]]>", at)
        if end_of_data < 0:
            return Token("text", "", at + 9, len(text)), len(text)
        return Token("text", "", at + 9, end_of_data), end_of_data + 3
    if doctype := _DOCTYPE.match(text, at):
        return Token("doctype", "", at, doctype.end()), doctype.end()
    following = text[at + 1 : at + 2]
    if following in ("!", "?") or (following == "/" and at + 2 < len(text)):
        closing = text.find(">", at)
        return None, closing + 1 if closing >= 0 else len(text)
    return Token("text", "", at, at + 1), at + 1


def _end_of_raw(text: str, name: str, at: int) -> int:
    if name == "plaintext":
        return len(text)
    if name == "script":
        return _end_of_script(text, at)
    end = re.compile(rf"</{name}(?=[\t\n\f\r />])", re.IGNORECASE | re.ASCII).search(text, at)
    return end.start() if end else len(text)


def _end_of_script(text: str, at: int) -> int:
    """Where a script's end tag begins: inside `<!-- <script>` the first one is another's.

    https://html.spec.whatwg.org/multipage/parsing.html#script-data-double-escaped-state
    """
    is_escaped = is_nested = False
    while mark := _SCRIPT.search(text, at):
        at = mark.end()
        if mark[0] == "<!--":
            is_escaped = True
            at -= 2  # the dashes may also begin its end: <!-->
        elif mark[0] == "-->":
            is_escaped = is_nested = False
        elif not mark[1]:
            is_nested = is_escaped
        elif is_nested:
            is_nested = False
        else:
            return mark.start()
    return len(text)
