"""Everything that needs a person now, and handling it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from scheduler.access.roles import READ_CARE, WRITE_CARE
from scheduler.attention import actions
from scheduler.attention.model import AttentionHandled
from scheduler.attention.rules_items import Item
from scheduler.attention.schema import AttentionItem, AttentionQuery, Handled, Handling
from scheduler.tenancy import Work
from scheduler.web.paging import Page, decode, sliced
from scheduler.web.routes import Routes
from scheduler.web.schema import page_of

routes = Routes("attention", "What needs a person now, derived from everything else.")


@routes.get("/attention", access=READ_CARE, query=AttentionQuery(), answer=page_of(AttentionItem))
def list_attention(work: Work, query: dict[str, Any]) -> Page:
    """List what needs a person, the most urgent kind first, then by when it matters."""
    limit, cursor = query.pop("limit"), query.pop("cursor")
    after = None if cursor is None else decode(cursor, int, datetime, UUID)
    items = [
        (item_id, item)
        for item_id, item in actions.open_items(work)
        if item.answers(**query) and (after is None or _place(item_id, item) > after)
    ]
    found = sliced(items, limit, lambda each: _place(*each))
    return {"items": actions.shown(work, found["items"]), "next": found["next"]}


@routes.post(
    "/attention/<uuid:item_id>/handle",
    access=WRITE_CARE,
    body=Handling(),
    answer=Handled(),
    key=False,
    refusals=("already_handled", "not_allowed"),
)
def handle_attention(work: Work, body: dict[str, Any], item_id: UUID) -> AttentionHandled:
    """Say what was done: the item is hidden until the facts that raised it change.

    An alert is never hidden: it is gone once a clinician has closed it.
    """
    return actions.handle(work, item_id, **body)


def _place(item_id: UUID, item: Item) -> list[Any]:
    return [item.urgency, item.at, item_id]
