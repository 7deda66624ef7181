"""Where an embedded server can live, as whom, and what it makes there."""

import os
import pwd
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from scheduler import embedded, embedded_cluster, embedded_user
from tests.faults.embedded_users import User, a_user, ask, server_pid


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A short folder that every user may enter."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="clinic") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        embedded_cluster.stop(folder)


def test_a_fresh_server_has_two_plain_roles_and_their_database(data_dir: Path) -> None:
    server = embedded.start(data_dir, durable=False)
    powers = "rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication"
    for role in ("scheduler_owner", "scheduler_app"):
        url = server.url(role)
        assert ask(url, f"SELECT {powers} FROM pg_roles WHERE rolname = current_user") is False
        assert ask(url, "SELECT current_database()") == "scheduler"
    owner = server.url("scheduler_owner")
    assert ask(owner, "CREATE EXTENSION btree_gist", "CREATE TABLE t ()", "SELECT 1") == 1
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(server.url("scheduler_app"), "CREATE TABLE t2 ()")
    collation = "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = '{}'"
    assert ask(owner, collation.format("scheduler")) == "bC.UTF-8"
    assert ask(owner, "SHOW listen_addresses") == ""
    server.close()


@pytest.mark.parametrize(("durable", "setting"), [(True, "on"), (False, "off")])
def test_only_a_durable_server_waits_for_the_disk(
    data_dir: Path, durable: bool, setting: str
) -> None:
    server = embedded.start(data_dir, durable=durable)
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        assert ask(server.url("scheduler_app"), f"SHOW {name}") == setting
    server.close()


@pytest.mark.parametrize("name", ["a, b", "Größe", "a 'b' \"c\" $d %s", "a+b&c=d?e#f:g@h"])
def test_any_name_of_a_folder_works(open_folder: Path, name: str) -> None:
    server = embedded.start(open_folder / name / "var", durable=False)
    assert ask(server.url("scheduler_app"), "SELECT 1") == 1
    server.close()
    assert server_pid(open_folder / name / "var") is None


def test_a_long_path_gets_a_private_socket_folder_that_goes_with_the_server(
    tmp_path: Path,
) -> None:
    folder = tmp_path / ("long" * 30)
    server = embedded.start(folder, durable=False)
    found = server.socket_folder.lstat()
    assert folder not in server.socket_folder.parents
    assert stat.S_IMODE(found.st_mode) == 0o700
    assert found.st_uid == (folder / "postgres").stat().st_uid
    assert ask(server.url("scheduler_app"), "SELECT 1") == 1
    server.close()
    assert not server.socket_folder.exists()


def test_a_folder_closed_to_others_works_and_stays_closed(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = embedded.start(closed / "var", durable=False)
    assert ask(server.url("scheduler_app"), "SELECT 1") == 1
    server.close()
    for folder in (tmp_path, closed):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert folder.stat().st_uid == os.geteuid()
    owner = (closed / "var" / "postgres").stat().st_uid
    assert owner != 0
    assert owner == os.geteuid() or os.geteuid() == 0


def test_what_an_interrupted_start_left_behind_is_removed(data_dir: Path) -> None:
    (data_dir / "postgres.new-x" / "base").mkdir(parents=True)
    embedded.start(data_dir, durable=False).close()
    assert {path.name for path in data_dir.iterdir()} == {
        "postgres",
        "postgres.lock",
        "postgres.users",
    }


def test_the_servers_log_never_quotes_data(data_dir: Path) -> None:
    server = embedded.start(data_dir, durable=False)
    url = server.url("postgres")
    ask(url, "CREATE TABLE t (name text PRIMARY KEY)", "SELECT 1")
    for wrong in ("INSERT INTO t VALUES ('Wanda Marsh'), ('Wanda Marsh')", "SELECT 'Wanda'::date"):
        with pytest.raises(psycopg.Error):
            ask(url, wrong)
    server.close()
    log = (data_dir / "postgres" / "server.log").read_text()
    assert "ready to accept connections" in log
    assert "Wanda" not in log


def test_a_server_that_cannot_start_says_why_and_lets_go(data_dir: Path) -> None:
    embedded.start(data_dir, durable=False).close()
    version = data_dir / "postgres" / "PG_VERSION"
    right = version.read_text()
    version.write_text("9\n")
    with pytest.raises(embedded.EmbeddedError, match="incompatible"):
        embedded.start(data_dir, durable=False)
    version.write_text(right)
    with a_user(data_dir) as user:
        assert ask(user.url(), "SELECT 1") == 1
        user.leave()
        assert server_pid(data_dir) is None


def test_a_data_folder_that_cannot_be_one_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(embedded.EmbeddedError, match="DATA_DIR"):
        embedded.start(tmp_path / "file" / "var", durable=False)


def ordinary() -> tuple[str, ...]:
    """What to put before a command to run it as an ordinary user; root is lent to read this."""
    if os.geteuid() != 0:
        return ()
    nobody = pwd.getpwnam("nobody")
    account = embedded_user.Account(nobody.pw_uid, nobody.pw_gid)
    for lending in embedded_user.lendings(account):
        if subprocess.run((*lending, sys.executable, "-V"), check=False).returncode == 0:
            return lending
    pytest.skip("requires setpriv to become an ordinary user")


def test_an_ordinary_user_runs_it_as_itself(open_folder: Path) -> None:
    prefix = ordinary()
    uid = pwd.getpwnam("nobody").pw_uid if prefix else os.geteuid()
    os.chown(open_folder, uid, -1)
    with a_user(open_folder, prefix=prefix) as user:
        assert ask(user.url(), "SELECT 1") == 1
        assert {path.stat().st_uid for path in open_folder.rglob("*")} == {uid}
        user.leave()
    assert server_pid(open_folder) is None


def test_root_and_the_clusters_owner_share_one_server(open_folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("requires root")
    prefix = ordinary()
    os.chown(open_folder, pwd.getpwnam("nobody").pw_uid, -1)
    with a_user(open_folder, prefix=prefix) as owner:
        url = owner.url()
        with a_user(open_folder) as root:
            assert root.url() == url
            owner.leave()
            assert ask(url, "SELECT 1") == 1
            root.leave()
    assert server_pid(open_folder) is None


def test_another_users_folder_is_refused_with_what_to_do(open_folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("requires root")
    embedded.start(open_folder, durable=False).close()
    user = User(open_folder, prefix=ordinary())
    _, errors = user.leave()
    assert user.process.returncode == 1
    assert "set DATA_DIR to another folder" in errors
