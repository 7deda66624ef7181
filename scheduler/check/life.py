"""A session's way, and a series' end: what is kept of each step (I25 to I32)."""

from scheduler.check.proof import Proof, by_sql

# As long as attention looks at a series; what a series owes is told with it for ever.
_OWED = """
    SELECT r.id, false, r.cancelled_at IS NULL AND p.status = 'active' AND (
               count(s.id) FILTER (WHERE s.status IN {counted}) < r.sessions_planned
               OR count(s.id) FILTER (WHERE s.status = 'no_show') >= o.missed_limit
                  AND count(s.id) FILTER (WHERE s.status = 'completed') < r.sessions_planned)
               AND coalesce(max(s.starts_at) > :now - CAST(:matters AS interval), true)
    FROM series r
    JOIN patients p ON p.clinic_id = r.clinic_id AND p.id = r.patient_id
    JOIN protocols o ON o.clinic_id = r.clinic_id AND o.id = r.protocol_id
    LEFT JOIN sessions s ON s.clinic_id = r.clinic_id AND s.series_id = r.id
    WHERE r.clinic_id = :clinic_id
    GROUP BY r.id, r.sessions_planned, r.cancelled_at, p.status, o.missed_limit
"""

_STOPPED = """
    SELECT r.id, r.cancelled_at IS NOT NULL AND EXISTS (
               SELECT FROM sessions s
               WHERE s.clinic_id = r.clinic_id AND s.series_id = r.id
                 AND s.status IN ('held', 'booked') AND s.starts_at > r.cancelled_at), false
    FROM series r
    WHERE r.clinic_id = :clinic_id
"""

# Each state keeps when it was entered and how, and nothing of what comes after it.
_STAMPED = """
    SELECT id, NOT CASE status
               WHEN 'booked' THEN arrived_at IS NULL AND started_at IS NULL
                   AND missed_at IS NULL AND cancelled_at IS NULL
               WHEN 'arrived' THEN arrived_at IS NOT NULL AND started_at IS NULL
               WHEN 'infusing' THEN started_at >= arrived_at AND infusion_ended_at IS NULL
               WHEN 'observing' THEN infusion_ended_at >= started_at AND left_at IS NULL
               WHEN 'completed' THEN completed_at >= left_at AND left_at >= infusion_ended_at
                   AND infusion_ended_at >= started_at AND started_at >= arrived_at
               WHEN 'cancelled' THEN started_at IS NULL
               ELSE status IN ('held', 'no_show') END, false
    FROM sessions
    WHERE clinic_id = :clinic_id
"""

# The grace then in force is known where the clinic's policies never changed.
_MISSED = """
    SELECT s.id, s.status = 'no_show' AND (
               s.missed_at IS NULL OR s.arrived_at IS NOT NULL OR s.missed_at < s.starts_at
                   + CASE o.version WHEN 1 THEN make_interval(mins => o.no_show_grace_minutes)
                     ELSE interval '0' END), false
    FROM sessions s
    JOIN policies o ON o.clinic_id = s.clinic_id
    WHERE s.clinic_id = :clinic_id
"""

_CALLED_OFF = """
    SELECT id, status = 'cancelled'
               AND (cancelled_at IS NULL OR cancelled_by IS NULL OR cancel_reason IS NULL), false
    FROM sessions
    WHERE clinic_id = :clinic_id
"""

PROOFS = (
    Proof(
        "I25",
        "a series that lost sessions owes them",
        by_sql(_OWED),
        "owing",
        ("owed", "missed_limit"),
    ),
    Proof("I27", "a stopped series has nothing more to come", by_sql(_STOPPED)),
    Proof("I29", "each state keeps its steps, in order", by_sql(_STAMPED)),
    Proof("I30", "missed only after the grace, and never arrived", by_sql(_MISSED)),
    Proof("I32", "what was called off keeps who, when and why", by_sql(_CALLED_OFF)),
)
