"""Where a text provider calls us back: its signature stands in place of a key (I45).

Whatever is not signed, for whichever clinic, gets the same refusal and changes nothing.
"""

import re
from collections.abc import Callable
from uuid import UUID
from xml.sax.saxutils import escape

from flask import Flask, Response, request

import config
from scheduler import clock
from scheduler.access import actions as access
from scheduler.errors import Forbidden, NotFound
from scheduler.messages.actions_replies import Answered, take_in
from scheduler.messages.actions_texts import note_receipt
from scheduler.messages.model_texts import sender_of
from scheduler.messages.rules_receipts import is_signed
from scheduler.tenancy import Actor, Work, enter, retrying, unit_of_work
from scheduler.web import problems
from scheduler.web.calls import answer_of
from scheduler.web.declared import signed

PROVIDER = Actor(key_id=None, role="signed")
MOST_BYTES = 16 * 1024
ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response>{}</Response>'

Fields = dict[str, str]


def init_app(app: Flask, settings: config.Settings) -> None:
    """Open the two hooks, if callers know us under a public name: signatures are over the URL."""
    if settings.public_url is None:
        return
    public_url = settings.public_url.rstrip("/")

    @app.post("/v1/hooks/<uuid:clinic_id>/sms/status")
    @signed
    def text_status(clinic_id: UUID) -> Response:
        return _answer(clinic_id, public_url, _status)

    @app.post("/v1/hooks/<uuid:clinic_id>/sms/inbound")
    @signed
    def text_inbound(clinic_id: UUID) -> Response:
        return _answer(clinic_id, public_url, _inbound)


def _answer(clinic_id: UUID, public_url: str, act: Callable[[Work, Fields], Answered]) -> Response:
    """Carry out what is signed, in one unit of work with its audit row."""
    fields = request.form.to_dict() if (request.content_length or 0) <= MOST_BYTES else {}
    given = request.headers.get("X-Twilio-Signature", "")
    query = request.query_string.decode("ascii", "replace")
    url = f"{public_url}{request.path}" + (f"?{query}" if query else "")

    def attempt() -> Response:
        with unit_of_work() as session:
            work = enter(session, clinic_id, PROVIDER, clock.now())
            sender = sender_of(work)
            if sender is None or not is_signed(given, sender.secret, url, fields):
                raise Forbidden("The signature is not valid.")
            done = act(work, fields)
            access.record(
                work,
                request_id=problems.request_id(),
                method=request.method,
                route=str(request.url_rule),
                status=200,
                object_ids=done.ids,
            )
        said = f"<Message>{escape(done.text)}</Message>" if done.text else ""
        answer = ANSWER.format(said)
        return Response(answer, mimetype="text/xml", headers={"Cache-Control": "no-store"})

    try:
        return retrying(attempt)
    except (Forbidden, NotFound):
        return answer_of(Forbidden("The signature is not valid."))


def _status(work: Work, fields: Fields) -> Answered:
    """What became of a text of ours; one that is not known, or not any more, changes nothing."""
    sid, said = fields.get("MessageSid", ""), fields.get("MessageStatus", "")
    code = fields.get("ErrorCode", "")
    try:
        message_id = UUID(request.args.get("message", ""))
    except ValueError:
        return Answered([])
    if not re.fullmatch("[!-~]{1,200}", sid):
        return Answered([])
    known = code if re.fullmatch("[0-9]{5}", code) else None
    message = note_receipt(work, message_id, sid, said, known)
    return Answered([message.id, message.patient_id] if message else [])


def _inbound(work: Work, fields: Fields) -> Answered:
    """A text to the clinic's number: kept as it came and acted on, once."""
    sid, number = fields.get("MessageSid", ""), fields.get("From", "")
    if not re.fullmatch("[!-~]{1,200}", sid) or not re.fullmatch(r"\+[0-9]{1,15}", number):
        return Answered([])
    # PostgreSQL's texts hold no NUL.
    body = fields.get("Body", "").replace("\0", "")[:1600]
    return take_in(work, sid, number, body, answered="OptOutType" in fields)
