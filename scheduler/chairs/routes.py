"""Chairs and their outages."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from scheduler.access.roles import READ_SITE, WRITE_DAY, WRITE_SITE
from scheduler.chairs import actions
from scheduler.chairs.model import Chair, Outage
from scheduler.chairs.schema import ChairChanges, ChairIn, ChairOut, OutageIn, OutageOut
from scheduler.tenancy import Match, Work
from scheduler.web.paging import Page, page_by_id
from scheduler.web.routes import Routes
from scheduler.web.schema import PageQuery, page_of

routes = Routes("chairs", "Chairs, and the times they are out of order.")


@routes.get("/chairs", access=READ_SITE, query=PageQuery(), answer=page_of(ChairOut))
def list_chairs(work: Work, query: dict[str, Any]) -> Page:
    """List the chairs."""
    return page_by_id(work, select(Chair), Chair, **query)


@routes.post(
    "/chairs",
    access=WRITE_SITE,
    body=ChairIn(),
    answer=ChairOut(),
    status=201,
    refusals=("already_exists",),
)
def add_chair(work: Work, body: dict[str, Any]) -> Chair:
    """Add a chair."""
    return actions.add_chair(work, **body)


@routes.get("/chairs/<uuid:chair_id>", access=READ_SITE, answer=ChairOut())
def read_chair(work: Work, chair_id: UUID) -> Chair:
    """Read a chair."""
    return work.load(Chair, chair_id)


@routes.change(
    "PATCH",
    "/chairs/<uuid:chair_id>",
    access=WRITE_SITE,
    body=ChairChanges(),
    answer=ChairOut(),
    refusals=("already_exists",),
)
def change_chair(work: Work, changes: dict[str, Any], chair_id: UUID, match: Match) -> Chair:
    """Rename a chair or retire it. A retired chair keeps the sessions it has."""
    return actions.change_chair(work, chair_id, match, changes)


@routes.get(
    "/chairs/<uuid:chair_id>/outages",
    access=READ_SITE,
    query=PageQuery(),
    answer=page_of(OutageOut),
)
def list_outages(work: Work, query: dict[str, Any], chair_id: UUID) -> Page:
    """List a chair's outages."""
    chair = work.load(Chair, chair_id)
    outages = select(Outage).where(Outage.chair_id == chair.id)
    return page_by_id(work, outages, Outage, **query)


@routes.post(
    "/chairs/<uuid:chair_id>/outages",
    access=WRITE_DAY,
    body=OutageIn(),
    answer=OutageOut(),
    status=201,
)
def add_outage(work: Work, body: dict[str, Any], chair_id: UUID) -> Outage:
    """Take a chair out of order for a time. Sessions already booked on it stay."""
    return actions.add_outage(work, chair_id, **body)


@routes.get(
    "/chairs/<uuid:chair_id>/outages/<uuid:outage_id>", access=READ_SITE, answer=OutageOut()
)
def read_outage(work: Work, chair_id: UUID, outage_id: UUID) -> Outage:
    """Read an outage."""
    return actions.load_outage(work, chair_id, outage_id)


@routes.change(
    "DELETE",
    "/chairs/<uuid:chair_id>/outages/<uuid:outage_id>",
    access=WRITE_DAY,
    answer=None,
)
def remove_outage(work: Work, chair_id: UUID, outage_id: UUID, match: Match) -> None:
    """Put the chair back in order."""
    actions.remove_outage(work, chair_id, outage_id, match)
