"""Hearing of an alert and closing it, by a named clinician; and who is on call (I54)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from scheduler.alerts.model import Alert, AlertCall, AlertEvent
from scheduler.alerts.model_calls import end_calls
from scheduler.alerts.model_rota import stored_shift, ways_to_providers
from scheduler.alerts.rules import EVENTS, Rota
from scheduler.clinics.model_on_call import OnCall
from scheduler.consults.model import Provider
from scheduler.db import among
from scheduler.errors import Conflict, Forbidden, Invalid
from scheduler.patients.model_stops import Stop
from scheduler.tenancy import Match, Work, check_match


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert as it is answered: with what happened to it, and who was told."""

    alert: Alert
    events: list[AlertEvent]
    calls: list[AlertCall]


def view_of(work: Work, alert: Alert) -> AlertView:
    """The alert, its events as they happened, and its calls as they fell due."""
    work.session.flush()
    events = select(AlertEvent).where(
        AlertEvent.clinic_id == work.clinic_id, AlertEvent.alert_id == alert.id
    )
    calls = select(AlertCall).where(
        AlertCall.clinic_id == work.clinic_id, AlertCall.alert_id == alert.id
    )
    return AlertView(
        alert,
        sorted(work.session.scalars(events), key=lambda each: (each.at, EVENTS.index(each.kind))),
        list(work.session.scalars(calls.order_by(AlertCall.due_at, AlertCall.id))),
    )


def acknowledge_alert(work: Work, alert_id: UUID, match: Match) -> AlertView:
    """A clinician has heard of it, and goes on from here. Twice changes nothing."""
    provider_id = _deciding(work)
    alert = _open_alert(work, alert_id, match)
    if alert.acknowledged_at is None:
        _acknowledge(work, alert, provider_id)
    return _ended(work, alert)


def close_alert(work: Work, alert_id: UUID, match: Match, note: str) -> AlertView:
    """A clinician has seen to the patient, and says how: the stop is lifted.

    A further answer that was stored meanwhile makes this Stale: whoever closes has seen them all.
    """
    provider_id = _deciding(work)
    alert = _open_alert(work, alert_id, match)
    if alert.acknowledged_at is None:
        _acknowledge(work, alert, provider_id)
    alert.closed_at, alert.closed_by, alert.note = work.now, provider_id, note
    _happened(work, alert, "closed", provider_id)
    # First: no stop is lifted beside an open alert.
    work.session.flush()
    stop = select(Stop).where(Stop.clinic_id == work.clinic_id, Stop.alert_id == alert.id)
    work.session.scalars(stop).one().lifted_at = work.now
    return _ended(work, alert)


def replace_on_call(work: Work, match: Match, rota: Rota) -> OnCall:
    """Replace the rota as a whole. Raises Invalid, naming who in it could not be told."""
    row = work.session.get_one(OnCall, work.clinic_id)
    check_match(match, row.version)
    _can_be_told(work, rota)
    row.shifts, row.otherwise = [stored_shift(each) for each in rota.shifts], list(rota.otherwise)
    return row


def _deciding(work: Work) -> UUID:
    """The provider who acts; each decides with a key of their own."""
    provider_id = work.actor.provider_id
    if provider_id is None or not work.load(Provider, provider_id).active:
        raise Forbidden("The provider is not active.")
    return provider_id


def _open_alert(work: Work, alert_id: UUID, match: Match) -> Alert:
    alert = work.load(Alert, alert_id, match=match)
    if alert.closed_at is not None:
        raise Conflict("not_allowed", "The alert is closed already.", state="closed", missing=[])
    return alert


def _acknowledge(work: Work, alert: Alert, provider_id: UUID) -> None:
    alert.acknowledged_at, alert.acknowledged_by = work.now, provider_id
    _happened(work, alert, "acknowledged", provider_id)


def _happened(work: Work, alert: Alert, kind: str, provider_id: UUID) -> None:
    work.session.add(
        AlertEvent(
            clinic_id=work.clinic_id,
            alert_id=alert.id,
            kind=kind,
            at=work.now,
            reasons=[],
            provider_id=provider_id,
        )
    )


def _ended(work: Work, alert: Alert) -> AlertView:
    """Nobody has to be told any more."""
    work.session.flush()
    end_calls(work)
    return view_of(work, alert)


def _can_be_told(work: Work, rota: Rota) -> None:
    named = {each for shift in rota.shifts for each in shift.provider_ids} | set(rota.otherwise)
    known = select(Provider.id, Provider.name, Provider.active).where(
        Provider.clinic_id == work.clinic_id, among(Provider.id, named)
    )
    providers = {row.id: row for row in work.session.execute(known)}
    reachable = ways_to_providers(work)

    def wrong(provider_id: UUID) -> str | None:
        known = providers.get(provider_id)
        if known is None:
            return "No provider with this id."
        if not known.active:
            return f"{known.name} is not active."
        if provider_id not in reachable:
            return f"{known.name} has neither a phone nor a mail address."
        return None

    errors: dict[str, Any] = {}
    for place, shift in enumerate(rota.shifts):
        if found := _by_place(map(wrong, shift.provider_ids)):
            errors.setdefault("shifts", {})[str(place)] = {"provider_ids": found}
    if found := _by_place(map(wrong, rota.otherwise)):
        errors["otherwise"] = found
    if errors:
        raise Invalid(errors)


def _by_place(said: Iterable[str | None]) -> dict[str, list[str]]:
    return {str(place): [wrong] for place, wrong in enumerate(said) if wrong}
