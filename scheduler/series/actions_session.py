"""Booking a single session, which may fill a place that a series still owes."""

from datetime import datetime
from uuid import UUID

from scheduler.clinics.model import session_minutes_in_bounds
from scheduler.errors import Conflict, Invalid
from scheduler.protocols.model import protocol_for
from scheduler.protocols.rules import visit_at
from scheduler.series.model import Series, views_of
from scheduler.sessions.checks import (
    active_chair,
    bookable_patient,
    clearances_for,
    distances_for,
    gap_warnings,
    in_time,
    ordinal_at,
    reminder_warnings,
)
from scheduler.sessions.model import add_sessions
from scheduler.sessions.model_calendar import chair_calendar
from scheduler.sessions.model_views import SessionView, view_of
from scheduler.sessions.refusals import does_not_fit, explain_visit
from scheduler.sessions.rules_placing import place, wish_among
from scheduler.tenancy import Work, lock_schedule


def book_session(
    work: Work,
    *,
    starts_at: datetime,
    minutes: int | None = None,
    chair_id: UUID | None = None,
    protocol_id: UUID | None = None,
    patient_id: UUID | None = None,
    series_id: UUID | None = None,
) -> SessionView:
    """Book one session; with `series_id` it fills a place that the series still owes (I25).

    The patient is the series', or named.
    """
    work = lock_schedule(work, books=True)
    series = _owing(work, series_id, patient_id) if series_id else None
    if series is not None:
        patient_id = series.patient_id
    assert patient_id is not None  # noqa: S101 - the schema has it without a series
    protocol = protocol_for(work, series.protocol_id if series else protocol_id)
    minutes = minutes or (series.minutes if series else protocol.session_minutes)
    session_minutes_in_bounds(work, minutes)
    active_chair(work, chair_id)
    parts = protocol.parts(minutes)
    distances = distances_for(work, protocol, series_id)
    wish = wish_among(visit_at(starts_at, parts), distances, chair_id)
    ordinal = ordinal_at(work, series_id, starts_at)
    in_time(work, [wish.visit], [ordinal])
    patient = bookable_patient(work, patient_id, [wish.visit])
    clearance_ids = clearances_for(work, patient, [wish.visit], [ordinal])
    calendar = chair_calendar(work, [wish.visit.block], patient)
    slots, clashes = place([wish], calendar, work.zone)
    if clashes:
        explain = explain_visit(patient_id, parts, [wish], clashes, ordinal=ordinal)
        raise does_not_fit(work, clashes, explain)
    (booked,) = add_sessions(
        work,
        slots,
        clearance_ids,
        patient_id=patient.id,
        protocol_id=protocol.id,
        observation_minutes=protocol.observation_minutes,
        series_id=series_id,
    )
    warnings = reminder_warnings(patient) + gap_warnings(work, protocol, series_id)
    return view_of(work, booked, warnings=warnings)


def _owing(work: Work, series_id: UUID, patient_id: UUID | None) -> Series:
    """The series, if it still owes a session. Raises NotFound, Invalid (whose) or Conflict."""
    series = work.load(Series, series_id, field="series_id")
    if patient_id not in (None, series.patient_id):
        raise Invalid({"series_id": ["It is another patient's series."]})
    (view,) = views_of(work, [series])
    if view.owed == 0:
        raise Conflict("nothing_owed", "This series owes no session.")
    return series
