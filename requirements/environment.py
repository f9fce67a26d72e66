"""Makes the environment that a make target needs, once for each state of the pins.

    python3 requirements/environment.py .venv runtime|dev|bench
    python3 requirements/environment.py .venv-pywb pywb

Installs requirements/NAME.txt with its hashes, then this project, which fetches nothing more: its build backend is pinned too.
pywb lives alone, without the project: it wants other versions of what we use.
The standard library is all it imports, as it runs before anything is installed.
"""

import fcntl
import hashlib
import json
import platform
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALONE = "pywb"


def digest(*parts: bytes) -> str:
    """A key that changes when any of the parts does."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def wanted(folder: Path) -> tuple[str, str]:
    """What the environment depends on: its foundation (to be made anew when it changes), and the project's own metadata."""
    interpreter = f"{platform.python_implementation()} {platform.python_version()} {sys.base_prefix} {folder}"
    pins = [path.read_bytes() for path in sorted(ROOT.glob("requirements/*.txt"))]
    return digest(interpreter.encode(), *pins), digest((ROOT / "pyproject.toml").read_bytes())


def pip(folder: Path, *arguments: str) -> None:
    """Runs the environment's own pip from the project's folder."""
    command = [folder / "bin" / "python", "-m", "pip", "-qq", "--disable-pip-version-check", *arguments]
    subprocess.run(command, cwd=ROOT, check=True)


def ensure(folder: Path, name: str) -> None:
    """Brings the environment to the wanted state; one that is in it already is left alone."""
    stamp = folder / "newsmorgue.json"
    foundation, project = wanted(folder)
    try:
        state = json.loads(stamp.read_bytes())
    except (OSError, ValueError):
        state = {}
    done = name == ALONE or state.get("project") == project
    if state.get("foundation") == foundation and done and name in state["sets"]:
        return

    # An environment whose making was interrupted has no stamp, and so is made anew.
    stamp.unlink(missing_ok=True)
    print(f"newsmorgue: preparing {folder.name} ({name}) with Python {platform.python_version()}", file=sys.stderr)
    if state.get("foundation") != foundation:
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        state = {"foundation": foundation, "sets": []}
    if name not in state["sets"]:
        # The pins are complete, so nothing is left to resolve (and pip 23.2 stumbles over lxml[html_clean] when it tries).
        pip(folder, "install", "--no-deps", "--require-hashes", "-r", f"requirements/{name}.txt")
        state["sets"].append(name)
    if name != ALONE and state.get("project") != project:
        pip(folder, "install", "--no-deps", "--no-build-isolation", "--editable", ".")
        state["project"] = project
    stamp.write_text(json.dumps(state))


def main(folder: Path, name: str) -> int:
    """Returns the exit status; two makes at once wait for each other."""
    with Path(f"{folder}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            ensure(folder, name)
        except subprocess.CalledProcessError as error:
            print(f"newsmorgue: pip could not prepare {folder} (exit {error.returncode}); see above", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute(), sys.argv[2]))
