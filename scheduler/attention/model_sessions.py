"""The sessions that attention looks at: all that are live, and what was done and still counts.

The live ones are those ahead and those that nobody closed. Of the completed ones, ten years of
them, only these still decide anything (`docs/decisions/0013`): the patient's last ones, those of
the same series, and those that a clearance with a limit has covered.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, text, type_coerce
from sqlalchemy.dialects.postgresql import TIMESTAMP

from scheduler.attention.rules_picture import Planned
from scheduler.consults.rules import Term
from scheduler.db import among, in_states
from scheduler.protocols.rules import Visit
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.model_patient import FARTHEST_GAP
from scheduler.sessions.rules_states import LIVE
from scheduler.spans import Span
from scheduler.tenancy import Work


def _read(column: Any) -> Any:
    """The connection's time zone is UTC: thousands of instants need not be made so again."""
    return type_coerce(column, TIMESTAMP(timezone=True)).label(column.key)


_COLUMNS = (
    InfusionSession.id,
    InfusionSession.patient_id,
    InfusionSession.series_id,
    InfusionSession.chair_id,
    InfusionSession.protocol_id,
    InfusionSession.clearance_id,
    InfusionSession.status,
    _read(InfusionSession.starts_at),
    _read(InfusionSession.ends_at),
    _read(InfusionSession.block_starts_at),
    _read(InfusionSession.block_ends_at),
    InfusionSession.observation_minutes,
    InfusionSession.extra_minutes,
    _read(InfusionSession.infusion_ended_at),
)

# A session that names a clearance starts after it was given: nothing is booked in the past.
_COVERED = text(
    """
    SELECT s.id
    FROM unnest(CAST(:patients AS uuid[]), CAST(:terms AS uuid[]),
                CAST(:since AS timestamptz[])) AS t (patient_id, id, since)
    CROSS JOIN LATERAL (
        SELECT id, clearance_id FROM sessions
        WHERE clinic_id = :clinic_id AND patient_id = t.patient_id
          AND starts_at >= t.since AND starts_at < :until AND status = 'completed'
        OFFSET 0
    ) AS s
    WHERE s.clearance_id = t.id
    """
)


def live_sessions(work: Work) -> list[Planned]:
    """Those ahead, and those that nobody has closed yet."""
    return _planned_of(work, [in_states(InfusionSession.status, *LIVE)])


def done_and_counting(
    work: Work, live: Sequence[Planned], terms: Mapping[UUID, Sequence[Term]]
) -> list[Planned]:
    """The completed sessions that the sessions ahead are still held against.

    `terms` are the clearances of the patients who have one ahead.
    """
    recently = work.now - FARTHEST_GAP
    recent = _completed(
        work,
        among(InfusionSession.patient_id, terms),
        InfusionSession.starts_at >= recently,
        # As far as nothing reaches: a range has a plan by index, where one bound has none.
        InfusionSession.starts_at < work.now + FARTHEST_GAP,
    )
    # Which phase of its protocol a session is in follows from its rank in the whole series.
    series = {
        each.series_id for each in (*live, *recent) if each.series_id and each.patient_id in terms
    }
    before = InfusionSession.starts_at < recently
    same = _completed(work, among(InfusionSession.series_id, series), before) if series else []
    covered = _covered(work, live, terms, recently) - {each.id for each in same}
    older = _completed(work, among(InfusionSession.id, covered)) if covered else []
    return [*recent, *same, *older]


def _covered(
    work: Work, live: Iterable[Planned], terms: Mapping[UUID, Sequence[Term]], until: datetime
) -> set[UUID]:
    """The completed sessions before `until` that clearances with a limit have covered.

    Of such as may cover a session ahead, or are named by one.
    """
    named = {each.clearance_id for each in live}
    ended = (work.now - timedelta(days=2)).date()
    found = [
        (patient_id, term)
        for patient_id, of_patient in terms.items()
        for term in of_patient
        if term.max_sessions is not None
        and term.cleared_at < until
        and (term.id in named or term.expires_on >= ended)
    ]
    if not found:
        return set()
    asked = {
        "clinic_id": work.clinic_id,
        "patients": [patient_id for patient_id, _ in found],
        "terms": [term.id for _, term in found],
        "since": [term.cleared_at for _, term in found],
        "until": until,
    }
    return set(work.session.scalars(_COVERED, asked))


def _completed(work: Work, *conditions: ColumnElement[bool]) -> list[Planned]:
    return _planned_of(work, [in_states(InfusionSession.status, "completed"), *conditions])


def _planned_of(work: Work, conditions: Iterable[ColumnElement[bool]]) -> list[Planned]:
    found: Select[Any] = select(*_COLUMNS).where(
        InfusionSession.clinic_id == work.clinic_id, *conditions
    )
    return [_planned(*row) for row in work.session.execute(found)]


def _planned(
    id_: UUID,
    patient_id: UUID,
    series_id: UUID | None,
    chair_id: UUID,
    protocol_id: UUID,
    clearance_id: UUID,
    status: str,
    starts_at: datetime,
    ends_at: datetime,
    block_starts_at: datetime,
    block_ends_at: datetime,
    watched: int,
    extra: int,
    infusion_ended_at: datetime | None,
) -> Planned:
    """A row, whose columns come in the order of `_COLUMNS`; `watched` and `extra` are minutes."""
    leaves_at = ends_at + timedelta(minutes=watched + extra)
    visit = Visit(
        Span(starts_at, ends_at),
        Span(block_starts_at, leaves_at),
        Span(block_starts_at, block_ends_at),
    )
    return Planned(
        id_,
        patient_id,
        series_id,
        chair_id,
        protocol_id,
        clearance_id,
        status,
        visit,
        timedelta(minutes=extra),
        infusion_ended_at,
    )
