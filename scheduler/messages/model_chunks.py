"""Some messages of the ledger at once: read as values, and written, a statement each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.orm.exc import StaleDataError

from scheduler.db import among_ids
from scheduler.messages.model import Message
from scheduler.messages.rules import Verdict, may_double
from scheduler.messages.rules_tried import Tried
from scheduler.tenancy import Work


@dataclass(slots=True)
class Entry:
    """A message as the ledger has it, and as it will be written.

    With `keyed` its provider knows it for `key_life` from then on, or not at all where that is
    None.
    """

    id: UUID
    version: int
    kind: str
    rule: str
    session_id: UUID
    patient_id: UUID
    time_version: int
    channel: str | None
    address: str | None
    due_at: datetime
    not_after: datetime
    status: str
    reason: str | None
    attempts: int
    next_attempt_at: datetime
    sent_at: datetime | None
    ambiguous: bool
    key_until: datetime | None
    provider_id: str | None
    note: str | None
    carries_id: UUID | None
    tried: list[Tried]
    keyed: bool = False
    key_life: timedelta | None = None

    @property
    def is_unasked(self) -> bool:
        """What a person sends by hand, or what may have gone already, goes all the same."""
        return self.note is None and not self.ambiguous

    def is_repeatable(self, moment: datetime) -> bool:
        """May it go once more although it may have gone: known to its provider, or better twice?

        `moment` is one of the database's clock.
        """
        is_known = self.key_until is not None and self.key_until > moment
        return is_known or may_double(self.kind, self.rule, self.attempts)

    def enter(self, decided: Verdict) -> None:
        """Take on the state that was decided."""
        self.status, self.reason = decided.status, decided.reason
        if decided.until is not None:
            self.next_attempt_at = decided.until
        if decided.status in ("skipped", "cancelled") and self.address is None:
            # It took none; the one it was meant for says nothing any more.
            self.channel = None


def entry_columns() -> list[Any]:
    """The columns of an entry, in their order."""
    return [getattr(Message, each.name) for each in fields(Entry)[:-2]]


_THESE = select(*entry_columns()).where(
    Message.clinic_id == bindparam("clinic_id"), among_ids(Message.id)
)
_EARLIEST_FIRST = _THESE.order_by(Message.next_attempt_at, Message.due_at, Message.id)
# Rows are held in one order by all who hold some.
_HELD = _THESE.order_by(Message.id).with_for_update()


def entries_of(work: Work, message_ids: Iterable[UUID], *, held: bool = False) -> list[Entry]:
    """These messages, the earliest first; with `held` nobody else writes them meanwhile."""
    asked = {"clinic_id": work.clinic_id, "ids": list(message_ids)}
    return [Entry(*row) for row in work.session.execute(_HELD if held else _EARLIEST_FIRST, asked)]


def database_clock(work: Work) -> datetime:
    """This moment, by the clock that all machines share."""
    now: datetime = work.session.scalars(select(func.clock_timestamp())).one()
    return now


def write(work: Work, entries: Sequence[Entry], lease: timedelta | None = None) -> None:
    """Write these messages back at once; what is being sent then has this lease, if one is given.

    Raises StaleDataError if somebody else wrote one of them since it was read (I34).
    """
    asked: dict[str, Any] = {
        name: [getattr(each, name) for each in entries] for name in ("id", "version", *_WRITTEN)
    }
    result: Any = work.session.execute(
        _WRITE, asked | {"clinic_id": work.clinic_id, "lease": lease}
    )
    if result.rowcount != len(entries):
        raise StaleDataError("a message was written by somebody else")


# What may change of a message, and its type.
_WRITTEN = {
    "channel": "text",
    "address": "text",
    "status": "text",
    "reason": "text",
    "attempts": "integer",
    "next_attempt_at": "timestamptz",
    "sent_at": "timestamptz",
    "ambiguous": "boolean",
    "provider_id": "text",
    "carries_id": "uuid",
    "keyed": "boolean",
    "key_life": "interval",
}
_WRITE = text(
    f"""
    UPDATE messages AS m
       SET channel = new.channel, address = new.address, status = new.status,
           reason = new.reason, attempts = new.attempts, next_attempt_at = new.next_attempt_at,
           sent_at = new.sent_at, ambiguous = new.ambiguous, provider_id = new.provider_id,
           carries_id = new.carries_id,
           key_until = CASE WHEN new.keyed THEN clock_timestamp() + new.key_life
                            ELSE m.key_until END,
           lease_until = CASE WHEN new.status = 'sending' THEN
                         coalesce(clock_timestamp() + CAST(:lease AS interval), m.lease_until) END,
           version = m.version + 1
      FROM unnest(CAST(:id AS uuid[]), CAST(:version AS bigint[]),
                  {", ".join(f"CAST(:{name} AS {type_}[])" for name, type_ in _WRITTEN.items())})
           AS new (id, version, {", ".join(_WRITTEN)})
     WHERE m.clinic_id = :clinic_id AND m.id = new.id AND m.version = new.version
    """  # noqa: S608 - put together from the table above
)
