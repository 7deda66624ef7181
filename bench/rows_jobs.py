"""The rows of the jobs: deciding what is due, and sending it."""

import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import policy
from uuid import uuid4

import config
from bench import standard
from bench.measure import Figure, against
from bench.rows import Bench
from bench.standard import NOW
from scheduler.messages.channels import Channel
from scheduler.messages.channels_mail import SmtpMail, as_mail
from scheduler.messages.outgoing import Outgoing, Visit
from scheduler.messages.rules import Outcome
from scheduler.messages.rules_text import reminder
from scheduler.sending import Delivery

# What falls due in these rows, of the standard clinic's 4,800 sessions.
DUE = """
    INSERT INTO messages (clinic_id, id, kind, rule, session_id, patient_id, time_version, due_at,
                          not_after, status, next_attempt_at, created_at, version)
    SELECT clinic_id, gen_random_uuid(), 'reminder', rule, id, patient_id, time_version, %(now)s,
           starts_at - interval '1 hour', 'planned', %(now)s, %(now)s, 1
      FROM sessions CROSS JOIN unnest(ARRAY['7d_before', '3d_before', '1d_before']) AS rule
     WHERE clinic_id = %(clinic_id)s AND status = 'booked' LIMIT %(count)s
"""
MOST_DUE = 10_000
# What would take longer is told from a tenth of it.
LONGEST_SECONDS = 30
SENDER = "no-reply@clinic.example"


class Nowhere:
    """A way out that takes everything at once."""

    key_life = timedelta(0)
    needs_sender = False
    width = 1

    def send(self, _outgoing: Outgoing) -> Outcome:
        """Gone."""
        return Outcome("sent")

    def close(self) -> None:
        """Nothing is kept open."""


def decide(bench: Bench) -> Iterator[Figure]:
    """Claim, check, mark and settle a backlog, with a way out that costs nothing."""
    some = MOST_DUE // 10
    seconds, note = _delivered(bench, Nowhere(), some) * 10, f"ten times what {some} took"
    if seconds < LONGEST_SECONDS and bench.size.rounds > 3:
        seconds, note = _delivered(bench, Nowhere(), MOST_DUE), ""
    yield Figure("decide 10,000 due messages", "s", seconds, 5.0, note=note)


def mail(bench: Bench) -> Iterator[Figure]:
    """Mails a second over SMTP, against a bare connection that is kept open."""
    count = bench.size.requests * 5
    with _sink() as port:
        for row, rate in (("the channel alone", _alone), ("the whole delivery", _whole)):
            mine, theirs, ratio, control = against(
                lambda: rate(bench, port, count),  # noqa: B023 - called at once
                lambda: _bare(port, count),
                bench.size.rounds,
            )
            name = f"send mail, {row}"
            yield Figure(name, "mails/s", mine, 0.8, theirs, ratio, control, at_least=True)


def _alone(_bench: Bench, port: int, count: int) -> float:
    """Mails a second through our channel, with no database around it."""
    channel = _channel(port)
    began = time.perf_counter()
    for _ in range(count):
        if channel.send(_outgoing()).result != "sent":
            raise RuntimeError("not sent")
    channel.close()
    return count / (time.perf_counter() - began)


def _whole(bench: Bench, port: int, count: int) -> float:
    """Mails a second from the ledger to the mail server and back."""
    channel = _channel(port)
    seconds = _delivered(bench, channel, count)
    channel.close()
    return count / seconds


def _channel(port: int) -> SmtpMail:
    return SmtpMail(f"smtp://127.0.0.1:{port}", SENDER)


def _outgoing() -> Outgoing:
    """A reminder as the whole delivery sends it, with its calendar file."""
    return Outgoing(
        clinic_id=uuid4(),
        id=uuid4(),
        attempt=1,
        kind="reminder",
        rule="1d_before",
        channel="email",
        address="patient@example.com",
        draft=reminder("en", "Sonoran Care", "(602) 555-0100", NOW, standard.ZONE, name_zone=False),
        due_at=NOW,
        at=NOW,
        visits=(Visit(uuid4(), 1, NOW, NOW + timedelta(minutes=40)),),
    )


def _bare(port: int, count: int) -> float:
    """Mails a second on one connection: made as ours are, with nothing else around it."""
    with smtplib.SMTP("127.0.0.1", port) as connection:
        connection.ehlo()
        began = time.perf_counter()
        for _ in range(count):
            made = as_mail(_outgoing(), SENDER)
            connection.mail(SENDER)
            connection.rcpt("patient@example.com")
            connection.data(made.as_bytes(policy=policy.SMTP))
        return count / (time.perf_counter() - began)


def _delivered(bench: Bench, channel: Channel, count: int) -> float:
    """The seconds in which a backlog was delivered."""
    asked = bench.ours.asked[0]
    with bench.cluster.superuser(bench.ours.database) as connection:
        connection.execute("DELETE FROM messages")
        known = {"now": NOW, "clinic_id": asked.clinic_id, "count": count}
        connection.execute(DUE, known)
        connection.execute("VACUUM ANALYZE messages")
    with bench.cluster.app(bench.ours.database) as app:
        began = time.perf_counter()
        done = Delivery(app, "email", lambda: NOW, {"email": channel}).run(asked.clinic_id)
        seconds = time.perf_counter() - began
    if sum(number for what, number in done.items() if what.endswith(": sent")) != count:
        raise RuntimeError(f"not all were sent: {done}")
    return seconds


@contextmanager
def _sink() -> Iterator[int]:
    """The port of a mail server in a process of its own."""
    command = (sys.executable, "-m", "bench.mail_sink")
    sink = subprocess.Popen(command, cwd=config.PROJECT, stdout=subprocess.PIPE, text=True)
    try:
        assert sink.stdout is not None
        yield int(sink.stdout.readline())
    finally:
        sink.terminate()
        sink.wait()
