import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.cli import morgue
from crawler.demo.tour import SERVE_PORT, _free_port, take_tour
from crawler.errors import DemoFailed

ROOT = Path(__file__).resolve().parents[3]


def test_the_tour_ends_with_a_diff_and_a_hit(tmp_path, capfd):
    take_tour(tmp_path / "my news", then_serve=False)
    out = capfd.readouterr().out
    commands = re.findall(r"^\$ morgue (\w+)", out, re.MULTILINE)
    assert commands == ["init", "crawl", "crawl", "lookup", "show", "history", "diff", "search", "serve"]
    assert f"$ cd '{tmp_path}/my news'" in out
    answers = dict(zip(commands, re.split(r"^\$ morgue .*\n", out, flags=re.MULTILINE)[1:], strict=True))
    assert "{+47+}" in answers["diff"]
    assert "Correction:" in answers["show"]
    assert len(re.findall(r"^\d\t", answers["history"], re.MULTILINE)) == 2
    assert "\thttp://127.0.0.1:" in answers["search"]


def test_a_folder_that_is_taken_ends_the_tour_with_what_the_command_said(tmp_path, capfd):
    (tmp_path / "mine.txt").touch()
    with pytest.raises(DemoFailed, match="`morgue init` ended with status 1"):
        take_tour(tmp_path, then_serve=False)
    assert "holds something else, such as mine.txt" in capfd.readouterr().err


@pytest.mark.slow
def test_sigterm_ends_what_the_tour_has_started(tmp_path):
    command = [sys.executable, "-m", "crawler.cli", "demo", "--serve", "--folder", str(tmp_path / "news")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as tour:
        for line in tour.stderr:
            if found := re.search(r"serving .* at http://127\.0\.0\.1:([0-9]+)/", line):
                break
        tour.terminate()
        assert tour.wait(30) == 128 + signal.SIGTERM
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(found[1]))) != 0


def test_a_port_that_is_taken_does_not_end_the_tour():
    with socket.socket() as other:
        try:
            other.bind(("127.0.0.1", SERVE_PORT))
            other.listen()
        except OSError:
            pass  # taken already
        assert _free_port() == ("--port", "0")


def test_the_port_is_the_one_that_serve_takes():
    serve = morgue.get_command(None, "serve")
    (port,) = (parameter for parameter in serve.params if parameter.name == "port")
    assert port.default == SERVE_PORT
