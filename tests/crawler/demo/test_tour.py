import re
import socket

import pytest

from crawler.cli import morgue
from crawler.demo.tour import SERVE_PORT, _free_port, take_tour
from crawler.errors import DemoFailed


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
