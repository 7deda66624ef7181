"""A session's way through the clinic, a step at a time."""

from typing import Any
from uuid import UUID

from scheduler.access.roles import WRITE_CARE
from scheduler.sessions import actions, actions_reschedule, actions_treatment
from scheduler.sessions.model_views import SessionView, view_of
from scheduler.sessions.schema import SessionBooked, SessionOut, SessionOverrun
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
from scheduler.web.routes import Routes

routes = Routes("steps", "A session's way through the clinic, a step at a time.")

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
) -> SessionView:
    """The patient says they will come."""
    return view_of(work, actions.confirm_session(work, session_id, match, **body))


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
) -> SessionView:
    """Move a booked session, with all the checks of a booking; a refusal says what fits."""
    return actions_reschedule.reschedule_session(work, session_id, match, **body)


@routes.change(
    "POST",
    "/sessions/<uuid:session_id>/cancel",
    access=WRITE_CARE,
    body=Cancel(),
    answer=SessionOut(),
    refusals=STEP,
)
def cancel_session(work: Work, body: dict[str, Any], session_id: UUID, match: Match) -> SessionView:
    """Cancel a booked session; its chair is free at once."""
    return view_of(work, actions.cancel_session(work, session_id, match, **body))


@routes.change(
    "POST",
    "/sessions/<uuid:session_id>/no-show",
    access=WRITE_CARE,
    body=Happened(),
    answer=SessionOut(),
    refusals=STEP,
)
def miss_session(work: Work, body: dict[str, Any], session_id: UUID, match: Match) -> SessionView:
    """The patient did not come; from the end of the grace after the start on."""
    return view_of(work, actions.miss_session(work, session_id, match, **body))


@routes.change(
    "POST",
    "/sessions/<uuid:session_id>/arrive",
    access=WRITE_CARE,
    body=Arrive(),
    answer=SessionOut(),
    refusals=STEP,
)
def arrive_session(work: Work, body: dict[str, Any], session_id: UUID, match: Match) -> SessionView:
    """The patient is here, on the session's local day."""
    return view_of(work, actions.arrive_session(work, session_id, match, **body))


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
) -> SessionView:
    """The patient came and cannot be treated today: the clinic cancels."""
    return view_of(work, actions.turn_away_session(work, session_id, match, **body))


@routes.change(
    "POST",
    "/sessions/<uuid:session_id>/start",
    access=WRITE_CARE,
    body=Start(),
    answer=SessionOverrun(),
    refusals=STEP,
)
def start_session(work: Work, body: dict[str, Any], session_id: UUID, match: Match) -> SessionView:
    """Start the infusion. Needs clearance, consent to treatment, vitals, and what policy asks."""
    return actions_treatment.start_session(work, session_id, match, **body)


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
) -> SessionView:
    """It takes longer; `dry_run=true` changes nothing and says what it would run into."""
    return actions_treatment.extend_session(work, session_id, match, **body, **query)


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
) -> SessionView:
    """The infusion has ended; the patient is watched."""
    return view_of(work, actions_treatment.observe_session(work, session_id, match, **body))


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
) -> SessionView:
    """The patient leaves, once observed long enough."""
    return view_of(work, actions_treatment.complete_session(work, session_id, match, **body))
