"""The gateway's process, started and asked for its ledger."""

import http.client
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import config


@dataclass
class Running:
    """A gateway at work."""

    process: "subprocess.Popen[bytes]"
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/messages"

    @property
    def twilio_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ledger(self) -> dict[str, Any]:
        """What it was asked and took."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", "/ledger")
            return dict(json.loads(connection.getresponse().read()))
        finally:
            connection.close()

    def taken(self) -> Counter[str]:
        """How often it took each of our messages."""
        return Counter(each["key"] for each in self.ledger()["taken"])


@contextmanager
def a_gateway(*, keyed: bool, seed: int = 0, well: int = 100) -> Iterator[Running]:
    """A gateway that is gone at the end of the block."""
    asked = json.dumps({"keyed": keyed, "seed": seed, "well": well})
    process = subprocess.Popen(
        (sys.executable, "-m", "tests.gateway.server", asked),
        cwd=config.PROJECT,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        yield Running(process, int(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
