"""Forms and the links to them: each is about one patient (I55)."""

from scheduler.check.proof import Proof, by_sql

_OF_ONE_PATIENT = """
    SELECT f.id, f.patient_id <> s.patient_id, false
    FROM (
        SELECT id, session_id, patient_id FROM answers
        WHERE clinic_id = :clinic_id AND session_id IS NOT NULL
        UNION ALL
        SELECT id, session_id, patient_id FROM links
        WHERE clinic_id = :clinic_id AND purpose = 'check_in'
    ) AS f
    JOIN sessions s ON s.clinic_id = :clinic_id AND s.id = f.session_id
"""

PROOFS = (
    Proof("I55", "forms and their links are of the session's patient", by_sql(_OF_ONE_PATIENT)),
)
