"""Who is on call, as a value, and how providers are reached."""

from collections.abc import Collection
from datetime import time
from typing import Any
from uuid import UUID

from sqlalchemy import select

from scheduler.alerts.rules import Rota, Shift
from scheduler.clinics.model_on_call import OnCall
from scheduler.consults.model import Provider
from scheduler.tenancy import Work

# Each provider's address on each channel they have.
Ways = dict[UUID, dict[str, str]]


def rota_of(work: Work) -> Rota:
    """The clinic's rota."""
    row = work.session.get_one(OnCall, work.clinic_id)
    return Rota(tuple(map(_shift, row.shifts)), tuple(row.otherwise))


def stored_shift(shift: Shift) -> dict[str, Any]:
    """A shift as it is stored."""
    return {
        "weekday": shift.weekday,
        "from": f"{shift.starts:%H:%M}",
        "to": f"{shift.ends:%H:%M}",
        "provider_ids": [str(each) for each in shift.provider_ids],
    }


def _shift(stored: dict[str, Any]) -> Shift:
    return Shift(
        stored["weekday"],
        time.fromisoformat(stored["from"]),
        time.fromisoformat(stored["to"]),
        tuple(map(UUID, stored["provider_ids"])),
    )


def ways_to_providers(work: Work, channels: Collection[str] = ("sms", "email")) -> Ways:
    """The active providers with an address on one of these channels; the others are not in it."""
    active = select(Provider.id, Provider.phone, Provider.email).where(
        Provider.clinic_id == work.clinic_id, Provider.active
    )
    found = {}
    for provider_id, phone, email in work.session.execute(active):
        addresses = {"sms": phone, "email": email}
        ways = {way: to for way, to in addresses.items() if to and way in channels}
        if ways:
            found[provider_id] = ways
    return found
