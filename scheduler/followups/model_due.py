"""Everything that patients are asked around their sessions, as it falls due."""

from collections.abc import Collection, Iterator
from uuid import UUID

from scheduler.clinics.model import Policy
from scheduler.followups.model import Scan
from scheduler.followups.model_after import after_sessions
from scheduler.followups.model_before import before_sessions
from scheduler.followups.model_nudges import nudges_due
from scheduler.messages.model import DueMessage
from scheduler.protocols.model import plans_of
from scheduler.spans import Span
from scheduler.tenancy import Work


def follow_ups_due(
    work: Work, due: Span, policy: Policy, reminded: Collection[UUID], **only: UUID
) -> Iterator[DueMessage]:
    """The follow-ups that fall due after `due.start` and up to `due.end` (I50).

    `reminded` are the patients of whom a reminder falls due in that span too, and `only` narrows
    them to the sessions whose columns have these values.
    """
    plans = plans_of(work, policy.follow_up_hours)
    scan = Scan(work, due, policy, plans, reminded, only)
    yield from after_sessions(scan)
    yield from before_sessions(scan)
    yield from nudges_due(scan)
