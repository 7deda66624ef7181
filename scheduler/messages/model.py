"""The ledger: one row for everything that falls due, and how it ended (I35, I38)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import Select, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from scheduler import clock
from scheduler.clinics.model import Policy
from scheduler.db import Base, OfClinic, Versioned
from scheduler.messages.rules_quiet import QuietHours
from scheduler.messages.rules_tried import Tried
from scheduler.tenancy import Work


class Message(OfClinic, Versioned, Base):
    """One message of one rule for one session; its id is its key with the provider.

    `ambiguous`: an attempt may have gone, and nobody knows. `key_until`: so long, by the
    database's clock, the provider would know that attempt again. `note`: what a person who sent or
    skipped it by hand said. `carries_id`: the follow-up whose link it carries. `tried`: the
    attempts by other ways that did not arrive, as `Tried`.
    """

    __tablename__ = "messages"
    noun: ClassVar[str] = "message"

    kind: Mapped[str]
    rule: Mapped[str]
    session_id: Mapped[UUID]
    patient_id: Mapped[UUID]
    time_version: Mapped[int]
    channel: Mapped[str | None]
    address: Mapped[str | None]
    due_at: Mapped[datetime]
    not_after: Mapped[datetime]
    status: Mapped[str] = mapped_column(default="planned")
    reason: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    ambiguous: Mapped[bool] = mapped_column(default=False)
    key_until: Mapped[datetime | None]
    provider_id: Mapped[str | None]
    note: Mapped[str | None]
    carries_id: Mapped[UUID | None]
    tried: Mapped[list[Tried]] = mapped_column(JSONB, server_default="[]")
    created_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class DueMessage:
    """Something that fell due, or will: what the rules derive from a session.

    `channel` is the one that the patient prefers; which it takes is decided when it goes. It waits
    until `goes_at`, if that is said.
    """

    kind: str
    rule: str
    session_id: UUID
    patient_id: UUID
    time_version: int
    due_at: datetime
    not_after: datetime
    channel: str | None = None
    goes_at: datetime | None = None


# PostgreSQL takes 65,535 values a statement, and a message is 16 of them: after days without jobs
# a clinic may have more that fell due than would fit.
AT_ONCE = 1_000


def enter_in_ledger(work: Work, due: Sequence[DueMessage]) -> int:
    """Plan these messages; those that are in the ledger already stay as they are. How many new.

    But for the follow-up of a visit whose completion was undone before it went: once the visit is
    completed again it is planned anew (I50).
    """
    return sum(_entered(work, due[at : at + AT_ONCE]) for at in range(0, len(due), AT_ONCE))


def _entered(work: Work, due: Sequence[DueMessage]) -> int:
    new = 0
    reminders = [_planned(work, each) for each in due if each.kind != "follow_up"]
    if reminders:
        added = insert(Message).values(reminders).on_conflict_do_nothing()
        new += len(work.session.scalars(added.returning(Message.id)).all())
    follow_ups = [_planned(work, each) for each in due if each.kind == "follow_up"]
    if follow_ups:
        entered = insert(Message).values(follow_ups)
        again = ("time_version", "due_at", "not_after", "channel", "status", "next_attempt_at")
        replaced = entered.on_conflict_do_update(
            index_elements=["clinic_id", "session_id", "rule"],
            index_where=Message.kind == text("'follow_up'"),
            set_={name: entered.excluded[name] for name in again}
            | {"reason": None, "version": Message.version + 1},
            where=(Message.status == "cancelled")
            | (Message.status == "planned")
            & (Message.time_version < entered.excluded.time_version),
        )
        new += len(work.session.scalars(replaced.returning(Message.id)).all())
    return new


def _planned(work: Work, due: DueMessage) -> dict[str, Any]:
    return {
        "clinic_id": work.clinic_id,
        "id": uuid4(),
        "kind": due.kind,
        "rule": due.rule,
        "session_id": due.session_id,
        "patient_id": due.patient_id,
        "time_version": due.time_version,
        "due_at": due.due_at,
        "not_after": due.not_after,
        "channel": due.channel,
        "status": "planned",
        "next_attempt_at": due.goes_at or due.due_at,
        "created_at": work.now,
        "version": 1,
    }


def quiet_hours_of(policy: Policy, time_zone: str | None, clinic_zone: tzinfo) -> QuietHours:
    """A recipient's quiet hours: in their own zone, or the clinic's if it is unknown (I39)."""
    # A name may also be one that newer time zone rules have dropped.
    known = time_zone in clock.zone_names()
    zone = clock.zone(time_zone) if time_zone and known else clinic_zone
    return QuietHours(policy.quiet_from, policy.quiet_until, zone)


def due_in(
    query: Select[Any],
    from_: datetime | None = None,
    to: datetime | None = None,
    **equal: Any,
) -> Select[Any]:
    """The messages of a query that were due from `from_` up to `to`, with these values."""
    if from_ is not None:
        query = query.where(Message.due_at >= from_)
    if to is not None:
        query = query.where(Message.due_at < to)
    return query.filter_by(**equal)
