"""`morgue source`: add, list, check and remove the newspapers that a collection follows."""

import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from archive.context import CommandContext, collection_option, json_option

if TYPE_CHECKING:
    from archive.config import Settings
    from crawler.discovery import Discovery
    from crawler.fetch import Fetch
    from crawler.seeds import SeedReading
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
    from crawler.address import is_loopback
    from crawler.discovery import discover, guess_name
    from crawler.source_file import load_sources, write_source

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
        _print_json(_added_to_dict(found, added, path))
    else:
        _print_added(found, added, path)


@source.command()
@json_option
def presets(as_json: bool) -> None:
    """List the newspapers that `source add --preset` knows."""
    from crawler.presets import load_presets

    library = load_presets()
    if as_json:
        for one in library:
            _print_json({"title": one.title, **_to_dict(one.source), "notes": one.notes.head[1:]})
    else:
        rows = [(one.source.name, one.source.language, one.source.site, one.title) for one in library]
        _print_table(("name", "language", "site", "title"), rows)


@source.command("list")
@collection_option
@json_option
@click.pass_obj
def list_(context: CommandContext, as_json: bool) -> None:
    """List the newspapers that the collection follows."""
    from crawler.source_file import load_sources

    sources = load_sources(context.collection_folder() / "sources")
    if as_json:
        for one in sources:
            _print_json(_to_dict(one))
    elif sources:
        rows = [(one.name, one.site, one.language or "?", _count(len(one.seeds), "seed")) for one in sources]
        _print_table(("name", "site", "language", "seeds"), rows)
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
    from crawler.source_file import load_source
    from crawler.survey import survey

    settings = context.settings()
    one = load_source(_path_of(context.collection_folder() / "sources", name))

    async def work(fetch: "Fetch") -> "tuple[SeedState, ...]":
        return await survey(one, fetch, user_agent=settings.agent, now=datetime.now(UTC))

    states = _with_fetch(settings, work, delay_seconds=one.crawl.delay.total_seconds()) if one.seeds else ()
    if as_json:
        for state in states:
            _print_json(_state_to_dict(state))
    else:
        _print_states(states)
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

    from crawler.presets import load_preset
    from crawler.source_file import load_sources, write_source

    library = [load_preset(one) for one in dict.fromkeys(names)]
    added = [msgspec.structs.replace(one.source, name=name) if name else one.source for one in library]
    sources = load_sources(folder)
    for one in added:
        _refuse_taken(one.site, one.name, sources, folder)
    for one, preset in zip(added, library, strict=True):
        path = write_source(one, folder, preset.notes)
        if as_json:
            _print_json({**_to_dict(one), "file": str(path)})
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


def _print_json(row: dict[str, Any]) -> None:
    import msgspec

    click.echo(msgspec.json.encode(row).decode())


def _to_dict(one: "Source") -> dict[str, Any]:
    """A source under the keys of its file; times as the file writes them."""
    import msgspec

    result: dict[str, Any] = msgspec.to_builtins(one, enc_hook=lambda value: value.to_text())
    return result


def _added_to_dict(found: "Discovery", added: "Source", path: Path) -> dict[str, Any]:
    return {
        **_to_dict(added),
        "file": str(path),
        "found": [
            {"url": one.seed.url, "kind": one.seed.kind, "origin": one.origin, **_reading_to_dict(one.reading)}
            for one in found.found
        ],
        "left_out": [
            {"url": one.url, "kind": one.kind, "reason": one.reason, **_reading_to_dict(one.reading)}
            for one in found.dropped
        ],
        "fetches": found.fetches,
    }


def _reading_to_dict(reading: "SeedReading | None") -> dict[str, Any]:
    from crawler.offers import newest_of

    if reading is None:
        return {"form": None, "candidates": 0, "children": 0, "newest": None}
    candidates, children = len(reading.candidates), len(reading.children)
    return {"form": reading.form, "candidates": candidates, "children": children, "newest": newest_of(reading)}


def _state_to_dict(state: "SeedState") -> dict[str, Any]:
    import msgspec

    result: dict[str, Any] = msgspec.to_builtins(state)
    return result


def _print_added(found: "Discovery", added: "Source", path: Path) -> None:
    rows: list[tuple[str, ...]] = [
        (one.seed.kind, one.seed.url, *_reading_row(one.reading), "chosen") for one in found.found
    ]
    rows += [(one.kind or "-", one.url, *_reading_row(one.reading), f"left out: {one.reason}") for one in found.dropped]
    _print_seeds(("kind", "url", "form", "offers", "newest", "chosen"), rows, plain="chosen")
    patterns = " or ".join(added.crawl.article_urls) or "every candidate"
    click.echo(f"wrote {path} (articles: {patterns}); next: morgue crawl {added.name}", err=True)


def _reading_row(reading: "SeedReading | None") -> tuple[str, str, str]:
    from crawler.offers import count_of, newest_of

    if reading is None:
        return "-", "-", "-"
    newest = newest_of(reading)
    return reading.form or "-", count_of(reading), f"{newest:%Y-%m-%d %H:%M}" if newest else "-"


def _print_states(states: "tuple[SeedState, ...]") -> None:
    rows = [
        (
            state.kind,
            state.url,
            state.status or "-",
            _offer(state.candidates, state.children),
            state.articles,
            f"{state.newest:%Y-%m-%d %H:%M}" if state.newest else "-",
            state.problem or "",
        )
        for state in states
    ]
    if rows:
        _print_seeds(("kind", "url", "status", "offers", "articles", "newest", "problem"), rows, plain="")
    else:
        click.echo("no seeds: add some to the source's file", err=True)


def _offer(candidates: int, children: int) -> str:
    return _count(children, "sitemap") if children else _count(candidates, "URL")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _print_table(columns: tuple[str, ...], rows: "list[tuple[Any, ...]]") -> None:
    from archive.output import print_table

    print_table(columns, rows)


def _print_seeds(columns: tuple[str, ...], rows: "list[tuple[Any, ...]]", *, plain: str) -> None:
    """A row a seed; on a terminal, where that is too wide, a last column that is not `plain` becomes a line below."""
    from archive.output import printable

    if not sys.stdout.isatty():
        _print_table(columns, rows)
        return
    _print_table((columns[0], *columns[2:-1], columns[1]), [(row[0], *row[2:-1], row[1]) for row in rows])
    for row in rows:
        if row[-1] != plain:
            click.echo(printable(" ".join(f"{row[1]}: {row[-1]}".split())))
