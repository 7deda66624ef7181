"""Protocols, to read."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from scheduler.access.roles import READ_SITE
from scheduler.protocols.model import Protocol
from scheduler.protocols.schema import ProtocolOut
from scheduler.tenancy import Work
from scheduler.web.paging import Page, page_by_id
from scheduler.web.routes import Routes
from scheduler.web.schema import PageQuery, page_of

routes = Routes("protocols", "The patterns of series.")


@routes.get("/protocols", access=READ_SITE, query=PageQuery(), answer=page_of(ProtocolOut))
def list_protocols(work: Work, query: dict[str, Any]) -> Page:
    """List the protocols."""
    return page_by_id(work, select(Protocol), Protocol, **query)


@routes.get("/protocols/<uuid:protocol_id>", access=READ_SITE, answer=ProtocolOut())
def read_protocol(work: Work, protocol_id: UUID) -> Protocol:
    """Read a protocol."""
    return work.load(Protocol, protocol_id)
