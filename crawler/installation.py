"""How `morgue` is started on this machine, for files that are to start it without a person."""

import pwd
import shutil
import sys
from importlib import metadata
from pathlib import Path

from archive.errors import QueryInvalid
from crawler.service_files import Installation


def find_installation(folder: Path) -> Installation:
    """This program and this collection, by absolute paths. Raises QueryInvalid where they fit into no line of a file."""
    folder = folder.resolve()
    command, environment = _find_command()
    for path in (str(folder), *command, *environment.values()):
        if not path.isprintable():
            raise QueryInvalid(f"{path!r} cannot be written on one line (rename the folder)")
    try:
        owner = pwd.getpwuid(folder.stat().st_uid).pw_name
    except KeyError:
        owner = str(folder.stat().st_uid)
    return Installation(folder=folder, command=command, environment=environment, owner=owner)


def _find_command() -> tuple[tuple[str, ...], dict[str, str]]:
    started = Path(sys.argv[0])
    script = str(started.absolute()) if started.name == "morgue" else shutil.which("morgue")
    try:
        metadata.version("newsmorgue")
    except metadata.PackageNotFoundError:
        # A checkout that was never installed is found by its path alone.
        return (sys.executable, "-m", "crawler.cli"), {"PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    return (script,) if script else (sys.executable, "-m", "crawler.cli"), {}
