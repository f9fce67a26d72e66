"""`morgue source`: add, list, check and remove the newspapers that a collection follows."""

import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from archive.context import CommandContext, collection_option, json_option

if TYPE_CHECKING:
    from archive.config import Settings
    from crawler.discovery import Discovery
    from crawler.fetch import Fetch
    from crawler.source import Source
    from crawler.survey import SeedState

T = TypeVar("T")

FAILED, SOME_FAILED = 1, 4


@click.group()
def source() -> None:
    """Add, list, check and remove the newspapers to follow.

    Each is one file in the collection's folder sources/, to be read and changed with any editor.
    """


@source.command()
@click.argument("url", required=False)
@click.option("--name", metavar="N", help="Its name in commands; by default made of the host.")
@click.option(
    "--preset",
    "presets",
    multiple=True,
    metavar="NAME",
    help="In place of URL: a newspaper of the library that `morgue source presets` lists. May be given several times; "
    "fetches nothing.",
)
@collection_option
@json_option
@click.pass_obj
def add(context: CommandContext, url: str | None, name: str | None, presets: tuple[str, ...], as_json: bool) -> None:
    """Find the feeds and sitemaps of a site, and write sources/N.toml.

    URL is a front page, or a feed or sitemap where a site does not name its own.
    """
    if presets:
        if url:
            raise click.UsageError("give a URL or --preset, not both")
        if name and len(presets) > 1:
            raise click.UsageError("--name is for one source (give one --preset)")
        _add_presets(context.collection_folder() / "sources", presets, name, as_json)
        return
    if not url:
        raise click.UsageError("give a URL, or --preset NAME (`morgue source presets` lists them)")
    from archive.output import print_json
    from crawler.address import is_loopback
    from crawler.discovery import discover, guess_name
    from crawler.source_file import load_sources, write_source
    from crawler.source_output import added_to_dict, print_added

    settings, folder = context.settings(), context.collection_folder() / "sources"
    given, url = url, _to_url(url)
    sources = load_sources(folder)
    _refuse_taken(url, name, sources, folder)

    async def work(fetch: "Fetch") -> "Discovery":
        return await discover(url, fetch, user_agent=settings.agent, now=now, scheme_given="://" in given)

    now = datetime.now(UTC)
    found = _with_fetch(settings, work, delay_seconds=0.0 if is_loopback(url) else 0.5)
    _refuse_taken(found.site, name, sources, folder)
    added = found.to_source(name or guess_name(found.site, (one.name for one in sources)))
    path = write_source(added, folder, found.notes(given, now))
    if as_json:
        print_json(added_to_dict(found, added, path))
    else:
        print_added(found, added, path)


@source.command()
@json_option
def presets(as_json: bool) -> None:
    """List the newspapers that `source add --preset` knows."""
    from archive.output import print_json, print_table
    from crawler.presets import load_presets
    from crawler.source_output import to_dict

    library = load_presets()
    if as_json:
        for one in library:
            print_json({"title": one.title, **to_dict(one.source), "notes": one.notes.head[1:]})
    else:
        rows = [(one.source.name, one.source.language, one.source.site, one.title) for one in library]
        print_table(("name", "language", "site", "title"), rows)


@source.command("list")
@collection_option
@json_option
@click.pass_obj
def list_(context: CommandContext, as_json: bool) -> None:
    """List the newspapers that the collection follows."""
    from archive.output import print_json, print_table
    from crawler.offers import counted
    from crawler.source_file import load_sources
    from crawler.source_output import to_dict

    sources = load_sources(context.collection_folder() / "sources")
    if as_json:
        for one in sources:
            print_json(to_dict(one))
    elif sources:
        rows = [(one.name, one.site, one.language or "?", counted(len(one.seeds), "seed")) for one in sources]
        print_table(("name", "site", "language", "seeds"), rows)
    else:
        click.echo("no sources yet: add one with `morgue source add URL`", err=True)


