"""The protocol every clinic starts with."""

from dataclasses import asdict

from scheduler.protocols.model import WEEKLY_NAME, Protocol
from scheduler.protocols.rules import WEEKLY
from scheduler.tenancy import Work


def add_weekly(work: Work) -> Protocol:
    """Give a new clinic its `weekly` protocol."""
    protocol = Protocol(clinic_id=work.clinic_id, name=WEEKLY_NAME, phases=[asdict(WEEKLY)])
    work.session.add(protocol)
    return protocol
