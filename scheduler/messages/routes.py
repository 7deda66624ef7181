"""The ledger of everything that fell due."""

from typing import Any

from sqlalchemy import select

from scheduler.access.roles import READ_CARE
from scheduler.messages.model import Message, due_in
from scheduler.messages.schema import MessageOut, MessageQuery
from scheduler.tenancy import Work
from scheduler.web.paging import Page, page
from scheduler.web.routes import Routes
from scheduler.web.schema import page_of

routes = Routes("messages", "The ledger: what fell due, and how it ended.")


@routes.get("/messages", access=READ_CARE, query=MessageQuery(), answer=page_of(MessageOut))
def list_messages(work: Work, query: dict[str, Any]) -> Page:
    """List what fell due, by when: sent, skipped and why, failed, unknown."""
    limit, cursor = query.pop("limit"), query.pop("cursor")
    messages = due_in(select(Message), **query)
    return page(work, messages, [Message.due_at, Message.id], limit=limit, cursor=cursor)
