"""The sessions whose follow-up may be due."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from scheduler.clinics.model import Policy
from scheduler.followups.rules import follow_up_of, recorded_from
from scheduler.messages.model import DueMessage, quiet_hours_of
from scheduler.patients.model import Patient
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.rules_states import COUNTED
from scheduler.spans import Span
from scheduler.tenancy import Work


def follow_ups_due(work: Work, due: Span, policy: Policy, **only: UUID) -> Iterator[DueMessage]:
    """The follow-ups that fall due after `due.start` and up to `due.end` (I50).

    `only` narrows them to the sessions whose columns have these values.
    """
    later = aliased(InfusionSession)
    next_at = (
        select(func.min(later.starts_at))
        .where(
            later.clinic_id == work.clinic_id,
            later.patient_id == InfusionSession.patient_id,
            later.starts_at > InfusionSession.starts_at,
            later.status.in_(COUNTED),
        )
        .scalar_subquery()
    )
    completed = (
        select(
            InfusionSession.id,
            InfusionSession.patient_id,
            InfusionSession.time_version,
            InfusionSession.left_at,
            InfusionSession.completed_at,
            Patient.time_zone,
            next_at.label("next_at"),
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
            InfusionSession.status == "completed",
            InfusionSession.completed_at >= recorded_from(due.start, policy.follow_up_hours),
            InfusionSession.completed_at <= due.end,
            *(getattr(InfusionSession, name) == value for name, value in only.items()),
        )
    )
    for row in work.session.execute(completed):
        quiet = quiet_hours_of(policy, row.time_zone, work.zone)
        each = follow_up_of(
            row.left_at, row.completed_at, row.next_at, policy.follow_up_hours, quiet
        )
        if due.start < each.due_at <= due.end:
            yield DueMessage(
                kind="follow_up",
                rule=each.rule,
                session_id=row.id,
                patient_id=row.patient_id,
                time_version=row.time_version,
                due_at=each.due_at,
                not_after=each.not_after,
            )
