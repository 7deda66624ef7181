"""Mails that come back (RFC 3464), and which refusals mean that an address is dead (I46)."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.messages.rules_bounces import Bounce, is_dead, read_bounce

OURS = UUID("6f9619ff-8b86-4d01-b42d-00cf4fc964ff")


def a_report(
    status: str = "5.1.1",
    action: str = "failed",
    quoted: str = f"Message-ID: <{OURS}@clinic.example>",
    kind: str = "text/rfc822-headers",
    report: str = "multipart/report; report-type=delivery-status",
) -> bytes:
    """A notification as Postfix writes it."""
    return f"""\
From: MAILER-DAEMON@mx.example (Mail Delivery System)
Message-ID: <b0b2b3b4-1111-4222-8333-444455556666@mx.example>
Subject: Undelivered Mail Returned to Sender
Content-Type: {report};
	boundary="8D0F1"

--8D0F1
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--8D0F1
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Sat, 28 Nov 2026 16:30:00 +0000 (UTC)

Final-Recipient: rfc822; ana@example.com
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} No such person

--8D0F1
Content-Description: Undelivered Message
Content-Type: {kind}

From: Sonoran Care <no-reply@clinic.example>
{quoted}
Subject: Sonoran Care: appt

--8D0F1--
""".replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (a_report(), Bounce(OURS, "dead_address")),
        (a_report(kind="message/rfc822"), Bounce(OURS, "dead_address")),
        (a_report("5.2.2"), Bounce(OURS, "bounced")),  # their mailbox is full
        (a_report("5.7.1"), Bounce(OURS, "bounced")),
        (a_report("4.4.7", "delayed"), None),
        (a_report("4.2.2", "failed"), None),
        (a_report("2.0.0", "delivered"), None),
        (a_report(quoted="Message-ID: <20261128.1@clinic.example>"), None),
        (a_report(quoted=""), None),
        (a_report(report="multipart/mixed"), None),
        (b"Subject: I am on holiday\r\n\r\nUntil Monday.\r\n", None),
        (b"", None),
    ],
)
def test_a_report_says_which_mail_came_back_and_whether_its_address_is_dead(
    raw: bytes, expected: Bounce | None
) -> None:
    """I46: a delay is none, nor is a full mailbox the end of an address."""
    assert read_bounce(raw) == expected


@given(st.binary(max_size=300), st.integers(0, 2000), st.integers(0, 300))
def test_whatever_is_sent_there_breaks_nothing(noise: bytes, place: int, cut: int) -> None:
    whole = a_report()
    read_bounce(noise)
    assert read_bounce(whole[:place] + noise + whole[place + cut :]) in (
        None,
        Bounce(OURS, "dead_address"),
        Bounce(OURS, "bounced"),
    )


@pytest.mark.parametrize(
    ("said", "dead"),
    [
        ("5.1.1 No such person", True),
        ("5.1.10 The domain takes no mail", True),
        ("5.1.2", True),
        ("5.1.0 <no-reply@clinic.example>: Sender address rejected: User unknown", False),
        ("5.1.7 Bad sender's mailbox", False),
        ("5.1.8 Bad sender's domain", False),
        ("5.2.2 Mailbox full", False),
        ("5.7.1 Spam", False),
        ("4.1.1 Try again", False),
        ("No such person 5.1.1", False),
        ("", False),
    ],
)
def test_only_what_is_said_of_the_address_itself_makes_it_dead(said: str, dead: bool) -> None:
    """I46"""
    assert is_dead(said) is dead
