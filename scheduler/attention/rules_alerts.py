"""Patients who may be in danger: that there is an alert, and whether anybody has heard of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from scheduler.attention.rules_items import Item

# Nobody hides these by handling them: a clinician closes the alert.
NEVER_HIDDEN = ("alert", "alert_unheard")

# The clinician on call is told within minutes, and acknowledges within the hour.
TOLD_WITHIN = timedelta(minutes=5)
HEARD_WITHIN = timedelta(hours=1)

FIND_SOMEBODY = "Find a clinician now."


@dataclass(frozen=True, slots=True)
class Danger:
    """An alert that is not closed: `heard` by a clinician, or at least one of them `told`."""

    id: UUID
    patient_id: UUID
    clock_from: datetime
    heard: bool
    told: bool


def of_alerts(alerts: Sequence[Danger], now: datetime, *, reachable: bool) -> Iterator[Item]:
    """An item for each alert, and another where nobody hears of it.

    `reachable`: is there any provider who could be told? Nothing of what a patient answered.
    """
    for each in alerts:
        state = "A clinician is at it." if each.heard else "No clinician has acknowledged it yet."
        yield _item("alert", each, f"There is an alert about this patient. {state}", each.heard)
        if why := _unheard(each, now, reachable=reachable):
            yield _item("alert_unheard", each, f"{why} {FIND_SOMEBODY}", why)


def _unheard(each: Danger, now: datetime, *, reachable: bool) -> str | None:
    """Why a person has to see to it that somebody hears; None when all goes its way."""
    if each.heard:
        return None
    if not reachable:
        return "No active provider has a phone or a mail address to be told of an alert."
    since = now - each.clock_from
    if not each.told and since >= TOLD_WITHIN:
        return "Nobody could be told of an alert so far."
    if since >= HEARD_WITHIN:
        return "Nobody has acknowledged an alert for an hour."
    return None


def _item(kind: str, each: Danger, detail: str, fact: object) -> Item:
    return Item(
        kind=kind,
        subject=each.id,
        patient_id=each.patient_id,
        at=each.clock_from,
        detail=detail,
        facts=(each.clock_from, fact),
    )
