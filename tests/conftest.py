"""What every test stands on: a clean environment, and skips that name what is missing."""

import os
import shutil
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
