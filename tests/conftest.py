"""What every test stands on: a clean environment, and skips that name what is missing."""

import io
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

CHECKOUT = Path(__file__).resolve().parents[1]

# Two busy cores make any single example slow now and then. In CI the examples are the same at every run.
settings.register_profile("newsmorgue", deadline=None, derandomize=bool(os.environ.get("CI")), print_blob=True)
settings.load_profile("newsmorgue")


def shared_folder() -> Path:
    """Sample pages and tools that are too large for the repository; the folder may be absent."""
    return Path(os.environ.get("NEWSMORGUE_SHARED") or CHECKOUT.parent / "shared")


def chromium() -> str | None:
    """The browser that the browser tests drive, if there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.hookimpl
def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Payloads are named by their argument: a gzip header holds the time, and two workers must collect the same names."""
    return argname if isinstance(val, bytes) and len(val) > 16 else None


@pytest.hookimpl
def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("shared") and not shared_folder().is_dir():
        pytest.skip("no shared data folder beside the checkout, and NEWSMORGUE_SHARED names none")
    if item.get_closest_marker("browser") and chromium() is None:
        pytest.skip("no Chromium installed")


@pytest.fixture(autouse=True)
def _no_collection_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A collection of the person who runs the tests must stay out of their reach."""
    for name in [name for name in os.environ if name.startswith("MORGUE_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared data folder; marks say `@pytest.mark.shared`."""
    folder = shared_folder()
    if not folder.is_dir():
        pytest.skip("no shared data folder beside the checkout, and NEWSMORGUE_SHARED names none")
    return folder


@pytest.fixture(scope="session")
def browser_path() -> str:
    """Chromium's executable, for Playwright's `executable_path`."""
    path = chromium()
    if path is None:
        pytest.skip("no Chromium installed")
    return path


@pytest.fixture(scope="session")
def pywb_folder() -> Path:
    """Where pywb's programs lie (`wayback`, `cdx-server`, a `python` that has `surt`): an environment of their own."""
    folder = Path(os.environ.get("NEWSMORGUE_PYWB") or CHECKOUT / ".venv-pywb") / "bin"
    if not (folder / "pywb").exists():
        pytest.skip("no pywb beside this environment (make pywb-environment)")
    return folder


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with the demo's collection, `news`, and what the demo said. For reading only."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "crawler.cli", "demo", "--folder", str(folder / "news")]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return folder, done.stdout


def print_on_terminal(*arguments: str, **environment: str) -> str:
    leader, follower = pty.openpty()
    settings = {**os.environ, "COLUMNS": "100", "TERM": "xterm-256color", "NO_COLOR": "", **environment}
    command = [sys.executable, "-m", "crawler.cli", *arguments]
    process = subprocess.Popen(command, cwd=CHECKOUT, stdout=follower, stderr=follower, env=settings)
    os.close(follower)
    printed = b""
    # Reading fails once the last holder of the other end is gone.
    try:
        while piece := os.read(leader, 65536):
            printed += piece
    except OSError:
        pass
    os.close(leader)
    assert process.wait(30) in (0, 3)  # done, or nothing found
    return printed.decode()


@pytest.fixture(scope="session")
def on_terminal() -> Callable[..., str]:
    """Says what a command prints, stderr included, on a terminal of 100 columns; keywords are its environment."""
    return print_on_terminal


def warc_problems(path: Path) -> list[str]:
    """What warcio's and FastWARC's own checks find wrong with a WARC file."""
    import fastwarc
    from warcio.archiveiterator import ArchiveIterator

    data = path.read_bytes()
    problems: list[str] = []
    uncounted: set[str] = set()
    for one in fastwarc.ArchiveIterator(io.BytesIO(data), parse_http=False):
        if "WARC-Block-Digest" in one.headers and not one.verify_block_digest(consume=False):
            problems.append(f"fastwarc: block of {one.record_id}")
        head = one.reader.read().partition(b"\r\n\r\n")[0].lower()
        # Neither tool takes chunk framing off before it counts (warcio's issue 74), nor can FastWARC read bare line feeds.
        if b"transfer-encoding" in head or b"\n\n" in head:
            uncounted.add(one.record_id.strip("<>"))
    for one in fastwarc.ArchiveIterator(io.BytesIO(data), parse_http=True):
        counted = one.record_type == fastwarc.WarcRecordType.response and one.record_id.strip("<>") not in uncounted
        if counted and "WARC-Payload-Digest" in one.headers and not one.verify_payload_digest(consume=False):
            problems.append(f"fastwarc: payload of {one.record_id}")
    for record in ArchiveIterator(io.BytesIO(data), check_digests=True):
        while record.raw_stream.read(1 << 20):  # the raw stream, because warcio cannot read brotli to its end
            pass
        record_id = record.rec_headers.get_header("WARC-Record-ID").strip("<>")
        found = record.digest_checker.problems
        problems += [f"warcio: {one} in {record_id}" for one in found if record_id not in uncounted]
    return problems


@pytest.fixture(scope="session")
def check_warc() -> Callable[[Path], list[str]]:
    """Other tools' opinion of a WARC file: a list of what is wrong with it."""
    return warc_problems
