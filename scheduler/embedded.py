"""The laptop's PostgreSQL: started by the first process that needs it, stopped by the last.

`DATA_DIR/postgres` holds the cluster. Two lock files beside it, released by the kernel however
a process ends, make the sharing safe: `postgres.lock` is held while the server is made, started
or stopped; `postgres.users` is held, shared, by every process for as long as it uses the server.
Whoever leaves and can take `postgres.users` alone was the last, and stops it.
"""

import atexit
import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from scheduler import embedded_cluster
from scheduler.embedded_process import PORT
from scheduler.embedded_user import EmbeddedError

__all__ = ["EmbeddedError", "Server", "start"]


@dataclass
class Server:
    """This process's share of the running server of one data folder."""

    data_dir: Path
    socket_folder: Path
    _users: int
    _uses: int = 0

    def url(self, role: str, database: str = "scheduler") -> str:
        """The SQLAlchemy URL of `database` for `role`; without `+psycopg` it is libpq's too."""
        # The port is spelled out because PGPORT in someone's shell would change it.
        address = {"host": str(self.socket_folder), "port": PORT}
        query = urlencode(address, safe="", quote_via=quote)
        return f"postgresql+psycopg://{quote(role, safe='')}@/{quote(database, safe='')}?{query}"

    def close(self) -> None:
        """Give back one `start`. The process's last one ends its share; again does nothing."""
        with _mutex:
            if _servers.get(self.data_dir) is not self:
                return
            self._uses -= 1
            if self._uses == 0:
                _leave(self)


_mutex = threading.RLock()
_servers: dict[Path, Server] = {}


def start(data_dir: Path, *, durable: bool = True) -> Server:
    """The server of `data_dir`, made and started as needed; call `close` when done with it.

    In one process every call returns the same Server, after making sure it still answers.
    `durable=False` trades safety for speed, for tests: a power cut spoils the cluster, and a
    killed server loses the last half second. The process that starts the server decides.
    Raises EmbeddedError saying what to do.
    """
    folder = data_dir.resolve()
    with _mutex, _locked(folder / "postgres.lock"):
        server = _servers.get(folder)
        users = server._users if server else _open_lock(folder / "postgres.users")
        try:
            fcntl.flock(users, fcntl.LOCK_SH)
            socket_folder = embedded_cluster.bring_up(folder, durable=durable)
        except BaseException:
            if server is None:
                os.close(users)
            raise
        if server is None:
            server = _servers[folder] = Server(folder, socket_folder, users)
        server.socket_folder = socket_folder
        server._uses += 1
        return server


def _leave(server: Server) -> None:
    """End this process's share, and the server's life when nobody else has one."""
    del _servers[server.data_dir]
    try:
        with _locked(server.data_dir / "postgres.lock"):
            fcntl.flock(server._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            embedded_cluster.stop(server.data_dir)
    except BlockingIOError:
        pass  # Someone else still uses it.
    finally:
        os.close(server._users)


@atexit.register
def _leave_all() -> None:
    with _mutex:
        for server in list(_servers.values()):
            _leave(server)


def _forget_after_fork() -> None:
    """In a forked child: the locks are the parent's, and so is stopping the server.

    Closing the child's copies releases nothing while the parent keeps its own.
    """
    global _mutex
    _mutex = threading.RLock()
    for server in _servers.values():
        os.close(server._users)
    _servers.clear()


os.register_at_fork(after_in_child=_forget_after_fork)


def _open_lock(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise EmbeddedError(
            f"cannot keep data in {path.parent}: {error.strerror} "
            "(run as the user it belongs to, or set DATA_DIR to another folder)"
        ) from error


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the file's lock; it ends with this process, however that ends."""
    file = _open_lock(path)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)
