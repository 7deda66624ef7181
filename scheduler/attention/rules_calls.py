"""Whom to call about a visit to come: nobody confirmed it, or no word of it could go."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from scheduler.attention.rules_items import Item
from scheduler.attention.rules_picture import spoken

# A visit that nobody has confirmed joins the call list then; silence never cancels anything.
TO_CONFIRM = timedelta(hours=24)

WHY = {
    "no_channel": "there is no way to reach the patient by message",
    "no_consent": "the patient has not consented to messages, or does not any more",
}


@dataclass(frozen=True, slots=True)
class ToCall:
    """A booked visit still to come that nobody has confirmed.

    `promised_at` is when its time was agreed, if that is known, `unsent` why the latest message
    about it was skipped, if it was.
    """

    session_id: UUID
    patient_id: UUID
    series_id: UUID | None
    starts_at: datetime
    promised_at: datetime | None
    unsent: str | None


def of_calls(visits: Sequence[ToCall], now: datetime, zone: tzinfo) -> Iterator[Item]:
    """Each patient out of reach (I46), by the first visit; each visit unconfirmed a day before.

    `visits` come by their start. What was agreed within a day of the visit needs no second word.
    """
    out_of_reach = set()
    for each in visits:
        when = spoken(each.starts_at, zone)
        if each.unsent in WHY and each.patient_id not in out_of_reach:
            out_of_reach.add(each.patient_id)
            detail = f"Nothing was sent about the visit of {when}: {WHY[each.unsent]}."
            yield _item("unreachable", each, detail, each.unsent)
        confirm_by = each.starts_at - TO_CONFIRM
        if confirm_by <= now and (each.promised_at is None or each.promised_at <= confirm_by):
            yield _item("unconfirmed", each, f"Nobody has confirmed the visit of {when}.")


def _item(kind: str, each: ToCall, detail: str, *facts: object) -> Item:
    return Item(
        kind=kind,
        subject=each.session_id,
        session_id=each.session_id,
        patient_id=each.patient_id,
        series_id=each.series_id,
        starts_at=each.starts_at,
        at=each.starts_at,
        detail=detail,
        facts=(each.starts_at, *facts),
    )
