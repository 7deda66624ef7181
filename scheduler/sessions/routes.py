"""Free slots, and a session's way through the clinic. Booking one is in `series/`."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from scheduler.access.roles import READ_CARE, WRITE_CARE
from scheduler.sessions import actions, actions_reschedule, actions_slots, actions_treatment
from scheduler.sessions.model import InfusionSession, numbered, starting_in
from scheduler.sessions.schema import (
    SessionBooked,
    SessionOut,
    SessionOverrun,
    SessionQuery,
    SlotQuery,
    SlotsOut,
)
from scheduler.sessions.schema_steps import (
    Arrive,
    Cancel,
    Complete,
    DryRun,
    Extend,
    Happened,
    Observe,
    Reschedule,
    Start,
    TurnAway,
)
from scheduler.tenancy import Match, Work
from scheduler.web.paging import Page, page
from scheduler.web.routes import Routes
from scheduler.web.schema import page_of

routes = Routes("sessions", "Free slots, and sessions on their way through the clinic.")

STEP = ("not_allowed", "wrong_time")
MOVE = (
    "not_allowed",
    "in_the_past",
    "too_far_ahead",
    "chair_retired",
    "not_bookable",
    "not_cleared",
    "does_not_fit",
    "taken",
)


@routes.get(
    "/slots",
    access=READ_CARE,
    query=SlotQuery(),
    answer=SlotsOut(),
    refusals=("not_found", "chair_retired"),
)
def find_slots(work: Work, query: dict[str, Any]) -> Any:
    """Find free starts, by start and then chair; with `patient_id` those legal for them."""
    return actions_slots.find_slots(work, **query)


@routes.get("/sessions", access=READ_CARE, query=SessionQuery(), answer=page_of(SessionOut))
def list_sessions(work: Work, query: dict[str, Any]) -> Page:
    """List sessions by start."""
    limit, cursor = query.pop("limit"), query.pop("cursor")
    sessions = starting_in(select(InfusionSession), InfusionSession, **query)
    order = [InfusionSession.starts_at, InfusionSession.id]
    found = page(work, sessions, order, limit=limit, cursor=cursor)
    numbered(work, found["items"])
    return found


@routes.get("/sessions/<uuid:session_id>", access=READ_CARE, answer=SessionOut())
def read_session(work: Work, session_id: UUID) -> InfusionSession:
    """Read a session."""
    return _numbered(work, work.load(InfusionSession, session_id))


@routes.change(
    "POST",
    "/sessions/<uuid:session_id>/confirm",
    access=WRITE_CARE,
    body=Happened(),
    answer=SessionOut(),
    refusals=STEP,
)
def confirm_session(
    work: Work, body: dict[str, Any], session_id: UUID, match: Match
) -> InfusionSession:
    """The patient says they will come."""
    return _numbered(work, actions.confirm_session(work, session_id, match, **body))


@routes.change(
    "POST",
    "/sessions/<uuid:session_id>/reschedule",
    access=WRITE_CARE,
    body=Reschedule(),
    answer=SessionBooked(),
    refusals=MOVE,
)
def reschedule_session(
    work: Work, body: dict[str, Any], session_id: UUID, match: Match
) -> InfusionSession:
    """Move a booked session, with all the checks of a booking; a refusal says what fits."""
    return _numbered(work, actions_reschedule.reschedule_session(work, session_id, match, **body))


@routes.change(
    "POST",
    "/sessions/<uuid:session_id>/cancel",
    access=WRITE_CARE,
    body=Cancel(),
    answer=SessionOut(),
    refusals=STEP,
)
def cancel_session(
    work: Work, body: dict[str, Any], session_id: UUID, match: Match
) -> InfusionSession:
    """Cancel a booked session; its chair is free at once."""
    return _numbered(work, actions.cancel_session(work, session_id, match, **body))


@routes.change(
    "POST",
    "/sessions/<uuid:session_id>/no-show",
    access=WRITE_CARE,
    body=Happened(),
    answer=SessionOut(),
    refusals=STEP,
)
def miss_session(
    work: Work, body: dict[str, Any], session_id: UUID, match: Match
) -> InfusionSession:
    """The patient did not come; from the end of the grace after the start on."""
    return _numbered(work, actions.miss_session(work, session_id, match, **body))


@routes.change(
    "POST",
    "/sessions/<uuid:session_id>/arrive",
    access=WRITE_CARE,
    body=Arrive(),
    answer=SessionOut(),
    refusals=STEP,
)
def arrive_session(
    work: Work, body: dict[str, Any], session_id: UUID, match: Match
) -> InfusionSession:
    """The patient is here, on the session's local day."""
    return _numbered(work, actions.arrive_session(work, session_id, match, **body))


@routes.change(
    "POST",
    "/sessions/<uuid:session_id>/turn-away",
    access=WRITE_CARE,
    body=TurnAway(),
    answer=SessionOut(),
    refusals=STEP,
)
def turn_away_session(
    work: Work, body: dict[str, Any], session_id: UUID, match: Match
) -> InfusionSession:
    """The patient came and cannot be treated today: the clinic cancels."""
    return _numbered(work, actions.turn_away_session(work, session_id, match, **body))


@routes.change(
    "POST",
    "/sessions/<uuid:session_id>/start",
    access=WRITE_CARE,
    body=Start(),
    answer=SessionOverrun(),
    refusals=STEP,
)
def start_session(
    work: Work, body: dict[str, Any], session_id: UUID, match: Match
) -> InfusionSession:
    """Start the infusion. Needs clearance, consent to treatment, vitals, and what policy asks."""
    return _numbered(work, actions_treatment.start_session(work, session_id, match, **body))


@routes.change(
    "POST",
    "/sessions/<uuid:session_id>/extend",
    access=WRITE_CARE,
    query=DryRun(),
    body=Extend(),
    answer=SessionOverrun(),
    refusals=STEP,
)
def extend_session(
    work: Work, query: dict[str, Any], body: dict[str, Any], session_id: UUID, match: Match
) -> InfusionSession:
    """It takes longer; `dry_run=true` changes nothing and says what it would run into."""
    return _numbered(
        work, actions_treatment.extend_session(work, session_id, match, **body, **query)
    )


@routes.change(
    "POST",
    "/sessions/<uuid:session_id>/observe",
    access=WRITE_CARE,
    body=Observe(),
    answer=SessionOut(),
    refusals=STEP,
)
def observe_session(
    work: Work, body: dict[str, Any], session_id: UUID, match: Match
) -> InfusionSession:
    """The infusion has ended; the patient is watched."""
    return _numbered(work, actions_treatment.observe_session(work, session_id, match, **body))


@routes.change(
    "POST",
    "/sessions/<uuid:session_id>/complete",
    access=WRITE_CARE,
    body=Complete(),
    answer=SessionOut(),
    refusals=STEP,
)
def complete_session(
    work: Work, body: dict[str, Any], session_id: UUID, match: Match
) -> InfusionSession:
    """The patient leaves, once observed long enough."""
    return _numbered(work, actions_treatment.complete_session(work, session_id, match, **body))


def _numbered(work: Work, infusion_session: InfusionSession) -> InfusionSession:
    return numbered(work, [infusion_session])[0]
