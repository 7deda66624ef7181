"""The clinic's rules and its sessions, as attention looks at them: each kind read once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from scheduler.attention.model_sessions import done_and_counting, live_sessions
from scheduler.attention.rules_picture import Pattern, Person, Picture, Seat
from scheduler.chairs.model import Chair, outages_in
from scheduler.clinics.model import closures_in, hours_of_clinic, policy_of, staffing_of
from scheduler.consults.model import terms_of_patients
from scheduler.consults.rules import Term
from scheduler.db import among
from scheduler.patients.model import Patient
from scheduler.protocols.model import Protocol, phase_of
from scheduler.sessions.rules_calendar import Blocker
from scheduler.sessions.rules_overruns import LONGEST_BLOCK
from scheduler.spans import Span
from scheduler.tenancy import Work


def picture_of(work: Work) -> Picture:
    """The clinic's rules as they stand, and the sessions that are held against them."""
    live = live_sessions(work)
    ahead = {each.patient_id for each in live if each.starts_at > work.now}
    terms: dict[UUID, Sequence[Term]] = dict.fromkeys(ahead, ())
    terms |= terms_of_patients(work, ahead)
    sessions = [*live, *done_and_counting(work, live, terms)]
    until = max((each.visit.block.end for each in sessions), default=work.now)
    within = Span(work.now, max(until, work.now)).widened(LONGEST_BLOCK)
    clinic, closures = work.clinic(), closures_in(work, within)
    return Picture(
        now=work.now,
        zone=work.zone,
        sessions=sessions,
        hours=hours_of_clinic(work),
        closures=[Blocker("closure", each.span, each.id) for each in closures],
        closure_reasons={each.id: each.reason for each in closures},
        outages=_outages(work, within),
        staffing=staffing_of(work, within),
        chairs=_chairs(work),
        patients=_patients(work, ahead),
        terms=terms,
        protocols=_protocols(work),
        minimum_age=policy_of(work).minimum_age,
        session_minutes=(clinic.session_minutes_min, clinic.session_minutes_max),
    )


def _outages(work: Work, within: Span) -> dict[UUID, list[Blocker]]:
    found: dict[UUID, list[Blocker]] = defaultdict(list)
    for each in outages_in(work, within):
        found[each.chair_id].append(Blocker("outage", each.span, each.id))
    return found


def _chairs(work: Work) -> dict[UUID, Seat]:
    rows = work.session.execute(
        select(Chair.id, Chair.label, Chair.active, Chair.version).where(
            Chair.clinic_id == work.clinic_id
        )
    )
    return {row.id: Seat(row.label, row.active, row.version) for row in rows}


def _patients(work: Work, ahead: Iterable[UUID]) -> dict[UUID, Person]:
    rows = work.session.execute(
        select(Patient.id, Patient.status, Patient.birth_date, Patient.version).where(
            Patient.clinic_id == work.clinic_id, among(Patient.id, ahead)
        )
    )
    return {row.id: Person(row.status, row.birth_date, row.version) for row in rows}


def _protocols(work: Work) -> dict[UUID, Pattern]:
    rows = work.session.execute(
        select(
            Protocol.id, Protocol.phases, Protocol.turnover_minutes, Protocol.review_after
        ).where(Protocol.clinic_id == work.clinic_id)
    )
    return {
        row.id: Pattern(
            [phase_of(each) for each in row.phases], timedelta(minutes=row[2]), row.review_after
        )
        for row in rows
    }
