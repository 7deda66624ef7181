"""The embedded server's life: shared by processes, and what survives which kill."""

import subprocess
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from scheduler import embedded
from tests.faults.embedded_users import (
    PROGRAM,
    User,
    a_user,
    ask,
    is_alive,
    kill_server,
    server_pid,
)


def test_every_start_in_one_process_gives_the_same_server(data_dir: Path) -> None:
    first = embedded.start(data_dir, durable=False)
    second = embedded.start(data_dir / ".." / data_dir.name, durable=False)
    assert second is first
    first.close()
    assert ask(second.url("scheduler_app"), "SELECT current_user") == "scheduler_app"
    second.close()
    assert server_pid(data_dir) is None
    second.close()  # Once too often does no harm.


def test_processes_racing_to_a_fresh_folder_share_one_server(data_dir: Path) -> None:
    users = [User(data_dir) for _ in range(4)]
    try:
        urls = {user.url() for user in users}
        assert len(urls) == 1
        assert ask(urls.pop(), "SELECT count(*) FROM pg_roles WHERE rolname ~ '^scheduler'") == 2
        names = {path.name for path in data_dir.iterdir()}
        assert names == {"postgres", "postgres.lock", "postgres.users"}
    finally:
        for user in users:
            user.leave()
    assert server_pid(data_dir) is None


def test_only_the_last_to_leave_stops_the_server(data_dir: Path) -> None:
    with a_user(data_dir) as first, a_user(data_dir) as second:
        url = first.url()
        assert second.url() == url
        first.leave()
        assert ask(url, "SELECT 1") == 1
        second.leave()
        assert server_pid(data_dir) is None
        with pytest.raises(psycopg.OperationalError):
            ask(url, "SELECT 1")


def test_a_killed_user_no_longer_counts(data_dir: Path) -> None:
    with a_user(data_dir) as killed, a_user(data_dir) as other:
        killed.url()
        url = other.url()
        killed.kill()
        assert ask(url, "SELECT 1") == 1
        other.leave()
        assert server_pid(data_dir) is None


def test_a_server_all_of_whose_users_were_killed_is_taken_over(data_dir: Path) -> None:
    with a_user(data_dir) as killed:
        killed.url()
    pid = server_pid(data_dir)
    server = embedded.start(data_dir, durable=False)
    assert server_pid(data_dir) == pid
    server.close()
    assert server_pid(data_dir) is None


@pytest.mark.parametrize("with_its_backends", [True, False])
def test_a_killed_server_comes_back_at_the_same_address(
    data_dir: Path, with_its_backends: bool
) -> None:
    server = embedded.start(data_dir)
    url = server.url("postgres")
    ask(url, "CREATE TABLE kept AS SELECT 7 AS value", "SELECT 1")
    kill_server(data_dir, with_its_backends=with_its_backends)
    again = embedded.start(data_dir)
    assert again is server
    assert again.url("postgres") == url
    assert ask(url, "SELECT value FROM kept") == 7
    again.close()
    server.close()
    assert server_pid(data_dir) is None


def test_everything_killed_at_once_loses_nothing_committed(data_dir: Path) -> None:
    with a_user(data_dir) as one, a_user(data_dir) as two:
        ask(one.url(), "CREATE TABLE kept AS SELECT 7 AS value", "SELECT 1")
        two.url()
        kill_server(data_dir, with_its_backends=True)
    with a_user(data_dir) as later:
        assert ask(later.url(), "SELECT value FROM kept") == 7


def test_a_start_waits_for_a_busy_process_of_a_killed_server(data_dir: Path) -> None:
    server = embedded.start(data_dir, durable=False)
    address = server.url("postgres").replace("+psycopg", "")
    busy = "SELECT sum(i) FROM generate_series(1, 4000000) AS i"
    with closing(psycopg.connect(address, autocommit=True)) as connection:
        connection.pgconn.send_query(busy.encode())
        while ask(address, f"SELECT count(*) FROM pg_stat_activity WHERE query = '{busy}'") != 1:
            pass
        kill_server(data_dir, with_its_backends=False)
        assert is_alive(connection.info.backend_pid)
        again = embedded.start(data_dir, durable=False)
        assert not is_alive(connection.info.backend_pid)
    again.close()
    server.close()


def test_a_server_nobody_buried_does_not_bar_the_next(data_dir: Path) -> None:
    # As in a container whose first process does not reap: the dead server keeps its number.
    adopting = "import ctypes\nctypes.CDLL(None).prctl(36, 1, 0, 0, 0)\n" + PROGRAM
    with a_user(data_dir, adopting) as parent:
        parent.url()
        kill_server(data_dir, with_its_backends=True)
        dead = server_pid(data_dir)
        with a_user(data_dir) as later:
            assert ask(later.url(), "SELECT 1") == 1
            assert server_pid(data_dir) != dead
            assert Path(f"/proc/{dead}").exists()


def test_a_stranger_with_the_dead_servers_number_does_not_bar_the_next(data_dir: Path) -> None:
    with a_user(data_dir) as user:
        user.url()
        kill_server(data_dir, with_its_backends=True)
    pid_file = data_dir / "postgres" / "postmaster.pid"
    owner = pid_file.stat()
    with subprocess.Popen(("/bin/sleep", "60"), user=owner.st_uid) as stranger:
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:], ""]))
        with a_user(data_dir) as later:
            assert ask(later.url(), "SELECT 1") == 1
        assert stranger.poll() is None
        stranger.kill()


def test_a_start_killed_at_any_moment_leaves_a_folder_that_starts(data_dir: Path) -> None:
    for tenths in range(2, 11):
        with a_user(data_dir) as user, pytest.raises(subprocess.TimeoutExpired):
            user.process.wait(timeout=tenths / 10)
    with a_user(data_dir) as user:
        assert ask(user.url(), "SELECT count(*) FROM pg_database WHERE datname = 'scheduler'") == 1
        user.leave()
        assert server_pid(data_dir) is None
    deadline = time.monotonic() + 30
    while list(data_dir.glob("postgres.new-*")):
        assert time.monotonic() < deadline, "what a killed start left is never removed"
        embedded.start(data_dir, durable=False).close()


FORKING = """
import os, sys
from pathlib import Path
from scheduler import embedded

server = embedded.start(Path(sys.argv[1]), durable=False)
if os.fork() == 0:
    server.close()
    sys.exit()  # Runs what a process does at its end, with what it inherited.
os.wait()
print(server.url("postgres"), flush=True)
sys.stdin.read()
"""


def test_a_forked_child_does_not_take_the_server_with_it(data_dir: Path) -> None:
    with a_user(data_dir, FORKING) as parent:
        url = parent.url()
        assert ask(url, "SELECT 1") == 1
        with a_user(data_dir) as other:
            other.url()
            other.leave()
        assert ask(url, "SELECT 1") == 1, "the parent's share was lost at the fork"
        parent.leave()
        assert server_pid(data_dir) is None
