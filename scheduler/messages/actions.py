"""Delivery in three steps, each a unit of work of its own: claim, begin, settle; a chunk at a time.

Between `begin_all` and `settle_all` no transaction is open: that is when the messages go out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from scheduler.messages.drafts import draft_of, visits_of
from scheduler.messages.model_chunks import Entry, entries_of, write
from scheduler.messages.model_held import Held, held_still
from scheduler.messages.outgoing import Outgoing, Visit, Way
from scheduler.messages.rules import GO, Situation, Verdict, in_doubt, verdict
from scheduler.messages.rules_asks import OPEN
from scheduler.messages.rules_caps import FREE
from scheduler.messages.rules_links import takes_form
from scheduler.messages.rules_text import Draft
from scheduler.messages.rules_told import STROKE, ToldSession
from scheduler.messages.rules_tried import in_place_of, untried
from scheduler.patients.rules import Contact, contact
from scheduler.tenancy import Work

# The last fifth of a key's life is not counted on: their clock is not ours.
KEY_SHARE = 0.8

# Which consent a kind of message needs (I40).
PURPOSE = {"reminder": "reminders", "follow_up": "check_ins", "notice": "reminders"}


@dataclass(frozen=True, slots=True)
class Begun:
    """What became of some claimed messages.

    `outgoing` go now, `ended` do not (the ledger says why), and `left` are still claimed: what
    becomes of them hangs on a message of the same patient that is in this chunk.
    """

    outgoing: list[Outgoing] = field(default_factory=list)
    ended: list[Entry] = field(default_factory=list)
    left: list[UUID] = field(default_factory=list)


def begin_all(
    work: Work,
    message_ids: Sequence[UUID],
    channels: Mapping[str, Way],
    *,
    via: str | None = None,
    lease: timedelta | None = None,
    public_url: str | None = None,
) -> Begun:
    """Check once more which claimed messages may go, and commit to sending those.

    With `via` they go by that channel or are left to the one that they have to take. The lease of
    what goes begins now. `public_url` is where links will lead to, if there will be any.
    Raises StaleDataError if somebody else wrote one of them meanwhile.
    """
    begun = Begun()
    claimed = [each for each in entries_of(work, message_ids) if each.status == "claimed"]
    chunk = _apart(claimed, begun)
    if not chunk:
        return begun
    for_texts = "sms" in channels and via in (None, "sms")
    held = held_still(work, chunk, for_texts=for_texts, with_forms=public_url is not None)
    ways = {name: way for name, way in channels.items() if held.sender or not way.needs_sender}
    for entry in chunk:
        outgoing = _begun(work, held, entry, ways, via, public_url)
        if outgoing is None:
            begun.ended.append(entry)
        else:
            begun.outgoing.append(outgoing)
    write(work, chunk, lease)
    return begun


def _apart(claimed: list[Entry], begun: Begun) -> list[Entry]:
    """The chunk: a notice shares it with no other message of its patient.

    Whether a visit is reminded of, and what a calendar is told, hangs on what went before.
    """
    chunk = []
    notices: dict[UUID, bool] = {}
    for entry in claimed:
        is_notice = entry.kind == "notice"
        if entry.patient_id in notices and (is_notice or notices[entry.patient_id]):
            begun.left.append(entry.id)
        else:
            notices[entry.patient_id] = is_notice
            chunk.append(entry)
    return chunk


def _begun(
    work: Work,
    held: Held,
    entry: Entry,
    ways: Mapping[str, Way],
    via: str | None,
    public_url: str | None,
) -> Outgoing | None:
    """Decide of a message, and note the attempt that begins now, if one does."""
    session, recipient = held.sessions[entry.session_id], held.recipients[entry.patient_id]
    told = held.told_of(entry.rule, session) if entry.rule in STROKE else [session]
    seen = _situation(held, entry, told, ways)
    decided = in_place_of(verdict(work.now, seen), entry.tried)
    if entry.ambiguous:
        same_way = _same_way(entry, seen.contact, held.clock)
        decided = in_doubt(decided, entry.reason, same_way=same_way)
    elif decided is GO and via not in (None, seen.contact.channel):
        entry.channel = seen.contact.channel
        decided = Verdict("planned", entry.reason)
    draft = None
    if decided is GO:
        draft = draft_of(work, held, entry, told, recipient)
        if reason := draft.unsayable():
            decided = Verdict("failed", reason)
    entry.enter(decided)
    if decided is not GO or draft is None:
        return None
    _note_attempt(entry, seen.contact, ways, work.now)
    if public_url and takes_form(draft, seen.contact.channel, public_url):
        entry.carries_id = _carried(held, entry, seen.contact, ways)
    return _outgoing(work, held, entry, draft, visits_of(held, entry, told))


def _situation(
    held: Held, entry: Entry, told: Sequence[ToldSession], ways: Mapping[str, Way]
) -> Situation:
    session, recipient = held.sessions[entry.session_id], held.recipients[entry.patient_id]
    consented = held.consents.get((recipient.id, PURPOSE[entry.kind]), ())
    today = held.todays[recipient.time_zone]
    left = untried(recipient.working_addresses, entry.tried)
    by = contact(recipient.preferred_channel, left, consented, ways)
    may_merge = entry.kind == "reminder" and entry.is_unasked
    status, time_version = session.status, session.time_version
    if not told:
        status = "changed"
    elif entry.rule == "booked":
        # Moved before anybody was told of it, it is told as it now is.
        status, time_version = "booked", entry.time_version
    return Situation(
        kind=entry.kind,
        rule=entry.rule,
        not_after=entry.not_after,
        time_version=entry.time_version,
        session_status=status,
        session_time_version=time_version,
        session_starts_at=session.starts_at,
        next_session_at=held.next_starts.get(session.id) if entry.kind == "follow_up" else None,
        patient_status=recipient.status,
        contact=by,
        quiet=today.quiet,
        told_today=may_merge and held.was_told_since(session, today.day.start),
        room=held.room_for(entry, recipient, by),
        of_form=held.of_form(entry),
    )


def _carried(held: Held, entry: Entry, by: Contact, ways: Mapping[str, Way]) -> UUID | None:
    """The follow-up whose link goes with a reminder, where it might go that way now (I40, I41)."""
    carried = held.may_carry(entry)
    if carried is None:
        return None
    seen = _situation(held, carried, [held.sessions[carried.session_id]], ways)
    may_go = verdict(held.now, replace(seen, of_form=OPEN, room=FREE)) is GO
    return carried.id if may_go and seen.contact == by else None


def _same_way(entry: Entry, contact: Contact, moment: datetime) -> bool:
    """Would it go once more by the same way, to a provider that still knows it?"""
    same = (entry.channel, entry.address) == (contact.channel, contact.address)
    return same and entry.is_repeatable(moment)


def _note_attempt(entry: Entry, contact: Contact, ways: Mapping[str, Way], now: datetime) -> None:
    assert contact.channel  # noqa: S101 - the verdict saw to it
    entry.attempts += 1
    entry.next_attempt_at = now
    entry.channel, entry.address = contact.channel, contact.address
    if not entry.ambiguous:
        life = ways[contact.channel].key_life
        entry.keyed, entry.key_life = True, life * KEY_SHARE if life else None


def _outgoing(
    work: Work, held: Held, entry: Entry, draft: Draft, visits: tuple[Visit, ...]
) -> Outgoing:
    assert entry.channel  # noqa: S101 - the attempt was noted
    assert entry.address  # noqa: S101 - so was where it goes
    return Outgoing(
        clinic_id=work.clinic_id,
        id=entry.id,
        attempt=entry.attempts,
        kind=entry.kind,
        rule=entry.rule,
        channel=entry.channel,
        address=entry.address,
        draft=draft,
        due_at=entry.due_at,
        at=work.now,
        sender=held.sender,
        visits=visits,
        form=held.asks.forms.get(entry.carries_id or entry.id),
    )
