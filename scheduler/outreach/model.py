"""How far each clinic was scanned for what fell due."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.clinics.model import policy_of
from scheduler.db import Base
from scheduler.followups.model_due import follow_ups_due
from scheduler.messages.model import DueMessage, Message, due_in
from scheduler.messages.rules_tried import Tried
from scheduler.notices.model import notices_due
from scheduler.reminders.model import reminders_due
from scheduler.sessions.model import InfusionSession
from scheduler.spans import Span
from scheduler.tenancy import Work

# Looked at once more each time: a booking that committed late may lie behind the mark. The
# ledger's unique key stops doubles.
OVERLAP = timedelta(minutes=15)


class OutreachMark(Base):
    """A clinic's mark: everything due until `scanned_until` is in the ledger. Never moves back."""

    __tablename__ = "outreach_marks"

    clinic_id: Mapped[UUID] = mapped_column(primary_key=True)
    scanned_until: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Coming(DueMessage):
    """A message that is not in the ledger yet."""

    status: str = "planned"
    id: UUID | None = None
    reason: str | None = None
    sent_at: datetime | None = None
    note: str | None = None
    tried: list[Tried] = field(default_factory=list)


def locked_mark(work: Work) -> OutreachMark:
    """The clinic's mark, held by this transaction; the first scan makes it."""
    mark = select(OutreachMark).where(OutreachMark.clinic_id == work.clinic_id)
    found = work.session.scalars(mark.with_for_update()).one_or_none()
    if found is not None:
        return found
    # Two job processes may both be the first: one of them makes it.
    made = {"clinic_id": work.clinic_id, "scanned_until": work.clinic().created_at}
    work.session.execute(insert(OutreachMark).values(made).on_conflict_do_nothing())
    return work.session.scalars(mark.with_for_update()).one()


def locked_message(work: Work, infusion_session: InfusionSession, rule: str) -> Message | None:
    """The message of that rule for the session as it is, held by this transaction."""
    found = select(Message).where(
        Message.clinic_id == work.clinic_id,
        Message.kind == "reminder",
        Message.session_id == infusion_session.id,
        Message.time_version == infusion_session.time_version,
        Message.rule == rule,
    )
    return work.session.scalars(found.with_for_update()).one_or_none()


def falling_due(
    work: Work, due: Span, kind: str | None = None, **only: UUID
) -> Iterator[DueMessage]:
    """Everything (of one kind) that falls due after `due.start` and up to `due.end`."""
    policy = policy_of(work)
    reminders: list[DueMessage] = []
    if kind != "notice":
        reminders = list(reminders_due(work, due, policy, **only))
    if kind in (None, "reminder"):
        yield from reminders
    if kind in (None, "follow_up"):
        # What is asked on the day of a reminder goes with that.
        reminded = {each.patient_id for each in reminders}
        yield from follow_ups_due(work, due, policy, reminded, **only)
    if kind in (None, "notice"):
        yield from notices_due(work, due, policy, **only)


def past_and_coming(
    work: Work,
    within: Span,
    *,
    kind: str | None = None,
    status: str | None = None,
    **only: UUID,
) -> list[Message | Coming]:
    """What was due within the span as the ledger has it, and what will be; by when it is due."""
    past = due_in(
        select(Message).where(Message.clinic_id == work.clinic_id), within.start, within.end
    )
    if kind is not None:
        past = past.where(Message.kind == kind)
    for name, value in only.items():
        past = past.where(getattr(Message, name) == value)
    entered = list(work.session.scalars(past))
    # A follow-up that was cancelled is planned anew when its visit is completed again.
    again = {each.id for each in entered if (each.kind, each.status) == ("follow_up", "cancelled")}
    keys = {_key(each) for each in entered if each.id not in again}
    found: list[Message | Coming] = [*entered]
    for each in falling_due(work, _ahead(work, within), kind, **_of_session(only)):
        if _key(each) not in keys:
            found.append(Coming(**asdict(each)))
    chosen = [each for each in found if status in (None, each.status)]
    return sorted(chosen, key=place)


def place(item: Message | Coming) -> tuple[datetime, UUID, str, int]:
    """An item's place in the order by when it is due."""
    return (item.due_at, item.session_id, item.rule, item.time_version)


def _ahead(work: Work, within: Span) -> Span:
    """The part of a span that no scan has entered in the ledger yet."""
    scanned = work.session.get(OutreachMark, work.clinic_id)
    until = scanned.scanned_until if scanned else work.clinic().created_at
    # `falling_due` leaves out the start and takes in the end; a window does the reverse.
    just_before = timedelta(microseconds=1)
    start = max(within.start - just_before, until - OVERLAP)
    return Span(start, max(start, within.end - just_before))


def _key(each: Message | DueMessage) -> tuple[object, ...]:
    """What makes a message one: but for follow-ups, the time it speaks of does too (I35)."""
    version = None if each.kind == "follow_up" else each.time_version
    return (each.kind, each.session_id, version, each.rule)


def _of_session(only: dict[str, UUID]) -> dict[str, UUID]:
    """The same condition on the session, whose id is a message's `session_id`."""
    return {"id" if name == "session_id" else name: value for name, value in only.items()}
