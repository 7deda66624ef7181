"""What some follow-ups ask, whether it was answered, and which of them another message carries."""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, select

from scheduler.answers.model import Answers
from scheduler.clinics.model import policy_of
from scheduler.db import among, among_ids, in_states
from scheduler.links.model import Link
from scheduler.messages.model import Message
from scheduler.messages.model_chunks import Entry, entry_columns
from scheduler.protocols.model import plans_of
from scheduler.protocols.rules_follow_ups import NUDGE, asked_by
from scheduler.sessions.model import InfusionSession
from scheduler.tenancy import Work

# The same form handed in so shortly before need not be asked for.
JUST_NOW = timedelta(days=1)


class Form(NamedTuple):
    """What is asked, by which rule, around which session."""

    session_id: UUID
    time_version: int
    rule: str
    instrument: str


@dataclass(frozen=True, slots=True)
class Asks:
    """The follow-ups of some patients whose time has come.

    `forms` and `answered` are by message, as are `carriers`: the states of those that carry it.
    `reminded` are the patients of whom a reminder goes now.
    """

    waiting: Mapping[UUID, Sequence[Entry]]
    forms: Mapping[UUID, Form]
    answered: Set[UUID]
    carriers: Mapping[UUID, Set[str]]
    reminded: Set[UUID]

    @property
    def entries(self) -> list[Entry]:
        return [each for of_patient in self.waiting.values() for each in of_patient]


NO_ASKS = Asks({}, {}, set(), {}, set())


def had_form() -> ColumnElement[bool]:
    """Was a link to its form in a message? Nobody is nudged who was given none."""
    return exists().where(
        Link.clinic_id == Message.clinic_id,
        Link.session_id == Message.session_id,
        Link.purpose == "check_in",
        Link.rule == func.replace(Message.rule, NUDGE, ""),
    )


def asks_of(work: Work, entries: Sequence[Entry], *, merged: bool) -> Asks:
    """What these messages and others of the same patients ask now; `merged` with reminders."""
    patient_ids = {each.patient_id for each in entries if each.kind in ("follow_up", "reminder")}
    if not patient_ids:
        return NO_ASKS
    asked = {"clinic_id": work.clinic_id, "ids": list(patient_ids), "now": work.now}
    waiting = [Entry(*row) for row in work.session.execute(_WAITING, asked)]
    known = {each.id for each in waiting}
    asking = waiting + [
        each for each in entries if each.kind == "follow_up" and each.id not in known
    ]
    if not asking:
        return NO_ASKS
    forms = _forms(work, asking)
    return Asks(
        waiting={id_: [e for e in waiting if e.patient_id == id_] for id_ in patient_ids},
        forms=forms,
        answered=_answered(work, asking, forms) if forms else set(),
        carriers=_carriers(work, [each.id for each in asking]),
        reminded=set(work.session.scalars(_REMINDED, asked)) if merged else set(),
    )


def _of_these_due(*columns: Any, kind: str) -> Select[Any]:
    """What is due to some patients and has not gone."""
    return select(*columns).where(
        Message.clinic_id == bindparam("clinic_id"),
        among_ids(Message.patient_id),
        in_states(Message.status, "planned", "claimed"),
        Message.kind == kind,
        Message.next_attempt_at <= bindparam("now"),
        Message.not_after > bindparam("now"),
    )


_WAITING = _of_these_due(*entry_columns(), kind="follow_up")
_REMINDED = _of_these_due(Message.patient_id, kind="reminder").distinct()


def _forms(work: Work, asking: Sequence[Entry]) -> dict[UUID, Form]:
    """By message; none of what its session's protocol does not ask any more."""
    plans = plans_of(work, policy_of(work).follow_up_hours)
    rows: Any = work.session.execute(
        select(InfusionSession.id, InfusionSession.protocol_id).where(
            InfusionSession.clinic_id == work.clinic_id,
            among(InfusionSession.id, {each.session_id for each in asking}),
        )
    )
    protocols = dict(rows.all())
    found = {}
    for each in asking:
        if ask := asked_by(plans[protocols[each.session_id]], each.rule):
            found[each.id] = Form(each.session_id, each.time_version, ask.rule, ask.instrument)
    return found


def _answered(work: Work, asking: Sequence[Entry], forms: Mapping[UUID, Form]) -> set[UUID]:
    """Those whose form was handed in: by its link, or the same one in any way lately."""
    nudged = timedelta(hours=policy_of(work).nudge_hours)
    found = select(
        Answers.patient_id,
        Answers.session_id,
        Answers.rule,
        Answers.instrument,
        Answers.submitted_at,
    ).where(
        Answers.clinic_id == work.clinic_id,
        among(Answers.patient_id, {each.patient_id for each in asking}),
        Answers.submitted_at.is_not(None),
    )
    answers = work.session.execute(found).all()

    def is_answered(each: Entry) -> bool:
        form = forms[each.id]
        since = each.due_at - JUST_NOW - (nudged if each.rule.endswith(NUDGE) else timedelta(0))
        return any(
            (row.session_id, row.rule) == (form.session_id, form.rule)
            or (
                (row.patient_id, row.instrument) == (each.patient_id, form.instrument)
                and row.submitted_at >= since
            )
            for row in answers
        )

    return {each.id for each in asking if each.id in forms and is_answered(each)}


def _carriers(work: Work, message_ids: Collection[UUID]) -> dict[UUID, set[str]]:
    found: dict[UUID, set[str]] = {}
    rows = work.session.execute(
        select(Message.carries_id, Message.status).where(
            Message.clinic_id == work.clinic_id, among(Message.carries_id, message_ids)
        )
    )
    for carried, status in rows:
        if carried is not None:
            found.setdefault(carried, set()).add(status)
    return found
