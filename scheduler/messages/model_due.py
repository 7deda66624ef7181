"""What reminders and follow-ups are derived from: a session, whose it is, and the one beside it."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, bindparam, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from scheduler.messages.model import DueMessage
from scheduler.patients.model import Patient
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.rules_states import COUNTED
from scheduler.spans import Span

_other = aliased(InfusionSession)
_of_the_same = (
    _other.clinic_id == InfusionSession.clinic_id,
    _other.patient_id == InfusionSession.patient_id,
    _other.status.in_(COUNTED),
)

# When the same patient's counted session before each session starts, and when the one after it.
# Made once: it takes longer to put them together than to ask.
PREVIOUS_START: ScalarSelect[Any] = (
    select(func.max(_other.starts_at))
    .where(*_of_the_same, _other.starts_at < InfusionSession.starts_at)
    .scalar_subquery()
)
NEXT_START: ScalarSelect[Any] = (
    select(func.min(_other.starts_at))
    .where(*_of_the_same, _other.starts_at > InfusionSession.starts_at)
    .scalar_subquery()
)


def sessions_of_recipients(
    columns: list[InstrumentedAttribute[Any] | ColumnElement[Any]],
    conditions: list[ColumnElement[bool]],
    only: Iterable[str],
) -> Select[Any]:
    """The sessions that meet the conditions, with their patient's zone, channel and these columns.

    A statement to be made once, for any `clinic_id`; `only` names the columns that narrow it to
    those that have the values it is executed with.
    """
    same = and_(
        Patient.clinic_id == InfusionSession.clinic_id, Patient.id == InfusionSession.patient_id
    )
    return (
        select(
            InfusionSession.id,
            InfusionSession.patient_id,
            InfusionSession.time_version,
            Patient.time_zone,
            Patient.preferred_channel,
            *columns,
        )
        .join(Patient, same)
        .where(
            InfusionSession.clinic_id == bindparam("clinic_id"),
            *conditions,
            *(getattr(InfusionSession, name) == bindparam(name) for name in only),
        )
    )


def falls_due(row: Any, kind: str, derived: Any, due: Span) -> DueMessage | None:
    """What a rule derived from a session's row, if it falls due after `due.start` by `due.end`."""
    if not due.start < derived.due_at <= due.end:
        return None
    return DueMessage(
        kind=kind,
        rule=derived.rule,
        session_id=row.id,
        patient_id=row.patient_id,
        time_version=row.time_version,
        due_at=derived.due_at,
        not_after=derived.not_after,
        channel=row.preferred_channel,
        goes_at=getattr(derived, "goes_at", None),
    )
