"""The sessions of which a patient may have to be told something."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, or_

from scheduler.clinics.model import Policy
from scheduler.messages.model import DueMessage, quiet_hours_of
from scheduler.messages.model_due import falls_due, sessions_of_recipients
from scheduler.notices.rules import Notice, Promise, booking_of, change_of, changes_due_in
from scheduler.sessions.model import InfusionSession
from scheduler.spans import Span
from scheduler.tenancy import Work

# A row is a session; together are those of one series that were booked, or cancelled, at once.
Together = dict[tuple[Any, ...], list[Any]]


def notices_due(work: Work, due: Span, policy: Policy, **only: UUID) -> Iterator[DueMessage]:
    """The notices that fall due after `due.start` and up to `due.end`, of the kinds sent here.

    `only` narrows them to those of the sessions whose columns have these values. What was booked
    or cancelled together is told once, as the notice of the session with the lowest id.
    """
    if not policy.notices:
        return
    night = quiet_hours_of(policy, None, work.zone)
    found: list[tuple[list[Any], Notice]] = []
    together: Together = defaultdict(list)
    booked: Together = defaultdict(list)
    within = changes_due_in(due, night)
    asked = {"clinic_id": work.clinic_id, "since": within.start, "until": within.end}
    for row in work.session.execute(_CHANGED, asked):
        quiet = quiet_hours_of(policy, row.time_zone, work.zone)
        booked[row.series_id or row.id, row.booked_at].append(row)
        if notice := change_of(_promise(row), quiet):
            of_all = notice.rule == "cancelled" and row.series_id
            together[of_all or row.id, row.promised_at, notice.rule, notice.due_at].append(row)
    for rows in booked.values():
        quiet = quiet_hours_of(policy, rows[0].time_zone, work.zone)
        if notice := booking_of([_promise(row) for row in rows], quiet):
            found.append((rows, notice))
    for rows in together.values():
        quiet = quiet_hours_of(policy, rows[0].time_zone, work.zone)
        notices = [each for row in rows if (each := change_of(_promise(row), quiet))]
        found.append((rows, max(notices, key=lambda each: each.not_after)))
    for rows, notice in found:
        row = min(rows, key=lambda each: each.id)
        wanted = all(getattr(row, name) == value for name, value in only.items())
        if wanted and notice.rule in policy.notices and (told := _due(row, notice, due)):
            yield told


def _due(row: Any, notice: Notice, due: Span) -> DueMessage | None:
    told = falls_due(row, "notice", notice, due)
    # One booking is told once, whatever became of its time in the meantime.
    return replace(told, time_version=1) if told and notice.rule == "booked" else told


_booked, _promised = InfusionSession.booked_at, InfusionSession.promised_at
# To put it together takes longer than to ask.
_CHANGED = sessions_of_recipients(
    [
        InfusionSession.series_id,
        InfusionSession.status,
        InfusionSession.starts_at,
        _booked,
        _promised,
        InfusionSession.arrived_at,
        InfusionSession.cancelled_by,
        InfusionSession.moved_by,
    ],
    [
        or_(
            _booked.between(bindparam("since"), bindparam("until")),
            _promised.between(bindparam("since"), bindparam("until")),
        ),
        _booked.is_not(None),
    ],
    (),
)


def _promise(row: Any) -> Promise:
    return Promise(
        status=row.status,
        starts_at=row.starts_at,
        booked_at=row.booked_at,
        promised_at=row.promised_at,
        has_arrived=row.arrived_at is not None,
        cancelled_by=row.cancelled_by,
        moved_by=row.moved_by,
        channel=row.preferred_channel,
    )
