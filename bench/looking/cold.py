"""What it costs to start a command that looks up: CPU of the process beyond that of `python -c pass`.

    python bench/looking/cold.py

User and system time of a whole run of the command, on a small archive; the median of twenty.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

RUNS = 20


def main() -> None:
    from looking import sample

    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "news"
        sample.make(folder, 1000)
        bare = cpu_of(["-c", "pass"])
        print(f"{'command':24}{'CPU ms over bare Python':>26}   (bare: {bare:.0f} ms)")
        for command in (["lookup", "x.example"], ["--help"]):
            arguments = ["-m", "crawler.cli", "--collection", str(folder), *command]
            print(f"{'morgue ' + command[0]:24}{cpu_of(arguments) - bare:26.0f}", flush=True)


def cpu_of(arguments: list[str]) -> float:
    """Milliseconds of CPU of one run of Python, the median of many."""
    return statistics.median(_once(arguments) for _ in range(RUNS))


def _once(arguments: list[str]) -> float:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    process = subprocess.Popen(
        [sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return 1000 * (usage.ru_utime + usage.ru_stime)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "bench"))
    main()
