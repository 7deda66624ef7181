"""Protocols."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from scheduler.access.roles import READ_SITE, WRITE_SITE
from scheduler.protocols import actions
from scheduler.protocols.model import Protocol
from scheduler.protocols.schema import ProtocolChanges, ProtocolIn, ProtocolOut
from scheduler.tenancy import Match, Work
from scheduler.web.paging import Page, page_by_id
from scheduler.web.routes import Routes
from scheduler.web.schema import PageQuery, page_of

routes = Routes("protocols", "The patterns of series.")


@routes.get("/protocols", access=READ_SITE, query=PageQuery(), answer=page_of(ProtocolOut))
def list_protocols(work: Work, query: dict[str, Any]) -> Page:
    """List the protocols."""
    return page_by_id(work, select(Protocol), Protocol, **query)


@routes.post(
    "/protocols",
    access=WRITE_SITE,
    body=ProtocolIn(),
    answer=ProtocolOut(),
    status=201,
    refusals=("already_exists",),
)
def add_protocol(work: Work, body: dict[str, Any]) -> Protocol:
    """Add a protocol: one open phase, or several that say how many sessions they have."""
    return actions.add_protocol(work, body)


@routes.get("/protocols/<uuid:protocol_id>", access=READ_SITE, answer=ProtocolOut())
def read_protocol(work: Work, protocol_id: UUID) -> Protocol:
    """Read a protocol."""
    return work.load(Protocol, protocol_id)


@routes.change(
    "PATCH",
    "/protocols/<uuid:protocol_id>",
    access=WRITE_SITE,
    body=ProtocolChanges(),
    answer=ProtocolOut(),
    refusals=("already_exists",),
)
def change_protocol(
    work: Work, changes: dict[str, Any], protocol_id: UUID, match: Match
) -> Protocol:
    """Change a protocol for what is booked from then on; booked sessions stay as they are."""
    return actions.change_protocol(work, protocol_id, match, changes)
