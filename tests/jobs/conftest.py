"""Where the messages of a test go."""

from pathlib import Path

import pytest

from tests.jobs.ticking import Outbox


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    """An empty outbox of the test's own."""
    return Outbox(tmp_path / "outbox")
