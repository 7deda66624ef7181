"""A clinic puts its messages in words of its own, looks at them first, and takes them back."""

from dataclasses import dataclass, replace
from datetime import timedelta

from scheduler.errors import Invalid, NotFound
from scheduler.messages.model_templates import (
    MessageTemplate,
    Standing,
    row_of,
    standing,
)
from scheduler.messages.rules_gsm import places
from scheduler.messages.rules_spoken import Template
from scheduler.messages.rules_templates import (
    LANGUAGES,
    MESSAGES,
    drafted,
    examples_of,
    wrong_with,
)
from scheduler.messages.rules_text import Draft
from scheduler.tenancy import Match, Work, check_match, lock_schedule
from scheduler.web.fields_contact import readable_phone

# An example's visit is as far ahead as the first reminder of it.
AHEAD = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Rendering:
    """A message as one patient would read it; `text_length` counts characters of GSM-7."""

    example: str
    sender: str
    subject: str
    body: str
    text: str
    text_length: int


def read_template(work: Work, message: str, language: str) -> Standing:
    """The words as they stand. Raises NotFound for a message or a language that there is not."""
    if message not in MESSAGES or language not in LANGUAGES:
        raise NotFound("message template")
    return standing(message, language, row_of(work, message, language))


def put_template(
    work: Work, message: str, language: str, match: Match, template: Template
) -> Standing:
    """Put a message in the clinic's own words. Raises Invalid where they could not go out (I42).

    The lock keeps the clinic's name as it is, and two first changes apart.
    """
    work = lock_schedule(work)
    check_match(match, read_template(work, message, language).version)
    _judged(work, message, language, template)
    row = row_of(work, message, language)
    if row is None:
        # Made without words, at the version of those that were never changed.
        row = MessageTemplate(clinic_id=work.clinic_id, message=message, language=language)
        work.session.add(row)
        work.session.flush()
    row.subject, row.body, row.text = template.subject, template.body, template.text
    work.session.flush()
    return standing(message, language, row)


def remove_template(work: Work, message: str, language: str, match: Match) -> None:
    """Go back to the standard words."""
    work = lock_schedule(work)
    check_match(match, read_template(work, message, language).version)
    if row := row_of(work, message, language):
        row.subject = row.body = row.text = None


def preview(work: Work, message: str, language: str, changes: dict[str, str]) -> list[Rendering]:
    """What the message would say; where `changes` say nothing, in the words as they stand.

    Raises Invalid where `put_template` would.
    """
    now = read_template(work, message, language)
    template = replace(Template(now.subject, now.body, now.text), **changes)
    drafts = _judged(work, message, language, template)
    return [
        Rendering(name, each.sender, each.subject, each.body, each.text, places(each.text))
        for name, each in drafts.items()
    ]


def _judged(work: Work, message: str, language: str, template: Template) -> dict[str, Draft]:
    """What each example would read, by its name."""
    clinic = work.clinic()
    phone = readable_phone(clinic.phone) if clinic.phone else None
    examples = examples_of(clinic.neutral_name, phone, work.now + AHEAD, work.zone)
    if wrong := wrong_with(message, language, template, examples):
        raise Invalid(wrong)
    return {each.name: drafted(message, language, template, each) for each in examples}
