"""Everything that patients are asked around their sessions, as it falls due."""

from collections.abc import Iterator
from uuid import UUID

from scheduler.clinics.model import Policy
from scheduler.followups.model import after_sessions, before_sessions
from scheduler.followups.model_nudges import nudges_due
from scheduler.messages.model import DueMessage
from scheduler.protocols.model import plans_of
from scheduler.spans import Span
from scheduler.tenancy import Work


def follow_ups_due(work: Work, due: Span, policy: Policy, **only: UUID) -> Iterator[DueMessage]:
    """The follow-ups that fall due after `due.start` and up to `due.end` (I50).

    `only` narrows them to the sessions whose columns have these values.
    """
    plans = plans_of(work, policy.follow_up_hours)
    yield from after_sessions(work, due, policy, plans, only)
    yield from before_sessions(work, due, policy, plans, only)
    yield from nudges_due(work, due, policy, only)
