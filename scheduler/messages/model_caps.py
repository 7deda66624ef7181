"""Which texts went to some numbers, and which wait to go there."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select, text

from scheduler.db import among, in_states
from scheduler.messages.model import Message
from scheduler.messages.model_chunks import Entry
from scheduler.messages.rules_caps import OTHER_REMINDERS, RANKS, Caps, rank_of, room_for_text
from scheduler.patients.model import Patient
from scheduler.spans import Span
from scheduler.tenancy import Work
from scheduler.wall_time import day, local_date

# Texts to a number are decided on by one at a time: two at once would both find room. The numbers
# are taken in their order, as by all who take some.
_ONE_AT_A_TIME = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(:clinic_id || ' ' || number, 0))"
    " FROM unnest(CAST(:numbers AS text[])) AS number"
)

# This day and the six before it.
WEEK = timedelta(days=6)


class Went(NamedTuple):
    """An unasked text that went to a number, or may have."""

    number: str
    id: UUID
    at: datetime


class Waiting(NamedTuple):
    """An unasked text to a number that waits for its turn."""

    number: str
    rule: str
    due_at: datetime
    id: UUID
    next_attempt_at: datetime


@dataclass(frozen=True, slots=True)
class Texts:
    """The unasked texts of some numbers; nobody else adds to them before the commit."""

    went: Mapping[str, Sequence[Went]]
    waiting: Mapping[str, Sequence[Waiting]]

    def room_for(
        self,
        entry: Entry,
        carried: Entry | None,
        number: str,
        today: Span,
        since: datetime,
        caps: Caps,
    ) -> str:
        """Is there room for this text, on the patient's day and the days `since` then?

        With what it carries it goes when the first of the two would.
        """
        went = [
            each.at
            for each in self.went.get(number, ())
            if each.id != entry.id and each.at >= since
        ]
        both = [entry, carried] if carried else [entry]
        mine = min((rank_of(each.rule), each.due_at, each.id) for each in both)
        ahead = sum(
            (rank_of(each.rule), each.due_at, each.id) < mine
            for each in self.waiting.get(number, ())
            if each.next_attempt_at < today.end
        )
        return room_for_text(went, ahead, today.start, caps)


NO_TEXTS = Texts({}, {})


def by_rank() -> ColumnElement[int]:
    """`rank_of` in SQL."""
    return case(RANKS, value=Message.rule, else_=OTHER_REMINDERS)


def days_of(now: datetime, zone: tzinfo) -> tuple[Span, datetime]:
    """The day that it is on the wall there, and since when its week has run."""
    today = local_date(now, zone)
    return day(today, zone), day(today - WEEK, zone).start


def texts_of(work: Work, numbers: Collection[str], since: datetime) -> Texts:
    """The unasked texts of these numbers since then, and those that wait."""
    if not numbers:
        return NO_TEXTS
    asked = {"clinic_id": str(work.clinic_id), "numbers": sorted(numbers)}
    work.session.execute(_ONE_AT_A_TIME, asked)
    went, waiting = _went(work, numbers, since), _waiting(work, numbers)
    return Texts(
        {number: [each for each in went if each.number == number] for number in numbers},
        {number: [each for each in waiting if each.number == number] for number in numbers},
    )


def _went(work: Work, numbers: Collection[str], since: datetime) -> list[Went]:
    number: Any = Message.address
    # Of one that may have gone, when its attempt began, or a later one is due.
    at = func.coalesce(Message.sent_at, Message.next_attempt_at)
    found = select(number, Message.id, at).where(
        Message.clinic_id == work.clinic_id,
        among(Message.address, numbers),
        in_states(Message.channel, "sms"),
        Message.note.is_(None),
        or_(
            Message.sent_at.is_not(None),
            Message.ambiguous,
            in_states(Message.status, "sending", "unknown"),
        ),
        at >= since,
    )
    return [Went(*row) for row in work.session.execute(found)]


def _waiting(work: Work, numbers: Collection[str]) -> list[Waiting]:
    same = and_(Patient.clinic_id == Message.clinic_id, Patient.id == Message.patient_id)
    columns: list[Any] = [Message.rule, Message.due_at, Message.id, Message.next_attempt_at]
    found = (
        select(Patient.phone, *columns)
        .join(Patient, same)
        .where(
            Message.clinic_id == work.clinic_id,
            among(Patient.phone, numbers),
            in_states(Message.status, "planned", "claimed"),
            # One of a backlog that is held waits for a person, and need not go at all.
            Message.next_attempt_at < Message.not_after,
            Message.not_after > work.now,
            or_(Message.channel == "sms", Message.channel.is_(None)),
            Message.note.is_(None),
            ~Message.ambiguous,
        )
    )
    return [Waiting(*row) for row in work.session.execute(found)]
