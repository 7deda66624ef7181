"""One cluster's life on disk and as a process: make it, bring it up, see that it answers, stop.

Callers hold the data folder's lock. The server listens on a Unix socket only, in a folder no
one else may enter, so every role is trusted without a password.
"""

import os
import shlex
import shutil
import tempfile
import time
from pathlib import Path

from scheduler import embedded_process
from scheduler.embedded_process import PORT
from scheduler.embedded_user import EmbeddedError, Runner, runner

PATIENCE_SECONDS = 60
# A socket's path holds 107 bytes on Linux and 103 on macOS, 18 of them `/.s.PGSQL.5432.lock`.
LONGEST_SOCKET_FOLDER = 80

ROLES_AND_DATABASE = """\
CREATE ROLE scheduler_owner LOGIN;
CREATE ROLE scheduler_app LOGIN;
CREATE DATABASE scheduler OWNER scheduler_owner;
"""

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The server's log must not carry patients' data: errors quote values and whole statements.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def bring_up(data_dir: Path, *, durable: bool) -> Path:
    """The folder of the running server's socket, after making and starting what is missing.

    Raises EmbeddedError when it does not answer within PATIENCE_SECONDS.
    """
    cluster = data_dir / "postgres"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (socket_folder := embedded_process.answering(cluster)):
        if time.monotonic() > deadline:
            raise EmbeddedError(f"the server of {cluster} does not answer: see its server.log")
        if embedded_process.is_running(cluster):
            time.sleep(0.02)  # Starting, or going down.
        elif cluster.exists():
            _start(cluster, runner(cluster), durable=durable)
        else:
            _make(cluster, runner(cluster), durable=durable)
    return socket_folder


def stop(data_dir: Path) -> None:
    """Stop the server, ending its connections; a server that is already gone is fine."""
    cluster = data_dir / "postgres"
    if not embedded_process.is_running(cluster):
        return
    socket_folder = embedded_process.recorded_socket_folder(cluster)
    runner(cluster).run("pg_ctl", "stop", "-m", "fast", "-w", cwd=cluster)
    if socket_folder not in (None, cluster):
        shutil.rmtree(socket_folder, ignore_errors=True)


def _make(cluster: Path, programs: Runner, *, durable: bool) -> None:
    """Make the cluster with its roles and database aside, and move it in place when whole."""
    new = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=cluster.parent))
    if programs.account:
        programs.account.take(new)
    locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8")
    sync = () if durable else ("--no-sync",)
    programs.run("initdb", "--username=postgres", "--auth=trust", *locale, *sync, cwd=new)
    alone = ("--single", "-c", "exit_on_error=on", "postgres")
    programs.run("postgres", *alone, cwd=new, text=ROLES_AND_DATABASE)
    new.rename(cluster)


def _start(cluster: Path, programs: Runner, *, durable: bool) -> None:
    """Start the server; after a crash this may return early, for the caller to try again."""
    for leftover in cluster.parent.glob("postgres.new-*"):
        # Of a start that was killed, whose initdb may be at work in it still: then next time.
        shutil.rmtree(leftover, ignore_errors=True)
    socket_folder = _choose_socket_folder(cluster, programs)
    embedded_process.clear_stale(cluster)
    log = cluster / "server.log"
    log.unlink(missing_ok=True)
    # A list of folders: quoted, as the path may hold a comma or end in a space.
    listed = '"' + str(socket_folder).replace('"', '""') + '"'
    settings = SETTINGS | ({} if durable else NOT_DURABLE) | {"unix_socket_directories": listed}
    options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in settings.items())
    wait = ("-w", "-t", str(PATIENCE_SECONDS))
    try:
        programs.run("pg_ctl", "start", *wait, "-l", log.name, "-o", options, cwd=cluster)
    except EmbeddedError as error:
        said = log.read_text(errors="replace") if log.exists() else ""
        # A start that was killed may have left its own server behind, just coming up; processes
        # of a killed server take a moment to notice and go.
        if embedded_process.is_running(cluster) or "pre-existing shared memory block" in said:
            time.sleep(0.1)
            return
        if socket_folder not in (cluster, embedded_process.recorded_socket_folder(cluster)):
            shutil.rmtree(socket_folder, ignore_errors=True)
        raise EmbeddedError(f"{error}\n{said[-2000:]}") from error


def _choose_socket_folder(cluster: Path, programs: Runner) -> Path:
    """The cluster's own folder, or a private short one when its path cannot be an address."""
    if len(os.fsencode(cluster)) <= LONGEST_SOCKET_FOLDER and "," not in str(cluster):
        return cluster
    before = embedded_process.recorded_socket_folder(cluster)
    if before and embedded_process.is_private(before, cluster):
        return before  # Processes that outlived the former server find the new one there.
    usual = tempfile.gettempdir()
    parent = usual if len(usual) < LONGEST_SOCKET_FOLDER - 20 else "/tmp"
    folder = Path(tempfile.mkdtemp(prefix="scheduler-", dir=parent))
    if programs.account:
        programs.account.take(folder)
    return folder
