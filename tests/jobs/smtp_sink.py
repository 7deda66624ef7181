"""A real SMTP server for tests, on 127.0.0.1: it keeps what it takes, and fails as it is told."""

import asyncio
import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

# Instead of a reply to DATA: close the connection, or answer only once `released` is set.
CLOSE, HOLD = "close", "hold"


class SmtpSink:
    """What was handed over so far. `replies["RCPT"]` are given to the next RCPTs, in order.

    `offered` are all the mails it saw, `mails` those it took.
    """

    def __init__(self) -> None:
        self.offered: list[EmailMessage] = []
        self.mails: list[EmailMessage] = []
        self.connections = 0
        self.logins: list[str] = []
        self.replies: dict[str, deque[str]] = defaultdict(deque)
        # A client waits for an answer; it gets one.
        self.holding, self.released = threading.Event(), threading.Event()
        self.port = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, address: str) -> list[EmailMessage]:
        """The mails to one address."""
        return [mail for mail in self.mails if mail["To"] == address]

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: Session, _envelope: Envelope, name: str, lines: list[str]
    ) -> list[str]:
        session.host_name = name
        self.connections += 1
        return lines

    async def handle_MAIL(  # noqa: N802
        self, _s: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if reply := self._reply("MAIL"):
            return reply
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _s: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if reply := self._reply("RCPT"):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.offered.append(mail)
        reply = self._reply("DATA")
        if reply not in (None, CLOSE, HOLD):
            return reply
        self.mails.append(mail)
        if reply == HOLD:
            self.holding.set()
            await asyncio.get_running_loop().run_in_executor(None, self.released.wait)
        if reply == CLOSE:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 OK"

    def _reply(self, verb: str) -> Any:
        return self.replies[verb].popleft() if self.replies[verb] else None

    def log_in(
        self, _s: SMTP, _session: Session, _e: Envelope, _mechanism: str, given: LoginPassword
    ) -> AuthResult:
        self.logins.append(given.login.decode())
        return AuthResult(success=given.password == b"open sesame", handled=False)


class _Controller(Controller):
    def _trigger_server(self) -> None:
        # It was asked for port 0, and knows the real one only now.
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def a_sink(port: int = 0, *, logins: bool = False) -> Iterator[SmtpSink]:
    """A server that listens until the end of the block; on the same port again if it is given."""
    sink = SmtpSink()
    authenticator = sink.log_in if logins else None
    controller = _Controller(
        sink, "127.0.0.1", port, authenticator=authenticator, auth_require_tls=False
    )
    controller.start()
    try:
        sink.port = controller.port
        yield sink
    finally:
        sink.released.set()
        controller.stop()
