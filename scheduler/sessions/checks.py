"""What every booking asks, whoever books: may this be booked, for this patient, on those days?"""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from scheduler.chairs.model import Chair, active_chairs
from scheduler.clinics.model import policy_of
from scheduler.consults.rules import clearances_of, covers_only, lacking
from scheduler.errors import Facts, Refused
from scheduler.patients.rules import contact, not_bookable
from scheduler.protocols.model import Protocol
from scheduler.protocols.rules import Distances, Visit, distance_among, gaps_too_long
from scheduler.sessions.model import series_starts
from scheduler.sessions.model_patient import PatientFacts, facts_of
from scheduler.sessions.searches import MONTHS_AHEAD, latest_start
from scheduler.tenancy import Work
from scheduler.wall_time import local_date

_NOT_BOOKABLE = {
    "discharged": "The patient is discharged.",
    "deceased": "The patient is deceased.",
    "under_age": "The patient is under the clinic's minimum age on that day.",
}


def active_chair(work: Work, chair_id: UUID | None) -> None:
    """Raises NotFound or Refused when the wanted chair is none, or takes no new session (I13)."""
    if chair_id is None or chair_id in {known for known, _ in active_chairs(work)}:
        return
    if not work.load(Chair, chair_id, field="chair_id").active:
        raise Refused("chair_retired", "This chair takes no new sessions.")


# How a refusal looks for the first so many visits alone; it goes on from the detail.
Shorten = Callable[[int, str], Callable[[Work], Facts]]
# What visits are numbered by in a refusal: from 1, where it is not said otherwise.
Ordinals = Sequence[int | None]


def in_time(work: Work, visits: Sequence[Visit], ordinals: Ordinals | None = None) -> None:
    """Raises Refused when a visit lies in the past or more than 24 months ahead."""
    numbered = list(zip(_numbered(visits, ordinals), visits, strict=True))
    past = [ordinal for ordinal, visit in numbered if visit.starts_at < work.now]
    if past:
        named = [each for each in past if each]
        raise Refused("in_the_past", "Nothing is booked in the past.", ordinals=named)
    latest = latest_start(work.now)
    far = [ordinal for ordinal, visit in numbered if visit.starts_at > latest]
    if far:
        detail = f"Nothing is booked more than {MONTHS_AHEAD} months ahead."
        raise Refused("too_far_ahead", detail, ordinals=[each for each in far if each])


def _numbered(visits: Sequence[Visit], ordinals: Ordinals | None) -> Ordinals:
    return range(1, len(visits) + 1) if ordinals is None else ordinals


def ordinal_at(work: Work, series_id: UUID | None, at: datetime) -> int | None:
    """The rank that a session at `at` has, or would have, in its series; None without one."""
    if series_id is None:
        return None
    return 1 + sum(start < at for start in series_starts(work, series_id))


def bookable_patient(
    work: Work, patient_id: UUID, visits: Sequence[Visit], without: UUID | None = None
) -> PatientFacts:
    """The patient of an order; `without` is a visit to be moved.

    Raises NotFound, or Refused when they cannot be booked (I6).
    """
    earliest = min(visit.starts_at for visit in visits)
    patient = facts_of(work, patient_id, without, "patient_id", earliest)
    on = local_date(earliest, work.zone)
    why = not_bookable(patient.status, patient.birth_date, on, policy_of(work).minimum_age)
    if why is not None:
        raise Refused("not_bookable", _NOT_BOOKABLE[why], missing=[why])
    return patient


def clearances_for(
    work: Work,
    patient: PatientFacts,
    visits: Sequence[Visit],
    ordinals: Ordinals | None = None,
    shorten: Shorten | None = None,
) -> list[UUID]:
    """The clearance each visit uses: in force on its own date (I1), and with room for it (I3).

    Raises Refused naming the visits without a clearance, with what `shorten` finds for those before
    the first of them.
    """
    terms = patient.terms
    found = clearances_of(terms, patient.used, [visit.starts_at for visit in visits], work.zone)
    missing = [
        {
            "ordinal": ordinal,
            "starts_at": work.local(visit.starts_at),
            "missing": lacking(terms, visit.starts_at, work.zone),
        }
        for ordinal, visit, term in zip(_numbered(visits, ordinals), visits, found, strict=True)
        if term is None
    ]
    if not missing:
        return [term.id for term in found if term is not None]
    first = found.index(None)
    at, count = visits[first].starts_at, len(visits)
    detail = f"Not cleared for {work.spoken(at)}. {lacking(terms, at, work.zone)}"
    if count > 1:
        detail = covers_only(count - len(missing), count, terms, at, work.zone)
    explain = shorten(first, detail) if shorten and first else None
    raise Refused("not_cleared", detail, explain=explain, sessions=missing)


def distances_for(
    work: Work, protocol: Protocol, series_id: UUID | None = None, moved: datetime | None = None
) -> Distances:
    """How far a session is to lie from the patient's other infusions, by its start (I10).

    `moved` is the start that it is moved from.
    """
    starts = series_starts(work, series_id) if series_id else []
    others = [start for start in starts if start != moved]
    phases = protocol.all_phases()
    return lambda at: distance_among(phases, others, at)


def gap_warnings(work: Work, protocol: Protocol, series_id: UUID | None) -> list[dict[str, object]]:
    """A warning for each session that starts too long after the one before in its series (I21)."""
    if series_id is None:
        return []
    starts = series_starts(work, series_id)
    return [
        {
            "word": "gap_too_long",
            "detail": f"Session {ordinal} now starts later after the one before than the"
            " protocol has it.",
            "ordinal": ordinal,
        }
        for ordinal in gaps_too_long(protocol.all_phases(), starts, work.zone)
    ]


def reminder_warnings(patient: PatientFacts) -> list[dict[str, object]]:
    """A warning when the patient could not be reminded of what was just booked."""
    reach = contact(
        patient.preferred_channel,
        patient.addresses,
        patient.consented_channels("reminders"),
    )
    if reach.channel is not None:
        return []
    why = {"no_channel": "no mail address", "no_consent": "no consent to reminders by mail"}
    detail = f"No reminders will be sent: {why[reach.reason or 'no_channel']}."
    return [{"word": reach.reason or "no_channel", "detail": detail}]
