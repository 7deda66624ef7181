"""Which series have reached their protocol's review point."""

from datetime import timedelta

from sqlalchemy import text

from scheduler.attention.rules_reviews import Reached
from scheduler.sessions.rules_states import COUNTED
from scheduler.tenancy import Work

# A review that nobody has seen to for a month comes too late for anything.
REVIEWS_MATTER = timedelta(days=30)

# A session is completed on its own day or later: none that is ahead is.
_REACHED = text(
    f"""
    SELECT s.id, s.series_id, s.patient_id, s.starts_at, p.review_after
    FROM sessions s
    JOIN series r ON r.clinic_id = s.clinic_id AND r.id = s.series_id
    JOIN protocols p ON p.clinic_id = r.clinic_id AND p.id = r.protocol_id
    JOIN patients q ON q.clinic_id = s.clinic_id AND q.id = s.patient_id
    WHERE s.clinic_id = :clinic_id AND s.status = 'completed'
      AND s.starts_at > :since AND s.starts_at < :until
      AND r.cancelled_at IS NULL AND q.status = 'active'
      AND p.review_after = (
          SELECT count(*) FROM sessions e
          WHERE e.clinic_id = s.clinic_id AND e.series_id = s.series_id
            AND e.starts_at <= s.starts_at AND e.status IN {COUNTED})
    """  # noqa: S608 - constants of ours
)


def reached(work: Work) -> list[Reached]:
    """The series whose session at the review point is completed, of the last month."""
    asked = {
        "clinic_id": work.clinic_id,
        "since": work.now - REVIEWS_MATTER,
        "until": work.now + timedelta(days=1),
    }
    return [Reached(*row) for row in work.session.execute(_REACHED, asked)]
