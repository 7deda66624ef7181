"""A clinic's own words, kept by message and language."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, Versioned
from scheduler.messages.rules_spoken import Template
from scheduler.messages.rules_templates import LANGUAGES, MESSAGES
from scheduler.messages.rules_text import Own, words_of
from scheduler.site import kept
from scheduler.tenancy import Work

# The version of words that were never changed; a row begins with it too, and without words.
UNCHANGED = 1


class MessageTemplate(Versioned, Base):
    """The clinic's words for one message in one language.

    None in all three once they are the standard ones again: the row stays, for its version.
    """

    __tablename__ = "message_templates"

    clinic_id: Mapped[UUID] = mapped_column(primary_key=True)
    message: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str | None]
    body: Mapped[str | None]
    text: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class Standing:
    """The words of a message as they stand; `is_standard` while the clinic has none of its own."""

    message: str
    language: str
    subject: str
    body: str
    text: str
    is_standard: bool
    version: int


@kept
def own_templates(work: Work) -> Own:
    """The clinic's own words, by message and language."""
    return {
        (row.message, row.language): Template(row.subject, row.body, row.text)
        for row in work.session.execute(_COLUMNS.where(_TABLE.clinic_id == work.clinic_id))
        if row.text is not None
    }


def standing_words(work: Work) -> list[Standing]:
    """Every message in every language, by these."""
    found = select(MessageTemplate).where(MessageTemplate.clinic_id == work.clinic_id)
    rows = {(row.message, row.language): row for row in work.session.scalars(found)}
    keys = sorted((message, language) for message in MESSAGES for language in LANGUAGES)
    return [standing(*key, rows.get(key)) for key in keys]


def standing(message: str, language: str, row: MessageTemplate | None) -> Standing:
    """One message in one language, from its row if it has one."""
    own = own_words(row)
    words = words_of(message, language, {(message, language): own} if own else {})
    return Standing(
        message,
        language,
        words.subject,
        words.body,
        words.text,
        is_standard=own is None,
        version=row.version if row else UNCHANGED,
    )


def own_words(row: MessageTemplate | None) -> Template | None:
    """The clinic's own words in a row, if there are any."""
    if row is None or row.subject is None or row.body is None or row.text is None:
        return None
    return Template(row.subject, row.body, row.text)


def row_of(work: Work, message: str, language: str) -> MessageTemplate | None:
    """The row of a message in a language; None until the clinic first changes it."""
    return work.session.get(MessageTemplate, (work.clinic_id, message, language))


_TABLE = MessageTemplate.__table__.columns
_COLUMNS = select(_TABLE.message, _TABLE.language, _TABLE.subject, _TABLE.body, _TABLE.text)
