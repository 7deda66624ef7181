"""The shapes of consultations that are booked and moved."""

from marshmallow import Schema

from scheduler.consults.schema import STATES
from scheduler.sessions.schema import WindowQuery
from scheduler.sessions.schema_slots import SearchQuery
from scheduler.web.fields import EXAMPLE_ID, Choice, Id, Instant, Minutes, Text
from scheduler.web.schema import Strict


class ConsultationIn(Strict):
    """A consultation to book."""

    example = {
        "patient_id": EXAMPLE_ID,
        "provider_id": EXAMPLE_ID,
        "starts_at": "2026-11-25T10:00:00-07:00",
        "minutes": 30,
        "reason": "First visit",
    }

    patient_id = Id(required=True)
    provider_id = Id(required=True)
    starts_at = Instant(on_grid=True, required=True)
    minutes = Minutes(5, 240, required=True)
    reason = Text(500)


class ConsultationQuery(WindowQuery):
    """A window on the consultations."""

    status = Choice(*STATES)
    provider_id = Id()
    patient_id = Id()


class ConsultationSlotQuery(SearchQuery):
    """A search for a provider's free times."""

    provider_id = Id()


class ConsultationSlotOut(Schema):
    """A free time of a provider."""

    provider_id = Id(required=True, attribute="lane.id")
    starts_at = Instant(required=True, attribute="visit.infusion.start")
    ends_at = Instant(required=True, attribute="visit.infusion.end")


class CancelConsultation(Strict):
    """Why."""

    example = {"reason": "Asked for another day"}

    reason = Text(500, required=True)


class RescheduleConsultation(Strict):
    """The new start, and the provider if it is to be another one."""

    example = {"starts_at": "2026-11-25T11:00:00-07:00", "provider_id": EXAMPLE_ID}

    starts_at = Instant(on_grid=True, required=True)
    provider_id = Id()
