"""Which sessions ahead are at odds with their patient: clearance, status, age, distance?"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta, tzinfo
from uuid import UUID

from scheduler.attention.rules_picture import Broken, Picture, Planned
from scheduler.consults.rules import Term, clearance_at, clearances_of, lacking
from scheduler.patients.rules import not_bookable
from scheduler.protocols.rules import Distance, phase_at
from scheduler.wall_time import local_date

# The distances that a protocol wants, by rank in a series.
Patterns = dict[tuple[UUID, int], Distance]

_NOT_BOOKABLE = {
    "discharged": "The patient is discharged.",
    "deceased": "The patient is deceased.",
    "under_age": "The patient is under the clinic's minimum age on that day.",
}


def too_near(picture: Picture) -> Iterator[Broken]:
    """I10: each counted session keeps its distance from those before it.

    Two patterns may meet in one patient: what one of the two sessions allows was booked rightly.
    """
    patterns: Patterns = {}
    for sessions in picture.by_patient.values():
        distances = _distances(picture, sessions, patterns)
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


def _distances(
    picture: Picture, sessions: Sequence[Planned], patterns: Patterns
) -> dict[UUID, Distance]:
    """What each of a patient's sessions keeps from others, by its rank in its series.

    `patterns` are those seen before, as many patients have the same.
    """
    ranks: dict[UUID | None, int] = {}
    found = {}
    for each in sessions:
        rank = 1 if each.series_id is None else ranks.get(each.series_id, 0) + 1
        ranks[each.series_id] = rank
        distance = patterns.get((each.protocol_id, rank))
        if distance is None:
            phases = picture.protocols[each.protocol_id].phases
            distance = patterns[each.protocol_id, rank] = phase_at(phases, rank).distance
        found[each.id] = distance
    return found


def uncleared(picture: Picture) -> Iterator[Broken]:
    """I3, I4: a clearance is in force at each start, and covers no more than it may."""
    for patient_id, sessions in picture.by_patient.items():
        terms = picture.terms.get(patient_id, ())
        for each in _over(terms, sessions):
            if picture.is_ahead(each):
                detail = "The clearance covers fewer sessions by now."
                yield Broken(each.id, "max_sessions", detail, _facts(terms))
        for each in _uncovered(picture, terms, sessions):
            full = clearance_at(terms, each.starts_at, picture.zone) is not None
            rule = "max_sessions" if full else "not_cleared"
            detail = lacking(terms, each.starts_at, picture.zone)
            yield Broken(each.id, rule, detail, _facts(terms))


def _facts(terms: Iterable[Term]) -> tuple[str, ...]:
    """Any change of the patient's clearances makes it another matter."""
    return tuple(sorted(map(repr, terms)))


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
    of_id = {term.id: term for term in terms}
    left = []
    for each in sessions:
        if picture.is_ahead(each):
            term = of_id.get(each.clearance_id)
            if term is None or not term.holds_at(each.starts_at, picture.zone):
                left.append(each)
    if not left:
        return []
    lost = {each.id for each in left}
    used = Counter(each.clearance_id for each in sessions if each.id not in lost)
    found = clearances_of(terms, used, [each.starts_at for each in left], picture.zone)
    return [each for each, term in zip(left, found, strict=True) if term is None]


def not_to_be_booked(picture: Picture) -> Iterator[Broken]:
    """I6: the patient is active, and of age on the day."""
    for patient_id, sessions in picture.by_patient.items():
        for each in filter(picture.is_ahead, sessions):
            patient = picture.patients[patient_id]
            on = local_date(each.starts_at, picture.zone)
            why = not_bookable(patient.status, patient.birth_date, on, picture.minimum_age)
            if why is None:
                # Nobody grows younger: the later ones are as well.
                break
            facts = (why, patient.version, picture.minimum_age)
            yield Broken(each.id, "not_bookable", _NOT_BOOKABLE[why], facts)


def wrong_length(picture: Picture) -> Iterator[Broken]:
    """I7: the infusion is as long as the clinic has them."""
    least, most = picture.session_minutes
    shortest, longest = timedelta(minutes=least), timedelta(minutes=most + 1)
    for each in picture.ahead:
        length = each.visit.infusion.end - each.visit.infusion.start
        if not shortest <= length < longest:
            minutes = length // timedelta(minutes=1)
            detail = f"Sessions here take {least} to {most} minutes, this one {minutes}."
            yield Broken(each.id, "session_minutes", detail, (minutes, least, most))
