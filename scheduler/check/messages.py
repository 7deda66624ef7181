"""The ledger: what was sent, when, to whom, and what still waits (I35 to I46, I58)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from scheduler.check.proof import (
    PATIENCE,
    SENDING,
    Found,
    Proof,
    by_sql,
    counted,
    found_by,
)
from scheduler.clinics.model import policy_of
from scheduler.messages.actions import PURPOSE
from scheduler.messages.model import quiet_hours_of
from scheduler.messages.model_templates import own_templates
from scheduler.messages.rules_templates import LANGUAGES, MESSAGES, drafted, examples_of
from scheduler.messages.rules_text import words_of
from scheduler.tenancy import Work

# Overdue are those that wait for the jobs to run, held those that wait for a person.
WAITING = "overdue or held"

_ONCE = """
    SELECT id, row_number() OVER (
               PARTITION BY kind, session_id, rule,
                   CASE WHEN kind <> 'follow_up' THEN time_version END
               ORDER BY created_at, id) > 1, false
    FROM messages
    WHERE clinic_id = :clinic_id
"""

# Only where the session is still at the time the reminder quoted: ending a session's liveness
# raises `time_version` by one, moving it raises it too.
_BEFORE_START = """
    SELECT m.id, m.sent_at >= s.starts_at AND m.time_version
               >= s.time_version - CASE WHEN s.status IN {live} THEN 0 ELSE 1 END, false
    FROM messages m
    JOIN sessions s ON s.clinic_id = m.clinic_id AND s.id = m.session_id
    WHERE m.clinic_id = :clinic_id AND m.kind = 'reminder' AND m.sent_at IS NOT NULL
"""

_STATES = """
    SELECT id, CASE
               WHEN status IN ('sent', 'delivered', 'undelivered')
                   THEN sent_at IS NULL OR channel IS NULL OR address IS NULL
                        OR sent_at > not_after + :sending
               WHEN status = 'unknown' THEN reason IS NULL
               -- Of one that may have gone nobody says that it did not.
               WHEN status IN ('skipped', 'failed', 'cancelled') THEN reason IS NULL OR ambiguous
               WHEN status IN ('claimed', 'sending') THEN lease_until IS NULL
               ELSE status <> 'planned' OR lease_until IS NOT NULL END,
           status IN ('planned', 'claimed', 'sending')
               AND (next_attempt_at < :waiting_since
                    OR coalesce(status = 'planned' AND reason = 'backlog_held', false))
    FROM messages
    WHERE clinic_id = :clinic_id
"""

_CONSENTED = """
    SELECT m.id, NOT EXISTS (
               SELECT FROM consents c
               WHERE c.clinic_id = m.clinic_id AND c.patient_id = m.patient_id
                 AND c.channel = m.channel AND c.purpose = CASE m.kind
                     WHEN 'follow_up' THEN :for_follow_ups ELSE :for_reminders END
                 AND c.given_at <= m.sent_at
                 AND (c.withdrawn_at IS NULL OR c.withdrawn_at > m.sent_at - :sending)), false
    FROM messages m
    WHERE m.clinic_id = :clinic_id AND m.sent_at IS NOT NULL
"""

# Quiet hours begin and end on whole minutes, and a day's messages share a few of them.
_MINUTES = """
    SELECT p.time_zone, date_trunc('minute', m.sent_at) AS at, count(*) AS messages
    FROM messages m
    JOIN patients p ON p.clinic_id = m.clinic_id AND p.id = m.patient_id
    WHERE m.clinic_id = :clinic_id AND m.sent_at IS NOT NULL
    GROUP BY 1, 2
"""

_SENT_IN = """
    SELECT m.id, m.sent_at, m.patient_id
    FROM messages m
    JOIN patients p ON p.clinic_id = m.clinic_id AND p.id = m.patient_id
    JOIN unnest(CAST(:minutes AS timestamptz[]), CAST(:zones AS text[])) AS quiet (at, time_zone)
      ON quiet.at = date_trunc('minute', m.sent_at)
         AND quiet.time_zone IS NOT DISTINCT FROM p.time_zone
    WHERE m.clinic_id = :clinic_id
"""

_CHANGED_SINCE = """
    SELECT EXISTS (
        SELECT FROM audit_log
        WHERE clinic_id = :clinic_id AND at >= :since AND method = 'PATCH' AND status = 200
          AND (:patient_id = ANY (object_ids) OR route = '/v1/clinic/policies'))
