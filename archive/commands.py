"""The commands that look up captures and keep them: joined to `morgue` by `crawler.cli`. What they run is imported when they run.

Those of articles are in `archive.article_commands`.
"""

from pathlib import Path
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
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--contact", default="", metavar="EMAIL", help="Where the people whose sites are visited reach you.")
@click.option(
    "--allow-network",
    "networks",
    multiple=True,
    metavar="CIDR",
    help="A private network that may be visited all the same, such as 127.0.0.0/8. May be given more than once.",
)
def init(folder: Path, contact: str, networks: tuple[str, ...]) -> None:
    """Make a new collection.

    Its folder gets a morgue.toml that explains every setting.
    """
    from archive.config import SETTINGS_FILE, init_collection
    from archive.reindex import Indexer

    init_collection(folder, contact=contact, allow_networks=networks)
    Indexer.open(folder).close()
    click.echo(
        f"morgue: made {folder} (settings in {folder / SETTINGS_FILE}; `morgue source add URL` comes next)", err=True
    )


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


@click.command()
@click.option("--store", "read_store", is_flag=True, help="Read every file in the store too.")
@collection_option
@json_option
@click.pass_obj
def verify(context: CommandContext, read_store: bool, as_json: bool) -> None:
    """Check every record against its digest, and the indexes against the records.

    Files that are only in the store are checked by its listing: they are there, and as long as they were.
    Exit status 1 where anything is wrong.
    """
    from archive.output import print_finding, print_json, show_progress
    from archive.verify import verify as iter_findings

    count = 0
    with show_progress("checking") as progress:
        for finding in iter_findings(context.collection_folder(), context.settings(), progress, read_store=read_store):
            count += 1
            print_json(finding) if as_json else print_finding(finding)
    if count:
        click.get_current_context().exit(1)
    click.echo("morgue: everything is as it should be", err=True)


@click.command()
@collection_option
@json_option
@click.pass_obj
def reindex(context: CommandContext, as_json: bool) -> None:
    """Make the catalog and the search index anew from the WARC files.

    Files that are only in the store are read from there. Until the new indexes are whole, the old ones stay.
    Exit status 1 where a file or record could not be read; everything else is indexed all the same.
    """
    from archive.output import print_json, show_progress
    from archive.rebuild import reindex as make_indexes

    with show_progress("indexing") as progress:
        found = make_indexes(context.collection_folder(), context.settings(), progress)
    for problem in found.unreadable:
        click.echo(f"morgue: {problem}", err=True)
    if as_json:
        print_json(found)
    else:
        click.echo(
            f"{found.captures} captures, revisits included, and {found.readings} readings in {found.files} WARC files"
        )
    if found.unreadable:
        click.get_current_context().exit(1)


@click.command()
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="The address to listen on; 0.0.0.0 is all of them."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes any that is free."
)
@click.option(
    "--replay-port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="Where captured pages are shown whole; by default the port behind the other. 0 takes any that is free.",
)
@click.option(
    "--replayweb",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Let captured scripts run for those who ask, by ReplayWeb.page: the folder that holds its sw.js. "
    "public_replay_url has to name another host than public_url.",
)
@click.option(
    "--allow-host",
    "allow_hosts",
    multiple=True,
    metavar="NAME",
    help="Answer requests for this host too; public_url's is answered anyway. May be given more than once.",
)
@collection_option
@click.pass_obj
def serve(
    context: CommandContext,
    host: str,
    port: int,
    replay_port: int | None,
    replayweb: Path | None,
    allow_hosts: tuple[str, ...],
) -> None:
    """Serve the collection over HTTP, with pages for a browser.

    Captured pages are hostile, so they have a port of their own. Until Ctrl-C.
    """
    from archive.web.server import serve as run_server

    folder, settings = context.collection_folder(), context.settings()
    try:
        run_server(
            folder,
            settings,
            host=host,
            port=port,
            replay_port=replay_port,
            replayweb=replayweb,
            allow_hosts=allow_hosts,
            explain=context.explainer() if context.explainer else None,
            on_ready=lambda url, replay: click.echo(
                f"morgue: serving {folder} at {url} (captured pages for it on port {replay}; Ctrl-C stops)", err=True
            ),
        )
    except KeyboardInterrupt:
        return


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
