"""Staffing: the nurses of every week, and those of single dates."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from scheduler.access.roles import READ_SITE, WRITE_DAY, WRITE_SITE
from scheduler.clinics import actions_staffing
from scheduler.clinics.model import ClinicStaffing, StaffingOverride
from scheduler.clinics.rules_staffing import Override
from scheduler.clinics.schema_staffing import (
    OverrideQuery,
    StaffingIn,
    StaffingOut,
    StaffingOverrideIn,
    StaffingOverrideOut,
)
from scheduler.tenancy import Match, Work
from scheduler.web.paging import Page, page
from scheduler.web.routes import Routes
from scheduler.web.schema import page_of

routes = Routes("staffing", "How many nurses there are: every week, and on single dates.")

OVERRIDES = "/clinic/staffing/overrides"


@routes.get("/clinic/staffing", access=READ_SITE, answer=StaffingOut())
def read_staffing(work: Work) -> ClinicStaffing:
    """Read the weekly shifts, by the clinic's wall clock; null where nothing limits the nurses."""
    return work.session.get_one(ClinicStaffing, work.clinic_id)


@routes.change(
    "PUT", "/clinic/staffing", access=WRITE_SITE, body=StaffingIn(), answer=StaffingOut()
)
def replace_staffing(work: Work, body: dict[str, Any], match: Match) -> ClinicStaffing:
    """Replace the weekly shifts. Time that none covers has no nurses; booked sessions stay."""
    return actions_staffing.replace_staffing(work, match, body)


@routes.get(OVERRIDES, access=READ_SITE, query=OverrideQuery(), answer=page_of(StaffingOverrideOut))
def list_overrides(work: Work, query: dict[str, Any]) -> Page:
    """List the nurses of single dates, by date, from `from` through `to`."""
    overrides = select(StaffingOverride)
    if "from_" in query:
        overrides = overrides.where(StaffingOverride.on_date >= query["from_"])
    if "to" in query:
        overrides = overrides.where(StaffingOverride.on_date <= query["to"])
    order = [StaffingOverride.on_date, StaffingOverride.from_time, StaffingOverride.id]
    return page(work, overrides, order, limit=query["limit"], cursor=query["cursor"])


@routes.post(
    OVERRIDES,
    access=WRITE_DAY,
    body=StaffingOverrideIn(),
    answer=StaffingOverrideOut(),
    status=201,
    refusals=("already_exists",),
)
def add_override(work: Work, override: Override) -> StaffingOverride:
    """Set the nurses of one date, in place of what the shifts say for that time."""
    return actions_staffing.add_override(work, override)


@routes.get(f"{OVERRIDES}/<uuid:override_id>", access=READ_SITE, answer=StaffingOverrideOut())
def read_override(work: Work, override_id: UUID) -> StaffingOverride:
    """Read the nurses of one date."""
    return work.load(StaffingOverride, override_id)


@routes.change("DELETE", f"{OVERRIDES}/<uuid:override_id>", access=WRITE_DAY, answer=None)
def remove_override(work: Work, override_id: UUID, match: Match) -> None:
    """Go by the weekly shifts again."""
    actions_staffing.remove_override(work, override_id, match)
