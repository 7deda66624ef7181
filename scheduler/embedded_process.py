"""What a cluster's own files tell of its server's process, and whether that is still true.

The source is `postmaster.pid`: its first line is the process id, its fifth the socket's folder.
It outlives a server that was killed, so nothing in it is believed unseen.
"""

import os
import stat
import subprocess
from pathlib import Path

import psycopg
import psycopg.conninfo

PORT = 5432


def is_running(cluster: Path) -> bool:
    """Whether the process of the cluster's file lives and is a PostgreSQL server."""
    pid = _pid(_pid_file(cluster))
    if pid is None or not _exists(pid):
        return False
    if not Path("/proc/self/cmdline").exists():
        return True  # Without /proc (macOS), that it lives has to be enough.
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return Path(os.fsdecode(command.split(b"\0")[0])).name == "postgres"


def answering(cluster: Path) -> Path | None:
    """The socket folder of the server if it takes a connection, else None."""
    folder = recorded_socket_folder(cluster)
    if folder is None or not is_private(folder, cluster):
        return None
    address = psycopg.conninfo.make_conninfo(
        host=str(folder), port=PORT, user="postgres", dbname="postgres", connect_timeout=5
    )
    try:
        psycopg.connect(address).close()
    except psycopg.OperationalError:
        return None
    return folder


def recorded_socket_folder(cluster: Path) -> Path | None:
    """Where the running (or killed) server says its socket is: the file's fifth line."""
    lines = _pid_file(cluster)
    return Path(lines[4]) if len(lines) > 4 and lines[4] else None


def is_private(folder: Path, cluster: Path) -> bool:
    """Whether only the cluster's owner may enter: in a shared /tmp others could pose as it."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    closed = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
    return closed and found.st_uid == cluster.stat().st_uid


def clear_stale(cluster: Path) -> None:
    """Make way for a start where the last server's number belongs to a process that is no server.

    PostgreSQL only asks whether that process exists: it may be a stranger by now, or dead and
    never reaped, as in a container. The rest of the file stays: by it the new server notices
    processes of the old one that are still writing.
    """
    lines = _pid_file(cluster)
    pid = _pid(lines)
    if pid is None or not _exists(pid) or is_running(cluster):
        return
    ended = subprocess.Popen(("/bin/sh", "-c", ":"))
    ended.wait()
    (cluster / "postmaster.pid").write_text("\n".join([str(ended.pid), *lines[1:], ""]))
    if socket_folder := recorded_socket_folder(cluster):
        (socket_folder / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)


def _exists(pid: int) -> bool:
    """Whether there is such a process, and it is one we could have started."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _pid(lines: list[str]) -> int | None:
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def _pid_file(cluster: Path) -> list[str]:
    try:
        return (cluster / "postmaster.pid").read_text(errors="surrogateescape").splitlines()
    except FileNotFoundError:
        return []
