"""Free slots, and sessions as they are. Booking one is in `series/`, its steps beside this."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from scheduler.access.roles import READ_CARE
from scheduler.sessions import actions_slots
from scheduler.sessions.model import InfusionSession, starting_in
from scheduler.sessions.model_views import SessionView, numbered, view_of
from scheduler.sessions.schema import (
    SessionOut,
    SessionQuery,
)
from scheduler.sessions.schema_slots import SlotQuery, SlotsOut
from scheduler.tenancy import Work
from scheduler.web.paging import Page, page
from scheduler.web.routes import Routes
from scheduler.web.schema import page_of

routes = Routes("sessions", "Free slots, and sessions on their way through the clinic.")


@routes.get(
    "/slots",
    access=READ_CARE,
    query=SlotQuery(),
    answer=SlotsOut(),
    refusals=("not_found", "chair_retired", "not_allowed"),
)
def find_slots(work: Work, query: dict[str, Any]) -> Any:
    """Find free starts, by start and then chair; with `patient_id` those legal for them.

    With `session_id` those that this session may be moved to.
    """
    return actions_slots.find_slots(work, **query)


@routes.get("/sessions", access=READ_CARE, query=SessionQuery(), answer=page_of(SessionOut))
def list_sessions(work: Work, query: dict[str, Any]) -> Page:
    """List sessions by start."""
    limit, cursor = query.pop("limit"), query.pop("cursor")
    sessions = starting_in(select(InfusionSession), InfusionSession, **query)
    order = [InfusionSession.starts_at, InfusionSession.id]
    found = page(work, sessions, order, limit=limit, cursor=cursor)
    return {"items": numbered(work, found["items"]), "next": found["next"]}


@routes.get("/sessions/<uuid:session_id>", access=READ_CARE, answer=SessionOut())
def read_session(work: Work, session_id: UUID) -> SessionView:
    """Read a session."""
    return view_of(work, work.load(InfusionSession, session_id))
