"""What tests of the background job share: visits to speak of, ticks, and what they sent."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask

from scheduler import delivery
from scheduler.messages.actions import begin_all
from scheduler.messages.actions_settle import settle_all
from scheduler.messages.channels import Channel, Channels
from scheduler.messages.channels_files import FileOutbox
from scheduler.messages.model_claims import claim
from scheduler.messages.outgoing import Outgoing, Way
from scheduler.messages.rules import Outcome
from scheduler.outreach.actions import scan
from scheduler.sessions.model import InfusionSession
from scheduler.tenancy import Work
from tests.builders import ClinicKit, a_cleared_patient, an_order

At = Callable[[datetime | str], None]

FROM = "no-reply@clinic.example"


class Outbox:
    """A folder of messages, as the file channel writes them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.channels: dict[str, Channel] = {"email": FileOutbox(folder, FROM)}

    @property
    def files(self) -> list[Path]:
        return sorted(self.folder.glob("*"))

    @property
    def mails(self) -> list[EmailMessage]:
        """What stands in it, by when it was due."""
        return [message_from_bytes(f.read_bytes(), policy=policy.default) for f in self.files]


def words_of(mail: EmailMessage) -> str:
    """What a mail says in plain text."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def everything_in(mail: EmailMessage) -> str:
    """Every part of it, decoded."""
    return "\n".join(str(part.get_content()) for part in mail.iter_parts())


def instant(text: str) -> datetime:
    """An instant, from text with its offset; without one it is Phoenix time."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = datetime.fromisoformat(f"{text}-07:00")
    return moment.astimezone(UTC)


def tick(
    app: Flask, at: str | datetime, channels: Channels, *, move_mark: bool = True
) -> dict[str, int]:
    """One tick as of that instant, as a process of its own would do it; what it did."""
    now = instant(at) if isinstance(at, str) else at
    with app.app_context():
        return dict(Counter(delivery.tick(app, lambda: now, channels, move_mark=move_mark)))


def a_booking(clinic: ClinicKit, patient_id: UUID | None = None, **order: Any) -> dict[str, Any]:
    """A session on Tuesday, 1 December, at 09:30 if not said; its patient has consented to all."""
    patient_id = patient_id or a_cleared_patient(clinic)
    answer = clinic.desk.post("/v1/series", an_order(patient_id, sessions=1, **order))
    assert answer.status_code == 201, answer.get_json()
    return dict(answer.get_json()["sessions"][0])


def a_visit(clinic: ClinicKit, at: At, session: dict[str, Any]) -> dict[str, Any]:
    """The patient comes and leaves on time: 30 minutes after the infusion's end."""
    starts_at, ends_at = (datetime.fromisoformat(session[f"{s}_at"]) for s in ("starts", "ends"))
    for verb, happens_at, body in (
        ("arrive", starts_at - timedelta(minutes=10), {}),
        ("start", starts_at, {"vitals_recorded": True}),
        ("observe", ends_at, {}),
        ("complete", ends_at + timedelta(minutes=30), {}),
    ):
        at(happens_at)
        session = step(clinic, session, verb, **body)
    return session


def step(clinic: ClinicKit, session: dict[str, Any], verb: str, **body: Any) -> dict[str, Any]:
    """Take a session one step on."""
    answer = clinic.desk.step(session, verb, **body)
    assert answer.status_code == 200, answer.get_json()
    return dict(answer.get_json())


def cancel(clinic: ClinicKit, session: dict[str, Any]) -> dict[str, Any]:
    """Cancel it as it now is."""
    now = clinic.desk.get(f"/v1/sessions/{session['id']}").get_json()
    return step(clinic, now, "cancel", reason="a cold", by="patient")


def move(clinic: ClinicKit, session: dict[str, Any], days: int) -> None:
    """The session's time changes, as a reschedule does it: start, block and time version."""
    by = timedelta(days=days)
    with clinic.work() as work:
        moved = work.load(InfusionSession, UUID(session["id"]))
        moved.starts_at, moved.ends_at = moved.starts_at + by, moved.ends_at + by
        moved.block_starts_at, moved.block_ends_at = (
            moved.block_starts_at + by,
            moved.block_ends_at + by,
        )
        moved.time_version += 1


def claimed(clinic: ClinicKit, at: str, lease: timedelta = timedelta(minutes=1)) -> list[UUID]:
    """Enter in the ledger what is due and claim it, as a tick does before it sends."""
    with clinic.work(instant(at)) as work:
        scan(work)
    with clinic.work(instant(at)) as work:
        return claim(work, lease)


def begin_send(work: Work, message_id: UUID, channels: Mapping[str, Way]) -> Outgoing | None:
    """Begin the attempt of one claimed message; its lease stays the one it has."""
    outgoing = begin_all(work, [message_id], channels).outgoing
    return outgoing[0] if outgoing else None


def settle(work: Work, sent: Outgoing, outcome: Outcome) -> str:
    """Note how its attempt ended; the status that it led to."""
    (status,) = settle_all(work, [(sent, outcome)], lambda: 0)
    return status


def ledger(clinic: ClinicKit, **query: Any) -> list[dict[str, Any]]:
    """Every row of the clinic's ledger, by when it was due."""
    answer = clinic.desk.get("/v1/messages", **query)
    assert answer.status_code == 200, answer.get_json()
    return list(answer.get_json()["items"])


def ends(clinic: ClinicKit) -> list[tuple[str, str, str | None]]:
    """Each message's rule, and how it stands and why, by when it was due."""
    return [(row["rule"], row["status"], row["reason"]) for row in ledger(clinic)]
