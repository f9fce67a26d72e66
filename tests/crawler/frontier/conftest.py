"""The frontiers that pass the tests of the contract."""

from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.frontier.frontier import Frontier
from crawler.frontier.queue import Queue

IsGone = Callable[[str], bool]
Open = Callable[[Path, IsGone], Queue]


def open_sqlite(folder: Path, is_gone: IsGone) -> Queue:
    return Frontier(folder / "frontier.sqlite", is_gone=is_gone)


IMPLEMENTATIONS: dict[str, Open] = {"sqlite": open_sqlite}


@pytest.fixture(params=IMPLEMENTATIONS)
def open_frontier(request: pytest.FixtureRequest) -> Open:
    """Opens the frontier of a folder, as often as it is called; who is gone is told by what it is given."""
    return IMPLEMENTATIONS[request.param]
