"""Cancelling a series: what is still to come goes, what was stays."""

from uuid import UUID

from scheduler.clinics.model import policy_of
from scheduler.series.model import Series, SeriesView, views_of
from scheduler.sessions.model_views import numbered
from scheduler.sessions.rules_states import short_notice
from scheduler.sessions.steps import refusal
from scheduler.tenancy import Match, Work, check_match, lock_schedule


def cancel_series(work: Work, series_id: UUID, match: Match, *, reason: str, by: str) -> SeriesView:
    """Cancel its held and booked sessions that start later than now; it owes none (I27).

    Done twice, it does nothing more.
    """
    work = lock_schedule(work)
    series = work.load(Series, series_id)
    (view,) = views_of(work, [series])
    check_match(match, view.version)
    if view.status == "completed":
        raise refusal("completed", "The series is completed; there is nothing to cancel.", "active")
    if series.cancelled_at is not None:
        return view
    series.cancelled_at, series.cancelled_by, series.cancel_reason = work.now, by, reason
    notice_hours = policy_of(work).notice_hours
    sessions = [each.session for each in view.sessions]
    for each in sessions:
        if each.status in ("held", "booked") and each.starts_at > work.now:
            each.cancelled_at, each.cancelled_by, each.cancel_reason = work.now, by, reason
            each.cancelled_late = short_notice(work.now, each.starts_at, notice_hours)
            each.move_to("cancelled", work.now)
    return SeriesView(series, numbered(work, sessions))
