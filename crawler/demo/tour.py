"""`morgue demo`: the whole path, with the real commands, on a news site of this machine that edits itself.

Each step is a process of its own, as a person would run it, and its output is what that person would see.
"""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from crawler.demo.edition import LAST_EDITION, Change
from crawler.demo.newsroom import Newsroom
from crawler.errors import DemoFailed

SEARCH_WORDS = 2
"""Words of the shown story's headline that are searched for."""
SERVE_PORT = 8080
"""Where `morgue serve` listens unless it is told otherwise."""
_PACKAGES = Path(__file__).resolve().parents[2]
"""Where a checkout that was never installed has its packages: the steps run in the collection's folder."""


def take_tour(folder: Path | None, *, then_serve: bool) -> None:
    """Crawl the newsroom, edit it, crawl again, and show one story. Raises DemoFailed where a step fails."""
    folder = (folder or Path(tempfile.mkdtemp(prefix="morgue-demo-")) / "news").absolute()
    # So many days ago that all editions are printed by now.
    today = datetime.now(UTC).date() - timedelta(days=LAST_EDITION)
    with _ended_by_sigterm(), Newsroom(today=today) as room:
        click.echo(f"A news site of three papers is up: {', '.join(site.url for site in room.sites)}\n")
        _run("init", str(folder), "--contact", "demo@example.org", "--allow-network", "127.0.0.0/8")
        room.write_sources(folder / "sources", requisites=True)
        click.secho(f"$ cd {shlex.quote(str(folder))}\n", bold=True)
        _run("crawl", folder=folder)
        changes = room.edit()
        click.echo(f"The newsroom edits itself: {_summary(changes)}.\n")
        _run("crawl", "--again", folder=folder)
        shown = _most_telling(changes)
        story = next(story for story in room.stories if room.url_of(story) in (shown.url, shown.new_url))
        words = " ".join(sorted(story.headline.split(), key=len)[-SEARCH_WORDS:])
        _run("lookup", shown.url, folder=folder)
        _run("show", shown.url, folder=folder)
        _run("history", shown.url, folder=folder)
        _run("diff", shown.url, folder=folder)
        _run("search", words, "--limit", "1", folder=folder)
        if not then_serve:
            click.echo("The collection stays where it is. To look around in a browser:")
            click.secho(f"$ {_program()} serve --collection {shlex.quote(str(folder))}", bold=True)
            return
        site = next(site.url for site in room.sites if site.family == "b")  # the one that its last edition changes
        click.echo(f"The papers stay up until Ctrl-C. To have {site} take an edit back:")
        click.secho(f"$ curl -X POST {site}_newsroom/edit\n", bold=True)
        _run("serve", *_free_port(), folder=folder)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the step under way too; Ctrl-C reaches it by itself."""

    def end(*_: object) -> None:
        sys.exit(128 + signal.SIGTERM)  # `subprocess.run` kills what it waits for when it is left by an error

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _run(*words: str, folder: Path | None = None) -> None:
    """Run a command in a folder, as if it had been typed there."""
    click.secho(f"$ morgue {shlex.join(words)}", bold=True)
    sys.stdout.flush()
    environment = {key: value for key, value in os.environ.items() if key != "MORGUE_COLLECTION"}
    paths = (str(_PACKAGES), environment.get("PYTHONPATH", ""))
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    command = [sys.executable, "-m", "crawler.cli", *words]
    status = subprocess.run(command, cwd=folder, env=environment, check=False).returncode
    if status:
        raise DemoFailed(f"the demo ends here: `morgue {words[0]}` ended with status {status}, and said why above")
    click.echo()


def _free_port() -> tuple[str, ...]:
    """The flags that spare `serve` its own ports where somebody else has one: all would end here, and the papers with it."""
    for port in (SERVE_PORT, SERVE_PORT + 1):  # the second shows whole pages
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return ("--port", "0")
    return ()


def _program() -> str:
    """How to run `morgue` from the shell that this was started in."""
    return "morgue" if shutil.which("morgue") or Path(sys.argv[0]).name != "morgue" else sys.argv[0]


def _most_telling(changes: tuple[Change, ...]) -> Change:
    """The change to show: a body correction in English where there is one."""
    by_kind = {change.kind: change for change in reversed(changes) if change.makes_version}
    return by_kind.get("corrected") or by_kind.get("edited") or next(iter(by_kind.values()))


def _summary(changes: tuple[Change, ...]) -> str:
    kinds = [change.kind for change in changes]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