@source.command()
@click.argument("name")
@collection_option
@json_option
@click.pass_obj
def check(context: CommandContext, name: str, as_json: bool) -> None:
    """Fetch each seed of a source, and say what it offers and what is wrong. Keeps nothing.

    Exit status 4 where some seeds have a problem, 1 where all have.
    """
    from archive.output import print_json
    from crawler.source_file import load_source
    from crawler.source_output import print_states
    from crawler.survey import survey

    settings = context.settings()
    one = load_source(_path_of(context.collection_folder() / "sources", name))

    async def work(fetch: "Fetch") -> "tuple[SeedState, ...]":
        return await survey(one, fetch, user_agent=settings.agent, now=datetime.now(UTC))

    states = _with_fetch(settings, work, delay_seconds=one.crawl.delay.total_seconds()) if one.seeds else ()
    if as_json:
        for state in states:
            print_json(state)
    else:
        print_states(states)
    problems = sum(1 for state in states if state.problem)
    if problems or not states:
        sys.exit(SOME_FAILED if problems < len(states) else FAILED)


@source.command()
@click.argument("name")
@collection_option
@click.pass_obj
def remove(context: CommandContext, name: str) -> None:
    """Follow a newspaper no longer. What was captured of it stays."""
    folder = context.collection_folder() / "sources"
    path = _path_of(folder, name)  # not read first: a broken file can be removed too
    path.unlink()
    click.echo(f"removed {path}; what was captured stays", err=True)


def _add_presets(folder: Path, names: tuple[str, ...], name: str | None, as_json: bool) -> None:
    """Write all of these presets, or, where one cannot be, none."""
    import msgspec

    from archive.output import print_json
    from crawler.presets import load_preset
    from crawler.source_file import load_sources, write_source
    from crawler.source_output import to_dict

    library = [load_preset(one) for one in dict.fromkeys(names)]
    added = [msgspec.structs.replace(one.source, name=name) if name else one.source for one in library]
    sources = load_sources(folder)
    for one in added:
        _refuse_taken(one.site, one.name, sources, folder)
    for one, preset in zip(added, library, strict=True):
        path = write_source(one, folder, preset.notes)
        if as_json:
            print_json({**to_dict(one), "file": str(path)})
        else:
            click.echo(f"wrote {path}; next: morgue source check {one.name}, then morgue crawl {one.name}", err=True)


def _with_fetch(settings: "Settings", work: "Callable[[Fetch], Awaitable[T]]", *, delay_seconds: float) -> T:
    """Run work that needs the network: the only place here that knows how to fetch."""
    from crawler.fetch import with_fetch

    return with_fetch(settings, work, delay_seconds=delay_seconds)


def _to_url(text: str) -> str:
    """The URL meant; people leave out the scheme."""
    from crawler.source import is_web_url

    url = text if "://" in text else f"https://{text}"
    if not is_web_url(url):
        raise click.BadParameter(f"{text!r} is not a web address (write it like https://www.example.org/)")
    return url


def _refuse_taken(url: str, name: str | None, sources: "list[Source]", folder: Path) -> None:
    from crawler.errors import SourceExists
    from crawler.source import is_source_name

    if name and not is_source_name(name):
        raise click.BadParameter(f"{name!r} is not a name (1 to 64 of a-z 0-9 . _ -, a letter or digit first)")
    for one in sources:
        file = folder / f"{one.name}.toml"
        if one.name == name:
            raise SourceExists(f"{file}: exists already (give another --name, or remove it first)")
        if url.rstrip("/") in {one.site.rstrip("/"), *(seed.url.rstrip("/") for seed in one.seeds)}:
            raise SourceExists(f"{url}: is followed already, as {one.name} ({file})")


def _path_of(folder: Path, name: str) -> Path:
    """The file of a source. Raises SourceUnknown."""
    from crawler.errors import SourceUnknown
    from crawler.source import is_source_name

    path = folder / f"{name}.toml"
    if not is_source_name(name) or not path.is_file():
        there = ", ".join(sorted(path.stem for path in folder.glob("*.toml")))
        raise SourceUnknown(
            f"{name}: no such source in {folder} (there: {there or 'none: add one with `morgue source add URL`'})"
        )
    return path
