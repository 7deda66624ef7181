"""The caller's own key."""

from uuid import UUID

from scheduler.access.model import ApiKey
from scheduler.access.roles import READ_SITE
from scheduler.keys.schema import KeyOut
from scheduler.tenancy import Work
from scheduler.web.routes import Routes

routes = Routes("keys", "Keys.")


@routes.get("/key", access=READ_SITE, answer=KeyOut())
def read_own_key(work: Work) -> ApiKey:
    """Read your own key: its role, its clinic, and for a clinician's its provider."""
    assert isinstance(work.actor.key_id, UUID)  # noqa: S101 - a request always has a key
    return work.load(ApiKey, work.actor.key_id)
