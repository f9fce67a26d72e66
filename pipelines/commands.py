"""The commands of package `pipelines`, joined to `morgue` by `crawler.cli`. What they run is imported when they run."""

import sys
from collections.abc import Callable, Iterator
from collections.abc import Collection as Names
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.context import CommandContext, collection_option, json_option

if TYPE_CHECKING:
    from archive.collection import Collection

SOME_FAILED = 4


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--since", metavar="TIME", help="Only pages captured since then, such as 2d.")
@click.option(
    "--html",
    "page",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read this one file instead; touches no collection.",
)
@click.option("--url", help="With --html: the page's address.")
@click.option("--content-type", help="With --html: the page's Content-Type header, for its charset.")
@click.option("--explain", is_flag=True, help="With --html: print what each rule took from the page, and why.")
@collection_option
@json_option
@click.pass_obj
def extract(
    context: CommandContext,
    sources: tuple[str, ...],
    since: str | None,
    page: Path | None,
    url: str | None,
    content_type: str | None,
    explain: bool,
    as_json: bool,
) -> None:
    """Read archived pages that today's extractor has not read, of all sources or of those named.

    With --html and --url: read one file, and print its article as one JSON object; with --explain what was taken from the
    page instead, or with --explain --json both, the article last. Exit status 4: done, but some pages
    could not be read, or the store did not take everything.
    """
    if page is not None:
        if url is None:
            raise click.UsageError("--html needs --url: links and dates are read against it")
        if sources or since:
            raise click.UsageError("--html reads that one file: neither SOURCE nor --since goes with it")
        _check_address(url)
        if explain:
            _explain_file(page, url, content_type, as_json=as_json)
        else:
            _extract_file(page, url, content_type)
        return
    if url is not None or content_type is not None or explain:
        raise click.UsageError("--url, --content-type and --explain go with --html FILE")
    _extract_archived(context, frozenset(sources), since, as_json=as_json)


def _check_address(url: str) -> None:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_web = False
    if not is_web:
        from archive.errors import QueryInvalid

        raise QueryInvalid(f"--url: {url!r} is not a web address (write it like https://www.example.org/story)")


def check_sources(collection: "Collection", names: Names[str]) -> None:
    """A source that is followed no longer will do while there are pages of it. Raises QueryInvalid."""
    from archive.errors import QueryInvalid
    from archive.status import source_names

    known = source_names(collection) if names else set()
    if unknown := sorted(set(names) - known):
        there = ", ".join(sorted(filter(None, known))) or "none: add one with `morgue source add URL`"
        raise QueryInvalid(f"{unknown[0]}: no such source in {collection.folder} (there: {there})")


def _extract_file(page: Path, url: str, content_type: str | None) -> None:
    import msgspec

    from pipelines.errors import PipelineError
    from pipelines.extract import extract_article

    try:
        article = extract_article(page.read_bytes(), url=url, content_type=content_type)
    except (OSError, PipelineError) as error:
        raise click.ClickException(f"{page}: {error}") from error
    click.echo(msgspec.json.encode(article).decode())


def _explain_file(page: Path, url: str, content_type: str | None, *, as_json: bool) -> None:
    from archive.output import print_json, print_table
    from pipelines.errors import PipelineError
    from pipelines.extract import explain_article

    try:
        extraction = explain_article(page.read_bytes(), url=url, content_type=content_type)
    except (OSError, PipelineError) as error:
        raise click.ClickException(f"{page}: {error}") from error
    if as_json:
        for removal in extraction.removals:
            print_json(removal)
        print_json(extraction.article)
    else:
        rows = [(one.rule, one.layer, one.chars, one.why, one.text) for one in extraction.removals]
        print_table(("rule", "layer", "chars", "why", "text"), rows, right=("chars",))
    kept = f"{len(extraction.article.text)} characters are the text"
    if extraction.reader is not None:
        kept += f", as {extraction.reader} read it; the other readers agree with it by {extraction.agreement:.2f}"
    if not extraction.is_article:
        kept += f"; not held to be an article: {extraction.reason}"
    click.echo(kept, err=as_json)


def _extract_archived(context: CommandContext, sources: frozenset[str], since: str | None, *, as_json: bool) -> None:
    from datetime import UTC, datetime

    import msgspec

    from archive.formats.timestamp import parse_time, to_timestamp
    from archive.stores.upload import explain_failed
    from pipelines.reread import read_again
    from pipelines.source_rules import load_source_rules

    folder = context.collection_folder()
    if sources:
        with context.open_collection() as collection:
            check_sources(collection, sources)
    stamp = to_timestamp(parse_time(since, now=datetime.now(UTC))) if since else None
    with _show_progress() as on_progress:
        done, failed_uploads = read_again(
            folder,
            context.settings(),
            sources=sources,
            since=stamp,
            rules=load_source_rules(folder),
            on_progress=on_progress,
        )
    for line in explain_failed(failed_uploads, folder):
        click.echo(f"morgue: {line}", err=True)
    if as_json:
        click.echo(msgspec.json.encode(done).decode())
    else:
        click.echo(
            f"{done.read} pages read, {done.articles} new articles, {done.versions} new versions"
            + (f", {done.failed} could not be read" if done.failed else "")
        )
    if done.failed or failed_uploads:
        sys.exit(SOME_FAILED)


@contextmanager
def _show_progress() -> Iterator[Callable[[int, int], None] | None]:
    """A line on stderr that counts the pages, where a person watches."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.status import Status

    with Status("reading", console=Console(stderr=True)) as status:
        yield lambda done, found: status.update(f"{done} of {found} pages read")
