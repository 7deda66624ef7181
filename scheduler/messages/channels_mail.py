"""Mail by SMTP, over one connection that is kept open."""

import smtplib
import ssl
from contextlib import suppress
from datetime import datetime, timedelta
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from html import escape
from urllib.parse import parse_qs, unquote, urlsplit

from scheduler.messages.outgoing import Outgoing, Visit
from scheduler.messages.rules import Outcome
from scheduler.messages.rules_bounces import is_dead
from scheduler.messages.rules_text import Draft
from scheduler.sessions.rules_event import Event, calendar_file

TIMEOUT_SECONDS = 15

# It closes the connection, as it had nothing to do or enough of us; by itself no refusal.
CLOSING = 421

Reply = tuple[int, bytes]

# The mail server cannot be reached or does not let us in: certain, and worth another try.
AWAY = Outcome("retry", "mail_server_away", away=True)

# What the email package raises for an address or a name that cannot stand in a header.
UNMAILABLE = (ValueError, MessageError)


def as_mail(outgoing: Outgoing, mail_from: str) -> EmailMessage:
    """The message as a mail; its Message-ID is the same at every attempt.

    Raises one of UNMAILABLE for an address that no mail can bear.
    """
    mail = EmailMessage()
    mail["From"] = formataddr((outgoing.draft.sender, mail_from))
    # As one address, whatever it holds; a bare text might be read as several.
    mail["To"] = Address(addr_spec=outgoing.address)
    mail["Subject"] = outgoing.draft.subject
    mail["Date"] = format_datetime(outgoing.at)
    mail["Message-ID"] = f"<{outgoing.id}@{mail_from.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    if outgoing.draft.unsubscribe is not None:
        # One click in the reader's mail program, without a page (RFC 8058).
        mail["List-Unsubscribe"] = f"<{outgoing.draft.unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(as_plain(outgoing.draft))
    mail.add_alternative(as_page(outgoing.draft), subtype="html")
    events = [event_of(outgoing, visit, mail_from) for visit in outgoing.visits]
    if len(events) == 1:
        _add_event(mail, events[0], outgoing.at)
    for nth, event in enumerate(events if len(events) > 1 else [], start=1):
        _attach_event(mail, event, outgoing.at, nth)
    return mail


def as_plain(draft: Draft) -> str:
    """The words, and below them each link on a line of its own."""
    links = "".join(f"{word}: {url}\n" for word, url in draft.links)
    return f"{draft.body}\n{links}" if links else draft.body


def as_page(draft: Draft) -> str:
    """The same as HTML, and nothing but words and links: no pictures that tell who reads."""
    said = escape(draft.body.strip()).split("\n\n")
    paragraphs = [each.replace("\n", "<br>") for each in said]
    paragraphs += [f'<a href="{escape(url)}">{escape(word)}</a>' for word, url in draft.links]
    body = "".join(f"<p>{each}</p>" for each in paragraphs)
    return f'<!doctype html><html lang="{draft.language}"><body>{body}</body></html>\n'


def event_of(outgoing: Outgoing, visit: Visit, mail_from: str) -> Event:
    """The visit as it will stand in the patient's calendar."""
    return Event(
        session_id=visit.session_id,
        time_version=visit.time_version,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        title=outgoing.draft.event,
        organizer=mail_from,
        attendee=outgoing.address,
        is_cancelled=visit.is_cancelled,
    )


def _add_event(mail: EmailMessage, event: Event, at: datetime) -> None:
    """The method stands in the MIME type and in the file, or calendars take no notice (I47)."""
    file, method = calendar_file(event, at), {"method": event.method}
    mail.add_alternative(file, subtype="calendar", params=method)


def _attach_event(mail: EmailMessage, event: Event, at: datetime, nth: int) -> None:
    """One of several: mail programs show one alternative alone, and every attachment."""
    file, name = calendar_file(event, at), f"{nth}.ics"
    mail.add_attachment(file, subtype="calendar", filename=name, params={"method": event.method})