"""

# When the status changed is not stored. A patient who was not changed since before a message
# went was already as they are now.
_TO_INACTIVE = """
    SELECT m.id, p.status <> 'active' AND (p.version = 1
               OR coalesce(c.changed_at < m.sent_at - :sending, false)), false
    FROM messages m
    JOIN patients p ON p.clinic_id = m.clinic_id AND p.id = m.patient_id
    LEFT JOIN (
        SELECT unnest(object_ids), max(at) FROM audit_log
        WHERE clinic_id = :clinic_id AND method = 'PATCH' AND status = 200
          AND route = '/v1/patients/<uuid:patient_id>'
        GROUP BY 1
    ) AS c (patient_id, changed_at) ON c.patient_id = p.id
    WHERE m.clinic_id = :clinic_id AND m.sent_at IS NOT NULL
"""

_TO_DEAD = """
    SELECT m.id, coalesce(m.sent_at - :sending > CASE m.channel
               WHEN 'email' THEN p.email_failed_at ELSE p.phone_failed_at END, false), false
    FROM messages m
    JOIN patients p ON p.clinic_id = m.clinic_id AND p.id = m.patient_id
    WHERE m.clinic_id = :clinic_id AND m.sent_at IS NOT NULL
      AND m.address = CASE m.channel WHEN 'email' THEN p.email ELSE p.phone END
"""


def _ended_or_waiting(work: Work) -> Found:
    return found_by(
        work.session,
        _STATES,
        clinic_id=work.clinic_id,
        sending=SENDING,
        waiting_since=work.now - PATIENCE,
    )


def _with_consent(work: Work) -> Found:
    return found_by(
        work.session,
        _CONSENTED,
        clinic_id=work.clinic_id,
        sending=SENDING,
        for_reminders=PURPOSE["reminder"],
        for_follow_ups=PURPOSE["follow_up"],
    )


def _awake(work: Work) -> Found:
    """I39: not in quiet hours, neither when the answer came nor when the send began at latest."""
    policy = policy_of(work)

    def is_quiet(minute: Row[Any]) -> bool:
        hours = quiet_hours_of(policy, minute.time_zone, work.zone)
        return bool(hours.around(minute.at) and hours.around(minute.at - SENDING))

    minutes = work.session.execute(text(_MINUTES), {"clinic_id": work.clinic_id}).all()
    quiet = [minute for minute in minutes if is_quiet(minute)]
    asked = {
        "clinic_id": work.clinic_id,
        "minutes": [minute.at for minute in quiet],
        "zones": [minute.time_zone for minute in quiet],
    }
    by_night = work.session.execute(text(_SENT_IN), asked).all() if quiet else []
    others = sum(minute.messages for minute in minutes) - len(by_night)
    return counted(
        ((row.id, not _moved_since(work, row.patient_id, row.sent_at), False) for row in by_night),
        among=others,
    )


def _moved_since(work: Work, patient_id: UUID, sent_at: datetime) -> bool:
    """Was the patient or the policy changed after that? Then it may have been no quiet hour."""
    asked = {"clinic_id": work.clinic_id, "patient_id": patient_id, "since": sent_at - SENDING}
    return bool(work.session.scalar(text(_CHANGED_SINCE), asked))


def _neutral(work: Work) -> Found:
    """I42: what each of the clinic's messages would say now, its neutral name in them."""
    clinic, own = work.clinic(), own_templates(work)
    examples = examples_of(clinic.neutral_name, clinic.phone, work.now, work.zone)
    drafts = [
        drafted(message, language, words_of(message, language, own), example)
        for message in MESSAGES
        for language in LANGUAGES
        for example in examples
    ]
    return counted([(clinic.id, any(draft.unsayable() for draft in drafts), False)])


PROOFS = (
    Proof("I35", "one ledger row a key", by_sql(_ONCE)),
    Proof("I36", "no reminder was sent after the start", by_sql(_BEFORE_START)),
    Proof("I38", "each message is in one state, and says why", _ended_or_waiting, WAITING),
    Proof("I39", "nothing was sent in quiet hours", _awake),
    Proof("I40", "nothing was sent without consent in force", _with_consent),
    Proof("I42", "messages hold no forbidden word", _neutral),
    Proof("I46", "nothing was sent to an address that had failed", by_sql(_TO_DEAD)),
    Proof("I58", "nothing was sent to an inactive patient", by_sql(_TO_INACTIVE)),
)
