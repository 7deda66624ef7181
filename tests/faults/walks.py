"""Walks through a page of the documents, word for word: two terminals and a real server."""

import os
import re
import signal
import subprocess
from pathlib import Path

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


def walked(page: str, env: dict[str, str]) -> str:
    """What the second terminal prints when a reader follows the page."""
    server, terminal = Server(env), Terminal(env)
    printed = []
    try:
        for which, block in BLOCK.findall((PROJECT / page).read_text()):
            here = block.replace("localhost:8000", f"localhost:{env['PORT']}")
            here = here.replace("var/", f"{env['DATA_DIR']}/")
            if which == "1":
                server.run(here)
            else:
                printed.append(terminal.run(here))
    finally:
        server.stop()
        terminal.close()
    return "\n".join(printed)