class SmtpMail:
    """Mail over one connection, kept open between messages."""

    key_life = timedelta(0)
    needs_sender = False
    width = 1

    def __init__(self, url: str, mail_from: str) -> None:
        self.url, self.mail_from = urlsplit(url), mail_from
        self.connection: smtplib.SMTP | None = None

    def send(self, outgoing: Outgoing) -> Outcome:
        try:
            # With the line ends of SMTP: servers refuse bare ones, or read them as one long line.
            message = as_mail(outgoing, self.mail_from).as_bytes(policy=policy.SMTP)
        except UNMAILABLE:
            return Outcome("failed", "bad_address")
        try:
            connection, reply = self._begun()
        except (OSError, smtplib.SMTPException, UnicodeError):
            # What it has against us (a greeting of 554, a wrong password) is not the message's
            # fault, however final: nothing of it went out, and it is worth another try.
            self.close()
            return AWAY
        return self._hand_over(connection, reply, outgoing.address, message)

    def _hand_over(
        self, connection: smtplib.SMTP, reply: Reply, address: str, message: bytes
    ) -> Outcome:
        try:
            self._expect(reply)
            self._expect(connection.rcpt(address))
        except smtplib.SMTPResponseException as refusal:
            self.close()
            # The answer to MAIL is about the sender, who is always the same: of this address it
            # says nothing, however it reads.
            return _refused(refusal, of_address=_is_taken(reply))
        except (OSError, smtplib.SMTPException):
            # Not a byte of the message went out: certain, and worth another try.
            self.close()
            return AWAY
        return self._data(connection, message)

    def _data(self, connection: smtplib.SMTP, message: bytes) -> Outcome:
        try:
            self._expect(connection.data(message))
        except smtplib.SMTPResponseException as refusal:
            self.close()
            return _refused(refusal)
        except (OSError, smtplib.SMTPException):
            # It may have been taken: sending it again could double it (I35).
            self.close()
            return Outcome("unknown", "mail_server_broke_off")
        return Outcome("sent")

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _begun(self) -> tuple[smtplib.SMTP, Reply]:
        """The open connection, if the server still answers on it, or a new one; and the answer.

        It answers to the mail's own first command: to ask by another takes a round trip a mail.
        """
        if self.connection is not None:
            with suppress(OSError, smtplib.SMTPException):
                reply = self.connection.mail(self.mail_from)
                if reply[0] != CLOSING:
                    return self.connection, reply
            self.close()
        self.connection = self._connect()
        return self.connection, self.connection.mail(self.mail_from)

    def _connect(self) -> smtplib.SMTP:
        connection = self._open()
        try:
            if parse_qs(self.url.query).get("starttls") == ["1"]:
                connection.starttls(context=ssl.create_default_context())
            connection.ehlo_or_helo_if_needed()
            if self.url.username is not None:
                connection.login(unquote(self.url.username), unquote(self.url.password or ""))
        except BaseException:
            connection.close()
            raise
        return connection

    def _open(self) -> smtplib.SMTP:
        host, port = self.url.hostname or "", self.url.port
        if self.url.scheme == "smtps":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(host, port or 465, timeout=TIMEOUT_SECONDS, context=context)
        return smtplib.SMTP(host, port or 25, timeout=TIMEOUT_SECONDS)

    @staticmethod
    def _expect(reply: Reply) -> None:
        if not _is_taken(reply):
            raise smtplib.SMTPResponseException(*reply)


def _is_taken(reply: Reply) -> bool:
    return 200 <= reply[0] < 300


def _refused(refusal: smtplib.SMTPResponseException, *, of_address: bool = True) -> Outcome:
    """A reply of 4xx is worth another try, one of 5xx is not (RFC 5321, 4.2.1)."""
    said = refusal.smtp_error
    says = said.decode("ascii", "replace") if isinstance(said, bytes) else said
    if of_address and is_dead(says):
        return Outcome("failed", "dead_address")
    temporary = 400 <= refusal.smtp_code < 500
    return Outcome("retry" if temporary else "failed", f"smtp_{refusal.smtp_code}")
