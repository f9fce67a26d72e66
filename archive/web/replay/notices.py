"""Small pages of our own inside a frame of captured ones. They say little: whatever is said there, a page could say too."""

import html

from archive.model import Capture
from archive.web.links import escape_url

_PAGE = (
    "<!DOCTYPE html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
    "<meta name=color-scheme content='light dark'><title>{title}</title>"
    "<style>body{{font:1rem/1.5 system-ui,sans-serif;margin:1rem;overflow-wrap:anywhere}}img,video{{max-width:100%}}</style>"
    "{body}"
)


def to_notice(words: str, url: str = "", search: str = "") -> str:
    """A page with one sentence, the address that it is about, and the way to the archive's search."""
    address = f"<p dir=ltr>{html.escape(url)}</p>" if url else ""
    link = f'<p><a target="_top" href="{html.escape(search)}">Search the archive</a></p>' if search else ""
    return _PAGE.format(title="Not shown", body=f"<p>{html.escape(words)}</p>{address}{link}")


def to_picture(capture: Capture) -> str:
    """A page that shows an image or plays a film: so that an SVG image is never a document, which might hold scripts."""
    source = f"/{capture.timestamp}im_/{html.escape(escape_url(capture.url))}"
    kind = capture.mime.partition("/")[0]
    body = (
        f'<{kind} controls src="{source}"></{kind}>' if kind in ("audio", "video") else f'<img alt="" src="{source}">'
    )
    return _PAGE.format(title=html.escape(capture.url), body=body)


def to_turn(address: str) -> str:
    """A page that leads on to a page with a banner of its own: one that follows a link inside a frame would have none."""
    link = f'<a target="_top" href="{html.escape(address)}">Open it with its own time and address above it</a>'
    return _PAGE.format(
        title="Another page", body=f"<p>This link leads to another page of the archive.</p><p>{link}</p>"
    )
