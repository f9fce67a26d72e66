"""docs/lookup.md: every command and request of its sessions, asked of the collection that `morgue demo` makes."""

import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/lookup.md").read_text()
SESSIONS = "".join(re.findall(r"^```console\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
STEPS = re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", SESSIONS, re.MULTILINE)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "crawler.cli", "serve", "--port", "0", "--collection", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        yield re.findall(r"http://127\.0\.0\.1:\d+", server.stderr.readline())[0]
        server.send_signal(signal.SIGINT)


def without_chance(text: str) -> list[str]:
    """The lines without what differs from run to run: times, ports, widths of columns."""
    text = re.sub("\x1b\\[[0-9;]*m", "", text)
    text = re.sub(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\b\d{14}\b|127(\.0\.0\.1)?:\d+|\w{3}, \d\d \w{3} \d{4} [\d:]+", "~", text
    )
    return [re.sub("─+", "─", " ".join(line.split())) for line in text.splitlines()]


def test_sessions_are_what_is_answered(demo: tuple[Path, str], on_terminal: Callable[..., str]) -> None:
    folder = demo[0] / "news"
    # The page's papers are at 8101 and up, in the order in which the demo names them.
    hosts = {
        f"127.0.0.1:{8101 + number}": host for number, host in enumerate(re.findall(r"127\.0\.0\.1:\d+", demo[1])[:3])
    }
    with served(folder) as address:
        for step, shown in STEPS:
            command = step.replace("http://127.0.0.1:8080", address)
            for host, real in hosts.items():
                command = command.replace(host, real)
            program, *arguments = shlex.split(command)
            if arguments[0] == "serve":
                continue
            if program == "curl":
                said = httpx.get(arguments[-1], trust_env=False).raise_for_status().text
            else:
                said = on_terminal(*arguments, COLUMNS="400", NO_COLOR="1", MORGUE_COLLECTION=str(folder))
            lines = without_chance(said)
            for line in filter(None, without_chance(shown)):
                start = line.removesuffix("…").rstrip()
                assert any(one.startswith(start) for one in lines), (step, line, lines)


def test_sessions_are_found() -> None:
    assert [step.split()[0 if step.startswith("curl") else 1] for step, _ in STEPS] == [
        "search", "history", "diff", "show", "lookup", "lookup", "lookup", "serve", *["curl"] * 4
    ]  # fmt: skip
