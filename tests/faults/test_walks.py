"""The pages that a reader follows work word for word, on a real server."""

import os
import re
import socket
from pathlib import Path

import pytest

from tests.faults.walks import walked


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A reader's environment, with a port and a data folder of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {**os.environ, "PORT": str(port), "DATA_DIR": str(tmp_path / "var")}


@pytest.mark.timeout(180)
def test_the_readme_works_word_for_word(env: dict[str, str]) -> None:
    """From registering a patient to an answer that raises an alert, with a refusal on the way."""
    walk = walked("README.md", env)
    assert "/problems/does_not_fit" in walk
    assert '"reason": "closed"' in walk
    assert '"alternatives": [\n' in walk
    assert walk.count("Subject: Saguaro Care: appt Tue Jan 12 2:00 PM") == 2
    assert "arrived\ninfusing\nobserving\ncompleted" in walk
    assert "how are you?" in walk
    assert re.search(r"http://localhost:\d+/f/", walk)
    # Two reminders, of which one asks the questions before the first visit, and those after it.
    assert walk.count('"status": "sent"') == 3
    assert walk.count('"reason": "merged"') == 1
    assert '"alert":true,"crisis_text":"' in walk
    assert '"note":"Called: slept badly, no danger."' in walk


@pytest.mark.timeout(180)
def test_integrate_in_ten_minutes_works_word_for_word(env: dict[str, str]) -> None:
    """One patient and one series, however often it is asked; a plan, a refusal, a stale version."""
    walk = walked("docs/integrate.md", env)
    assert '"role":"integration"' in walk
    assert walk.count("201 CREATED") + walk.count("201 Created") == 2
    assert walk.count("Idempotent-Replayed: true") == 1
    assert '"outcome":"suitable"' in walk
    assert walk.count('"next":"') == 1
    assert '"days":[{"on":"2027-01-11"' in walk
    assert "False\nTuesday, January 12 at 4:30 PM does not fit: the clinic closes" in walk
    assert re.search(r"booked once: [0-9a-f-]{36}\n+2027-01-05T0.*\n/problems/stale\n", walk)
    assert '"purpose":"reminders","channel":"email"' in walk
    assert '"kind":"reminder","rule":"3d_before"' in walk
