"""Free slots, and a session's way through the clinic. Booking one is in `series/`."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from scheduler.access.roles import READ_CARE, WRITE_CARE
from scheduler.sessions import actions, actions_slots
from scheduler.sessions.model import InfusionSession, numbered, starting_in
from scheduler.sessions.schema import (
    Cancel,
    Complete,
    Happened,
    SessionOut,
    SessionQuery,
    SlotQuery,
    SlotsOut,
    Start,
)
from scheduler.tenancy import Match, Work
from scheduler.web.paging import Page, page
from scheduler.web.routes import Routes
from scheduler.web.schema import page_of

routes = Routes("sessions", "Free slots, and sessions on their way through the clinic.")

STEP = ("not_allowed", "wrong_time")


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
    "/sessions/<uuid:session_id>/arrive",
    access=WRITE_CARE,
    body=Happened(),
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
    "/sessions/<uuid:session_id>/start",
    access=WRITE_CARE,
    body=Start(),
    answer=SessionOut(),
    refusals=STEP,
)
def start_session(
    work: Work, body: dict[str, Any], session_id: UUID, match: Match
) -> InfusionSession:
    """Start the infusion. Needs clearance, consent to treatment and vitals."""
    return _numbered(work, actions.start_session(work, session_id, match, **body))


@routes.change(
    "POST",
    "/sessions/<uuid:session_id>/observe",
    access=WRITE_CARE,
    body=Happened(),
    answer=SessionOut(),
    refusals=STEP,
)
def observe_session(
    work: Work, body: dict[str, Any], session_id: UUID, match: Match
) -> InfusionSession:
    """The infusion has ended; the patient is watched."""
    return _numbered(work, actions.observe_session(work, session_id, match, **body))


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
    return _numbered(work, actions.complete_session(work, session_id, match, **body))


def _numbered(work: Work, infusion_session: InfusionSession) -> InfusionSession:
    return numbered(work, [infusion_session])[0]
