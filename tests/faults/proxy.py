"""The nginx of the compose file, in front of a server on this machine."""

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

import config
from tests.faults.web_server import PATIENCE_SECONDS, free_port

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
needs_nginx = pytest.mark.skipif(
    NGINX is None, reason="nginx is not installed (Debian: apt-get install nginx)"
)
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Proxy:
    """nginx with the configuration that compose ships, but for addresses and paths."""

    def __init__(self, folder: Path, upstream: int, **others: str) -> None:
        assert NGINX
        self.port, self.log = free_port(), folder / "log"
        paths = " ".join(f"{name}_temp_path {folder}/{name};" for name in TEMPORARY)
        ours = {
            "server web:8000": f"server 127.0.0.1:{upstream}",
            "listen 8000": f"listen 127.0.0.1:{self.port}",
            "error_log stderr": f"error_log {self.log}",
            "http {": f"http {{ {paths}",
            **others,
        }
        compose = yaml.safe_load((config.PROJECT / "docker-compose.yml").read_text())
        # Compose takes a doubled dollar for one.
        text = compose["configs"]["proxy"]["content"].replace("$$", "$")
        for theirs, here in ours.items():
            text, found = re.subn(re.escape(theirs), here, text)
            assert found == 1, theirs
        folder.mkdir()
        (folder / "nginx.conf").write_text(text)
        here = f"daemon off; user root; pid {folder}/pid;"
        command = (NGINX, "-p", folder, "-c", folder / "nginx.conf", "-g", here)
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._listens():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, "nginx does not listen"

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
        except ConnectionRefusedError:
            return False
        return True


@contextmanager
def proxy_to(port: int, folder: Path, **others: str) -> Iterator[Proxy]:
    """A proxy that is gone at the end of the block."""
    proxy = Proxy(folder, port, **others)
    try:
        yield proxy
    finally:
        proxy.process.terminate()
        proxy.process.wait(timeout=PATIENCE_SECONDS)
