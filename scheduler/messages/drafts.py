"""What a message says to its patient, and what their calendar is told."""

from collections.abc import Sequence

from scheduler.messages.model_chunks import Entry
from scheduler.messages.model_held import Held, Recipient
from scheduler.messages.outgoing import Visit
from scheduler.messages.rules_text import Draft, follow_up, notice, reminder
from scheduler.messages.rules_told import ToldSession
from scheduler.protocols.rules_follow_ups import NUDGE
from scheduler.tenancy import Work
from scheduler.web.fields_contact import readable_phone


def draft_of(
    work: Work, held: Held, entry: Entry, told: Sequence[ToldSession], recipient: Recipient
) -> Draft:
    """The words of a message about these sessions."""
    clinic = held.clinic
    phone = readable_phone(clinic.phone) if clinic.phone else None
    who = (recipient.language, clinic.neutral_name, phone)
    if entry.kind == "follow_up":
        message = "follow_up_nudge" if entry.rule.endswith(NUDGE) else "follow_up"
        return follow_up(message, *who, own=held.own)
    elsewhere = recipient.time_zone not in (None, clinic.time_zone)
    if entry.kind == "notice":
        starts = [each.starts_at for each in told]
        return notice(entry.rule, *who, starts, work.zone, name_zone=elsewhere, own=held.own)
    return reminder(*who, told[0].starts_at, work.zone, name_zone=elsewhere, own=held.own)


def visits_of(held: Held, entry: Entry, told: Sequence[ToldSession]) -> tuple[Visit, ...]:
    """What a calendar is told. Of a visit that is over, or that it never knew to be, nothing."""
    if entry.kind == "follow_up" or entry.rule == "missed":
        return ()
    gone = entry.rule == "cancelled"
    return tuple(
        Visit(each.id, each.time_version, each.starts_at, each.leaves_at, is_cancelled=gone)
        for each in told
        if not gone or held.is_in_a_calendar(each)
    )
