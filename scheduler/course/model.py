"""What courses are made of, read at once for however many patients."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import aliased

from scheduler.answers.model import Answers
from scheduler.clinics.model import policy_of
from scheduler.course.rules import (
    Course,
    Form,
    Run,
    Score,
    Treatment,
    course_of,
    one_after_another,
    scores_of,
)
from scheduler.db import among, in_states
from scheduler.instruments.rules_phq import PHQ2, PHQ9
from scheduler.instruments.rules_shipped import SHIPPED
from scheduler.messages.model import Message
from scheduler.messages.rules_asks import GONE
from scheduler.protocols.model import Protocol, plans_of
from scheduler.protocols.rules_follow_ups import ASKING, asked_by
from scheduler.series.model import Series
from scheduler.series.rules import owed, status
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.rules_states import COUNTED
from scheduler.spans import Span
from scheduler.tenancy import Work

# A session may start long before or after its time, and a series ends when its last one started.
EARLY_OR_LATE = timedelta(days=1)

_carrier = aliased(Message)


def courses_of(work: Work, patient_ids: Collection[UUID]) -> dict[UUID, list[Course]]:
    """The courses of these patients, of each by when its series began."""
    asked, totals = _asked(work, patient_ids), _totals(work, patient_ids)
    return {
        patient_id: [
            course_of(
                run,
                totals[patient_id, PHQ9.code],
                now=work.now,
                asked_at=_last_asked(run, asked),
                trend=totals[patient_id, PHQ2.code],
            )
            for run in runs
        ]
        for patient_id, runs in _runs(work, patient_ids).items()
    }


def courses_ended_in(work: Work, within: Span) -> list[Course]:
    """The courses of all series that are over and whose last session started in that time."""
    around = within.widened(EARLY_OR_LATE)
    of_patients = work.session.scalars(
        select(InfusionSession.patient_id)
        .where(
            InfusionSession.clinic_id == work.clinic_id,
            in_states(InfusionSession.status, "completed"),
            InfusionSession.starts_at >= around.start,
            InfusionSession.starts_at < around.end,
            InfusionSession.series_id.is_not(None),
        )
        .distinct()
    )
    patient_ids = of_patients.all()
    totals = _totals(work, patient_ids)
    return [
        course_of(run, totals[run.patient_id, PHQ9.code], now=work.now)
        for runs in _runs(work, patient_ids).values()
        for run in runs
        if run.ended_at is not None and within.start <= run.ended_at < within.end
    ]


def _totals(work: Work, patient_ids: Collection[UUID]) -> dict[tuple[UUID, str], list[Score]]:
    """The complete totals of each patient, by instrument."""
    rows = work.session.execute(
        select(
            Answers.patient_id,
            Answers.instrument,
            Answers.id,
            Answers.answered_at,
            Answers.items,
            Answers.corrects_id,
        ).where(
            Answers.clinic_id == work.clinic_id,
            among(Answers.patient_id, patient_ids),
            in_states(Answers.instrument, PHQ9.code, PHQ2.code),
        )
    )
    forms: dict[tuple[UUID, str], list[Form]] = defaultdict(list)
    for patient_id, instrument, *form in rows:
        forms[patient_id, instrument].append(Form(*form))
    found: dict[tuple[UUID, str], list[Score]] = defaultdict(list)
    for (patient_id, instrument), of_one in forms.items():
        found[patient_id, instrument] = scores_of(SHIPPED[instrument], of_one)
    return found


def _runs(work: Work, patient_ids: Collection[UUID]) -> dict[UUID, list[Run]]:
    """The series of each patient."""
    sessions = _sessions(work, patient_ids)
    found: dict[UUID, list[Run]] = {patient_id: [] for patient_id in patient_ids}
    for row in work.session.execute(_series(work, patient_ids)):
        found[row.patient_id].append(_run(row, sessions.get(row.id, [])))
    return {patient_id: one_after_another(runs) for patient_id, runs in found.items()}


def _series(work: Work, patient_ids: Collection[UUID]) -> Any:
    same = and_(Protocol.clinic_id == Series.clinic_id, Protocol.id == Series.protocol_id)
    return (
        select(
            Series.id,
            Series.patient_id,
            Series.sessions_planned,
            Series.cancelled_at,
            Protocol.review_after,
        )
        .join(Protocol, same)
        .where(Series.clinic_id == work.clinic_id, among(Series.patient_id, patient_ids))
    )


def _sessions(
    work: Work, patient_ids: Collection[UUID]
) -> dict[UUID | None, list[tuple[Any, ...]]]:
    """The counted sessions of each series by start, as they took or are to take place."""
    rows = work.session.execute(
        select(
            InfusionSession.series_id,
            InfusionSession.id,
            func.coalesce(InfusionSession.started_at, InfusionSession.starts_at),
            InfusionSession.status,
        )
        .where(
            InfusionSession.clinic_id == work.clinic_id,
            among(InfusionSession.patient_id, patient_ids),
            InfusionSession.series_id.is_not(None),
            in_states(InfusionSession.status, *COUNTED),
        )
        .order_by(InfusionSession.starts_at, InfusionSession.id)
    )
    found: dict[UUID | None, list[tuple[Any, ...]]] = defaultdict(list)
    for series_id, *session in rows:
        found[series_id].append(tuple(session))
    return found


def _run(row: Any, sessions: list[tuple[Any, ...]]) -> Run:
    states = [each[2] for each in sessions]
    cancelled = row.cancelled_at is not None
    return Run(
        series_id=row.id,
        patient_id=row.patient_id,
        status=status(row.sessions_planned, states, cancelled=cancelled),
        owed=owed(row.sessions_planned, states, cancelled=cancelled),
        sessions=[Treatment(id_, at, state == "completed") for id_, at, state in sessions],
        review_after=row.review_after,
    )


def _asked(work: Work, patient_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """By session, when its last PHQ-9 was asked for, if an answer could be awaited since."""
    policy = policy_of(work)
    plans = plans_of(work, policy.follow_up_hours)
    found: dict[UUID, datetime] = {}
    rows = _sent(work, patient_ids, work.now - timedelta(hours=policy.nudge_hours))
    for session_id, protocol_id, rule, sent_at in rows:
        ask = asked_by(plans[protocol_id], rule)
        if ask is not None and ask.instrument == PHQ9.code:
            found[session_id] = max(sent_at, found.get(session_id, sent_at))
    return found


def _sent(work: Work, patient_ids: Collection[UUID], until: datetime) -> Any:
    """The check-ins that went until then, themselves or with what carried them."""
    gone = sorted(GONE)
    carrying = and_(
        _carrier.clinic_id == Message.clinic_id,
        _carrier.carries_id == Message.id,
        in_states(_carrier.status, *gone),
    )
    itself = case((in_states(Message.status, *gone), Message.sent_at))
    sent_at = func.coalesce(itself, _carrier.sent_at)
    about = and_(
        InfusionSession.clinic_id == Message.clinic_id, InfusionSession.id == Message.session_id
    )
    return work.session.execute(
        select(Message.session_id, InfusionSession.protocol_id, Message.rule, sent_at)
        .join(InfusionSession, about)
        .outerjoin(_carrier, carrying)
        .where(
            Message.clinic_id == work.clinic_id,
            among(Message.patient_id, patient_ids),
            in_states(Message.kind, "follow_up"),
            in_states(Message.rule, *ASKING),
            sent_at <= until,
        )
    )


def _last_asked(run: Run, asked: Mapping[UUID, datetime]) -> datetime | None:
    of_run = (asked.get(each.session_id) for each in run.sessions)
    return max((each for each in of_run if each is not None), default=None)
