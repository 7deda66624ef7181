"""The sessions whose reminders may be due."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from scheduler.clinics.model import Policy
from scheduler.messages.model import DueMessage, quiet_hours_of
from scheduler.patients.model import Patient
from scheduler.reminders.rules import reminders_of, starts_due_in
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.rules_states import COUNTED
from scheduler.spans import Span
from scheduler.tenancy import Work


def reminders_due(work: Work, due: Span, policy: Policy, **only: UUID) -> Iterator[DueMessage]:
    """The reminders that fall due after `due.start` and up to `due.end`, of booked sessions.

    `only` narrows them to the sessions whose columns have these values.
    """
    earlier = aliased(InfusionSession)
    previous_at = (
        select(func.max(earlier.starts_at))
        .where(
            earlier.clinic_id == work.clinic_id,
            earlier.patient_id == InfusionSession.patient_id,
            earlier.starts_at < InfusionSession.starts_at,
            earlier.status.in_(COUNTED),
        )
        .scalar_subquery()
    )
    sessions = (
        select(
            InfusionSession.id,
            InfusionSession.patient_id,
            InfusionSession.time_version,
            InfusionSession.starts_at,
            Patient.time_zone,
            previous_at.label("previous_at"),
        )
        .join(
            Patient,
            and_(
                Patient.clinic_id == InfusionSession.clinic_id,
                Patient.id == InfusionSession.patient_id,
            ),
        )
        .where(
            InfusionSession.clinic_id == work.clinic_id,
            InfusionSession.status == "booked",
            or_(*_starting_in([starts_due_in(due, days) for days in policy.reminder_days])),
            *(getattr(InfusionSession, name) == value for name, value in only.items()),
        )
    )
    for row in work.session.execute(sessions):
        quiet = quiet_hours_of(policy, row.time_zone, work.zone)
        for each in reminders_of(
            row.starts_at, row.previous_at, policy.reminder_days, work.zone, quiet
        ):
            if due.start < each.due_at <= due.end:
                yield DueMessage(
                    kind="reminder",
                    rule=each.rule,
                    session_id=row.id,
                    patient_id=row.patient_id,
                    time_version=row.time_version,
                    due_at=each.due_at,
                    not_after=each.not_after,
                )


def _starting_in(spans: Sequence[Span]) -> list[ColumnElement[bool]]:
    return [
        and_(InfusionSession.starts_at >= span.start, InfusionSession.starts_at < span.end)
        for span in spans
    ]
