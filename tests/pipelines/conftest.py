from pathlib import Path

import pytest

from archive.config import init_collection


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    init_collection(tmp_path / "news")
    return tmp_path / "news"
