"""The shapes of attention."""

from typing import Any

from marshmallow import Schema, fields, post_dump

from scheduler.attention.rules_broken import RULES
from scheduler.attention.rules_items import KINDS
from scheduler.patients.schema import ContactOut
from scheduler.web.fields import Choice, Count, Id, Instant, Text
from scheduler.web.schema import PageQuery, Strict
from scheduler.web.shown import reads_replies

KINDS_SAID = (
    "`alert_unheard`: an alert of which nobody hears: find a clinician now. `alert`: a patient who"
    " may be in danger; it stays until a clinician closes it, and nobody else sees why."
    " `collision`: a visit under way needs its chair into the next one, or past closing time."
    " `not_closed`: over for an hour, and nobody said how it ended. `breaks_rule`: a session ahead"
    " that no booking would allow by now. `backlog_held`: messages that were left lying wait for"
    " somebody to let them go (`POST /v1/messages/release`). `change_asked`: a text that asks for"
    " another time."
    " `reply`: a text that a person has to read. `message_failed`, `message_unknown`: did not"
    " arrive, or may not have. `unreachable`: the latest message had no way to go. `unconfirmed`:"
    " within a day, and nobody said that they come. `unanswered`: asked how they are, and once"
    " more. `missed_limit`: as many missed as the protocol lets pass. `gap_too_long`: more days"
    " between two sessions than the protocol has. `review`: the protocol asks a provider to look at"
    " the series now. `clearance_ending`: within two weeks, and the series owes a session. `owed`:"
    " a series with a place to fill."
)


def _says(description: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {"description": description}, "required": True, **more}


class AttentionQuery(PageQuery):
    """A window on what needs a person: of a kind, about a patient, about a session."""

    kind = Choice(*KINDS)
    patient_id = Id()
    session_id = Id()


class BrokenRule(Schema):
    """A rule that a session breaks, in a sentence to be read out."""

    rule = Choice(*RULES, required=True)
    detail = fields.String(required=True)


class FollowingOut(Schema):
    """The session that another one runs into, and whom to call about it."""

    session_id = Id(required=True)
    session_version = Count(1, **_says("For `If-Match`, to move it."))
    patient_id = Id(required=True)
    patient = fields.Nested(ContactOut, required=True)
    starts_at = Instant(required=True)


class AttentionItem(Schema):
    """One thing that needs a person. It is derived: mend what it says, and it is gone."""

    id = Id(**_says("Of this very thing: once its facts change, it is another one."))
    kind = Choice(*KINDS, **_says(f"The most urgent first. {KINDS_SAID}"))
    at = Instant(**_says("When it matters, which the list is ordered by within a kind."))
    detail = fields.String(**_says("What it is, in sentences that can be read out."))
    patient_id = Id(**_says("Whom it is about; null of a text by nobody we know.", allow_none=True))
    patient = fields.Nested(ContactOut, **_says("Whom to call.", allow_none=True))
    session_id = Id(**_says("The session it is about, if it is about one.", allow_none=True))
    session_version = Count(
        1, **_says("That session's version, for `If-Match` when it is moved.", allow_none=True)
    )
    series_id = Id(**_says("The series it is about, or its session's.", allow_none=True))
    message_id = Id(**_says("The message it is about.", allow_none=True))
    starts_at = Instant(**_says("When its session starts.", allow_none=True))
    rules = fields.List(
        fields.Nested(BrokenRule), **_says("Of `breaks_rule`: each rule that is broken.")
    )
    following = fields.Nested(
        FollowingOut, **_says("Of a `collision`: the session it runs into.", allow_none=True)
    )
    number = fields.String(**_says("Of a text: where it came from.", allow_none=True))
    said = fields.String(
        allow_none=True,
        metadata={"description": "Of a text: its words; the front desk and clinicians see them."},
    )

    @post_dump
    def hide_words(self, dumped: dict[str, Any], **_: object) -> dict[str, Any]:
        """What a patient writes may tell anything: it is for those who answer it (I61)."""
        if not reads_replies():
            dumped.pop("said", None)
        return dumped


class Handling(Strict):
    """What was done about it."""

    example = {"note": "Called the patient"}

    note = Text(500, required=True)


class Handled(Schema):
    """What a person has seen to."""

    id = Id(required=True)
    note = fields.String(required=True)
    handled_at = Instant(required=True)
    handled_by = Id(required=True, allow_none=True)
