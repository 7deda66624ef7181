"""What is asked around visits: all that their protocols ask, each in its time (I50, I51)."""

from datetime import timedelta

from sqlalchemy import text

from scheduler.check.proof import OVERDUE, PATIENCE, SENDING, Found, Proof, found_by
from scheduler.clinics.model import policy_of
from scheduler.outreach.model import OutreachMark
from scheduler.protocols.model import plans_of
from scheduler.protocols.rules_follow_ups import AFTER, NUDGE
from scheduler.tenancy import Work

# A follow-up leaves quiet hours within a day; a clock change and the scans' overlap add to it.
_MOVED_AT_MOST = timedelta(hours=26)

# `:done`: what was due by then was due before the latest scan; `:late`: a while ago by the clock,
# whether a scan came or not. A plan is a protocol's rules, each with how long after leaving.
_FOLLOWED_UP = """
    WITH plan (protocol_id, rule, length) AS (
        SELECT * FROM unnest(CAST(:protocols AS uuid[]), CAST(:rules AS text[]),
                             CAST(:lengths AS interval[]))
    ), missing AS (
        SELECT s.id, bool_or(s.left_at + p.length < :done AND s.completed_at < :done) AS is_done,
               bool_or(s.left_at + p.length < :late AND s.completed_at < :late) AS is_late
        FROM sessions s
        JOIN plan p ON p.protocol_id = s.protocol_id
        LEFT JOIN series r ON r.clinic_id = s.clinic_id AND r.id = s.series_id
        WHERE s.clinic_id = :clinic_id AND s.status = 'completed' AND s.completed_at >= :since
          AND s.left_at + p.length < greatest(:done, :late)
          AND (p.rule = 'check_in' OR p.rule = 'trend' AND s.series_id IS NOT NULL
               OR p.rule = 'after_series' AND (r.cancelled_at < s.left_at + p.length
                  OR r.sessions_planned <= (
                      SELECT count(*) FROM sessions c
                      WHERE c.clinic_id = r.clinic_id AND c.series_id = r.id
                        AND c.status = 'completed'))
                  AND NOT EXISTS (
                      SELECT FROM sessions n
                      WHERE n.clinic_id = s.clinic_id AND n.series_id = s.series_id
                        AND n.starts_at > s.starts_at AND n.status IN {counted}))
          AND NOT EXISTS (
              SELECT FROM messages m
              WHERE m.clinic_id = s.clinic_id AND m.session_id = s.id
                AND m.kind = 'follow_up' AND m.rule = p.rule)
        GROUP BY s.id
    )
    SELECT s.id,
           CASE WHEN s.status <> 'completed' THEN f.sent > 0 AND s.undone_at IS NULL
                ELSE coalesce(f.entered > f.rules, false) OR coalesce(m.is_done, false) END,
           coalesce(m.is_late, false)
    FROM sessions s
    LEFT JOIN missing m ON m.id = s.id
    LEFT JOIN (
        SELECT session_id, count(*), count(DISTINCT rule),
               count(sent_at) FILTER (WHERE rule = ANY (:after))
        FROM messages WHERE clinic_id = :clinic_id AND kind = 'follow_up' GROUP BY session_id
    ) AS f (session_id, entered, rules, sent) ON f.session_id = s.id
    WHERE s.clinic_id = :clinic_id
      AND (s.status = 'completed' OR s.status IN ('cancelled', 'no_show') AND f.entered > 0)
"""

_PLANS_CHANGED = """
    SELECT max(at) FROM audit_log
    WHERE clinic_id = :clinic_id AND method = 'PATCH' AND status = 200
      AND route IN ('/v1/clinic/policies', '/v1/protocols/<uuid:protocol_id>')
"""

# Of one that is asked before a session only where that is still at the time it was asked for.
_IN_ITS_TIME = """
    SELECT m.id, CASE WHEN m.rule = ANY (:after) THEN s.status = 'completed' AND (
               m.due_at < s.left_at AND m.time_version = s.time_version OR EXISTS (
               SELECT FROM sessions n
               WHERE n.clinic_id = m.clinic_id AND n.patient_id = m.patient_id
                 AND n.starts_at > s.starts_at AND n.starts_at < m.sent_at - :sending
                 AND n.status IN {counted}))
           ELSE coalesce(m.sent_at - :sending >= s.starts_at, false) AND m.time_version
               >= s.time_version - CASE WHEN s.status IN {live} THEN 0 ELSE 1 END END, false
    FROM messages m
    JOIN sessions s ON s.clinic_id = m.clinic_id AND s.id = m.session_id
    WHERE m.clinic_id = :clinic_id AND m.kind = 'follow_up'
"""

AFTER_AND_NUDGES = [*AFTER, *(rule + NUDGE for rule in AFTER)]


def _followed_up(work: Work) -> Found:
    """I50: at most one a rule; none is missing that fell due before the latest scan."""
    mark = work.session.get(OutreachMark, work.clinic_id)
    scanned_from = work.clinic().created_at
    scanned_until = mark.scanned_until if mark else scanned_from
    # A new rule wakes no history: what was over when the plans changed may have none.
    changed_at = work.session.scalar(text(_PLANS_CHANGED), {"clinic_id": work.clinic_id})
    asks = [
        (protocol_id, ask)
        for protocol_id, plan in plans_of(work, policy_of(work).follow_up_hours).items()
        for ask in plan
        if ask.rule in AFTER
    ]
    return found_by(
        work.session,
        _FOLLOWED_UP,
        clinic_id=work.clinic_id,
        since=max(scanned_from, changed_at or scanned_from),
        done=scanned_until - _MOVED_AT_MOST,
        late=work.now - PATIENCE - _MOVED_AT_MOST,
        protocols=[protocol_id for protocol_id, _ in asks],
        rules=[ask.rule for _, ask in asks],
        lengths=[ask.distance for _, ask in asks],
        after=AFTER_AND_NUDGES,
    )


def _in_their_time(work: Work) -> Found:
    asked = {"clinic_id": work.clinic_id, "sending": SENDING, "after": AFTER_AND_NUDGES}
    return found_by(work.session, _IN_ITS_TIME, **asked)


PROOFS = (
    Proof("I50", "what its protocol asks, for each completed session", _followed_up, OVERDUE),
    Proof("I51", "follow-ups in the time between two sessions", _in_their_time),
)
