"""The commands of `morgue schedule`: crawl without end, say what is due when, and write what starts it by itself."""

import sys

import click

from archive.context import CommandContext, collection_option, json_option
from crawler.commands import SOME_FAILED, all_sources, open_sources, run_and_report, say


@click.group()
def schedule() -> None:
    """Crawl again and again, each source at its own pace."""


@schedule.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@collection_option
@json_option
@click.pass_obj
def run(context: CommandContext, sources: tuple[str, ...], as_json: bool) -> None:
    """Crawl what falls due, of all sources or of those named, until stopped.

    SIGTERM and Ctrl-C let what is under way be finished and sealed, and end it with status 0; a second one ends it at
    once. Refused while another process writes to the collection.
    """
    from crawler.run import Options

    folder, settings, chosen = open_sources(context, sources)
    names = frozenset(source.name for source in chosen) if sources else None
    count = "one source" if len(chosen) == 1 else f"{len(chosen) or 'no'} sources"
    say(f"following {count} until stopped (Ctrl-C)")
    outcome = run_and_report(
        folder, settings, all_sources(folder), Options(sources=names, endless=True), as_json=as_json
    )
    # Pages that failed are the schedule's daily work; what the store did not take is for a person to see.
    if outcome.failed_uploads:
        sys.exit(SOME_FAILED)
