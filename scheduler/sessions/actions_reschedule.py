"""Moving one session: the new place is taken and the old one given back at once, or neither."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from scheduler.protocols.model import protocol_for
from scheduler.protocols.rules import visit_at
from scheduler.sessions.checks import (
    active_chair,
    bookable_patient,
    clearances_for,
    distances_for,
    gap_warnings,
    in_time,
    ordinal_at,
)
from scheduler.sessions.model_calendar import chair_calendar
from scheduler.sessions.model_views import SessionView, view_of
from scheduler.sessions.refusals import does_not_fit, explain_visit
from scheduler.sessions.rules_placing import place, wish_among
from scheduler.sessions.steps import ready_for
from scheduler.tenancy import Match, Work, lock_schedule


def reschedule_session(
    work: Work,
    session_id: UUID,
    match: Match,
    *,
    starts_at: datetime,
    chair_id: UUID | None = None,
    by: str = "clinic",
) -> SessionView:
    """Move a booked session, with all the checks of a booking (I31).

    Without a wanted chair it keeps its own where that is free, else the first by label. `by` says
    whose doing it is: `patient`, who then knows, or `clinic`.
    """
    work = lock_schedule(work)
    moved = ready_for(work, session_id, match, "reschedule")
    active_chair(work, chair_id)
    protocol = protocol_for(work, moved.protocol_id)
    distances = distances_for(work, protocol, moved.series_id, moved.starts_at)
    wish = wish_among(visit_at(starts_at, moved.parts), distances, chair_id or moved.chair_id)
    ordinal = ordinal_at(work, moved.series_id, moved.starts_at)
    in_time(work, [wish.visit], [ordinal])
    patient = bookable_patient(work, moved.patient_id, [wish.visit], without=moved.id)
    (clearance_id,) = clearances_for(work, patient, [wish.visit], [ordinal])
    calendar = chair_calendar(work, [wish.visit.block], patient, without=moved.id)
    slots, clashes = place([wish], calendar, work.zone)
    if clashes and chair_id is None:
        slots, clashes = place([replace(wish, lane_id=None)], calendar, work.zone)
    if clashes:
        explain = explain_visit(patient.id, moved.parts, [wish], clashes, moved.id, ordinal)
        raise does_not_fit(work, clashes, explain)
    moved.take(slots[0], clearance_id, work.now, by)
    work.session.flush()
    return view_of(work, moved, warnings=gap_warnings(work, protocol, moved.series_id))
