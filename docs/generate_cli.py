"""Writes docs/cli.md from what each command's `--help` says: python docs/generate_cli.py.

tests/test_docs.py fails where the file is older than the commands.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs/cli.md"
COLUMNS = 96

OPENING = """\
# Command line

Written by `python docs/generate_cli.py` from what each command's `--help` says.

**Which collection.** `--collection DIR`, before or after the command; else `MORGUE_COLLECTION`; else the nearest folder
from the working one upwards that holds a `morgue.toml`.

**Output.** stdout is data, stderr is progress and messages. On a terminal data comes as tables, elsewhere as lines whose
columns are parted by tabs; `--json` gives one object a line, with the keys that [formats.md](formats.md#json) names.

**Times** are 14 digits or fewer (`20240501`), ISO 8601 (`2024-05-01T10:30Z`), `now`, `yesterday`, or so long ago: `90s`,
`15m`, `3h`, `2d`, `1w`. All are UTC. A short one means its beginning, with `--to` its end.

**Exit status.** An error is one line on stderr: what, where, what to do. `--debug` before the command shows where it came
from.

| status | meaning |
|---|---|
| 0 | done |
| 1 | failed |
| 2 | bad usage: an option, a URL, a time, a settings or source file, no such collection or source |
| 3 | nothing found |
| 4 | done, but some pages failed, or the store did not take everything |
| 130 | Ctrl-C ended it before it was done; a crawl has sealed what it fetched |
| 141 | whoever read the output stopped reading, as `head` does |
"""


def main() -> None:
    """Write the file."""
    TARGET.write_text(render(), encoding="utf-8")
    sys.stderr.write(f"wrote {TARGET.relative_to(ROOT)}\n")


def render() -> str:
    """The whole page."""
    return OPENING + "".join(f"\n## {name}\n\n```text\n{help_text}\n```\n" for name, help_text in iter_help())


def iter_help() -> Iterator[tuple[str, str]]:
    """Each command with its help, groups before their commands; in the order of `morgue --help`."""
    # The order of these lines is the reason for importing here: the checkout goes before an installed package.
    sys.path.insert(0, str(ROOT))
    from crawler.cli import morgue

    yield from _iter_help(morgue, None)


def _iter_help(command: click.Command, parent: click.Context | None) -> Iterator[tuple[str, str]]:
    name = command.name or ""
    context = click.Context(
        command, info_name=name, parent=parent, terminal_width=COLUMNS, help_option_names=["-h", "--help"]
    )
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for subcommand in command.list_commands(context):
            found = command.get_command(context, subcommand)
            assert found, subcommand
            yield from _iter_help(found, context)


if __name__ == "__main__":
    main()
