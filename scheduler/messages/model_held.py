"""All that is read for a chunk of messages before their sends begin, held still until the commit.

In as many statements for fifty messages as for one: what else decides of a message is read here.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, bindparam, select

from scheduler.clinics.model import Letterhead, letterhead_of, policy_of
from scheduler.db import among, among_ids
from scheduler.messages.model import quiet_hours_of
from scheduler.messages.model_asks import Asks, asks_of
from scheduler.messages.model_caps import Texts, days_of, texts_of
from scheduler.messages.model_chunks import Entry, database_clock
from scheduler.messages.model_due import NEXT_START
from scheduler.messages.model_templates import own_templates
from scheduler.messages.model_texts import Sender, sender_of
from scheduler.messages.model_told import mailed_to, notices_of_late, sessions_beside
from scheduler.messages.rules_asks import OPEN, REMINDED, standing, urgency
from scheduler.messages.rules_caps import FREE, Caps, is_capped
from scheduler.messages.rules_text import Own
from scheduler.messages.rules_told import (
    STROKE,
    Mailed,
    SentNotice,
    ToldSession,
    is_in_a_calendar,
    tells,
    told_of,
)
from scheduler.patients.model import Consent, Patient
from scheduler.patients.rules import Contact
from scheduler.sessions.model import InfusionSession
from scheduler.spans import Span
from scheduler.tenancy import Work


class Recipient(NamedTuple):
    """A patient as far as messages to them go."""

    id: UUID
    status: str
    phone: str | None
    email: str | None
    phone_failed_at: datetime | None
    email_failed_at: datetime | None
    time_zone: str | None
    language: str
    preferred_channel: str

    @property
    def working_addresses(self) -> dict[str, str | None]:
        """The patient's address on each channel, but for those that failed for good (I46)."""
        return {
            "sms": None if self.phone_failed_at else self.phone,
            "email": None if self.email_failed_at else self.email,
        }


class Today(NamedTuple):
    """What it is now where a patient is: which day, since when its week, and the quiet hours, if in
    them.
    """

    day: Span
    week_since: datetime
    quiet: Span | None


@dataclass(frozen=True, slots=True)
class Held:
    """What decides of some messages, and the database's clock once all of it stood still.

    `todays` is by time zone, `consents` has the channels of each patient and purpose,
    `next_starts` when the patient's next session after each that has a follow-up starts (I51).
    """

    clinic: Letterhead
    sender: Sender | None
    recipients: Mapping[UUID, Recipient]
    todays: Mapping[str | None, Today]
    consents: Mapping[tuple[UUID, str], set[str]]
    sessions: Mapping[UUID, ToldSession]
    series: Mapping[UUID | None, list[ToldSession]]
    next_starts: Mapping[UUID, datetime | None]
    notices: Mapping[UUID, list[SentNotice]]
    mailed: Mapping[UUID, list[Mailed]]
    own: Own
    texts: Texts
    caps: Caps
    asks: Asks
    clock: datetime
    now: datetime

    def told_of(self, rule: str, anchor: ToldSession) -> list[ToldSession]:
        """The sessions that a notice of this rule is about now; empty where it became untrue."""
        others = [anchor] if anchor.series_id is None else self.series[anchor.series_id]
        return told_of(rule, anchor, others, self.now)

    def was_told_since(self, session: ToldSession, since: datetime) -> bool:
        """Did a notice tell the patient since then when this session is, as it now is?"""
        return any(
            tells(each, self._told_by(each), session)
            for each in self.notices.get(session.patient_id, ())
            if each.sent_at >= since
        )

    def room_for(self, entry: Entry, recipient: Recipient, contact: Contact) -> str:
        """Is there room for this message, if it is a text that nobody asked for? (I41)"""
        if contact.channel != "sms" or contact.address is None:
            return FREE
        if not (entry.is_unasked and is_capped(entry.rule)):
            return FREE
        today = self.todays[recipient.time_zone]
        carried = self.may_carry(entry)
        return self.texts.room_for(
            entry, carried, contact.address, today.day, today.week_since, self.caps
        )

    def of_form(self, entry: Entry) -> str:
        """What became of the form that a follow-up asks for (`rules_asks`)."""
        if entry.kind != "follow_up":
            return OPEN
        mine = urgency(entry.rule, entry.due_at, entry.id)
        others = self.asks.waiting.get(entry.patient_id, ())
        return standing(
            has_form=entry.id in self.asks.forms,
            answered=entry.id in self.asks.answered,
            carriers=self.asks.carriers.get(entry.id, ()),
            newer=any(urgency(each.rule, each.due_at, each.id) > mine for each in others),
            reminded=entry.patient_id in self.asks.reminded,
        )

    def may_carry(self, entry: Entry) -> Entry | None:
        """What is to be asked of the patient now, for a reminder to carry it (I41)."""
        if entry.kind != "reminder" or not entry.is_unasked or not self.asks.reminded:
            return None
        asks = self.asks.waiting.get(entry.patient_id, ())
        open_ones = [each for each in asks if self.of_form(each) == REMINDED]
        return open_ones[0] if open_ones else None

    def is_in_a_calendar(self, session: ToldSession) -> bool:
        """Did the visit go, or may it have gone, to the patient's calendar by mail? (I47)"""
        return is_in_a_calendar(session, self.mailed.get(session.patient_id, ()))

    def _told_by(self, notice: SentNotice) -> list[ToldSession]:
        if notice.rule == "changed":
            return []
        return self.told_of(notice.rule, self.sessions[notice.session_id])


