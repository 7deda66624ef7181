"""The README's walk, word for word: two terminals, a real server, and the messages it leaves."""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import config

PROJECT = Path(config.__file__).parent
BLOCK = re.compile(r"<!-- terminal (\d) -->\n```sh\n(.*?)```", re.DOTALL)
END = "__the_block_is_over__"


class Terminal:
    """A bash that keeps its variables from block to block, as a person's would."""

    def __init__(self, env: dict[str, str]) -> None:
        self.shell = subprocess.Popen(
            ["bash"],  # noqa: S607 - whatever bash the reader has
            cwd=PROJECT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, block: str) -> str:
        """What the block prints."""
        assert self.shell.stdin
        assert self.shell.stdout
        self.shell.stdin.write(f"{block}\necho {END}\n")
        self.shell.stdin.flush()
        printed = ""
        for line in self.shell.stdout:
            if line.strip().endswith(END):
                return printed + line.replace(END, "").rstrip()
            printed += line
        raise AssertionError(f"the terminal closed:\n{printed}")

    def close(self) -> None:
        self.shell.communicate()


class Server:
    """`make run` in its own terminal, until Ctrl-C."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env
        self.process: subprocess.Popen[str] | None = None

    def run(self, block: str) -> None:
        """Start it, after stopping the one before, and wait until it is ready."""
        self.stop()
        self.process = subprocess.Popen(
            ["bash", "-c", f"exec env {block.strip()}"],  # noqa: S607 - as above
            cwd=PROJECT,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout
        printed = ""
        for line in self.process.stdout:
            printed += line
            if line.startswith("The clock reads"):
                return
        raise AssertionError(f"it never became ready:\n{printed}")

    def stop(self) -> None:
        """Ctrl-C, as the terminal sends it: to the whole foreground group."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGINT)
            self.process.communicate(timeout=30)
            self.process = None


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A reader's environment, with a port and a data folder of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {**os.environ, "PORT": str(port), "DATA_DIR": str(tmp_path / "var")}


@pytest.fixture
def terminals(env: dict[str, str]) -> Iterator[dict[str, Terminal | Server]]:
    """The two terminals of the walk."""
    server, terminal = Server(env), Terminal(env)
    yield {"1": server, "2": terminal}
    server.stop()
    terminal.close()


@pytest.mark.timeout(180)
def test_the_readme_works_word_for_word(
    env: dict[str, str], terminals: dict[str, Terminal | Server]
) -> None:
    """From registering a patient to the follow-up, with a refusal on the way."""
    text = (PROJECT / "README.md").read_text()
    printed = []
    for terminal, block in BLOCK.findall(text):
        here = block.replace("localhost:8000", f"localhost:{env['PORT']}")
        printed.append(terminals[terminal].run(here.replace("var/", f"{env['DATA_DIR']}/")))
    walk = "\n".join(out for out in printed if out)
    assert "/problems/does_not_fit" in walk
    assert '"reason": "closed"' in walk
    assert '"alternatives": [\n' in walk
    assert walk.count("Subject: Saguaro Care: appt Tue Jan 12 2:00 PM") == 2
    assert "arrived\ninfusing\nobserving\ncompleted" in walk
    assert "how are you?" in walk
    assert walk.count('"status": "sent"') == 3
