"""The command `morgue`: what it loads, how it fails, and that each command keeps the contract."""

import importlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from archive.errors import FolderUnwritable
from crawler import cli
from crawler.cli import SECTIONS, morgue, run

ROOT = Path(__file__).resolve().parents[2]
NAMES = [name for section in SECTIONS.values() for name in section]
HELP = {name: text for section in SECTIONS.values() for name, (_, text) in section.items()}
NO_COLLECTION = {"init", "demo", "extract", "source presets"}
"""Commands that may do without one."""
NO_DATA = {"init", "serve", "demo", "schedule run", "schedule install", "source remove", "extract"}
"""Commands that print no data, or nothing but JSON."""


def load(name: str) -> click.Command:
    command = morgue.get_command(click.Context(morgue), name)
    assert command
    return command


def leaves() -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with the words that call it."""
    for name in NAMES:
        command = load(name)
        if isinstance(command, click.Group):
            for inner in command.commands.values():
                yield f"{name} {inner.name}", inner
        else:
            yield name, command


def python(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, check=False, capture_output=True, text=True, timeout=60, **options
    )


@pytest.mark.parametrize("name", NAMES)
def test_help_tells_what_the_command_itself_tells(name: str) -> None:
    assert load(name).get_short_help_str(limit=200) == HELP[name]


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    listed = capsys.readouterr().out
    assert all(f"\n  {name} " in listed for name in NAMES)


def test_every_command_takes_collection_behind_its_name() -> None:
    without = [words for words, command in leaves() if not any(one.name == "collection" for one in command.params)]
    assert set(without) <= NO_COLLECTION


def test_every_command_that_prints_data_takes_json() -> None:
    without = [words for words, command in leaves() if not any(one.name == "as_json" for one in command.params)]
    assert set(without) <= NO_DATA


@pytest.mark.parametrize(
    ("arguments", "strangers"),
    [
        (
            ["--help"],
            "archive.commands archive.lookup_commands crawler.commands scrapy twisted trafilatura msgspec sqlite3",
        ),
        (
            ["lookup", "https://x.example/"],
            "scrapy twisted trafilatura tantivy boto3 starlette rich lxml asyncio fastwarc email.utils difflib jinja2",
        ),
        (["status"], "scrapy twisted trafilatura tantivy boto3 starlette rich prometheus_client"),
        (["search", "x"], "scrapy twisted trafilatura boto3 starlette rich lxml"),
    ],
)
def test_commands_load_no_more_than_they_need(tmp_path: Path, arguments: list[str], strangers: str) -> None:
    folder = tmp_path / "news"
    assert run(["init", str(folder)]) == 0
    program = (
        "import sys; from crawler.cli import run\n"
        f"run({['--collection', str(folder), *arguments]!r})\n"
        f"print('loaded:', *[name for name in {strangers.split()!r} if name in sys.modules])"
    )
    assert python("-c", program).stdout.splitlines()[-1] == "loaded:"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["fly"], "No such command 'fly'"),
        (["lookup"], "Missing argument"),
        (["lookup", "x", "--match", "near"], "'near' is not one of"),
        (["--fly"], "No such option"),
        (["history", "x", "--collection", "/nowhere"], "morgue init"),
    ],
)
def test_bad_usage_is_one_line_and_status_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("morgue: ")
    assert err.count("\n") == 1
    assert says in err


def test_nothing_at_all_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    assert "Usage: morgue" in capsys.readouterr().err


def test_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("morgue ")


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> click.Group:
    """`morgue` with one more command, which ends as it is told."""
    group = cli.LazyGroup("morgue")

    @group.command("end")
    @click.argument("how")
    def end(how: str) -> None:
        raise {
            "archive": FolderUnwritable("news: read-only\nfile system (free it)"),
            "os": OSError(28, "No space left on device", "news/a.warc.gz"),
            "interrupt": KeyboardInterrupt(),
            "exit": SystemExit(4),
        }[how]

    monkeypatch.setattr(cli.LazyGroup, "get_command", lambda self, context, name: group.commands.get(name))
    return group


@pytest.mark.parametrize(
    ("how", "status", "says"),
    [
        ("archive", 1, "morgue: news: read-only file system (free it)\n"),
        ("os", 1, "morgue: news/a.warc.gz: No space left on device\n"),
        ("interrupt", 130, "\n"),
        ("exit", 4, ""),
    ],
)
def test_each_end_has_its_status(
    failing: click.Group, capsys: pytest.CaptureFixture[str], how: str, status: int, says: str
) -> None:
    assert run(["end", how]) == status
    assert capsys.readouterr().err == says


def test_debug_shows_where_an_error_came_from(failing: click.Group, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--debug", "end", "archive"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_mistake_of_ours_is_one_line_too() -> None:
    program = (
        "import sys, crawler.cli as cli\n"
        "cli.run = lambda arguments: 1 / 0\n"
        "cli.main()"
    )  # fmt: skip
    done = python("-c", program)
    assert done.returncode == 1
    assert done.stderr.startswith("morgue: a bug: ZeroDivisionError: division by zero")
    assert done.stderr.count("\n") == 1


def test_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    assert run(["init", str(tmp_path / "news")]) == 0
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "crawler.cli", "--collection", str(tmp_path / "news"), "status"],
        cwd=ROOT,
        check=False,
        stdout=write,
        stderr=subprocess.PIPE,
    )
    os.close(write)
    assert done.returncode == cli.BROKEN_PIPE
    assert done.stderr == b""


def test_every_module_of_the_table_is_there() -> None:
    modules = {module for section in SECTIONS.values() for module, _ in section.values()}
    assert [name for name in modules if importlib.util.find_spec(name) is None] == []
