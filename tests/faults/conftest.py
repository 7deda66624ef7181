"""A data folder for servers that tests kill."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduler import embedded_cluster


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """A folder with a space in its name; a server still running in it at the end is stopped."""
    folder = tmp_path / "the data"
    folder.mkdir()
    yield folder
    embedded_cluster.stop(folder)
