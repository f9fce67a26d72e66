"""The commands that ask for captures: which there are, and what one says. What they run is imported when they run."""

from typing import TYPE_CHECKING, Any

import click

from archive.context import CommandContext, collection_option, json_option

if TYPE_CHECKING:
    from archive.collection import Collection
    from archive.formats.urlkey import Match
    from archive.model import Article

AT = click.option("--at", metavar="TIME", help="The capture closest to this time: 14 digits or fewer, ISO 8601, or 2d.")
FROM = click.option("--from", "from_", metavar="TIME", help="Nothing before this time.")
TO = click.option("--to", metavar="TIME", help="Nothing after this time.")
BYTES = ("html", "http", "warc", "dom")


@click.command()
@click.argument("url")
@AT
@FROM
@TO
@click.option(
    "--match",
    type=click.Choice(["exact", "prefix", "host", "domain"]),
    default="exact",
    help="This URL, all that begin with it, all of its host, or of its host and subdomains.",
)
@click.option("--limit", type=click.IntRange(1, 10**9), metavar="N", help="N captures at most.")
@collection_option
@json_option
@click.pass_obj
def lookup(
    context: CommandContext,
    url: str,
    at: str | None,
    from_: str | None,
    to: str | None,
    match: "Match",
    limit: int | None,
    as_json: bool,
) -> None:
    """List the captures of a URL.

    Without --json: time, status, media type, bytes of the record, URL.
    """
    from archive.output import capture_fields, print_json, print_table, readable_time

    with context.open_collection() as collection:
        captures = collection.lookup(url, at=at, from_=from_, to=to, match=match, limit=limit)
        first = next(captures, None)
        if first is None:
            raise _nothing(f"{url}: no capture of it{' then' if from_ or to else ''}{_wider(url, match)}")

        def found() -> Any:
            yield first
            yield from captures

        if as_json:
            for capture in found():
                print_json(capture_fields(capture))
            return
        rows = (
            (
                readable_time(capture.timestamp),
                capture.status,
                f"{capture.mime} (revisit)" if capture.revisit else capture.mime,
                capture.location.length,
                capture.url,
            )
            for capture in found()
        )
        print_table(("time (UTC)", "status", "type", "bytes", "url"), rows, right=("bytes",))


@click.command()
@click.argument("url")
@AT
@click.option(
    "--as",
    "form",
    type=click.Choice(["text", "json", *BYTES]),
    help="The article as text (this is the default) or JSON; the page as it was, the response message, or the WARC record; "
    "what a browser made of the page.",
)
@collection_option
@json_option
@click.pass_obj
def show(context: CommandContext, url: str, at: str | None, form: str | None, as_json: bool) -> None:
    """Show what a page said.

    html, http, warc and dom are bytes, written as they are. With --at, stderr says which version this is, and when it was
    seen: the nearest one may be of another day.
    """
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json and --as {form} contradict each other")
    with context.open_collection() as collection:
        if form is not None and form in BYTES:
            click.echo(_bytes(collection, url, at, form), nl=False)
            return
        article = collection.article(url, at)
        seen = _seen(collection, url, at) if at else ""
    if as_json or form == "json":
        from archive.output import print_json

        print_json(article)
    else:
        _print_article(article)
    if seen:
        click.echo(f"morgue: {seen}", err=True)


def _nothing(message: str) -> Exception:
    from archive.errors import NoCapture

    return NoCapture(message)


def _seen(collection: "Collection", url: str, at: str) -> str:
    """Which of its versions the article at this time is, and when that was captured."""
    from archive.output import readable_time

    history = collection.history_of(url)
    version = history.nearest(at)
    first, last = readable_time(version.first_seen), readable_time(version.last_seen)
    span = f"from {first} to {last}" if last != first else f"on {first}"
    return f"version {version.number} of {len(history)}, seen {span} UTC"


def _wider(url: str, match: "Match") -> str:
    """What else to ask where nothing was found: CDX servers take an asterisk for what is an option here."""
    if match == "exact" and url.startswith("*."):
        return f" (write `--match domain {url[2:]}`)"
    if match == "exact" and url.endswith("*"):
        return f" (write `--match prefix {url[:-1]}`)"
    wider = {"exact": "prefix, host or domain", "prefix": "host or domain", "host": "domain"}.get(match)
    return f" (try --match {wider})" if wider else ""


def _bytes(collection: "Collection", url: str, at: str | None, form: str) -> bytes:
    """A capture as it was: its WARC record, its response message, or its payload with the codings undone."""
    if form == "warc":
        capture = collection.closest(url, at)
        if capture is None:
            raise _nothing(f"{url}: no capture of it")
        return collection.record_bytes(capture)
    if form == "dom":
        return collection.dom(url, at)
    memento = collection.memento(url, at)
    if form == "http":
        return memento.message
    from archive.coding import decode_content

    return decode_content(memento.payload, memento.header("Content-Encoding"))


def _print_article(article: "Article") -> None:
    from archive.output import printable

    byline = ", ".join(article.authors)
    published = article.date_published.strftime("%Y-%m-%d %H:%M %Z") if article.date_published else ""
    text = f"{article.dateline} – {article.text}" if article.dateline else article.text
    parts = (
        article.headline,
        article.standfirst,
        " · ".join(part for part in (byline, published) if part),
        text.replace("\n", "\n\n"),
    )
    for index, part in enumerate(part for part in parts if part):
        if index:
            click.echo()
        click.echo(printable(part))
