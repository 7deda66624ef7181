"""A session's treatment: start, extend, observe, complete."""

from datetime import datetime
from uuid import UUID

from scheduler.access.roles import CLINICIAN
from scheduler.clinics.model import policy_of
from scheduler.consults.model import terms_of
from scheduler.consults.rules import clearance_at, with_room
from scheduler.errors import Forbidden
from scheduler.patients.model import Patient, consents_in_force
from scheduler.patients.model_stops import is_stopped
from scheduler.sessions.model import InfusionSession, clearances_used
from scheduler.sessions.model_views import SessionView, view_of
from scheduler.sessions.overruns import late_start, lengthen
from scheduler.sessions.rules_states import delay_minutes, may_leave_at, missing_to_start, read_out
from scheduler.sessions.steps import ready_for, refusal, taken
from scheduler.tenancy import Match, Work, lock_schedule


def start_session(
    work: Work,
    session_id: UUID,
    match: Match,
    *,
    vitals_recorded: bool,
    override: str | None = None,
    happened_at: datetime | None = None,
    **confirmed: bool,
) -> SessionView:
    """Start the infusion, if nothing is missing (I4, I5). A late start takes longer (I18).

    `override` is a clinician's reason to start without vitals, escort or fasting.
    """
    work = lock_schedule(work)
    infusion_session = taken(work, session_id, match, "start", happened_at)
    if override is not None and work.actor.role != CLINICIAN:
        raise Forbidden("Only a clinician starts without vitals, escort or fasting.")
    infusion_session.confirm(confirmed)
    patient, policy = work.load(Patient, infusion_session.patient_id), policy_of(work)
    started_at = infusion_session.started_at or work.now
    clearance_id = _clearance_to_start(work, infusion_session, started_at)
    missing = missing_to_start(
        patient_status=patient.status,
        cleared=clearance_id is not None,
        treatment_consent=("treatment", None) in consents_in_force(work, patient.id),
        stopped=is_stopped(work, patient.id),
        vitals=vitals_recorded,
        escort=infusion_session.escort_confirmed or not policy.escort_asked,
        fasting=infusion_session.fasting_confirmed or not policy.fasting_asked,
        overridden=override is not None,
    )
    if missing or clearance_id is None:
        raise refusal("arrived", read_out(missing), *missing)
    infusion_session.clearance_id = clearance_id
    infusion_session.override_reason = override
    late = delay_minutes(started_at, infusion_session.starts_at)
    if not late:
        return view_of(work, infusion_session)
    overrun = lengthen(work, infusion_session, late)
    warnings = [late_start(work, overrun, late), *overrun.past_closing(work)]
    return view_of(work, infusion_session, warnings=warnings, collisions=overrun.collisions)


def extend_session(
    work: Work, session_id: UUID, match: Match, *, minutes: int, dry_run: bool
) -> SessionView:
    """It takes so much longer (I18); with `dry_run` only what that would run into is answered."""
    if not dry_run:
        work = lock_schedule(work)
    infusion_session = ready_for(work, session_id, match, "extend")
    overrun = lengthen(work, infusion_session, minutes, dry_run=dry_run)
    warnings = overrun.past_closing(work)
    return view_of(work, infusion_session, warnings=warnings, collisions=overrun.collisions)


def observe_session(
    work: Work,
    session_id: UUID,
    match: Match,
    *,
    ended_early: bool = False,
    happened_at: datetime | None = None,
) -> InfusionSession:
    """The infusion has ended; the patient is watched."""
    work = lock_schedule(work)
    infusion_session = taken(work, session_id, match, "observe", happened_at)
    infusion_session.ended_early = ended_early
    return infusion_session


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
    infusion_session = taken(work, session_id, match, "complete", happened_at)
    if early_reason is not None and work.actor.role != CLINICIAN:
        raise Forbidden("Only a clinician lets a patient leave early.")
    assert infusion_session.infusion_ended_at  # noqa: S101 - an observed session has it
    assert infusion_session.left_at  # noqa: S101 - `taken` set it
    allowed = may_leave_at(infusion_session.infusion_ended_at, infusion_session.observation_minutes)
    if infusion_session.left_at < allowed and early_reason is None:
        detail = (
            f"The patient is observed until {work.spoken(allowed)}; a clinician may say why not."
        )
        raise refusal("observing", detail, "early_reason")
    infusion_session.completed_at = work.now
    infusion_session.early_reason = early_reason
    return infusion_session


def _clearance_to_start(work: Work, infusion_session: InfusionSession, at: datetime) -> UUID | None:
    """The clearance to start on (I4): its own while that is in force, else any other that is.

    Its own has to cover it beside the sessions before it, as it may have been cut short (I3).
    """
    patient_id, own_id = infusion_session.patient_id, infusion_session.clearance_id
    terms = terms_of(work, patient_id)
    earlier = clearances_used(work, patient_id, before=infusion_session.starts_at)
    own = with_room([term for term in terms if term.id == own_id], earlier)
    used = clearances_used(work, patient_id, infusion_session.id)
    others = with_room([term for term in terms if term.id != own_id], used)
    found = clearance_at(own, at, work.zone) or clearance_at(others, at, work.zone)
    return found.id if found else None
