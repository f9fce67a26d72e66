"""`morgue demo`: the whole path, with the real commands, on a news site of this machine that edits itself.

Each step is a process of its own, as a person would run it, and its output is what that person would see.
"""

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from crawler.demo.edition import Change
from crawler.demo.newsroom import Newsroom
from crawler.errors import DemoFailed

SEARCH_WORDS = 2
"""Words of the shown story's headline that are searched for."""


def take_tour(folder: Path | None, *, then_serve: bool) -> None:
    """Crawl the newsroom, edit it, crawl again, and show one story. Raises DemoFailed where a step fails."""
    folder = folder or Path(tempfile.mkdtemp(prefix="morgue-demo-")) / "news"
    with Newsroom() as room:
        click.echo(f"A news site of three papers is up: {', '.join(site.url for site in room.sites)}\n")
        _run("init", str(folder), "--contact", "demo@example.org", "--allow-network", "127.0.0.0/8")
        room.write_sources(folder / "sources")
        collection = ("--collection", str(folder))
        _run("crawl", *collection)
        changes = room.edit()
        click.echo(f"The newsroom edits itself: {_summary(changes)}.\n")
        _run("crawl", "--again", *collection)
        shown = _most_telling(changes)
        story = next(story for story in room.stories if room.url_of(story) in (shown.url, shown.new_url))
        words = " ".join(sorted(story.headline.split(), key=len)[-SEARCH_WORDS:])
        _run("lookup", shown.url, *collection)
        _run("show", shown.url, *collection)
        _run("history", shown.url, *collection)
        _run("diff", shown.url, *collection)
        _run("search", words, "--limit", "1", *collection)
        if not then_serve:
            click.echo(f"The collection is in {folder}. Look around: morgue serve --collection {folder}")
            return
        click.echo(
            f"The site goes on at {room.sites[0].url}; the next edition: curl -X POST {room.sites[0].url}_newsroom/edit"
        )
        _run("serve", *collection)


def _run(*words: str) -> None:
    click.secho(f"$ morgue {shlex.join(words)}", bold=True)
    sys.stdout.flush()
    environment = {key: value for key, value in os.environ.items() if key != "MORGUE_COLLECTION"}
    status = subprocess.run([sys.executable, "-m", "crawler.cli", *words], env=environment, check=False).returncode
    if status:
        raise DemoFailed(
            f"`morgue {words[0]}` ended with status {status}; run it again with --debug before the command"
        )
    click.echo()


def _most_telling(changes: tuple[Change, ...]) -> Change:
    """The change to show: a body correction in English where there is one."""
    by_kind = {change.kind: change for change in reversed(changes) if change.makes_version}
    return by_kind.get("corrected") or by_kind.get("edited") or next(iter(by_kind.values()))


def _summary(changes: tuple[Change, ...]) -> str:
    kinds = [change.kind for change in changes]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
