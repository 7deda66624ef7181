"""Chairs, hours, series and a session's own times (I7 to I13, I20 to I28, I33)."""

from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Row

from scheduler.check.proof import Found, Judgement, Proof, by_sql, judged
from scheduler.clinics.model import hours_of_clinic
from scheduler.clinics.rules import open_spans
from scheduler.spans import Span
from scheduler.tenancy import Work
from scheduler.wall_time import day, local_date

# The clinic may have changed its bounds after a booking; if it never changed at all, it has not.
_LENGTHS = """
    SELECT s.id,
           extract(epoch FROM s.starts_at) % 300 <> 0 OR extract(epoch FROM s.ends_at) % 300 <> 0
           OR s.starts_at >= s.ends_at
           OR (l.out_of_bounds AND NOT EXISTS (
               SELECT FROM audit_log a
               WHERE a.clinic_id = :clinic_id AND a.method = 'PATCH' AND a.route = '/v1/clinic'
                 AND a.status = 200)),
           l.out_of_bounds AND s.starts_at > :now AND s.status IN {live}
    FROM sessions s
    JOIN clinics c ON c.id = s.clinic_id
    CROSS JOIN LATERAL (
        SELECT extract(epoch FROM s.ends_at - s.starts_at)
               NOT BETWEEN 60 * c.session_minutes_min AND 60 * c.session_minutes_max
    ) AS l (out_of_bounds)
    WHERE s.clinic_id = :clinic_id AND s.status IN {counted}
"""

_CHAIRS = """
    SELECT id, coalesce(block_starts_at < max(block_ends_at) OVER (
               PARTITION BY chair_id ORDER BY block_starts_at, id
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false), false
    FROM sessions
    WHERE clinic_id = :clinic_id AND status IN {live}
"""

# A session takes the patient from the block's start until they leave after observation.
_PATIENTS = """
    SELECT id, coalesce(comes_at < max(leaves_at) OVER (
               PARTITION BY patient_id ORDER BY comes_at, id
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false), false
    FROM (
        SELECT id, patient_id, block_starts_at,
               ends_at + make_interval(mins => observation_minutes)
        FROM sessions WHERE clinic_id = :clinic_id AND status IN {live}
        UNION ALL
        SELECT id, patient_id, starts_at, ends_at
        FROM consultations WHERE clinic_id = :clinic_id AND status IN ('booked', 'arrived')
    ) AS visits (id, patient_id, comes_at, leaves_at)
"""

_AHEAD = """
    SELECT s.id, s.block_starts_at, s.block_ends_at, EXISTS (
               SELECT FROM closures c
               WHERE c.clinic_id = s.clinic_id
                 AND c.ends_at > s.block_starts_at AND c.starts_at < s.block_ends_at
           ) OR EXISTS (
               SELECT FROM outages o
               WHERE o.clinic_id = s.clinic_id AND o.chair_id = s.chair_id
                 AND o.ends_at > s.block_starts_at AND o.starts_at < s.block_ends_at
           ) AS shut
    FROM sessions s
    WHERE s.clinic_id = :clinic_id AND s.status IN {live} AND s.starts_at > :now
"""

_RETIRED = """
    SELECT s.id, false, NOT c.active
    FROM sessions s
    LEFT JOIN chairs c ON c.clinic_id = s.clinic_id AND c.id = s.chair_id
    WHERE s.clinic_id = :clinic_id AND s.status IN {live} AND s.starts_at > :now
"""

_COUNTED = """
    SELECT r.id, count(s.id) FILTER (WHERE s.status IN {counted}) > r.sessions_planned, false
    FROM series r
    LEFT JOIN sessions s ON s.clinic_id = r.clinic_id AND s.series_id = r.id
    WHERE r.clinic_id = :clinic_id
    GROUP BY r.id, r.sessions_planned
"""

# No session is ever deleted, so a series booked whole keeps as many rows as were planned.
_WHOLE = """
    SELECT r.id, count(s.id) < r.sessions_planned, false
    FROM series r
    LEFT JOIN sessions s ON s.clinic_id = r.clinic_id AND s.series_id = r.id
    WHERE r.clinic_id = :clinic_id
    GROUP BY r.id, r.sessions_planned
"""

_SAME_PATIENT = """
    SELECT s.id, r.patient_id IS DISTINCT FROM s.patient_id, false
    FROM sessions s
    LEFT JOIN series r ON r.clinic_id = s.clinic_id AND r.id = s.series_id
    WHERE s.clinic_id = :clinic_id AND s.series_id IS NOT NULL
"""

_OBSERVED = """
    SELECT id, NOT (left_at IS NOT NULL AND (early_reason IS NOT NULL
               OR left_at >= infusion_ended_at + make_interval(mins => observation_minutes))),
           false
    FROM sessions
    WHERE clinic_id = :clinic_id AND status = 'completed'
"""


def _open(work: Work) -> Found:
    """I11: by hours as they are now, so a block outside them was booked before they changed."""
    hours = hours_of_clinic(work)

    @cache
    def open_from(first: date, last: date) -> list[Span]:
        days = Span(day(first, work.zone).start, day(last, work.zone).end)
        return open_spans(hours, days, work.zone)

    def judge(row: Row[Any]) -> Judgement:
        block = Span(row.block_starts_at, row.block_ends_at)
        days = local_date(block.start, work.zone), local_date(block.end, work.zone)
        is_open = any(span.contains(block) for span in open_from(*days))
        return False, row.shut or not is_open

    return judged(work, _AHEAD, judge, "true", now=work.now)


PROOFS = (
    Proof(
        "I7",
        "lengths within the clinic's bounds, on the 5-minute grid",
        by_sql(_LENGTHS),
        listed_as=("session_minutes",),
    ),
    Proof("I8", "planned blocks on a chair are disjoint", by_sql(_CHAIRS)),
    Proof("I9", "no patient has two visits at once", by_sql(_PATIENTS)),
    Proof(
        "I11",
        "blocks ahead lie in open hours, outside closures and outages",
        _open,
        listed_as=("closed", "outage"),
    ),
    Proof(
        "I13",
        "retired chairs have no sessions ahead",
        by_sql(_RETIRED),
        listed_as=("chair_retired",),
    ),
    Proof("I20", "no series counts more sessions than planned", by_sql(_COUNTED)),
    Proof("I22", "each series was booked whole", by_sql(_WHOLE)),
    Proof("I28", "each session is of its series' patient", by_sql(_SAME_PATIENT)),
    Proof("I33", "patients left once observed long enough, or with a reason", by_sql(_OBSERVED)),
)
