"""Owners of leases: alive, gone, recycled, elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.frontier.owner import is_gone, this_owner

ON_LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc here")


def owner_elsewhere() -> "tuple[subprocess.Popen[str], str]":
    code = "from crawler.frontier.owner import this_owner; print(this_owner(), flush=True); input()"
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    return process, process.stdout.readline().strip()


def test_a_process_is_gone_once_it_has_ended():
    process, owner = owner_elsewhere()
    try:
        assert owner != this_owner()
        assert not is_gone(owner)
    finally:
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        is_gone_unburied = is_gone(owner)
        process.communicate()
    assert is_gone(owner)
    assert is_gone_unburied or not Path("/proc/self/stat").exists()


def test_one_is_never_gone_oneself():
    assert this_owner() == this_owner()
    assert not is_gone(this_owner())


@ON_LINUX
def test_another_process_of_the_same_number_is_not_the_owner():
    place, _, started = this_owner().rpartition(":")
    assert is_gone(f"{place}:{int(started) - 1}")


@pytest.mark.parametrize("owner", ["", "me", "a:b", "elsewhere::1:2", "elsewhere:boot.7:99999999:2", "x:y:z:w"])
def test_of_what_is_elsewhere_only_time_tells(owner):
    assert not is_gone(owner)


def test_a_number_too_large_for_a_process_is_no_error():
    place = this_owner().rpartition(":")[0].rpartition(":")[0]
    assert not is_gone(f"{place}:{'9' * 40}:1")
