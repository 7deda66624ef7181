"""Which sessions ahead are at odds with their patient: clearance, status, age, distance?"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from uuid import UUID

from scheduler.attention.rules_picture import Broken, Picture, Planned
from scheduler.consults.rules import Term, clearance_at, clearances_of, lacking
from scheduler.patients.rules import not_bookable
from scheduler.protocols.rules import Distance, phase_at
from scheduler.wall_time import local_date

_NOT_BOOKABLE = {
    "discharged": "The patient is discharged.",
    "deceased": "The patient is deceased.",
    "under_age": "The patient is under the clinic's minimum age on that day.",
}


def too_near(picture: Picture) -> Iterator[Broken]:
    """I10: each counted session keeps its distance from those before it.

    Two patterns may meet in one patient: what one of the two sessions allows was booked rightly.
    """
    for sessions in _by_patient(picture.sessions).values():
        distances = _distances(picture, sessions)
        for place, each in enumerate(sessions):
            if not picture.is_ahead(each):
                continue
            near = _nearest_too_near(sessions[:place], each, distances, picture.zone)
            if near is not None:
                on = near.starts_at.astimezone(picture.zone)
                detail = f"It is too near to the patient's session on {on:%A, %B %-d}."
                yield Broken(each.id, "gap", detail, (near.id, near.starts_at))


def _nearest_too_near(
    before: Sequence[Planned], each: Planned, distances: dict[UUID, Distance], zone: tzinfo
) -> Planned | None:
    for earlier in reversed(before):
        if distances[each.id].keeps(each.starts_at, earlier.starts_at, zone):
            return None
        if not distances[earlier.id].keeps(each.starts_at, earlier.starts_at, zone):
            return earlier
    return None


def _distances(picture: Picture, sessions: Sequence[Planned]) -> dict[UUID, Distance]:
    """What each of a patient's sessions keeps from others, by its rank in its series."""
    ranks: Counter[UUID] = Counter()
    found = {}
    for each in sessions:
        if each.series_id is not None:
            ranks[each.series_id] += 1
        rank = ranks[each.series_id] if each.series_id else 1
        found[each.id] = phase_at(picture.protocols[each.protocol_id].phases, rank).distance
    return found


def uncleared(picture: Picture) -> Iterator[Broken]:
    """I3, I4: a clearance is in force at each start, and covers no more than it may."""
    for patient_id, sessions in _by_patient(picture.sessions).items():
        terms = picture.terms.get(patient_id, ())
        # Any change of the patient's clearances makes it another matter.
        facts = tuple(sorted(map(repr, terms)))
        for each in _over(terms, sessions):
            if picture.is_ahead(each):
                detail = "The clearance covers fewer sessions by now."
                yield Broken(each.id, "max_sessions", detail, facts)
        for each in _uncovered(picture, terms, sessions):
            full = clearance_at(terms, each.starts_at, picture.zone) is not None
            rule = "max_sessions" if full else "not_cleared"
            detail = lacking(terms, each.starts_at, picture.zone)
            yield Broken(each.id, rule, detail, facts)


def _over(terms: Iterable[Term], sessions: Sequence[Planned]) -> Iterator[Planned]:
    """Those of a patient's sessions that are one too many for the clearance they name."""
    for term in terms:
        if term.max_sessions is not None:
            named = [each for each in sessions if each.clearance_id == term.id]
            yield from named[term.max_sessions :]


def _uncovered(
    picture: Picture, terms: Sequence[Term], sessions: Sequence[Planned]
) -> list[Planned]:
    """Those ahead whose own clearance is not in force at the start, and that no other covers."""
    holding = {
        each.id
        for each in sessions
        for term in terms
        if term.id == each.clearance_id and term.holds_at(each.starts_at, picture.zone)
    }
    left = [each for each in sessions if picture.is_ahead(each) and each.id not in holding]
    lost = {each.id for each in left}
    used = Counter(each.clearance_id for each in sessions if each.id not in lost)
    found = clearances_of(terms, used, [each.starts_at for each in left], picture.zone)
    return [each for each, term in zip(left, found, strict=True) if term is None]


def not_to_be_booked(picture: Picture) -> Iterator[Broken]:
    """I6: the patient is active, and of age on the day."""
    for each in picture.ahead():
        patient = picture.patients[each.patient_id]
        on = local_date(each.starts_at, picture.zone)
        why = not_bookable(patient.status, patient.birth_date, on, picture.minimum_age)
        if why is not None:
            facts = (why, patient.version, picture.minimum_age)
            yield Broken(each.id, "not_bookable", _NOT_BOOKABLE[why], facts)


def wrong_length(picture: Picture) -> Iterator[Broken]:
    """I7: the infusion is as long as the clinic has them."""
    least, most = picture.session_minutes
    for each in picture.ahead():
        minutes = int((each.visit.infusion.end - each.starts_at).total_seconds() // 60)
        if not least <= minutes <= most:
            detail = f"Sessions here take {least} to {most} minutes, this one {minutes}."
            yield Broken(each.id, "session_minutes", detail, (minutes, least, most))


def _by_patient(sessions: Iterable[Planned]) -> dict[UUID, list[Planned]]:
    """Each patient's sessions, by start."""
    grouped: dict[UUID, list[Planned]] = defaultdict(list)
    for each in sorted(sessions, key=lambda each: (each.starts_at, each.id)):
        grouped[each.patient_id].append(each)
    return grouped
