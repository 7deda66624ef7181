"""Messages that were left lying, and wait for somebody to let them go."""

from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from uuid import UUID

from scheduler.attention.rules_items import Item
from scheduler.attention.rules_picture import spoken

# When a scan held some, how many wait still, and since when the first should have gone.
Backlog = tuple[datetime, int, datetime]


def of_backlogs(found: Iterable[Backlog], clinic_id: UUID, zone: tzinfo) -> Iterator[Item]:
    """Each backlog of the clinic, until it is let go or none of it is of use any more."""
    for entered_at, messages, due_since in found:
        yield Item(
            kind="backlog_held",
            subject=clinic_id,
            patient_id=None,
            at=entered_at,
            detail=f"{messages} messages that should have gone since {spoken(due_since, zone)} are"
            " held, as they are unusually many: look whether they still say what is true, then"
            " release them.",
            facts=(entered_at,),
        )
