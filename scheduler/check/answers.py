"""What patients answered: only what adds up, and as it was submitted (I52, I57)."""

from scheduler.check.proof import Proof, by_sql
from scheduler.instruments.rules_phq import GAD7, PHQ2, PHQ9

_ITEMS = {each.code: len(each.items) for each in (GAD7, PHQ2, PHQ9)}

# Totals are derived: they are right where each answer is to an item and one of its choices.
_ADD_UP = """
    SELECT a.id, EXISTS (
               SELECT FROM jsonb_each(a.items) AS given (item, value)
               WHERE CASE WHEN item ~ '^[1-9]$' THEN item::integer > asked.items ELSE true END
                  OR value NOT IN ('0', '1', '2', '3')), false
    FROM answers a
    JOIN (VALUES {asked}) AS asked (instrument, items) ON asked.instrument = a.instrument
    WHERE a.clinic_id = :clinic_id
""".replace("{asked}", ", ".join(str(each) for each in _ITEMS.items()))

# By phone and in a correction answers come submitted; by link they are, with their last change.
_KEPT = """
    SELECT a.id, coalesce(a.answered_at > a.submitted_at, false)
               OR (a.source = 'phone' OR a.corrects_id IS NOT NULL)
                  AND (a.submitted_at IS NULL OR a.version <> 1)
               OR a.corrects_id IS NOT NULL AND NOT EXISTS (
                   SELECT FROM answers b
                   WHERE b.clinic_id = a.clinic_id AND b.id = a.corrects_id
                     AND b.patient_id = a.patient_id AND b.instrument = a.instrument
                     AND b.answered_at = a.answered_at AND b.submitted_at <= a.submitted_at), false
    FROM answers a
    WHERE a.clinic_id = :clinic_id
"""

PROOFS = (
    Proof("I52", "what makes a total is an item's, 0 to 3", by_sql(_ADD_UP)),
    Proof("I57", "submitted answers are as they were", by_sql(_KEPT)),
)
