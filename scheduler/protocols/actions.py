"""Adding and changing protocols. A changed one binds what is booked from then on."""

from typing import Any
from uuid import UUID

from scheduler.clinics.model import session_minutes_in_bounds
from scheduler.errors import Invalid
from scheduler.protocols.model import WEEKLY_NAME, Protocol, stored_ask, stored_phase
from scheduler.protocols.rules import WEEKLY
from scheduler.protocols.rules_follow_ups import wrong_with_plan
from scheduler.protocols.rules_possible import impossible
from scheduler.tenancy import Match, Work, lock_schedule


def add_weekly(work: Work) -> Protocol:
    """Give a new clinic its `weekly` protocol."""
    protocol = Protocol(clinic_id=work.clinic_id, name=WEEKLY_NAME, phases=[stored_phase(WEEKLY)])
    work.session.add(protocol)
    return protocol


def add_protocol(work: Work, wanted: dict[str, Any]) -> Protocol:
    """A new protocol. Raises Invalid naming the field that makes none."""
    work = lock_schedule(work)
    protocol = Protocol(clinic_id=work.clinic_id)
    # Its length is looked at here too where the clinic's bounds exclude the usual one.
    _change(work, protocol, {"session_minutes": 40} | wanted)
    work.session.add(protocol)
    return protocol


def change_protocol(
    work: Work, protocol_id: UUID, match: Match, changes: dict[str, Any]
) -> Protocol:
    """Change a protocol; its phases as a whole. Sessions already booked stay as they are.

    `weekly` is what an order means that names none, so it keeps its name and its open phase.
    """
    work = lock_schedule(work)
    protocol = work.load(Protocol, protocol_id, match=match)
    if protocol.name == WEEKLY_NAME:
        _still_weekly(changes)
    _change(work, protocol, changes)
    return protocol


def _still_weekly(changes: dict[str, Any]) -> None:
    if changes.get("name", WEEKLY_NAME) != WEEKLY_NAME:
        raise Invalid({"name": ["Orders that name no protocol take the one named weekly."]})
    phases = changes.get("phases")
    if phases is not None and [phase.sessions for phase in phases] != [None]:
        raise Invalid({"phases": ["The protocol named weekly has one open phase."]})


def _change(work: Work, protocol: Protocol, changes: dict[str, Any]) -> None:
    phases = changes.get("phases")
    if phases is not None:
        if why := impossible(phases):
            raise Invalid({"phases": [why]})
        changes = changes | {"phases": [stored_phase(each) for each in phases]}
    plan = changes.get("follow_ups")
    if plan is not None:
        if why := wrong_with_plan(plan):
            raise Invalid({"follow_ups": [why]})
        changes = changes | {"follow_ups": [stored_ask(each) for each in plan]}
    if "session_minutes" in changes:
        session_minutes_in_bounds(work, changes["session_minutes"], "session_minutes")
    for field, value in changes.items():
        setattr(protocol, field, value)
