"""What every step of a session shares: is it this state's, and could it have happened then?"""

from datetime import datetime
from uuid import UUID

from scheduler.access.roles import CLINICIAN
from scheduler.errors import Conflict, Refused
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.rules_states import STEPS, not_allowed, wrong_time
from scheduler.tenancy import Match, Work


def ready_for(work: Work, session_id: UUID, match: Match, verb: str) -> InfusionSession:
    """The session, in a state that this verb may leave. Raises NotFound, Stale or Conflict."""
    infusion_session = work.load(InfusionSession, session_id, match=match)
    status = infusion_session.status
    if reason := not_allowed(verb, status):
        raise refusal(status, reason, *STEPS[verb].leaves)
    return infusion_session


def taken(
    work: Work, session_id: UUID, match: Match, verb: str, happened_at: datetime | None
) -> InfusionSession:
    """Check state and time, and enter the next state; the schedule's lock is held."""
    infusion_session, step = ready_for(work, session_id, match, verb), STEPS[verb]
    assert step.to  # noqa: S101 - those that stay in their state are not taken here
    assert step.stamp  # noqa: S101 - so do all that lead on
    at = happened_at or work.now
    clinician = work.actor.role == CLINICIAN
    if reason := wrong_time(at, work.now, _previous(infusion_session), clinician=clinician):
        raise Refused("wrong_time", f"That cannot have happened then. {reason}")
    setattr(infusion_session, step.stamp, at)
    infusion_session.move_to(step.to, work.now)
    return infusion_session


def refusal(state: str, detail: str, *missing: str) -> Conflict:
    """A step that the session's state does not allow, and what it lacks."""
    return Conflict("not_allowed", detail, state=state, missing=list(missing))


def _previous(infusion_session: InfusionSession) -> datetime | None:
    """When the latest recorded step happened."""
    steps = (
        infusion_session.confirmed_at,
        infusion_session.arrived_at,
        infusion_session.started_at,
        infusion_session.infusion_ended_at,
    )
    return max((at for at in steps if at is not None), default=None)
