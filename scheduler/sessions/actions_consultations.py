"""Booking a consultation, and its way until the provider completes it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from scheduler.consults.model import Consultation, Provider
from scheduler.errors import Conflict, Refused
from scheduler.protocols.rules import VisitParts, visit_at
from scheduler.sessions.checks import bookable_patient, in_time
from scheduler.sessions.model_calendar import LONGEST_BLOCK, shut, visits_of
from scheduler.sessions.refusals import does_not_fit
from scheduler.sessions.rules_calendar import Blocker, Calendar, Lane
from scheduler.sessions.rules_placing import Clash, nearest, place
from scheduler.sessions.rules_slots import Slot, slots
from scheduler.sessions.rules_states import on_its_day
from scheduler.sessions.searches import days_around, open_days
from scheduler.spans import Span
from scheduler.tenancy import Match, Work, lock_schedule


def consultation_parts(minutes: int) -> VisitParts:
    """A consultation takes its own minutes and nothing around them."""
    return VisitParts(prep=0, infusion=minutes, observation=0, turnover=0)


def book_consultation(
    work: Work,
    *,
    patient_id: UUID,
    provider_id: UUID,
    starts_at: datetime,
    minutes: int,
    reason: str | None = None,
) -> Consultation:
    """Book a patient with a provider, who has no two at once."""
    work = lock_schedule(work, books=True)
    visit = visit_at(starts_at, consultation_parts(minutes))
    patient = bookable_patient(work, patient_id, [visit])
    if not work.load(Provider, provider_id, field="provider_id").active:
        raise Refused("provider_inactive", "This provider takes no consultations.")
    in_time(work, [visit])
    calendar = provider_calendar(work, [visit.block], [provider_id], patient.id)
    _, clashes = place([visit], calendar, provider_id)
    if clashes:

        def find(fresh: Work, clash: Clash) -> list[Slot]:
            around = days_around(fresh, clash.wanted_at, 3)
            open_calendar = provider_calendar(fresh, [around], [provider_id], patient_id)
            parts = consultation_parts(minutes)
            free = slots(open_days(fresh, open_calendar, around, parts), parts)
            return nearest(clash.wanted_at, free, fresh.zone, provider_id)

        raise does_not_fit(work, clashes, find, "provider_id")
    consultation = Consultation(
        clinic_id=work.clinic_id,
        patient_id=patient.id,
        provider_id=provider_id,
        starts_at=visit.infusion.start,
        ends_at=visit.infusion.end,
        reason=reason,
    )
    work.session.add(consultation)
    return consultation


def cancel_consultation(
    work: Work, consultation_id: UUID, match: Match, reason: str
) -> Consultation:
    """Cancel a booked consultation; its time is free at once."""
    work = lock_schedule(work)
    consultation = work.load(Consultation, consultation_id, match=match)
    _is_booked(consultation, "cancel")
    consultation.status = "cancelled"
    consultation.cancelled_at = work.now
    consultation.cancel_reason = reason
    return consultation


def arrive_consultation(work: Work, consultation_id: UUID, match: Match) -> Consultation:
    """The patient is here, on the consultation's local day."""
    work = lock_schedule(work)
    consultation = work.load(Consultation, consultation_id, match=match)
    _is_booked(consultation, "arrive")
    if not on_its_day(work.now, consultation.starts_at, work.zone):
        detail = "A patient arrives on the consultation's own day."
        raise Conflict("not_allowed", detail, state="booked", missing=["its_day"])
    consultation.status = "arrived"
    consultation.arrived_at = work.now
    return consultation


def provider_calendar(
    work: Work,
    windows: Sequence[Span],
    provider_ids: Sequence[UUID],
    patient_id: UUID | None = None,
) -> Calendar:
    """What may be in the way of a consultation in these windows, for these providers."""
    whole = Span(min(each.start for each in windows), max(each.end for each in windows))
    providers = work.session.execute(
        select(Provider.id, Provider.name)
        .where(Provider.clinic_id == work.clinic_id, Provider.id.in_(provider_ids))
        .order_by(Provider.name, Provider.id)
    )
    taken = work.session.execute(
        select(
            Consultation.id, Consultation.provider_id, Consultation.starts_at, Consultation.ends_at
        ).where(
            Consultation.clinic_id == work.clinic_id,
            Consultation.starts_at >= whole.start - LONGEST_BLOCK,
            Consultation.starts_at < whole.end,
            Consultation.ends_at > whole.start,
            Consultation.status.in_(("booked", "arrived")),
        )
    )
    of_lane: dict[UUID, list[Blocker]] = {}
    for row in taken:
        blocker = Blocker("consultation", Span(row.starts_at, row.ends_at), row.id)
        of_lane.setdefault(row.provider_id, []).append(blocker)
    return Calendar(
        lanes=tuple(Lane(row.id, row.name) for row in providers),
        everywhere=shut(work, windows),
        of_lane=of_lane,
        of_patient=tuple(visits_of(work, patient_id, whole)) if patient_id else (),
    )


def _is_booked(consultation: Consultation, verb: str) -> None:
    if consultation.status != "booked":
        detail = f"The consultation is {consultation.status}; to {verb} it has to be booked."
        raise Conflict("not_allowed", detail, state=consultation.status, missing=["booked"])
