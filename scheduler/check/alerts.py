"""Patients who may be in danger: heeded, stopped, told of, and closed by a clinician (I53, I54)."""

from scheduler.check.proof import Proof, by_sql

_HEEDED = """
    SELECT a.id, NOT EXISTS (
               SELECT FROM alert_events e JOIN alerts r
                   ON r.clinic_id = e.clinic_id AND r.id = e.alert_id
               WHERE e.clinic_id = a.clinic_id AND e.answers_id = a.id
                 AND e.kind IN ('raised', 'joined') AND r.patient_id = a.patient_id), false
    FROM answers a
    WHERE a.clinic_id = :clinic_id AND a.instrument = 'phq9'
      AND a.items ->> '9' IN ('1', '2', '3')
"""

# The patient's stop stands exactly as long as the alert is open. Closed, it has its clinician and
# a note. Unheard, the first round begins within seconds, and another at the latest a quarter of
# an hour after each, where anybody can be reached.
_TO_THE_END = """
    SELECT a.id, NOT EXISTS (
               SELECT FROM stops x
               WHERE x.clinic_id = a.clinic_id AND x.alert_id = a.id
                 AND x.patient_id = a.patient_id
                 AND (x.lifted_at IS NULL) = (a.closed_at IS NULL))
           OR a.closed_at IS NOT NULL AND (a.note = '' OR NOT EXISTS (
               SELECT FROM alert_events e
               WHERE e.clinic_id = a.clinic_id AND e.alert_id = a.id AND e.kind = 'closed'
                 AND e.provider_id = a.closed_by))
           OR a.closed_at IS NULL AND a.acknowledged_at IS NULL
              AND a.clock_from < :now - interval '5 minutes' AND EXISTS (
               SELECT FROM providers p
               WHERE p.clinic_id = a.clinic_id AND p.active
                 AND coalesce(p.phone, p.email) IS NOT NULL)
              AND NOT EXISTS (
               SELECT FROM alert_calls c
               WHERE c.clinic_id = a.clinic_id AND c.alert_id = a.id
                 AND c.clock_from = a.clock_from AND c.first_attempt_at IS NOT NULL
                 AND c.due_at > :now - interval '30 minutes'), false
    FROM alerts a
    WHERE a.clinic_id = :clinic_id
"""

PROOFS = (
    Proof("I53", "each answer of danger raised an alert", by_sql(_HEEDED)),
    Proof("I54", "alerts stop, are told of, and are closed by clinicians", by_sql(_TO_THE_END)),
)
