"""Who holds a lease: a process on a host, named so that a recycled process number is not taken for it.

    morgue-7:19454c83.4026531836:4711:883120      host : boot and process namespace : process number : its start

Whether it is gone can be told on its own host only; of any other owner, time alone tells.
"""

import os
import socket
from functools import cache
from pathlib import Path

_PROC = Path("/proc")


@cache
def _place() -> str:
    """The host, and on Linux which boot of it and which namespace of process numbers: elsewhere they mean others."""
    name = socket.gethostname().replace(":", "_")
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().partition("-")[0]
        namespace = str((_PROC / "self/ns/pid").readlink()).strip("pid:[]")
    except OSError:
        return f"{name}:"
    return f"{name}:{boot}.{namespace}"


def this_owner() -> str:
    """This process, as owner of leases."""
    pid = os.getpid()
    _, started = _state_of(pid)
    return f"{_place()}:{pid}:{started}"


def is_gone(owner: str) -> bool:
    """Whether the owner is known to run no longer. `False` where that cannot be told from here."""
    place, _, process = owner.rpartition(":")
    place, _, pid = place.rpartition(":")
    if place != _place() or not (pid.isascii() and pid.isdigit()):
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        pass
    state, started = _state_of(int(pid))
    # One that has ended and that its parent has not asked for yet still has its number.
    return state in ("Z", "X") or ("" not in (process, started) and started != process)


def _state_of(pid: int) -> tuple[str, str]:
    """State of a process and when it began, in ticks since boot: fields 3 and 22 of proc_pid_stat(5). Empty elsewhere."""
    try:
        # The second field is the program's name, which may hold anything.
        fields = (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
        return fields[0], fields[19]
    except (OSError, IndexError):
        return "", ""
