"""The commands that make, check and serve a collection: joined to `morgue` by `crawler.cli`. What they run is imported when they run.

Those that ask it for captures are in `archive.lookup_commands`, those for articles in `archive.article_commands`.
"""

from pathlib import Path

import click

from archive.context import CommandContext, collection_option, json_option


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
