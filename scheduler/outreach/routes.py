"""What was sent and what will be: by kind, of a session, of a patient."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from scheduler.access.roles import READ_CARE, WRITE_CARE
from scheduler.messages.model import Message
from scheduler.messages.schema import ByHand, MessageOut
from scheduler.outreach import actions
from scheduler.outreach.model import past_and_coming, place
from scheduler.outreach.model_backlog import let_go
from scheduler.outreach.schema import OutreachOut, OutreachQuery, Released
from scheduler.patients.model import Patient
from scheduler.sessions.model import InfusionSession
from scheduler.spans import Span
from scheduler.tenancy import Work
from scheduler.web import paging
from scheduler.web.routes import Routes
from scheduler.web.schema import PageQuery, page_of

routes = Routes("outreach", "Messages, past and coming.")

# Longer than any message is due before or after its session.
AROUND = timedelta(days=400)


@routes.get(
    "/sessions/<uuid:session_id>/messages",
    access=READ_CARE,
    query=PageQuery(),
    answer=page_of(OutreachOut),
)
def list_session_messages(work: Work, query: dict[str, Any], session_id: UUID) -> paging.Page:
    """List a session's messages: sent, skipped and why, and coming."""
    starts_at = work.load(InfusionSession, session_id).starts_at
    around = Span(starts_at, starts_at).widened(AROUND)
    return _page(work, around, session_id=session_id, **query)


@routes.get(
    "/patients/<uuid:patient_id>/messages",
    access=READ_CARE,
    query=PageQuery(),
    answer=page_of(OutreachOut),
)
def list_patient_messages(work: Work, query: dict[str, Any], patient_id: UUID) -> paging.Page:
    """List a patient's messages of the last 400 days and of the next: sent, skipped, coming."""
    patient = work.load(Patient, patient_id)
    around = Span(work.now, work.now).widened(AROUND)
    return _page(work, around, patient_id=patient.id, **query)


@routes.post(
    "/sessions/<uuid:session_id>/reminders/<word:rule>/send",
    access=WRITE_CARE,
    body=ByHand(),
    answer=MessageOut(),
    refusals=("not_allowed",),
)
def send_reminder(work: Work, body: dict[str, Any], session_id: UUID, rule: str) -> Message:
    """Send a reminder now; again, where it certainly did not go. Quiet hours bind it too."""
    return actions.send_reminder(work, session_id, rule, **body)


@routes.post(
    "/sessions/<uuid:session_id>/reminders/<word:rule>/skip",
    access=WRITE_CARE,
    body=ByHand(),
    answer=MessageOut(),
    refusals=("not_allowed",),
)
def skip_reminder(work: Work, body: dict[str, Any], session_id: UUID, rule: str) -> Message:
    """Do not send a reminder at all."""
    return actions.skip_reminder(work, session_id, rule, **body)


@routes.post("/messages/release", access=WRITE_CARE, answer=Released())
def release_messages(work: Work) -> dict[str, int]:
    """Let the messages go that are held (`backlog_held`), after a look at what they would say."""
    return {"released": let_go(work)}


@routes.get("/reminders", access=READ_CARE, query=OutreachQuery(), answer=page_of(OutreachOut))
def list_reminders(work: Work, query: dict[str, Any]) -> paging.Page:
    """List reminders by when they are due, past and coming."""
    return _page(work, _within(work, query), kind="reminder", **query)


@routes.get("/follow-ups", access=READ_CARE, query=OutreachQuery(), answer=page_of(OutreachOut))
def list_follow_ups(work: Work, query: dict[str, Any]) -> paging.Page:
    """List follow-ups by when they are due, past and coming."""
    return _page(work, _within(work, query), kind="follow_up", **query)


def _within(work: Work, query: dict[str, Any]) -> Span:
    start = query.pop("from_", work.now - timedelta(days=7))
    return Span(start, query.pop("to", start + timedelta(days=62)))


def _page(work: Work, within: Span, *, limit: int, cursor: str | None, **only: Any) -> paging.Page:
    found = past_and_coming(work, within, **only)
    if cursor is not None:
        after = tuple(paging.decode(cursor, datetime, UUID, str, int))
        found = [each for each in found if place(each) > after]
    return paging.sliced(found[: limit + 1], limit, lambda each: list(place(each)))
