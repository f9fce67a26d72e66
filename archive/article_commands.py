"""The commands that answer for articles, their versions and words. What they run is imported when they run."""

import sys

import click

from archive.commands import FROM, TO
from archive.context import CommandContext, collection_option, json_option
from archive.model import SearchPlace, Versions


@click.command()
@click.argument("url")
@collection_option
@json_option
@click.pass_obj
def history(context: CommandContext, url: str, as_json: bool) -> None:
    """List the versions of an article.

    Followed across its URLs. Without --json: number, when it was first and last seen, what kind of change, headline.
    """
    from archive.output import print_json, print_table, readable_time, version_fields

    with context.open_collection() as collection:
        versions = collection.history(url)
    if as_json:
        for version in versions:
            print_json(version_fields(version))
        return
    rows = (
        (one.number, readable_time(one.first_seen), readable_time(one.last_seen), one.change, one.headline)
        for one in versions
    )
    print_table(("version", "first seen (UTC)", "last seen (UTC)", "change", "headline"), rows, right=("version",))


@click.command()
@click.argument("url")
@click.argument("a", required=False)
@click.argument("b", required=False)
@collection_option
@json_option
@click.pass_obj
def diff(context: CommandContext, url: str, a: str | None, b: str | None, as_json: bool) -> None:
    """Show what changed between two versions of an article.

    A and B are version numbers or times; the last two versions where neither is given, the newest where only A is.
    """
    from archive.diff import diff_texts, to_unified

    with context.open_collection() as collection:
        old, new = collection.choose_versions(collection.history(url), url, a, b)
        found = diff_texts(collection.version_article(old), collection.version_article(new))
    if as_json:
        from archive.output import print_json

        print_json(found)
        return
    from archive.output import readable_time

    color = sys.stdout.isatty()
    for sign, version in (("-", old), ("+", new)):
        line = f"{sign * 3} version {version.number}, {readable_time(version.first_seen)} UTC, {version.url}"
        click.secho(line, bold=True) if color else click.echo(line)
    click.echo(to_unified(found, color=color), nl=False, color=color)
    if not found.changed:
        click.echo("morgue: nothing differs", err=True)


@click.command()
@click.argument("query")
@click.option("--source", metavar="NAME", help="Articles of this source only.")
@FROM
@TO
@click.option("--language", metavar="TAG", help="Articles in this language only, such as fa or zh-Hans.")
@click.option(
    "--versions",
    type=click.Choice(("newest", "all")),
    default="newest",
    help="Each article by its newest version that matches (newest), or every version that does (all).",
)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, metavar="N", help="N hits at most (20).")
@click.option("--after", metavar="CURSOR", help="Go on where an answer ended, with the cursor it gave on stderr.")
@collection_option
@json_option
@click.pass_obj
def search(
    context: CommandContext,
    query: str,
    source: str | None,
    from_: str | None,
    to: str | None,
    language: str | None,
    versions: Versions,
    limit: int,
    after: str | None,
    as_json: bool,
) -> None:
    """Find articles by their words.

    All words have to be there: "two words" is a phrase, a OR b is either, -word leaves out; headline:word, author:name
    and source:name look there only. Best first: words in the headline before words in the opening before the rest, and
    the newest first among equals.
    """
    from archive.errors import NoCapture
    from archive.output import hit_fields, print_hit, print_json
    from archive.web.cursor import from_cursor, to_cursor

    with context.open_collection() as collection:
        page = collection.search_page(
            query,
            source=source,
            from_=from_,
            to=to,
            language=language,
            versions=versions,
            limit=limit,
            after=from_cursor(after, SearchPlace) if after else None,
        )
    if not page.hits:
        raise NoCapture(f"{query}: no {'further ' if after else ''}article holds that")
    for hit in page.hits:
        print_json(hit_fields(hit)) if as_json else print_hit(hit)
    if page.next:
        click.echo(f"morgue: there are more: --after {to_cursor(page.next)}", err=True)
