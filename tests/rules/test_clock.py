"""The program's clock: an offset that every process on a folder shares, and a mark it keeps."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest

import config
from scheduler import clock

NOON = datetime(2031, 5, 6, 12, 0, tzinfo=UTC)
A_MOMENT = timedelta(seconds=30)
SHOW = """
import sys
from pathlib import Path
from scheduler import clock

clock.load(Path(sys.argv[1]))
print(clock.now().isoformat())
"""
MARK = """
import sys
from pathlib import Path
from scheduler import clock

clock.load(Path(sys.argv[1]))
for _ in range(20):
    clock.mark(Path(sys.argv[1]))
print(clock.now().isoformat())
"""


@pytest.fixture(autouse=True)
def _real_time_afterwards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    yield
    clock.load(tmp_path_factory.mktemp("no-clock"))


def in_another_process(program: str, data_dir: Path) -> datetime:
    command = (sys.executable, "-c", program, str(data_dir))
    done = subprocess.run(command, cwd=config.PROJECT, capture_output=True, text=True, check=True)
    return datetime.fromisoformat(done.stdout.strip())


def test_without_a_start_the_clock_is_real_time(tmp_path: Path) -> None:
    clock.load(tmp_path)
    assert abs(clock.now() - datetime.now(UTC)) < A_MOMENT
    assert clock.now().tzinfo is UTC


def test_a_started_clock_runs_on_in_every_process_of_the_folder(tmp_path: Path) -> None:
    clock.start_at(tmp_path, NOON.astimezone(clock.zone("America/Phoenix")))
    first = clock.now()
    assert timedelta(0) <= first - NOON < A_MOMENT
    assert timedelta(0) <= in_another_process(SHOW, tmp_path) - first < A_MOMENT
    clock.load(tmp_path / "another-folder")
    assert abs(clock.now() - datetime.now(UTC)) < A_MOMENT
    clock.load(tmp_path)
    assert timedelta(0) <= clock.now() - first < A_MOMENT


def test_the_clock_does_not_start_before_what_the_folder_has_seen(tmp_path: Path) -> None:
    clock.start_at(tmp_path, NOON)
    clock.start_at(tmp_path, NOON)
    early = NOON - timedelta(seconds=1)
    with pytest.raises(
        ValueError, match=f"{early.isoformat()}.*{NOON.isoformat()}".replace("+", r"\+")
    ):
        clock.start_at(tmp_path, early)
    assert clock.now() >= NOON, "a refused start leaves the clock as it was"
    clock.start_at(tmp_path, NOON + timedelta(days=1))
    assert clock.now() >= NOON + timedelta(days=1)


def test_a_mark_raises_what_the_folder_has_seen(tmp_path: Path) -> None:
    clock.start_at(tmp_path, NOON)
    clock.mark(tmp_path)
    with pytest.raises(ValueError, match="has already seen"):
        clock.start_at(tmp_path, NOON)


def test_a_mark_never_falls(tmp_path: Path) -> None:
    clock.start_at(tmp_path, NOON)
    clock.load(tmp_path / "real-time")  # This process's clock is years behind now.
    clock.mark(tmp_path)
    with pytest.raises(ValueError, match="has already seen"):
        clock.start_at(tmp_path, NOON - timedelta(days=1))


def test_marks_from_many_processes_keep_the_latest(tmp_path: Path) -> None:
    clock.start_at(tmp_path, NOON)
    with ThreadPoolExecutor(6) as pool:
        ended = list(pool.map(lambda _: in_another_process(MARK, tmp_path), range(6)))
    assert min(ended) >= NOON
    with pytest.raises(ValueError, match="has already seen"):
        clock.start_at(tmp_path, max(ended) - A_MOMENT)
    clock.start_at(tmp_path, max(ended))
    assert {path.name for path in tmp_path.iterdir()} == {"clock.json", "clock.lock"}


def test_a_clock_that_was_put_back_knows_by_how_much(tmp_path: Path) -> None:
    """I49."""
    assert clock.behind(tmp_path) == timedelta(0)
    clock.start_at(tmp_path, NOON)
    clock.mark(tmp_path)
    assert clock.behind(tmp_path) == timedelta(0)
    hour = timedelta(hours=1)
    clock._set_offset(clock._offset - hour)
    assert hour - A_MOMENT < clock.behind(tmp_path) <= hour


def test_zones_come_from_the_pinned_package_alone() -> None:
    named = resources.files("tzdata").joinpath("zones").read_text().split()
    assert clock.zone_names() == frozenset(named) - {"Factory"}
    assert clock.zone("America/Phoenix") is clock.zone("America/Phoenix")


@pytest.mark.parametrize(
    "name", ["", "America", "Mars/Olympus", "../etc/passwd", "america/phoenix"]
)
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="unknown time zone"):
        clock.zone(name)
