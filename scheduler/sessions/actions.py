"""A session's way to its treatment: confirm, cancel, miss, arrive, turn away."""

from datetime import datetime
from uuid import UUID

from scheduler.clinics.model import policy_of
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.rules_states import comes_late, no_show_from, on_its_day, short_notice
from scheduler.sessions.steps import refusal, taken
from scheduler.tenancy import Match, Work, lock_schedule


def confirm_session(
    work: Work, session_id: UUID, match: Match, happened_at: datetime | None = None
) -> InfusionSession:
    """The patient says they will come."""
    work = lock_schedule(work)
    return taken(work, session_id, match, "confirm", happened_at)


def cancel_session(
    work: Work,
    session_id: UUID,
    match: Match,
    *,
    reason: str,
    by: str,
    happened_at: datetime | None = None,
) -> InfusionSession:
    """Cancel a booked session: its chair is free at once, its series still owes one (I15, I32)."""
    work = lock_schedule(work)
    infusion_session = taken(work, session_id, match, "cancel", happened_at)
    infusion_session.cancel_reason = reason
    infusion_session.cancelled_by = by
    infusion_session.cancelled_late = short_notice(
        infusion_session.cancelled_at or work.now,
        infusion_session.starts_at,
        policy_of(work).notice_hours,
    )
    return infusion_session


def miss_session(
    work: Work, session_id: UUID, match: Match, happened_at: datetime | None = None
) -> InfusionSession:
    """The patient did not come: once the grace is over, and only when a person says so (I30)."""
    work = lock_schedule(work)
    infusion_session = taken(work, session_id, match, "no-show", happened_at)
    grace = policy_of(work).no_show_grace_minutes
    allowed = no_show_from(infusion_session.starts_at, grace)
    if (infusion_session.missed_at or work.now) < allowed:
        detail = (
            f"A no-show is noted from {work.spoken(allowed)} on, {grace} minutes after the start."
        )
        raise refusal("booked", detail, "grace")
    return infusion_session


def arrive_session(
    work: Work,
    session_id: UUID,
    match: Match,
    *,
    happened_at: datetime | None = None,
    **confirmed: bool,
) -> InfusionSession:
    """The patient is here, on the session's local day; what is `confirmed` is kept."""
    work = lock_schedule(work)
    infusion_session = taken(work, session_id, match, "arrive", happened_at)
    at, starts_at = infusion_session.arrived_at or work.now, infusion_session.starts_at
    if not on_its_day(at, starts_at, work.zone):
        detail = f"The session is on {work.spoken(starts_at)}; arrive that day."
        raise refusal("booked", detail, "its_day")
    infusion_session.arrived_late = comes_late(at, starts_at, policy_of(work).late_minutes)
    infusion_session.confirm(confirmed)
    return infusion_session


def turn_away_session(
    work: Work, session_id: UUID, match: Match, *, reason: str, happened_at: datetime | None = None
) -> InfusionSession:
    """The patient came and cannot be treated today: the clinic cancels, late by nobody's fault."""
    work = lock_schedule(work)
    infusion_session = taken(work, session_id, match, "turn-away", happened_at)
    infusion_session.cancelled_by = "clinic"
    infusion_session.cancel_reason = reason
    return infusion_session
