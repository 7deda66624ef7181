"""The shapes of a clinic's own words."""

from typing import Any

from marshmallow import Schema, fields

from scheduler.messages.rules_templates import LANGUAGES, MESSAGES
from scheduler.web.fields import Choice, Count, Flag, Lines, Text
from scheduler.web.schema import Strict

PLACEHOLDERS = (
    "`{clinic}` is the clinic's neutral name and `{call}` how to reach it. Of one visit `{when}`"
    " is its time; of several `{count}` says how many, `{first}` when the first one is, and in the"
    " body `{when}` all of them, one a line."
)


class TemplateIn(Strict):
    """A message in the clinic's own words: a mail's `subject` and `body`, and a `text`."""

    example = {
        "subject": "{clinic}: see you {when}",
        "body": "Hello,\n\nWe look forward to seeing you at {clinic} on {when}.\n\n"
        "If that does not suit you, {call}.",
        "text": "{clinic}: see you {when}. If that does not suit you, {call}.",
    }

    subject = Text(120, required=True, metadata={"description": PLACEHOLDERS})
    body = Lines(2000, required=True)
    text = Text(320, required=True)


class TemplateTried(Strict):
    """Words to be looked at; those that are not said are taken as they stand."""

    example = {"text": "{clinic}: see you {when}. If that does not suit you, {call}."}

    subject = Text(120, metadata={"description": PLACEHOLDERS})
    body = Lines(2000)
    text = Text(320)


class TemplateOut(Schema):
    """The words of a message in a language; `is_standard` while the clinic has none of its own."""

    message = Choice(*MESSAGES, required=True)
    language = Choice(*LANGUAGES, required=True)
    subject = fields.String(required=True)
    body = fields.String(required=True)
    text = fields.String(required=True)
    is_standard = Flag(required=True)
    version = Count(least=1, required=True)


def _of_example(description: str) -> dict[str, Any]:
    return {"required": True, "metadata": {"description": description}}


class RenderingOut(Schema):
    """A message as one patient would read it."""

    example = Choice(
        "usual",
        "elsewhere",
        "longest",
        **_of_example(
            "`usual` is the clinic as it is called now, `elsewhere` to a patient in another time"
            " zone, `longest` the longest that any clinic's text can become."
        ),
    )
    sender = fields.String(required=True)
    subject = fields.String(required=True)
    body = fields.String(required=True)
    text = fields.String(required=True)
    text_length = Count(**_of_example("In characters of GSM-7, of which a text has 160."))


class RenderingsOut(Schema):
    """What a message would say."""

    renderings = fields.List(fields.Nested(RenderingOut), required=True)
