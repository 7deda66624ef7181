"""The clinic's rules and its sessions, as attention looks at them: each kind read once."""

from collections import defaultdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from scheduler.attention.rules_picture import Pattern, Person, Picture, Planned, Seat
from scheduler.chairs.model import Chair, outages_in
from scheduler.clinics.model import closures_in, hours_of_clinic, policy_of, staffing_of
from scheduler.consults.model import terms_of_patients
from scheduler.patients.model import Patient
from scheduler.protocols.model import Protocol, phase_of
from scheduler.protocols.rules import Visit
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.rules_calendar import Blocker
from scheduler.sessions.rules_overruns import LONGEST_BLOCK, watched_until
from scheduler.sessions.rules_states import LIVE
from scheduler.spans import Span
from scheduler.tenancy import Work

_COLUMNS = (
    InfusionSession.id,
    InfusionSession.patient_id,
    InfusionSession.series_id,
    InfusionSession.chair_id,
    InfusionSession.protocol_id,
    InfusionSession.clearance_id,
    InfusionSession.status,
    InfusionSession.starts_at,
    InfusionSession.ends_at,
    InfusionSession.block_starts_at,
    InfusionSession.block_ends_at,
    InfusionSession.observation_minutes,
    InfusionSession.extra_minutes,
    InfusionSession.infusion_ended_at,
)


def picture_of(work: Work) -> Picture:
    """The clinic's rules as they stand, and the sessions that are held against them."""
    ahead = _ahead(work)
    sessions = _sessions(work, ahead)
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
        terms=terms_of_patients(work, ahead),
        protocols=_protocols(work),
        minimum_age=policy_of(work).minimum_age,
        session_minutes=(clinic.session_minutes_min, clinic.session_minutes_max),
    )


def _sessions(work: Work, ahead: Select[UUID]) -> list[Planned]:
    """All that are live, and the completed ones of the patients who have one ahead."""
    of_clinic = select(*_COLUMNS).where(InfusionSession.clinic_id == work.clinic_id)
    live = of_clinic.where(InfusionSession.status.in_(LIVE))
    done = of_clinic.where(
        InfusionSession.status == "completed", InfusionSession.patient_id.in_(ahead)
    )
    # Two queries, as each has an index of its own.
    return [_planned(row) for query in (live, done) for row in work.session.execute(query)]


def _ahead(work: Work) -> Select[UUID]:
    """The patients who have a session ahead."""
    return select(InfusionSession.patient_id).where(
        InfusionSession.clinic_id == work.clinic_id,
        InfusionSession.status.in_(LIVE),
        InfusionSession.starts_at > work.now,
    )


def _planned(row: Any) -> Planned:
    arrives_at, watched = row.block_starts_at, watched_until(row)
    visit = Visit(
        infusion=Span(row.starts_at, row.ends_at),
        stay=Span(arrives_at, watched),
        block=Span(arrives_at, row.block_ends_at),
    )
    return Planned(
        id=row.id,
        patient_id=row.patient_id,
        series_id=row.series_id,
        chair_id=row.chair_id,
        protocol_id=row.protocol_id,
        clearance_id=row.clearance_id,
        status=row.status,
        visit=visit,
        extra=timedelta(minutes=row.extra_minutes),
        infusion_ended_at=row.infusion_ended_at,
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


def _patients(work: Work, ahead: Select[UUID]) -> dict[UUID, Person]:
    rows = work.session.execute(
        select(Patient.id, Patient.status, Patient.birth_date, Patient.version).where(
            Patient.clinic_id == work.clinic_id, Patient.id.in_(ahead)
        )
    )
    return {row.id: Person(row.status, row.birth_date, row.version) for row in rows}


def _protocols(work: Work) -> dict[UUID, Pattern]:
    rows = work.session.execute(
        select(Protocol.id, Protocol.phases, Protocol.turnover_minutes).where(
            Protocol.clinic_id == work.clinic_id
        )
    )
    return {
        row.id: Pattern([phase_of(each) for each in row.phases], timedelta(minutes=row[2]))
        for row in rows
    }
