"""Making links, opening them, and what they do; each act is one of the front desk's own."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, text
from sqlalchemy.orm import Session

from scheduler import clock
from scheduler.db import insert_unseen
from scheduler.errors import Conflict, Invalid
from scheduler.links import rules
from scheduler.links.model import Link
from scheduler.patients.actions import stop_writing_to
from scheduler.patients.model import Patient, consents_at
from scheduler.sessions.actions import cancel_session, confirm_session
from scheduler.sessions.actions_reschedule import reschedule_session
from scheduler.sessions.actions_slots import starts_to_move_to
from scheduler.sessions.model import InfusionSession
from scheduler.spans import Span
from scheduler.tenancy import Actor, Clinic, Work, lock_schedule
from scheduler.wall_time import day, local_date

# Whoever holds the link: we know no more of them, and the audit log says so.
PATIENT = Actor(key_id=None, role="patient")

_OPEN = text("SELECT link_id, clinic_id, time_zone, site_stamp FROM open_link(:hash, :reads_only)")


@dataclass(frozen=True, slots=True)
class Opened:
    """A link, what it is about, and how that stands (`rules.standing`)."""

    link: Link
    infusion_session: InfusionSession
    patient: Patient
    clinic: Clinic
    standing: str

    @property
    def ids(self) -> set[UUID]:
        """What a look at the page shows."""
        return {self.link.id, self.infusion_session.id, self.patient.id}


@dataclass(frozen=True, slots=True)
class AtVersion:
    """The version that was read under the lock."""

    version: int

    def allows(self, version: int) -> bool:
        return version == self.version


@dataclass(frozen=True, slots=True)
class Wanted:
    """The links of one message to an address, about a session as it is.

    A link to a form says by which `rule` it is asked, and for what `instrument`.
    """

    session_id: UUID
    patient_id: UUID
    time_version: int
    starts_at: datetime
    channel: str
    address: str
    purposes: Collection[str] = rules.OF_A_VISIT
    rule: str | None = None
    instrument: str | None = None


def links_for(work: Work, wanted: Iterable[Wanted]) -> list[dict[str, str]]:
    """Make each message's links, all at once; their paths by purpose, for each message.

    Only their hashes are kept, so a path can be written into its message now and never again.
    """
    rows: list[dict[str, Any]] = []
    paths = []
    for each in wanted:
        tokens = _tokens(each.purposes)
        rows += [_row(work, each, purpose, token) for purpose, token in tokens.items()]
        paths.append({purpose: rules.path_of(purpose, token) for purpose, token in tokens.items()})
    if rows:
        insert_unseen(work.session, Link, rows)
    return paths


def _tokens(purposes: Iterable[str]) -> dict[str, str]:
    first = rules.new_token()
    return {of: first if of == "confirm" else rules.sibling(first, of) for of in purposes}


def _row(work: Work, wanted: Wanted, purpose: str, token: str) -> dict[str, Any]:
    return {
        "clinic_id": work.clinic_id,
        "purpose": purpose,
        "token_hash": rules.hashed(token),
        "session_id": wanted.session_id,
        "patient_id": wanted.patient_id,
        "time_version": wanted.time_version,
        "channel": wanted.channel,
        "address": wanted.address,
        "created_at": work.now,
        "expires_at": rules.expiry(purpose, wanted.starts_at, work.now),
        "rule": wanted.rule if purpose == "check_in" else None,
        "instrument": wanted.instrument if purpose == "check_in" else None,
    }


def forget_expired(work: Work) -> None:
    """Delete the links that have long been of no use."""
    long_past = Link.expires_at < work.now - rules.CHECK_IN_KEPT
    gone = delete(Link).where(
        Link.clinic_id == work.clinic_id,
        Link.expires_at < work.now - rules.KEPT,
        or_(Link.purpose != "check_in", long_past),
    )
    work.session.execute(gone.execution_options(synchronize_session=False))


def enter_by_link(
    session: Session, token: str, now: datetime, *, reads_only: bool
) -> tuple[Work, UUID] | None:
    """The unit of work of the token's clinic and its link's id, or None when there is none."""
    asked = {"hash": rules.hashed(token), "reads_only": reads_only}
    found = session.execute(_OPEN, asked).one_or_none()
    if found is None:
        return None
    zone = clock.zone(found.time_zone)
    work = Work(
        session, found.clinic_id, zone, PATIENT, now, found.site_stamp, waits=not reads_only
    )
    return work, found.link_id


def look(work: Work, link_id: UUID, purpose: str) -> Opened:
    """The link and what it is about, as they are now; one of another purpose is `gone`."""
    link = work.load(Link, link_id)
    infusion_session = work.load(InfusionSession, link.session_id)
    patient = work.load(Patient, link.patient_id)
    standing = "gone"
    if link.purpose == purpose:
        standing = _standing(work, link, infusion_session, patient)
    return Opened(link, infusion_session, patient, work.clinic(), standing)


def _standing(work: Work, link: Link, infusion_session: InfusionSession, patient: Patient) -> str:
    if link.purpose == "unsubscribe":
        if work.now >= link.expires_at:
            return "gone"
        return "open" if consents_at(work, link.channel, link.address) else "done"
    seen = rules.Seen(
        purpose=link.purpose,
        time_version=link.time_version,
        expires_at=link.expires_at,
        used_time_version=link.used_time_version,
        status=infusion_session.status,
        session_time_version=infusion_session.time_version,
        starts_at=infusion_session.starts_at,
        confirmed=infusion_session.confirmed_at is not None,
        patient_active=patient.status == "active",
    )
    return rules.standing(seen, work.now)


def act(work: Work, link_id: UUID, purpose: str, start: datetime | None = None) -> Opened:
    """Do what the link is for, if it still may; its effect happens once, however often it is asked.

    What it is about is read under the schedule's lock: a session that was moved since the page was
    shown is not confirmed. `start` is where a change leads. Raises Refused when a rule does.
    """
    work = lock_schedule(work)
    opened = look(work, link_id, purpose)
    if opened.standing != "open":
        return opened
    link, infusion_session = opened.link, opened.infusion_session
    match = AtVersion(infusion_session.version)
    if link.purpose == "confirm":
        confirm_session(work, infusion_session.id, match)
    elif link.purpose == "decline":
        reason = "The patient declined by the link in a message."
        cancel_session(work, infusion_session.id, match, reason=reason, by="patient")
    elif link.purpose == "change":
        _move(work, infusion_session, match, start)
    else:
        stop_writing_to(work, link.channel, link.address)
    link.used_at, link.used_time_version = work.now, infusion_session.time_version
    work.session.flush()
    return look(work, link_id, purpose)


def _move(
    work: Work, infusion_session: InfusionSession, match: AtVersion, start: datetime | None
) -> None:
    """Raises Invalid without a start, Conflict unless the page could have offered it."""
    if start is None:
        raise Invalid({"start": ["No time was chosen."]})
    on = day(local_date(start, work.zone), work.zone)
    within = on.shared(movable_within(work, infusion_session))
    free = set(starts_to_move_to(work, infusion_session.id, within))
    if start not in free - {infusion_session.starts_at}:
        raise Conflict("taken", "That time is not free.")
    reschedule_session(work, infusion_session.id, match, starts_at=start, by="patient")


def movable_within(work: Work, infusion_session: InfusionSession) -> Span:
    """The starts that a link may move a session to."""
    around = Span(infusion_session.starts_at, infusion_session.starts_at).widened(rules.DAYS_AROUND)
    return Span(max(around.start, work.now + rules.AHEAD), around.end)


def offers(work: Work, infusion_session: InfusionSession) -> list[datetime]:
    """Some starts that the session may be moved to, legal for its patient."""
    within = movable_within(work, infusion_session)
    free = starts_to_move_to(work, infusion_session.id, within) if within else ()
    return rules.offered(free, infusion_session.starts_at, work.zone)
