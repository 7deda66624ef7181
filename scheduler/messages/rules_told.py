"""Which visits a message tells of, and what a patient or their calendar was told already."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

# Booked, or cancelled, at one stroke are those of a series with the same instant here.
STROKE = {"booked": "booked_at", "cancelled": "promised_at"}


class ToldSession(NamedTuple):
    """A session as far as messages tell of it."""

    id: UUID
    patient_id: UUID
    series_id: UUID | None
    status: str
    time_version: int
    starts_at: datetime
    ends_at: datetime
    booked_at: datetime | None
    promised_at: datetime | None
    observation_minutes: int

    @property
    def leaves_at(self) -> datetime:
        """When the patient leaves, as it was booked."""
        return self.ends_at + timedelta(minutes=self.observation_minutes)


class SentNotice(NamedTuple):
    """A notice that went to a patient."""

    patient_id: UUID
    session_id: UUID
    rule: str
    time_version: int
    sent_at: datetime


class Mailed(NamedTuple):
    """A message that went, or may have gone, by mail, and its session as booked."""

    patient_id: UUID
    session_id: UUID
    kind: str
    rule: str
    series_id: UUID | None
    booked_at: datetime | None


def told_of(
    rule: str, anchor: ToldSession, others: Iterable[ToldSession], now: datetime
) -> list[ToldSession]:
    """The sessions of the stroke that a notice is about now, earliest first.

    `others` are those of the anchor's series, itself among them. None where it became untrue.
    """
    at = STROKE[rule]
    found = [
        each
        for each in others
        if getattr(each, at) == getattr(anchor, at) and each.status == rule and each.starts_at > now
    ]
    return sorted(found, key=lambda each: each.starts_at)


def tells(notice: SentNotice, told: Iterable[ToldSession], session: ToldSession) -> bool:
    """Did that notice tell when this session is, as it now is?

    `told` is what the notice of a booking is about now; a text names the first of several alone.
    """
    if notice.rule == "changed":
        return (notice.session_id, notice.time_version) == (session.id, session.time_version)
    if session.promised_at is not None and session.promised_at >= notice.sent_at:
        return False
    return [each.id for each in told][:1] == [session.id]


def is_in_a_calendar(session: ToldSession, mailed: Iterable[Mailed]) -> bool:
    """Did the visit go, or may it have gone, to the patient's calendar by mail? (I47)"""
    return any(_holds(each, session) for each in mailed)


def _holds(mail: Mailed, session: ToldSession) -> bool:
    its_own = mail.session_id == session.id
    if mail.rule == "booked":
        beside = its_own or mail.series_id == session.series_id
        return beside and mail.booked_at == session.booked_at
    return its_own and (mail.kind == "reminder" or mail.rule == "changed")
