"""The ledger of everything that fell due."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from scheduler.access.roles import READ_CARE
from scheduler.messages.model import Message, due_in
from scheduler.messages.model_texts import InboundText
from scheduler.messages.schema import LedgerQuery, MessageOut, TextOut
from scheduler.patients.model import Patient
from scheduler.tenancy import Work
from scheduler.web.paging import Page, page
from scheduler.web.routes import Routes
from scheduler.web.schema import PageQuery, page_of

routes = Routes("messages", "The ledger: what fell due, and how it ended.")


@routes.get("/messages", access=READ_CARE, query=LedgerQuery(), answer=page_of(MessageOut))
def list_messages(work: Work, query: dict[str, Any]) -> Page:
    """List what fell due, by when: sent, skipped and why, failed, unknown."""
    limit, cursor = query.pop("limit"), query.pop("cursor")
    messages = due_in(select(Message), **query)
    return page(work, messages, [Message.due_at, Message.id], limit=limit, cursor=cursor)


@routes.get(
    "/patients/<uuid:patient_id>/texts",
    access=READ_CARE,
    query=PageQuery(),
    answer=page_of(TextOut),
)
def list_patient_texts(work: Work, query: dict[str, Any], patient_id: UUID) -> Page:
    """List the texts from a patient's number, oldest first; who shares it may have sent them."""
    number = work.load(Patient, patient_id).phone
    texts = select(InboundText).where(InboundText.number == number)
    return page(work, texts, [InboundText.received_at, InboundText.id], **query)
