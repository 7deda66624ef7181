"""Keys, and the audit log of what was done with them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from scheduler.access import actions
from scheduler.access.model import ApiKey, AuditEntry
from scheduler.access.roles import ADMINISTER, READ_SITE
from scheduler.keys.schema import (
    AuditOut,
    AuditQuery,
    KeyChanges,
    KeyIn,
    KeyOut,
    NewKeyOut,
    Rotation,
)
from scheduler.tenancy import Match, Work
from scheduler.web.paging import Page, page, page_by_id
from scheduler.web.routes import Routes
from scheduler.web.schema import PageQuery, page_of

routes = Routes("keys", "Keys, and the audit log of what was done with them.")


@routes.get("/key", access=READ_SITE, answer=KeyOut())
def read_own_key(work: Work) -> ApiKey:
    """Read your own key: its role, its clinic, and for a clinician's its provider."""
    assert isinstance(work.actor.key_id, UUID)  # noqa: S101 - a request always has a key
    return work.load(ApiKey, work.actor.key_id)


@routes.get("/keys", access=ADMINISTER, query=PageQuery(), answer=page_of(KeyOut))
def list_keys(work: Work, query: dict[str, Any]) -> Page:
    """List the clinic's keys, disabled and expired ones too."""
    return page_by_id(work, select(ApiKey), ApiKey, **query)


@routes.post(
    "/keys",
    access=ADMINISTER,
    body=KeyIn(),
    answer=NewKeyOut(),
    status=201,
    shows_secret=True,
    refusals=("provider_needed", "already_expired"),
)
def make_key(work: Work, body: dict[str, Any]) -> dict[str, Any]:
    """Make a key. Its secret is in this answer and nowhere else."""
    return _with_secret(work, *actions.make_key(work, **body))


@routes.get("/keys/<uuid:key_id>", access=ADMINISTER, answer=KeyOut())
def read_key(work: Work, key_id: UUID) -> ApiKey:
    """Read a key."""
    return work.load(ApiKey, key_id)


@routes.change(
    "PATCH",
    "/keys/<uuid:key_id>",
    access=ADMINISTER,
    body=KeyChanges(),
    answer=KeyOut(),
    refusals=("already_expired",),
)
def change_key(work: Work, changes: dict[str, Any], key_id: UUID, match: Match) -> ApiKey:
    """Rename a key, or set when it ends."""
    return actions.change_key(work, key_id, match, changes)


@routes.change("POST", "/keys/<uuid:key_id>/disable", access=ADMINISTER, answer=KeyOut())
def disable_key(work: Work, key_id: UUID, match: Match) -> ApiKey:
    """Disable a key. It fails on the very next request."""
    return actions.disable_key(work, key_id, match)


@routes.change(
    "POST",
    "/keys/<uuid:key_id>/rotate",
    access=ADMINISTER,
    body=Rotation(),
    answer=NewKeyOut(),
    shows_secret=True,
    refusals=("disabled",),
)
def rotate_key(work: Work, body: dict[str, Any], key_id: UUID, match: Match) -> dict[str, Any]:
    """Make a new key in an old one's place; the old one goes on for `overlap_hours`."""
    overlap = timedelta(hours=body["overlap_hours"])
    return _with_secret(work, *actions.rotate_key(work, key_id, match, overlap))


@routes.get("/audit", access=ADMINISTER, query=AuditQuery(), answer=page_of(AuditOut))
def list_audit(work: Work, query: dict[str, Any]) -> Page:
    """List who did what, oldest first; with `patient_id`, who saw or changed this patient."""
    limit, cursor = query.pop("limit"), query.pop("cursor")
    entries = actions.audited(**query)
    return page(work, entries, [AuditEntry.at, AuditEntry.id], limit=limit, cursor=cursor)


def _with_secret(work: Work, key: ApiKey, secret: str) -> dict[str, Any]:
    work.session.flush()
    return {name: getattr(key, name) for name in KeyOut().fields} | {"secret": secret}
