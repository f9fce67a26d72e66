"""The commands that answer for articles, their versions and words. What they run is imported when they run."""

import os
import shutil
import sys

import click

from archive.context import CommandContext, collection_option, json_option
from archive.lookup_commands import FROM, TO
from archive.model import SearchPlace, Versions

MIN_CHANGE = click.option(
    "--min-change",
    type=click.FloatRange(0, 1),
    default=0.0,
    metavar="X",
    help="Fold versions that changed less of the meaning than X, from 0 to 1, since the last one listed.",
)


@click.command()
@click.argument("url")
@MIN_CHANGE
@click.option("--limit", type=click.IntRange(1, 10**9), metavar="N", help="The newest N versions only.")
@collection_option
@json_option
@click.pass_obj
def history(context: CommandContext, url: str, min_change: float, limit: int | None, as_json: bool) -> None:
    """List the versions of an article.

    Followed across its URLs. Without --json: number, when it was first and last seen, what kind of change and how much of the
    meaning it changed (0 to 1), remarks, headline. Remarks: silent (the edit matters, and the page did not say so), same as
    N (an edit taken back), redated (a new date over the same text), amended N x (other authors, dateline, pictures, captions
    or credits over the same text), +N folded.
    """
    from archive.output import print_json, print_table, readable_time, version_fields, version_remarks

    with context.open_collection() as collection:
        found = collection.history_of(url)
        start = -limit if limit else 0
        versions = found.listed(min_change)[start:] if min_change else found.versions(start)
    if as_json:
        for version in versions:
            print_json(version_fields(version))
        return
    rows = (
        (
            one.number,
            readable_time(one.first_seen),
            readable_time(one.last_seen),
            one.change,
            "" if one.significance is None else f"{one.significance:.2f}",
            ", ".join(version_remarks(one)),
            one.headline,
        )
        for one in versions
    )
    columns = ("version", "first seen (UTC)", "last seen (UTC)", "change", "score", "remarks", "headline")
    print_table(columns, rows, right=("version", "score"))


@click.command()
@click.argument("url")
@click.argument("a", required=False)
@click.argument("b", required=False)
@MIN_CHANGE
@click.option(
    "--as",
    "form",
    type=click.Choice(["text", "html", "json"]),
    help="Marked text (this is the default), a whole HTML page, or JSON.",
)
@click.option("--side-by-side", is_flag=True, help="The old version on the left, the new one on the right.")
@collection_option
@json_option
@click.pass_obj
def diff(
    context: CommandContext,
    url: str,
    a: str | None,
    b: str | None,
    min_change: float,
    form: str | None,
    side_by_side: bool,
    as_json: bool,
) -> None:
    """Show what changed between two versions of an article.

    A and B are version numbers or times; the last two versions where neither is given, the newest where only A is. With
    --min-change the last two are those that `morgue history --min-change` lists.
    """
    from archive.diff import diff_texts
    from archive.output import side_line

    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json and --as {form} contradict each other")
    if side_by_side and (as_json or form in ("html", "json")):
        raise click.UsageError("--side-by-side is a form of text (leave out --json or --as)")
    with context.open_collection() as collection:
        history = collection.history_of(url)
        old, new = history.choose(a, b, min_change)
        found = diff_texts(history.read(old), history.read(new))
    if as_json or form == "json":
        from archive.output import print_json

        print_json(found)
        return
    from archive.diff_forms import to_columns, to_page, to_unified

    heads = [side_line(sign, side) for sign, side in (("-", old), ("+", new))]
    if form == "html":
        click.echo(to_page(found, new.version.headline or url, heads), nl=False)
        return
    color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for line in heads:
        click.secho(line, bold=True) if color else click.echo(line)
    if side_by_side:
        click.echo(to_columns(found, shutil.get_terminal_size().columns, color), nl=False, color=color)
    else:
        click.echo(to_unified(found, color), nl=False, color=color)
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

    narrowed = bool(source or from_ or to or language)
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
        names = collection.catalog.news_sources() if source and not page.hits else []
    if not page.hits:
        if source and source not in names:
            known = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
            raise NoCapture(
                f"--source {source}: no article of it ({f'there are those of {known}' if known else 'nor of others'})"
            )
        raise NoCapture(f"{query}: no {'further ' if after else ''}article holds that{' there' if narrowed else ''}")
    for hit in page.hits:
        print_json(hit_fields(hit)) if as_json else print_hit(hit)
    if page.next:
        click.echo(f"morgue: there are more: --after {to_cursor(page.next)}", err=True)
