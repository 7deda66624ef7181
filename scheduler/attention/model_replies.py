"""The texts that came in for a person to read."""

from datetime import timedelta

from sqlalchemy import and_, or_, select

from scheduler.attention.rules_replies import Reply
from scheduler.messages.model_texts import InboundText
from scheduler.patients.model import Patient
from scheduler.tenancy import Work

# A text that nobody has handled for so long is not news any more.
REPLIES_MATTER = timedelta(days=30)


def replies_of(work: Work) -> list[Reply]:
    """The texts of late that nothing followed from by itself, with each patient of their number."""
    undone = or_(
        InboundText.meaning.in_(("change", "cancel", "words")),
        and_(InboundText.meaning == "confirm", InboundText.session_id.is_(None)),
    )
    same_number = and_(
        Patient.clinic_id == InboundText.clinic_id, Patient.phone == InboundText.number
    )
    rows = work.session.execute(
        select(
            InboundText.id,
            InboundText.meaning,
            InboundText.number,
            InboundText.body,
            InboundText.received_at,
            Patient.id,
        )
        .outerjoin(Patient, same_number)
        .where(
            InboundText.clinic_id == work.clinic_id,
            InboundText.received_at > work.now - REPLIES_MATTER,
            undone,
        )
    )
    return [Reply(*row) for row in rows]
