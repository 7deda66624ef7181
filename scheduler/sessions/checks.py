"""What every booking asks, whoever books: may this patient, on those days, and does it fit?"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from scheduler.chairs.model import Chair
from scheduler.clinics.model import policy_of
from scheduler.consults.model import terms_of
from scheduler.consults.rules import clearance_at, lacking
from scheduler.errors import Conflict, Facts, Invalid, Refused
from scheduler.patients.model import Patient, consented_channels
from scheduler.patients.rules import contact, not_bookable
from scheduler.protocols.rules import Visit, VisitParts
from scheduler.sessions.model import chair_calendar
from scheduler.sessions.rules_placing import Clash, far_enough, nearest
from scheduler.sessions.rules_slots import Slot, slots
from scheduler.sessions.searches import MONTHS_AHEAD, days_around, latest_start, open_days
from scheduler.tenancy import Work
from scheduler.wall_time import local_date

# Looks, in a fresh unit of work, for what would fit instead of a clash.
Finder = Callable[[Work, Clash], list[Slot]]

_NOT_BOOKABLE = {
    "discharged": "The patient is discharged.",
    "deceased": "The patient is deceased.",
    "under_age": "The patient is under the clinic's minimum age on that day.",
}

_READ_OUT = {
    "chair_taken": "the chair is taken",
    "no_chair_free": "no chair is free",
    "closed": "the clinic is closed",
    "outage": "the chair is out of order",
    "provider_busy": "the provider has another appointment",
    "patient_busy": "the patient has another visit",
}


def session_minutes_in_bounds(work: Work, minutes: int) -> None:
    """Raises Invalid when an infusion of this length is outside the clinic's bounds (I7)."""
    clinic = work.clinic()
    least, most = clinic.session_minutes_min, clinic.session_minutes_max
    if not least <= minutes <= most:
        raise Invalid({"minutes": [f"Sessions here take {least} to {most} minutes."]})


def active_chair(work: Work, chair_id: UUID | None) -> None:
    """Raises NotFound or Refused when the wanted chair is none, or takes no new session (I13)."""
    if chair_id is not None and not work.load(Chair, chair_id, field="chair_id").active:
        raise Refused("chair_retired", "This chair takes no new sessions.")


def in_time(work: Work, visits: Sequence[Visit]) -> None:
    """Raises Refused when a visit lies in the past or more than 24 months ahead."""
    past = [n for n, visit in enumerate(visits, 1) if visit.starts_at < work.now]
    if past:
        raise Refused("in_the_past", "Nothing is booked in the past.", ordinals=past)
    latest = latest_start(work.now)
    far = [n for n, visit in enumerate(visits, 1) if visit.starts_at > latest]
    if far:
        detail = f"Nothing is booked more than {MONTHS_AHEAD} months ahead."
        raise Refused("too_far_ahead", detail, ordinals=far)


def bookable_patient(work: Work, patient_id: UUID, visits: Sequence[Visit]) -> Patient:
    """The patient of an order. Raises NotFound, or Refused when they cannot be booked (I6)."""
    patient = work.load(Patient, patient_id, field="patient_id")
    on = local_date(min(visit.starts_at for visit in visits), work.zone)
    why = not_bookable(patient.status, patient.birth_date, on, policy_of(work).minimum_age)
    if why is not None:
        raise Refused("not_bookable", _NOT_BOOKABLE[why], missing=[why])
    return patient


def clearances_for(work: Work, patient: Patient, visits: Sequence[Visit]) -> list[UUID]:
    """The clearance each visit uses, on its own date (I1). Raises Refused naming those without."""
    terms = terms_of(work, patient.id)
    found = [clearance_at(terms, visit.starts_at, work.zone) for visit in visits]
    missing = [
        {
            "ordinal": ordinal,
            "starts_at": iso(work, visit.starts_at),
            "missing": lacking(terms, visit.starts_at, work.zone),
        }
        for ordinal, (visit, term) in enumerate(zip(visits, found, strict=True), start=1)
        if term is None
    ]
    if missing:
        which = ", ".join(str(each["ordinal"]) for each in missing)
        detail = f"Not cleared for session {which}: {missing[0]['missing']}"
        raise Refused("not_cleared", detail, sessions=missing)
    return [term.id for term in found if term is not None]


def does_not_fit(
    work: Work,
    clashes: Sequence[Clash],
    find: Finder,
    lane_field: str = "chair_id",
) -> Conflict:
    """The refusal that names every clash; `find` looks for alternatives once no lock is held."""

    def explain(fresh: Work) -> Facts:
        return {"conflicts": conflict_list(fresh, clashes, find, lane_field)}

    first, count = clashes[0], len(clashes)
    when = f"{first.wanted_at.astimezone(work.zone):%A, %B %-d at %-I:%M %p}"
    detail = f"{when} does not fit: {_READ_OUT[first.reason]}."
    if count > 1:
        detail += f" {count - 1} more of the sessions {'do' if count > 2 else 'does'} not fit."
    return Conflict("does_not_fit", detail, explain=explain)


def conflict_list(
    work: Work,
    clashes: Sequence[Clash],
    find: Finder,
    lane_field: str = "chair_id",
) -> list[dict[str, Any]]:
    """Each clash with its blockers and alternatives, as it is answered."""
    return [
        {
            "ordinal": clash.ordinal,
            "wanted_at": iso(work, clash.wanted_at),
            "reason": clash.reason,
            "blockers": [
                {
                    "kind": blocker.kind,
                    **({"id": str(blocker.id)} if blocker.id else {}),
                    "starts_at": iso(work, blocker.span.start),
                    "ends_at": iso(work, blocker.span.end),
                }
                for blocker in clash.blockers
            ],
            "alternatives": [
                {"starts_at": iso(work, slot.visit.starts_at), lane_field: str(slot.lane.id)}
                for slot in find(work, clash)
            ],
        }
        for clash in clashes
    ]


def chair_alternatives(
    patient_id: UUID,
    parts: VisitParts,
    *,
    chair_id: UUID | None,
    others: Sequence[Visit] = (),
    min_gap_days: int = 0,
    days: int = 3,
) -> Finder:
    """How to look for what would fit instead of a clash: legal beside the other visits."""

    def find(work: Work, clash: Clash) -> list[Slot]:
        # Everything is read afresh: what was loaded before the rollback is gone.
        patient = work.load(Patient, patient_id)
        around = days_around(work, clash.wanted_at, days)
        calendar = chair_calendar(work, [around], patient_id)
        beside = [each for each in others if each.starts_at != clash.wanted_at]
        fitting = (
            slot
            for slot in slots(open_days(work, calendar, around, parts, patient), parts)
            if far_enough(slot, beside, min_gap_days, work.zone)
        )
        return nearest(clash.wanted_at, fitting, work.zone, chair_id)

    return find


def reminder_warnings(work: Work, patient: Patient) -> list[dict[str, str]]:
    """A warning when the patient could not be reminded of what was just booked."""
    reach = contact(
        patient.preferred_channel,
        patient.addresses,
        consented_channels(work, patient.id, "reminders"),
    )
    if reach.channel is not None:
        return []
    why = {"no_channel": "no mail address", "no_consent": "no consent to reminders by mail"}
    detail = f"No reminders will be sent: {why[reach.reason or 'no_channel']}."
    return [{"word": reach.reason or "no_channel", "detail": detail}]


def iso(work: Work, at: datetime) -> str:
    """An instant as it is answered: in the clinic's zone."""
    return at.astimezone(work.zone).isoformat()
