"""Setting how many nurses there are: every week, and on single dates."""

from typing import Any
from uuid import UUID

from scheduler.clinics.model import ClinicStaffing, StaffingOverride, overrides_on, stored_shift
from scheduler.clinics.rules_staffing import Override, clashing_overrides
from scheduler.errors import Conflict
from scheduler.tenancy import Match, Work, check_match, lock_schedule


def replace_staffing(work: Work, match: Match, changes: dict[str, Any]) -> ClinicStaffing:
    """Replace the weekly shifts as a whole. Sessions already booked stay."""
    work = lock_schedule(work)
    staffing = work.session.get_one(ClinicStaffing, work.clinic_id)
    check_match(match, staffing.version)
    shifts = changes["shifts"]
    stored = None if shifts is None else [stored_shift(each) for each in shifts]
    for field, value in (changes | {"shifts": stored}).items():
        setattr(staffing, field, value)
    return staffing


def add_override(work: Work, override: Override) -> StaffingOverride:
    """Set the nurses of one date. Raises Conflict where that time has another number already."""
    work = lock_schedule(work)
    if clashing_overrides([*overrides_on(work, override.on), override]):
        why = "Part of this time has a number of nurses of its own already."
        raise Conflict("already_exists", why, errors={"from": [why]})
    made = StaffingOverride(
        clinic_id=work.clinic_id,
        on_date=override.on,
        from_time=override.starts,
        to_time=override.ends,
        nurses=override.nurses,
    )
    work.session.add(made)
    return made


def remove_override(work: Work, override_id: UUID, match: Match) -> None:
    """Go by the weekly shifts again on that date."""
    work = lock_schedule(work)
    work.session.delete(work.load(StaffingOverride, override_id, match=match))
