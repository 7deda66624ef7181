"""Infusion sessions as they are stored."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, OfClinic, Versioned, among, in_states, insert
from scheduler.protocols.rules import VisitParts
from scheduler.sessions.rules_slots import Slot
from scheduler.sessions.rules_states import COUNTED, is_live
from scheduler.tenancy import Work


class InfusionSession(OfClinic, Versioned, Base):
    """One visit for an infusion. From `starts_at` to `ends_at` is the planned infusion, the block
    is all the time it takes its chair. `completed_at` is when `complete` was recorded, `left_at`
    when the patient left. `time_version` rises when its start or its liveness changes, which
    `promised_at` is the time of; of sessions from before it was kept, that and `booked_at` are
    unknown. `moved_by` is who moved it last, `patient` or `clinic`.

    It takes `extra_minutes` longer than planned, of which the block holds `block_extra_minutes`.
    """

    __tablename__ = "sessions"
    noun: ClassVar[str] = "session"

    series_id: Mapped[UUID | None]
    patient_id: Mapped[UUID]
    chair_id: Mapped[UUID]
    protocol_id: Mapped[UUID]
    clearance_id: Mapped[UUID]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    block_starts_at: Mapped[datetime]
    block_ends_at: Mapped[datetime]
    observation_minutes: Mapped[int]
    status: Mapped[str]
    confirmed_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    infusion_ended_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    early_reason: Mapped[str | None]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None]
    cancel_reason: Mapped[str | None]
    extra_minutes: Mapped[int] = mapped_column(default=0)
    block_extra_minutes: Mapped[int] = mapped_column(default=0)
    ended_early: Mapped[bool] = mapped_column(default=False)
    escort_confirmed: Mapped[bool] = mapped_column(default=False)
    fasting_confirmed: Mapped[bool] = mapped_column(default=False)
    override_reason: Mapped[str | None]
    arrived_late: Mapped[bool | None]
    missed_at: Mapped[datetime | None]
    cancelled_late: Mapped[bool | None]
    undone_at: Mapped[datetime | None]
    undo_reason: Mapped[str | None]
    time_version: Mapped[int] = mapped_column(default=1)
    booked_at: Mapped[datetime | None]
    promised_at: Mapped[datetime | None]
    moved_by: Mapped[str | None]

    @property
    def parts(self) -> VisitParts:
        """The minutes of the visit as it was booked."""
        turnover = _minutes(self.ends_at, self.block_ends_at) - self.observation_minutes
        return VisitParts(
            prep=_minutes(self.block_starts_at, self.starts_at),
            infusion=_minutes(self.starts_at, self.ends_at),
            observation=self.observation_minutes,
            turnover=turnover - self.block_extra_minutes,
        )

    @property
    def leaves_at(self) -> datetime:
        """When the patient leaves, as it was booked."""
        return self.ends_at + timedelta(minutes=self.observation_minutes)

    def move_to(self, status: str, now: datetime) -> None:
        """Enter a state; its promise to the patient changes with its liveness."""
        if is_live(status) != is_live(self.status):
            self.time_version += 1
            self.promised_at = now
        self.status = status

    def confirm(self, said: Mapping[str, bool]) -> None:
        """Keep what was said about escort and fasting; what was not said stays as it was."""
        for column, value in said.items():
            setattr(self, column, value)

    def take(self, slot: Slot, clearance_id: UUID, now: datetime, by: str) -> None:
        """Move to another place. A new start is a new promise, which nobody has confirmed."""
        if slot.visit.starts_at != self.starts_at:
            self.time_version += 1
            self.promised_at, self.confirmed_at, self.moved_by = now, None, by
        self.chair_id, self.clearance_id = slot.lane.id, clearance_id
        self.starts_at, self.ends_at = slot.visit.infusion.start, slot.visit.infusion.end
        self.block_starts_at, self.block_ends_at = slot.visit.block.start, slot.visit.block.end

    def shorten(self, minutes: int) -> None:
        """Take so much less of the extra time; the block gives back what it held of it."""
        self.extra_minutes -= minutes
        over = max(0, self.block_extra_minutes - self.extra_minutes)
        self.block_extra_minutes -= over
        self.block_ends_at -= timedelta(minutes=over)


def _minutes(start: datetime, end: datetime) -> int:
    return (end - start) // timedelta(minutes=1)


def add_sessions(
    work: Work,
    slots: Sequence[Slot],
    clearance_ids: Sequence[UUID],
    *,
    patient_id: UUID,
    protocol_id: UUID,
    observation_minutes: int,
    series_id: UUID | None = None,
) -> list[InfusionSession]:
    """Book a session in each slot, all at once."""
    rows = [
        {
            "clinic_id": work.clinic_id,
            "series_id": series_id,
            "patient_id": patient_id,
            "chair_id": slot.lane.id,
            "protocol_id": protocol_id,
            "clearance_id": clearance_id,
            "starts_at": slot.visit.infusion.start,
            "ends_at": slot.visit.infusion.end,
            "block_starts_at": slot.visit.block.start,
            "block_ends_at": slot.visit.block.end,
            "observation_minutes": observation_minutes,
            "status": "booked",
            "booked_at": work.now,
            "promised_at": work.now,
        }
        for slot, clearance_id in zip(slots, clearance_ids, strict=True)
    ]
    return insert(work.session, InfusionSession, rows)


def clearances_used(
    work: Work,
    patient_id: UUID,
    without: UUID | None = None,
    before: datetime | None = None,
) -> dict[UUID, int]:
    """How many counted sessions each of the patient's clearances covers (I3), but for one.

    With `before`, only those that start earlier.
    """
    counts = (
        select(InfusionSession.clearance_id, func.count())
        .where(
            InfusionSession.clinic_id == work.clinic_id,
            InfusionSession.patient_id == patient_id,
            in_states(InfusionSession.status, *COUNTED),
            *([] if without is None else [InfusionSession.id != without]),
            *([] if before is None else [InfusionSession.starts_at < before]),
        )
        .group_by(InfusionSession.clearance_id)
    )
    return {row[0]: row[1] for row in work.session.execute(counts)}


def series_starts(work: Work, series_id: UUID) -> list[datetime]:
    """When the counted sessions of a series start, in order."""
    starts = (
        select(InfusionSession.starts_at)
        .where(
            InfusionSession.clinic_id == work.clinic_id,
            InfusionSession.series_id == series_id,
            in_states(InfusionSession.status, *COUNTED),
        )
        .order_by(InfusionSession.starts_at)
    )
    return list(work.session.scalars(starts))


def versions_of(work: Work, session_ids: Iterable[UUID]) -> dict[UUID, int]:
    """The versions of these sessions, read at once."""
    rows = work.session.execute(
        select(InfusionSession.id, InfusionSession.version).where(
            InfusionSession.clinic_id == work.clinic_id, among(InfusionSession.id, set(session_ids))
        )
    )
    return {row.id: row.version for row in rows}


def starting_in(
    query: Select[Any],
    model: Any,
    from_: datetime | None = None,
    to: datetime | None = None,
    **equal: Any,
) -> Select[Any]:
    """The rows of a query that start from `from_` up to `to` and whose columns have the values."""
    if from_ is not None:
        query = query.where(model.starts_at >= from_)
    if to is not None:
        query = query.where(model.starts_at < to)
    return query.filter_by(**equal)
