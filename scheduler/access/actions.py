"""Recognising a caller, making a key, and writing the audit log."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Select, func, insert, select, text
from sqlalchemy.orm import Session

from scheduler import clock
from scheduler.access import secrets
from scheduler.access.model import ApiKey, AuditEntry
from scheduler.access.roles import CLINICIAN
from scheduler.errors import Refused
from scheduler.tenancy import Actor, Match, Work

# One round trip: finds the key and sets its clinic for the transaction (row security).
_AUTHENTICATE = text(
    "SELECT key_id, clinic_id, role, provider_id, time_zone, schedule_version, site_stamp"
    " FROM authenticate(:hash, :reads_only, :at)"
)

_RECORD = insert(AuditEntry.__table__)  # type: ignore[arg-type]


def authenticate(session: Session, secret: str, now: datetime, *, reads_only: bool) -> Work | None:
    """The unit of work of the key's clinic, or None when no key has this secret.

    `reads_only` lets the commit not wait for the disk: only the audit row could be lost.
    """
    asked = {"hash": secrets.hashed(secret), "reads_only": reads_only, "at": now}
    found = session.execute(_AUTHENTICATE, asked).one_or_none()
    if found is None:
        return None
    actor = Actor(found.key_id, found.role, found.provider_id)
    zone = clock.zone(found.time_zone)
    return Work(
        session,
        found.clinic_id,
        zone,
        actor,
        now,
        found.site_stamp,
        found.schedule_version,
        waits=True,
    )


def make_key(
    work: Work,
    name: str,
    role: str,
    provider_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key for this clinic; returns it and its secret, which is never shown again.

    Raises Refused for a clinician's key without a provider, any other key with one, and an end
    that has passed.
    """
    if (role == CLINICIAN) != (provider_id is not None):
        raise Refused("provider_needed", "A clinician's key names its provider; no other key does.")
    _not_passed(work, expires_at)
    secret = secrets.new_secret()
    key = ApiKey(
        clinic_id=work.clinic_id,
        name=name,
        role=role,
        provider_id=provider_id,
        secret_hash=secrets.hashed(secret),
        created_at=work.now,
        expires_at=expires_at,
    )
    work.session.add(key)
    return key, secret


def change_key(work: Work, key_id: UUID, match: Match, changes: dict[str, Any]) -> ApiKey:
    """Rename a key, or set when it ends."""
    _not_passed(work, changes.get("expires_at"))
    key = work.load(ApiKey, key_id, match=match)
    for field, value in changes.items():
        setattr(key, field, value)
    return key


def disable_key(work: Work, key_id: UUID, match: Match) -> ApiKey:
    """Disable a key: it fails on the very next request (I62). Twice changes nothing."""
    key = work.load(ApiKey, key_id, match=match)
    if key.disabled_at is None:
        key.disabled_at = work.now
    return key


def rotate_key(work: Work, key_id: UUID, match: Match, overlap: timedelta) -> tuple[ApiKey, str]:
    """A new key in place of an old one, which goes on for `overlap` so that callers can change."""
    old = work.load(ApiKey, key_id, match=match)
    if old.disabled_at is not None:
        raise Refused("disabled", "A disabled key has no successor.")
    made = make_key(work, old.name, old.role, old.provider_id)
    ends_at = work.now + overlap
    old.expires_at = min(old.expires_at or ends_at, ends_at)
    return made


def _not_passed(work: Work, expires_at: datetime | None) -> None:
    if expires_at is not None and expires_at <= work.now:
        raise Refused("already_expired", "A key ends later than now.")


def record(
    work: Work,
    *,
    request_id: str,
    method: str,
    route: str,
    status: int,
    object_ids: Iterable[UUID],
) -> None:
    """Write the audit row of a request, in the transaction of its effect (I59)."""
    entry = {
        "clinic_id": work.clinic_id,
        "id": uuid4(),
        "at": work.now,
        "request_id": request_id,
        "key_id": work.actor.key_id,
        "role": work.actor.role,
        "method": method,
        "route": route,
        "status": status,
        "object_ids": sorted(set(object_ids)),
    }
    work.session.connection().execute(_RECORD, entry)


def audited(
    from_: datetime | None = None,
    to: datetime | None = None,
    object_id: UUID | None = None,
    key_id: UUID | None = None,
) -> Select[AuditEntry]:
    """The query for the log's rows in a window, about one object, of one key."""
    entries = select(AuditEntry)
    if from_ is not None:
        entries = entries.where(AuditEntry.at >= from_)
    if to is not None:
        entries = entries.where(AuditEntry.at < to)
    if key_id is not None:
        entries = entries.where(AuditEntry.key_id == key_id)
    if object_id is not None:
        about = select(func.audit_entries_of(object_id))
        entries = entries.where(AuditEntry.id.in_(about))
    return entries
