"""A session's way through the clinic: confirm, cancel, arrive, start, observe, complete."""

from datetime import datetime
from uuid import UUID

from scheduler.access.roles import CLINICIAN
from scheduler.consults.model import terms_of
from scheduler.consults.rules import clearance_at
from scheduler.errors import Conflict, Forbidden, Refused
from scheduler.patients.model import Patient, consents_in_force
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.rules_states import (
    STEPS,
    may_leave_at,
    missing_to_start,
    not_allowed,
    on_its_day,
    wrong_time,
)
from scheduler.tenancy import Match, Work, lock_schedule


def confirm_session(
    work: Work, session_id: UUID, match: Match, happened_at: datetime | None = None
) -> InfusionSession:
    """The patient says they will come."""
    work = lock_schedule(work)
    return _step(work, session_id, match, "confirm", happened_at)


def cancel_session(
    work: Work,
    session_id: UUID,
    match: Match,
    *,
    reason: str,
    by: str,
    happened_at: datetime | None = None,
) -> InfusionSession:
    """Cancel a booked session: its chair is free at once, its series still owes one (I15)."""
    work = lock_schedule(work)
    infusion_session = _step(work, session_id, match, "cancel", happened_at)
    infusion_session.cancel_reason = reason
    infusion_session.cancelled_by = by
    return infusion_session


def arrive_session(
    work: Work, session_id: UUID, match: Match, happened_at: datetime | None = None
) -> InfusionSession:
    """The patient is here, on the session's local day."""
    work = lock_schedule(work)
    infusion_session = _step(work, session_id, match, "arrive", happened_at)
    assert infusion_session.arrived_at is not None  # noqa: S101 - `_step` set it
    if not on_its_day(infusion_session.arrived_at, infusion_session.starts_at, work.zone):
        detail = f"The session is on {work.spoken(infusion_session.starts_at)}; arrive that day."
        raise _refusal("booked", detail, "its_day")
    return infusion_session


def start_session(
    work: Work,
    session_id: UUID,
    match: Match,
    *,
    vitals_recorded: bool,
    happened_at: datetime | None = None,
) -> InfusionSession:
    """Start the infusion, if nothing is missing (I4, I5).

    Its own clearance will do while it is in force, else any other that is; it names that one.
    """
    work = lock_schedule(work)
    infusion_session = _step(work, session_id, match, "start", happened_at)
    patient = work.load(Patient, infusion_session.patient_id)
    terms = terms_of(work, patient.id)
    own = [term for term in terms if term.id == infusion_session.clearance_id]
    at = infusion_session.started_at or work.now
    clearance = clearance_at(own, at, work.zone) or clearance_at(terms, at, work.zone)
    missing = missing_to_start(
        patient_status=patient.status,
        cleared=clearance is not None,
        treatment_consent=("treatment", None) in consents_in_force(work, patient.id),
        vitals_recorded=vitals_recorded,
    )
    if missing or clearance is None:
        detail = f"The session may not start; missing: {', '.join(missing)}."
        raise _refusal("arrived", detail, *missing)
    infusion_session.clearance_id = clearance.id
    return infusion_session


def observe_session(
    work: Work, session_id: UUID, match: Match, happened_at: datetime | None = None
) -> InfusionSession:
    """The infusion has ended; the patient is watched."""
    work = lock_schedule(work)
    return _step(work, session_id, match, "observe", happened_at)


def complete_session(
    work: Work,
    session_id: UUID,
    match: Match,
    *,
    early_reason: str | None = None,
    happened_at: datetime | None = None,
) -> InfusionSession:
    """The patient leaves: once observed long enough, or a clinician says why not (I33)."""
    work = lock_schedule(work)
    infusion_session = _step(work, session_id, match, "complete", happened_at)
    if early_reason is not None and work.actor.role != CLINICIAN:
        raise Forbidden("Only a clinician lets a patient leave early.")
    assert infusion_session.infusion_ended_at  # noqa: S101 - an observed session has it
    assert infusion_session.left_at  # noqa: S101 - `_step` set it
    allowed = may_leave_at(infusion_session.infusion_ended_at, infusion_session.observation_minutes)
    if infusion_session.left_at < allowed and early_reason is None:
        detail = (
            f"The patient is observed until {work.spoken(allowed)}; a clinician may say why not."
        )
        raise _refusal("observing", detail, "early_reason")
    infusion_session.completed_at = work.now
    infusion_session.early_reason = early_reason
    return infusion_session


def _step(
    work: Work, session_id: UUID, match: Match, verb: str, happened_at: datetime | None
) -> InfusionSession:
    """Check state and time, and enter the next state; the schedule's lock is held."""
    infusion_session = work.load(InfusionSession, session_id, match=match)
    status, step = infusion_session.status, STEPS[verb]
    if reason := not_allowed(verb, status):
        raise _refusal(status, reason, *step.leaves)
    at = happened_at or work.now
    clinician = work.actor.role == CLINICIAN
    if reason := wrong_time(at, work.now, _previous(infusion_session), clinician=clinician):
        raise Refused("wrong_time", f"That cannot have happened then. {reason}")
    setattr(infusion_session, step.stamp, at)
    infusion_session.move_to(step.to)
    return infusion_session


def _previous(infusion_session: InfusionSession) -> datetime | None:
    """When the latest recorded step happened."""
    steps = (
        infusion_session.confirmed_at,
        infusion_session.arrived_at,
        infusion_session.started_at,
        infusion_session.infusion_ended_at,
    )
    return max((at for at in steps if at is not None), default=None)


def _refusal(state: str, detail: str, *missing: str) -> Conflict:
    return Conflict("not_allowed", detail, state=state, missing=list(missing))
