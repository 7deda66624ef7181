"""What messages say: when and whom to call, and never what the visit is for (I42)."""

from datetime import datetime, timedelta, tzinfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scheduler.clinics.rules import NOTICES
from scheduler.clinics.rules_words import FORBIDDEN
from scheduler.messages.rules_gsm import fits, spelled_plainly
from scheduler.messages.rules_spoken import SAID
from scheduler.messages.rules_text import Draft, follow_up, notice, reminder
from scheduler.patients.schema import LANGUAGES
from tests.rules.drawn import CLOCK_DAYS, NEW_YORK, PHOENIX, phoenix, utc

STARTS = phoenix("2026-11-24 14:30")

REMINDERS = [
    # clinic's phone, zone, name the zone? → subject, body, text
    (
        "+16025550100", PHOENIX, False,
        "Sonoran Care: appt Tue Nov 24 2:30 PM",
        "Hello,\n\nYou have an appointment with Sonoran Care on Tuesday, November 24, at 2:30 PM."
        "\n\nTo change it, call +16025550100.\n",
        "Sonoran Care: appt Tue Nov 24 2:30 PM. To change it, call +16025550100.",
    ),
    (
        None, PHOENIX, True,
        "Sonoran Care: appt Tue Nov 24 2:30 PM MST",
        "Hello,\n\nYou have an appointment with Sonoran Care on Tuesday, November 24, at 2:30 PM "
        "MST.\n\nTo change it, please call us.\n",
        "Sonoran Care: appt Tue Nov 24 2:30 PM MST. To change it, please call us.",
    ),
    (
        None, NEW_YORK, True,
        "Sonoran Care: appt Tue Nov 24 4:30 PM EST",
        "Hello,\n\nYou have an appointment with Sonoran Care on Tuesday, November 24, at 4:30 PM "
        "EST.\n\nTo change it, please call us.\n",
        "Sonoran Care: appt Tue Nov 24 4:30 PM EST. To change it, please call us.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("phone", "in_zone", "name_zone", "subject", "body", "text"), REMINDERS)
def test_a_reminder_says_when_on_the_clinics_wall_and_whom_to_call(
    phone: str | None, in_zone: tzinfo, name_zone: bool, subject: str, body: str, text: str
) -> None:
    draft = reminder("en", "Sonoran Care", phone, STARTS, in_zone, name_zone=name_zone)
    event = "Appointment, Sonoran Care"
    assert draft == Draft("Sonoran Care", subject, body, text, event)


SPANISH = [
    # wall time, clinic's phone → subject, what the body says of it, text
    (
        "2026-11-24 14:30", "(602) 555-0100",
        "Clínica Ñandú: cita mar 24 nov 2:30 PM",
        "Tiene una cita con Clínica Ñandú el martes 24 de noviembre a las 2:30 PM.",
        "Clinica Ñandu: cita mar 24 nov 2:30 PM. Para cambiarla, llame al (602) 555-0100.",
    ),
    (
        "2027-01-02 13:05", None,
        "Clínica Ñandú: cita sáb 2 ene 1:05 PM",
        "Tiene una cita con Clínica Ñandú el sábado 2 de enero a la 1:05 PM.",
        "Clinica Ñandu: cita sab 2 ene 1:05 PM. Para cambiarla, llamenos.",
    ),
    (
        "2026-09-09 00:10", None,
        "Clínica Ñandú: cita mié 9 sep 12:10 AM",
        "Tiene una cita con Clínica Ñandú el miércoles 9 de septiembre a las 12:10 AM.",
        "Clinica Ñandu: cita mié 9 sep 12:10 AM. Para cambiarla, llamenos.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("wall", "phone", "subject", "says", "text"), SPANISH)
def test_a_reminder_in_spanish_says_date_and_time_in_spanish(
    wall: str, phone: str | None, subject: str, says: str, text: str
) -> None:
    draft = reminder("es", "Clínica Ñandú", phone, phoenix(wall), PHOENIX, name_zone=False)
    assert (draft.subject, draft.text) == (subject, text)
    assert draft.body.startswith(f"Hola:\n\n{says}\n\nPara cambiarla, ")
    assert (draft.event, draft.language) == ("Cita, Clínica Ñandú", "es")


def test_every_language_a_patient_may_have_is_spoken() -> None:
    assert tuple(SAID) == LANGUAGES


def test_a_follow_up_in_spanish_asks_and_says_whom_to_call() -> None:
    draft = follow_up("follow_up", "es", "Clínica Ñandú", "(602) 555-0100")
    assert draft.subject == "Clínica Ñandú: ¿cómo está?"
    assert "quiere hablar con nosotros, llame al (602) 555-0100." in draft.body
    expected = "Clinica Ñandu: ¿como esta? Para hablar con nosotros, llame al (602) 555-0100."
    assert draft.text == expected


@pytest.mark.parametrize(
    ("wall", "words"),
    [("00:05", "12:05 AM"), ("12:00", "12:00 PM"), ("09:05", "9:05 AM"), ("23:55", "11:55 PM")],
)
def test_times_are_read_as_people_say_them(wall: str, words: str) -> None:
    draft = reminder(
        "en", "Sonoran Care", None, phoenix(f"2026-12-01 {wall}"), PHOENIX, name_zone=False
    )
    assert f"Dec 1 {words}" in draft.subject
    assert f"December 1, at {words}." in draft.body


def test_a_follow_up_asks_and_says_whom_to_call() -> None:
    draft = follow_up("follow_up", "en", "Sonoran Care", "+16025550100")
    assert draft.sender == "Sonoran Care"
    assert draft.subject == "Sonoran Care: how are you?"
    assert "call +16025550100." in draft.body
    assert "please call us." in follow_up("follow_up", "en", "Sonoran Care", None).body


def notices(
    language: str, name: str, phone: str | None, starts_at: datetime, zone: tzinfo
) -> list[Draft]:
    """Each notice there is, of one visit and where that may be of a hundred."""
    return [
        notice(rule, language, name, phone, [starts_at] * count, zone, name_zone=True)
        for rule in NOTICES
        for count in ((1, 100) if rule in ("booked", "cancelled") else (1,))
    ]


NEWS = [
    # rule, how many visits, language → subject, text
    ("booked", 1, "en", "Tía & Co: appt booked, Tue Nov 24 2:30 PM",
     "Tia & Co: appt booked, Tue Nov 24 2:30 PM. To change it, call 555-0100."),
    ("booked", 6, "en", "Tía & Co: 6 appts booked",
     "Tia & Co: 6 appts booked, the first Tue Nov 24 2:30 PM. To change one, call 555-0100."),
    ("changed", 1, "en", "Tía & Co: appt now Tue Nov 24 2:30 PM",
     "Tia & Co: your appt is now Tue Nov 24 2:30 PM. If that does not suit you, call 555-0100."),
    ("cancelled", 1, "en", "Tía & Co: appt Tue Nov 24 2:30 PM cancelled",
     "Tia & Co: your appt Tue Nov 24 2:30 PM is cancelled. To find a new time, call 555-0100."),
    ("missed", 1, "en", "Tía & Co: we missed you",
     "Tia & Co: we missed you. To find a new time, call 555-0100."),
    ("booked", 1, "es", "Tía & Co: cita reservada, mar 24 nov 2:30 PM",
     "Tia & Co: cita reservada, mar 24 nov 2:30 PM. Para cambiarla, llame al 555-0100."),
    ("changed", 1, "es", "Tía & Co: cita ahora mar 24 nov 2:30 PM",
     "Tia & Co: su cita es ahora mar 24 nov 2:30 PM. Si no le conviene, llame al 555-0100."),
    ("cancelled", 6, "es", "Tía & Co: 6 citas canceladas",
     "Tia & Co: 6 citas canceladas, la primera mar 24 nov 2:30 PM. "
     "Para buscar otras horas, llame al 555-0100."),
    ("missed", 1, "es", "Tía & Co: no pudimos verle",
     "Tia & Co: no pudimos verle. Para buscar otra hora, llame al 555-0100."),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "count", "language", "subject", "text"), NEWS)
def test_a_notice_says_what_is_new_and_whom_to_call(
    rule: str, count: int, language: str, subject: str, text: str
) -> None:
    starts = [STARTS + timedelta(days=7 * n) for n in range(count)]
    draft = notice(rule, language, "Tía & Co", "555-0100", starts, PHOENIX, name_zone=False)
    assert (draft.subject, draft.text) == (subject, text)
    said = SAID[language]
    assert all(said.long(each.astimezone(PHOENIX)) in draft.body for each in starts)


@given(
    st.integers(0, 20_000).map(lambda n: utc("2024-01-01 00:00") + timedelta(minutes=137 * n)),
    st.sampled_from([each[0] for each in CLOCK_DAYS]),
    st.none() | st.just("+16025550100"),
    st.booleans(),
    st.sampled_from(LANGUAGES),
)
def test_our_own_words_are_never_forbidden_and_subjects_are_one_line(
    starts_at: datetime, in_zone: tzinfo, phone: str | None, name_zone: bool, language: str
) -> None:
    """I42"""
    drafts = [
        reminder(language, "Sonoran Care", phone, starts_at, in_zone, name_zone=name_zone),
        follow_up("follow_up", language, "Sonoran Care", phone),
        *notices(language, "Sonoran Care", phone, starts_at, in_zone),
    ]
    for draft in drafts:
        assert draft.forbidden() == []
        assert "\n" not in draft.sender + draft.subject
        assert len(draft.subject) <= 78
        assert fits(draft.text)


# Letters that a text spells with many: one character of each is four or more of GSM-7.
LONG_SPELLED = st.text("\u2026\u247f\u2488\u249c\u33c2\u20ac", max_size=30)


@example("\u247f" * 30, "+16025550100", "es")  # (12), thirty times
@given(
    st.text(max_size=30) | LONG_SPELLED,
    st.none() | st.just("+16025550100"),
    st.sampled_from(LANGUAGES),
)
def test_a_text_is_one_text_whatever_the_clinic_is_called(
    name: str, phone: str | None, language: str
) -> None:
    """I42: in the alphabet that every phone takes, and at most 160 of its characters."""
    zone = NEW_YORK
    drafts = [
        reminder(language, name, phone, STARTS, zone, name_zone=True),
        follow_up("follow_up", language, name, phone),
        *notices(language, name, phone, STARTS, zone),
    ]
    for draft in drafts:
        assert fits(draft.text)


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("Clínica Señor Núñez, ¿está bien?", "Clinica Señor Nuñez, ¿esta bien?"),
        ("Ana\u2019s caf\u0065\u0301 \u2013 10\xa0AM\u2026", "Ana's café - 10 AM..."),
        ("[€]", "[€]"),
        ("診療所 7", " 7"),
        ("Łódź `x`", "odz x"),
    ],
)
def test_accents_that_phones_lack_are_spelled_plainly(words: str, plain: str) -> None:
    assert spelled_plainly(words) == plain
    assert fits(plain)


@pytest.mark.parametrize(
    ("words", "one"), [("a" * 160, True), ("a" * 161, False), ("€" * 80, True), ("€" * 81, False),
                       ("á", False), ("", True)],
)  # fmt: skip
def test_a_text_of_more_than_160_characters_or_of_others_does_not_fit(
    words: str, one: bool
) -> None:
    assert fits(words) is one


@pytest.mark.parametrize("word", FORBIDDEN[::5])
def test_a_forbidden_word_is_found_in_the_sender_the_subject_and_the_body(word: str) -> None:
    """I42: a clinic's name can hold one."""
    assert word in Draft(word, "", "").forbidden()
    assert word in Draft("", f"Re: {word}", "").forbidden()
    assert word in Draft("", "", "", f"Appt {word}").forbidden()
    assert word in Draft("", "", f"Hello,\n\n{word}").forbidden()
    assert (
        word
        in reminder("en", f"The {word} place", None, STARTS, PHOENIX, name_zone=False).forbidden()
    )
