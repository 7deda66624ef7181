"""What follows a visit: one follow-up each, in its time (I50, I51)."""

from datetime import timedelta

from sqlalchemy import text

from scheduler.check.proof import OVERDUE, PATIENCE, Found, Proof, by_sql, found_by
from scheduler.clinics.model import policy_of
from scheduler.outreach.model import OutreachMark
from scheduler.tenancy import Work

# A follow-up leaves quiet hours within a day; a clock change and the scans' overlap add to it.
_MOVED_AT_MOST = timedelta(hours=26)

# `done_*`: a session that ended by then has a follow-up that fell due before the latest scan;
# `late_*`: one that fell due a while ago by the clock, whether a scan came or not.
_FOLLOWED_UP = """
    SELECT s.id,
           CASE WHEN s.status <> 'completed' THEN f.sent > 0 AND s.undone_at IS NULL
                WHEN f.entered IS NULL THEN s.completed_at >= :since
                    AND s.left_at < :done_left AND s.completed_at < :done_recorded
                ELSE f.entered > f.rules END,
           s.status = 'completed' AND f.entered IS NULL AND s.completed_at >= :since
               AND s.left_at < :late_left AND s.completed_at < :late_recorded
    FROM sessions s
    LEFT JOIN (
        SELECT session_id, count(*), count(DISTINCT rule), count(sent_at)
        FROM messages WHERE clinic_id = :clinic_id AND kind = 'follow_up' GROUP BY session_id
    ) AS f (session_id, entered, rules, sent) ON f.session_id = s.id
    WHERE s.clinic_id = :clinic_id
      AND (s.status = 'completed' OR s.status IN ('cancelled', 'no_show') AND f.entered > 0)
"""

_POLICIES_CHANGED = """
    SELECT max(at) FROM audit_log
    WHERE clinic_id = :clinic_id AND method = 'PATCH' AND status = 200
      AND route = '/v1/clinic/policies'
"""

_AFTER_LEAVING = """
    SELECT m.id, m.due_at < s.left_at AND m.time_version = s.time_version OR EXISTS (
               SELECT FROM sessions n
               WHERE n.clinic_id = m.clinic_id AND n.patient_id = m.patient_id
                 AND n.starts_at > s.starts_at AND n.starts_at < m.sent_at - :sending
                 AND n.status IN {counted}), false
    FROM messages m
    JOIN sessions s ON s.clinic_id = m.clinic_id AND s.id = m.session_id
    WHERE m.clinic_id = :clinic_id AND m.kind = 'follow_up' AND s.status = 'completed'
"""


def _followed_up(work: Work) -> Found:
    """I50: at most one a rule; none is missing that fell due before the latest scan."""
    mark = work.session.get(OutreachMark, work.clinic_id)
    scanned_from = work.clinic().created_at
    scanned_until = mark.scanned_until if mark else scanned_from
    hours = timedelta(hours=policy_of(work).follow_up_hours)
    done, late = scanned_until - _MOVED_AT_MOST, work.now - PATIENCE - _MOVED_AT_MOST
    # A new rule wakes no history: what was over when the policies changed may have none.
    changed_at = work.session.scalar(text(_POLICIES_CHANGED), {"clinic_id": work.clinic_id})
    return found_by(
        work.session,
        _FOLLOWED_UP,
        clinic_id=work.clinic_id,
        since=max(scanned_from, changed_at or scanned_from),
        done_left=done - hours,
        done_recorded=done,
        late_left=late - hours,
        late_recorded=late,
    )


PROOFS = (
    Proof("I50", "one follow-up for each completed session", _followed_up, OVERDUE),
    Proof("I51", "follow-ups after leaving, before the next session", by_sql(_AFTER_LEAVING)),
)
