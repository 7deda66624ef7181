"""The clinic, its opening hours and its closures."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from scheduler.access.roles import ADMINISTER, READ_SITE, WRITE_DAY, WRITE_SITE
from scheduler.clinics import actions
from scheduler.clinics.model import Closure, OpeningHours, Policy
from scheduler.clinics.schema import (
    ClinicChanges,
    ClinicOut,
    ClosureIn,
    ClosureOut,
    HoursIn,
    HoursOut,
    PolicyChanges,
    PolicyOut,
)
from scheduler.tenancy import Clinic, Match, Work
from scheduler.web.paging import Page, page_by_id
from scheduler.web.routes import Routes
from scheduler.web.schema import PageQuery, page_of

routes = Routes("clinics", "The clinic, when it is open, and when it is shut.")


@routes.get("/clinic", access=READ_SITE, answer=ClinicOut())
def read_clinic(work: Work) -> Clinic:
    """Read the clinic."""
    return work.clinic()


@routes.change(
    "PATCH",
    "/clinic",
    access=WRITE_SITE,
    body=ClinicChanges(),
    answer=ClinicOut(),
    refusals=("time_zone_fixed",),
)
def change_clinic(work: Work, changes: dict[str, Any], match: Match) -> Clinic:
    """Change the clinic. Its time zone is fixed once anything was booked."""
    return actions.change_clinic(work, match, changes)


@routes.get("/clinic/policies", access=ADMINISTER, answer=PolicyOut())
def read_policies(work: Work) -> Policy:
    """Read what the clinic decides for itself."""
    return work.session.get_one(Policy, work.clinic_id)


@routes.change(
    "PATCH", "/clinic/policies", access=ADMINISTER, body=PolicyChanges(), answer=PolicyOut()
)
def change_policies(work: Work, changes: dict[str, Any], match: Match) -> Policy:
    """Change what the clinic decides for itself."""
    return actions.change_policies(work, match, changes)


@routes.get("/clinic/opening-hours", access=READ_SITE, answer=HoursOut())
def read_opening_hours(work: Work) -> OpeningHours:
    """Read the weekly opening hours, by the clinic's wall clock."""
    return work.session.get_one(OpeningHours, work.clinic_id)


@routes.change("PUT", "/clinic/opening-hours", access=WRITE_SITE, body=HoursIn(), answer=HoursOut())
def replace_opening_hours(work: Work, body: dict[str, Any], match: Match) -> OpeningHours:
    """Replace the weekly opening hours. Sessions already booked outside stay."""
    return actions.replace_opening_hours(work, match, body["hours"])


@routes.get("/closures", access=READ_SITE, query=PageQuery(), answer=page_of(ClosureOut))
def list_closures(work: Work, query: dict[str, Any]) -> Page:
    """List the closures."""
    return page_by_id(work, select(Closure), Closure, **query)


@routes.post("/closures", access=WRITE_DAY, body=ClosureIn(), answer=ClosureOut(), status=201)
def add_closure(work: Work, body: dict[str, Any]) -> Closure:
    """Shut the clinic for a time. Sessions already booked inside stay."""
    return actions.add_closure(work, **body)


@routes.get("/closures/<uuid:closure_id>", access=READ_SITE, answer=ClosureOut())
def read_closure(work: Work, closure_id: UUID) -> Closure:
    """Read a closure."""
    return work.load(Closure, closure_id)


@routes.change("DELETE", "/closures/<uuid:closure_id>", access=WRITE_DAY, answer=None)
def remove_closure(work: Work, closure_id: UUID, match: Match) -> None:
    """Open again."""
    actions.remove_closure(work, closure_id, match)
