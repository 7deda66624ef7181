"""How far apart do a patient's infusions lie (I10, I21)? A protocol may change after a booking."""

from typing import Any

from sqlalchemy import Row

from scheduler.check.proof import Found, Judgement, Proof, judged
from scheduler.protocols.model import phase_of
from scheduler.protocols.rules import Phase, phase_at
from scheduler.tenancy import Work
from scheduler.wall_time import local_date

# Each counted session with the one before it of the same patient; ranks are in their series.
_NEIGHBOURS = """
    SELECT id, starts_at, ahead, phases, unchanged, rank, widest,
           lag(starts_at) OVER before AS before_at, lag(phases) OVER before AS before_phases,
           lag(unchanged) OVER before AS before_unchanged, lag(rank) OVER before AS before_rank,
           lag(widest) OVER before AS before_widest
    FROM (
        SELECT s.id, s.patient_id, s.starts_at, s.starts_at > :now AND s.status IN {live} AS ahead,
               p.phases, p.version = 1 AND jsonb_array_length(p.phases) = 1 AS unchanged,
               CASE WHEN s.series_id IS NULL THEN 1 ELSE row_number() OVER (
                   PARTITION BY s.series_id ORDER BY s.starts_at, s.id) END AS rank,
               (SELECT max(coalesce((phase->>'min_gap_days')::int,
                                    (phase->>'min_gap_hours')::int / 24 + 1, 1))
                FROM jsonb_array_elements(p.phases) AS phase) AS widest
        FROM sessions s
        JOIN protocols p ON p.clinic_id = s.clinic_id AND p.id = s.protocol_id
        WHERE s.clinic_id = :clinic_id AND s.status IN {counted}
    ) AS counted
    WINDOW before AS (PARTITION BY patient_id ORDER BY starts_at, id)
"""
_MAY_BE_NEAR = """
    before_at IS NOT NULL
    AND starts_at - before_at < make_interval(days => greatest(widest, before_widest) + 1)
"""

_IN_SERIES = """
    SELECT s.id, s.starts_at, s.starts_at > :now AND s.status IN {live} AS ahead, p.phases,
           row_number() OVER before AS rank, lag(s.starts_at) OVER before AS before_at,
           (SELECT min((phase->>'max_gap_days')::int)
            FROM jsonb_array_elements(p.phases) AS phase) AS narrowest
    FROM sessions s
    JOIN protocols p ON p.clinic_id = s.clinic_id AND p.id = s.protocol_id
    WHERE s.clinic_id = :clinic_id AND s.status IN {counted} AND s.series_id IS NOT NULL
    WINDOW before AS (PARTITION BY s.series_id ORDER BY s.starts_at, s.id)
"""
_MAY_BE_FAR = """
    before_at IS NOT NULL AND ahead
    AND starts_at - before_at > make_interval(days => narrowest - 1)
"""


def _phase(stored: Any, rank: int) -> Phase:
    return phase_at([phase_of(each) for each in stored], rank)


def _far_enough(work: Work) -> Found:
    """I10: as one of the two has it, where two patterns meet in a patient."""

    def judge(row: Row[Any]) -> Judgement:
        if local_date(row.starts_at, work.zone) == local_date(row.before_at, work.zone):
            return True, False
        phases = (row.phases, row.rank), (row.before_phases, row.before_rank)
        near = not any(
            _phase(*each).distance.keeps(row.starts_at, row.before_at, work.zone) for each in phases
        )
        as_it_was = row.unchanged and row.before_unchanged
        return near and as_it_was, near and row.ahead

    return judged(work, _NEIGHBOURS, judge, _MAY_BE_NEAR, now=work.now)


def _near_enough(work: Work) -> Found:
    """I21: reported, as only creating a series is bound by it."""

    def judge(row: Row[Any]) -> Judgement:
        distance = _phase(row.phases, row.rank).distance
        return False, distance.too_long(row.before_at, row.starts_at, work.zone)

    return judged(work, _IN_SERIES, judge, _MAY_BE_FAR, now=work.now)


PROOFS = (
    Proof("I10", "a patient's infusions keep their distance", _far_enough, listed_as=("gap",)),
    Proof("I21", "sessions ahead follow those before in time", _near_enough, "too far apart"),
)
