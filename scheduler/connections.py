"""Connections that wait for an answer only so long, and that notice when their server is gone.

The server's own time limits do not help when the server is frozen or a network swallows what is
sent: a thread would wait for ever, and then the next.
"""

import select
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import Session

# The server gives a statement up after this long; we give the server up a little later.
STATEMENT_SECONDS = 5
SPARE_SECONDS = 2
CONNECT_SECONDS = 3

ARGUMENTS = {
    "connect_timeout": CONNECT_SECONDS,
    # A connection nobody uses notices by these that the network lost it. In milliseconds, the last.
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": (STATEMENT_SECONDS + SPARE_SECONDS) * 1000,
}


class Connection(psycopg.Connection[Any]):
    """A connection that is closed when its server does not answer for `patience` seconds."""

    patience = STATEMENT_SECONDS + SPARE_SECONDS

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Raises OperationalError when time is up, and leaves a connection that is closed."""
        try:
            return super().wait(gen, interval, timeout or self.patience)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.close()
            raise


def init_engine(engine: Engine) -> None:
    """Make the engine's connections of this kind, and look at each before it is used."""
    event.listen(
        engine, "do_connect", lambda _dialect, _record, a, kw: Connection.connect(*a, **kw)
    )
    event.listen(engine, "checkout", _refuse_a_dead_one)


def _refuse_a_dead_one(connection: Connection, *_: Any) -> None:
    """A connection at rest has nothing to say but that its server ended it: so did all of them.

    A ping would ask the server, and cost every request a round trip.
    """
    connection.patience = Connection.patience
    if connection.closed or _has_something_to_say(connection):
        raise InvalidatePoolError


def _has_something_to_say(connection: Connection) -> bool:
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def allow(session: Session, seconds: int) -> None:
    """Let each statement of this transaction take that long, there and here."""
    session.execute(text(f"SET LOCAL statement_timeout = '{seconds}s'"))
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, Connection)  # noqa: S101 - the engine makes no other
    connection.patience = seconds + SPARE_SECONDS