def held_still(work: Work, entries: Sequence[Entry], *, for_texts: bool, with_forms: bool) -> Held:
    """What these messages hang on: their patients, consents and sessions change no more until this
    transaction ends, so that what is read here is still so at the commit (I37, I40, I58).

    Each kind is held in the order of ids, patients first and sessions last: two who hold some of
    the same never wait for each other. With `for_texts` so are the numbers that a text may go to;
    `with_forms` says that messages have links, so that a reminder may carry one to a form.
    """
    reminded = {each.patient_id for each in entries if each.kind == "reminder"}
    notices = notices_of_late(work, reminded) if reminded else []
    anchors = {each.session_id for each in entries if each.rule in STROKE}
    anchors |= {each.session_id for each in notices if each.rule in STROKE}
    beside = sessions_beside(work, anchors) if anchors else set()
    patient_ids = {each.patient_id for each in entries}
    asks = asks_of(work, entries, merged=with_forms)
    recipients = [Recipient(*row) for row in _rows(work, _RECIPIENTS, patient_ids)]
    consents = _by_purpose(_rows(work, _CONSENTS, patient_ids))
    asking = [each for each in (*entries, *asks.entries) if each.kind == "follow_up"]
    session_ids = {each.session_id for each in (*entries, *asking)} | anchors | beside
    sessions = [ToldSession(*row) for row in _rows(work, _SESSIONS, session_ids)]
    todays = {zone: _today(work, zone) for zone in {each.time_zone for each in recipients}}
    numbers = {each.phone for each in recipients if for_texts and each.phone}
    policy = policy_of(work)
    taken_out = {each.patient_id for each in entries if each.rule == "cancelled"}
    return Held(
        clinic=letterhead_of(work),
        sender=sender_of(work),
        recipients={each.id: each for each in recipients},
        todays=todays,
        consents=consents,
        sessions={each.id: each for each in sessions},
        series=_grouped(sessions, "series_id"),
        next_starts=_next_starts(work, {each.session_id for each in asking}),
        notices=_grouped(notices, "patient_id"),
        mailed=_grouped(mailed_to(work, taken_out) if taken_out else [], "patient_id"),
        own=own_templates(work),
        texts=texts_of(work, numbers, min(each.week_since for each in todays.values())),
        caps=Caps(policy.texts_a_day, policy.texts_a_week),
        asks=asks,
        clock=database_clock(work),
        now=work.now,
    )


def _held_rows(model: Any, shape: Any) -> Select[Any]:
    """The rows with some ids, the columns that `shape` names; nobody changes them meanwhile."""
    return (
        select(*(getattr(model, name) for name in shape._fields))
        .where(model.clinic_id == bindparam("clinic_id"), among_ids(model.id))
        .order_by(model.id)
        .with_for_update(read=True)
    )


_RECIPIENTS = _held_rows(Patient, Recipient)
_SESSIONS = _held_rows(InfusionSession, ToldSession)
_CONSENTS = (
    select(Consent.patient_id, Consent.purpose, Consent.channel, Consent.withdrawn_at)
    .where(Consent.clinic_id == bindparam("clinic_id"), among_ids(Consent.patient_id))
    .order_by(Consent.id)
    .with_for_update(read=True)
)


def _rows(work: Work, statement: Any, ids: Collection[UUID]) -> Iterable[Any]:
    asked = {"clinic_id": work.clinic_id, "ids": list(ids)}
    return work.session.connection().execute(statement, asked)


def _by_purpose(consents: Iterable[Any]) -> dict[tuple[UUID, str], set[str]]:
    found: dict[tuple[UUID, str], set[str]] = {}
    for patient_id, purpose, channel, withdrawn_at in consents:
        if withdrawn_at is None and channel:
            found.setdefault((patient_id, purpose), set()).add(channel)
    return found


def _today(work: Work, time_zone: str | None) -> Today:
    hours = quiet_hours_of(policy_of(work), time_zone, work.zone)
    return Today(*days_of(work.now, hours.zone), hours.around(work.now))


def _next_starts(work: Work, session_ids: Collection[UUID]) -> dict[UUID, datetime | None]:
    if not session_ids:
        return {}
    found = select(InfusionSession.id, NEXT_START).where(
        InfusionSession.clinic_id == work.clinic_id, among(InfusionSession.id, session_ids)
    )
    return {row[0]: row[1] for row in work.session.execute(found)}


def _grouped(rows: Iterable[Any], name: str) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = {}
    for row in rows:
        groups.setdefault(getattr(row, name), []).append(row)
    return groups
