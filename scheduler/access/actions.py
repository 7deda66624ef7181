"""Recognising a caller, making a key, and writing the audit log."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from scheduler import clock
from scheduler.access import secrets
from scheduler.access.model import ApiKey, AuditEntry
from scheduler.access.roles import CLINICIAN
from scheduler.errors import Refused
from scheduler.tenancy import Actor, Work

# One round trip: finds the key and sets its clinic for the transaction (row security).
_AUTHENTICATE = text(
    "SELECT key_id, clinic_id, role, provider_id, time_zone FROM authenticate(:hash, :reads_only)"
)


def authenticate(session: Session, secret: str, now: datetime, *, reads_only: bool) -> Work | None:
    """The unit of work of the key's clinic, or None when no key has this secret.

    `reads_only` lets the commit not wait for the disk: only the audit row could be lost.
    """
    asked = {"hash": secrets.hashed(secret), "reads_only": reads_only}
    found = session.execute(_AUTHENTICATE, asked).one_or_none()
    if found is None:
        return None
    actor = Actor(found.key_id, found.role, found.provider_id)
    zone = clock.zone(found.time_zone)
    return Work(session, found.clinic_id, zone, actor, now, waits=True)


def make_key(work: Work, name: str, role: str, provider_id: UUID | None = None) -> str:
    """Make a key for this clinic and return its secret, which is never shown again."""
    if (role == CLINICIAN) != (provider_id is not None):
        raise Refused("provider_needed", "A clinician's key names its provider; no other key does.")
    secret = secrets.new_secret()
    work.session.add(
        ApiKey(
            clinic_id=work.clinic_id,
            name=name,
            role=role,
            provider_id=provider_id,
            secret_hash=secrets.hashed(secret),
            created_at=work.now,
        )
    )
    return secret


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
    work.session.add(
        AuditEntry(
            clinic_id=work.clinic_id,
            at=work.now,
            request_id=request_id,
            key_id=work.actor.key_id,
            role=work.actor.role,
            method=method,
            route=route,
            status=status,
            object_ids=sorted(set(object_ids)),
        )
    )
