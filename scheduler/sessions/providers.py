"""What is in the way of a consultation, and when its provider is free instead."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from scheduler.consults.model import Consultation, Provider
from scheduler.db import in_states
from scheduler.errors import Facts
from scheduler.protocols.rules import VisitParts
from scheduler.sessions.model_calendar import shut
from scheduler.sessions.model_patient import PatientFacts, facts_of
from scheduler.sessions.refusals import DAYS_AROUND, Explain, conflict_list, says
from scheduler.sessions.rules_calendar import Blocker, Calendar, Lane
from scheduler.sessions.rules_overruns import LONGEST_BLOCK
from scheduler.sessions.rules_placing import Clash, nearest
from scheduler.sessions.rules_slots import slots
from scheduler.sessions.searches import days_around, open_days
from scheduler.spans import Span
from scheduler.tenancy import Work


def consultation_parts(minutes: int) -> VisitParts:
    """A consultation takes its own minutes and nothing around them."""
    return VisitParts(prep=0, infusion=minutes, observation=0, turnover=0)


def provider_calendar(
    work: Work,
    windows: Sequence[Span],
    provider_ids: Sequence[UUID],
    patient: PatientFacts | None = None,
    without: UUID | None = None,
) -> Calendar:
    """What may be in the way of a consultation in these windows, for these providers.

    `without` names a consultation that is not in the way, as it is the one to be moved.
    """
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
            in_states(Consultation.status, "booked", "arrived"),
        )
    )
    of_lane: dict[UUID, list[Blocker]] = {}
    for row in taken:
        if row.id == without:
            continue
        blocker = Blocker("consultation", Span(row.starts_at, row.ends_at), row.id)
        of_lane.setdefault(row.provider_id, []).append(blocker)
    return Calendar(
        lanes=tuple(Lane(row.id, row.name) for row in providers),
        everywhere=shut(work, windows),
        of_lane=of_lane,
        of_patient=patient.stays if patient else (),
    )


def explain_consultation(
    patient_id: UUID,
    provider_id: UUID,
    minutes: int,
    clashes: Sequence[Clash],
    without: UUID | None = None,
) -> Explain:
    """The nearest free times of the same provider."""

    def explain(fresh: Work) -> Facts:
        patient = facts_of(fresh, patient_id, without)

        def find(clash: Clash) -> list[dict[str, Any]]:
            around = days_around(fresh, clash.wanted_at, DAYS_AROUND)
            calendar = provider_calendar(fresh, [around], [provider_id], patient, without)
            parts = consultation_parts(minutes)
            free = slots(open_days(fresh, calendar, around, parts), parts)
            found = nearest(clash.wanted_at, free, fresh.zone, provider_id)
            return [
                {
                    "starts_at": fresh.local(slot.visit.starts_at),
                    "provider_id": str(slot.lane.id),
                    "says": says(fresh, slot),
                }
                for slot in found
            ]

        found = conflict_list(fresh, clashes, find)
        return {"conflicts": [each | {"ordinal": None} for each in found]}

    return explain
