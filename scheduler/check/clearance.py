"""Who may be treated: clearances, consent, and patients who can be booked (I1 to I6).

A clearance, a patient or a policy whose version is 1 was never changed, so what it says now it
said then. Where it changed afterwards, the sessions it breaks stay: they are to be rearranged.
"""

from typing import Any

from sqlalchemy import Row

from scheduler.check.proof import Found, Judgement, Proof, by_sql, found_by, judged
from scheduler.consults.model import terms_of
from scheduler.consults.rules import clearance_at
from scheduler.patients.rules import not_bookable
from scheduler.sessions.rules_states import BACKDATED_BY_CLINICIAN
from scheduler.tenancy import Work
from scheduler.wall_time import local_date

_WITH_CLEARANCE = """
    SELECT s.id, s.patient_id, coalesce(s.started_at, s.starts_at) AS at,
           s.started_at IS NOT NULL AS started,
           k.cleared_at, k.expires_on, k.revoked_at,
           k.version > 1 + (k.revoked_at IS NOT NULL)::int AS cut_short
    FROM sessions s
    LEFT JOIN clearances k
      ON k.clinic_id = s.clinic_id AND k.id = s.clearance_id AND k.patient_id = s.patient_id
    WHERE s.clinic_id = :clinic_id AND s.status IN {counted}
"""

_WITH_PATIENT = """
    SELECT s.id, s.starts_at, s.starts_at > :now AND s.status IN {live} AS ahead,
           p.status, p.birth_date, o.minimum_age, p.version = 1 AND o.version = 1 AS as_it_was
    FROM sessions s
    JOIN patients p ON p.clinic_id = s.clinic_id AND p.id = s.patient_id
    JOIN policies o ON o.clinic_id = s.clinic_id
    WHERE s.clinic_id = :clinic_id AND s.status IN {counted}
"""

_MAY_BE_WRONG = """
    status <> 'active'
    OR starts_at < birth_date + make_interval(years => minimum_age, days => 2)
"""

# Of the sessions on one clearance those that start last are too many.
_WITHIN_COUNT = """
    SELECT id, too_many AND unchanged, too_many AND starts_at > :now AND status IN {live}
    FROM (
        SELECT s.id, s.starts_at, s.status, coalesce(row_number() OVER (
                   PARTITION BY s.clearance_id ORDER BY s.starts_at, s.id) > k.max_sessions, false),
               k.version = 1 + (k.revoked_at IS NOT NULL)::int
        FROM sessions s
        LEFT JOIN clearances k ON k.clinic_id = s.clinic_id AND k.id = s.clearance_id
        WHERE s.clinic_id = :clinic_id AND s.status IN {counted}
    ) AS ranked (id, starts_at, status, too_many, unchanged)
"""

_FROM_CONSULTATION = """
    SELECT k.id, NOT (c.status = 'completed' AND c.outcome = 'suitable' AND c.history_reviewed
                      AND c.patient_id = k.patient_id AND c.provider_id = k.provider_id), false
    FROM clearances k
    LEFT JOIN consultations c ON c.clinic_id = k.clinic_id AND c.id = k.consultation_id
    WHERE k.clinic_id = :clinic_id
"""

# A start may be recorded days later, by which time the consent has to be there.
# What was told of later than it happened may have been told after a stop was lifted; and an answer
# may be on its way while a session starts.
_CONSENTED = """
    SELECT s.id, NOT EXISTS (
        SELECT FROM consents c
        WHERE c.clinic_id = s.clinic_id AND c.patient_id = s.patient_id
          AND c.purpose = 'treatment' AND c.given_at <= s.started_at + :backdated
          AND (c.withdrawn_at IS NULL OR c.withdrawn_at >= s.started_at))
        OR EXISTS (
        SELECT FROM stops x
        WHERE x.clinic_id = s.clinic_id AND x.patient_id = s.patient_id
          AND x.placed_at < s.started_at - interval '1 minute'
          AND coalesce(x.lifted_at > s.started_at + :backdated, true)), false
    FROM sessions s
    WHERE s.clinic_id = :clinic_id AND s.started_at IS NOT NULL
"""


def _cleared(work: Work) -> Found:
    """I1: the session names a clearance of its patient, in force at its own start."""

    def judge(row: Row[Any]) -> Judgement:
        if row.cleared_at is None:
            return True, False
        expired = local_date(row.at, work.zone) > row.expires_on
        return row.at < row.cleared_at or (expired and not row.cut_short), False

    return judged(work, _WITH_CLEARANCE, judge, "at < cleared_at OR at >= expires_on - 1")


def _not_started_without(work: Work) -> Found:
    """I4: none started on a revoked clearance; those ahead that lost theirs are counted."""

    def judge(row: Row[Any]) -> Judgement:
        if row.started:
            return bool(row.revoked_at and row.at > row.revoked_at), False
        covered = clearance_at(terms_of(work, row.patient_id), row.at, work.zone)
        return False, row.at > work.now and covered is None

    return judged(work, _WITH_CLEARANCE, judge, "revoked_at IS NOT NULL OR cut_short")


def _consented(work: Work) -> Found:
    return found_by(
        work.session, _CONSENTED, clinic_id=work.clinic_id, backdated=BACKDATED_BY_CLINICIAN
    )


def _bookable(work: Work) -> Found:
    """I6: a patient who is not active or too young has no session."""

    def judge(row: Row[Any]) -> Judgement:
        on = local_date(row.starts_at, work.zone)
        why = not_bookable(row.status, row.birth_date, on, row.minimum_age)
        return bool(why and row.as_it_was), bool(why and row.ahead)

    return judged(work, _WITH_PATIENT, judge, _MAY_BE_WRONG, now=work.now)


PROOFS = (
    Proof("I1", "each session has a clearance in force at its own start", _cleared),
    Proof("I2", "each clearance comes from a completed consultation", by_sql(_FROM_CONSULTATION)),
    Proof(
        "I3",
        "no clearance covers more sessions than it may",
        by_sql(_WITHIN_COUNT),
        listed_as=("max_sessions",),
    ),
    Proof(
        "I4",
        "none started after its clearance was revoked",
        _not_started_without,
        listed_as=("not_cleared",),
    ),
    Proof("I5", "none started without treatment consent or stopped", _consented),
    Proof("I6", "only active patients of age are booked", _bookable, listed_as=("not_bookable",)),
)
