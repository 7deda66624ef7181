"""Texts that patients send: STOP, START, HELP, C, R, and everything else.

The visits are on Tuesday, 1 December 2026; their first reminder goes on Saturday at 09:30.
"""

from collections.abc import Callable
from itertools import count
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from scheduler.access.model import AuditEntry
from scheduler.messages.channels_twilio import Twilio
from scheduler.messages.model_texts import InboundText
from scheduler.messages.rules_answers import SAID, answer, short_time
from scheduler.messages.rules_gsm import fits
from scheduler.messages.rules_text import Draft
from tests.builders import ClinicKit, a_clinic, a_patient, an_order
from tests.gateway.running import a_gateway
from tests.jobs.test_texts import texted
from tests.jobs.test_twilio import (
    DUE,
    NUMBER,
    PUBLIC,
    call_back,
    hooked,  # noqa: F401 - a fixture
    with_number,
)
from tests.jobs.ticking import a_booking, cancel, ends, instant, move, tick

At = Callable[[Any], None]
PHOENIX = ZoneInfo("America/Phoenix")
HIS = "+16025550123"
SIDS = count()


@pytest.fixture
def clinic(app: Flask, at: At) -> ClinicKit:
    return with_number(a_clinic(app))


@pytest.fixture
def write(hooked: FlaskClient, clinic: ClinicKit) -> Callable[..., str]:  # noqa: F811
    """Send the clinic a text; what it is answered with."""

    def send(body: str, number: str = HIS, sid: str | None = None, **more: str) -> str:
        form = {"MessageSid": sid or f"SM-in-{next(SIDS)}", "From": number, "To": NUMBER}
        got = call_back(hooked, clinic.id, "inbound", form | {"Body": body} | more)
        assert got.status_code == 200
        said = got.get_data(as_text=True).partition("<Response>")[2].partition("</Response>")[0]
        return said.removeprefix("<Message>").removesuffix("</Message>")

    return send


Write = Callable[..., str]


def in_force(clinic: ClinicKit, patient_id: UUID) -> set[tuple[str, str | None]]:
    items = clinic.desk.get(f"/v1/patients/{patient_id}/consents").get_json()["items"]
    return {(each["purpose"], each["channel"]) for each in items if not each["withdrawn_at"]}


ALL = {("treatment", None), ("reminders", "sms"), ("check_ins", "sms")}
NO_TEXTS = {("treatment", None)}


def with_room(clinic: ClinicKit, a_day: int) -> None:
    """Its policy lets so many texts a day go to one number."""
    path = "/v1/clinic/policies"
    version = clinic.admin.get(path).get_json()["version"]
    answer = clinic.admin.change("PATCH", path, {"texts_a_day": a_day}, version=version)
    assert answer.status_code == 200


def reminded(app: Flask, at: At, when: str = DUE) -> None:
    """What is due goes out by text."""
    with a_gateway(keyed=False) as gateway:
        tick(app, when, {"sms": Twilio(gateway.twilio_url, PUBLIC)})
    at(instant(when))


def confirmed(clinic: ClinicKit, session: dict[str, Any]) -> bool:
    found = clinic.desk.get(f"/v1/sessions/{session['id']}").get_json()
    return found.get("confirmed_at") is not None


@pytest.mark.parametrize("word", ["STOP", "unsubscribe", "Cancel.", "opt-out", "alto"])
def test_stop_opts_out_everybody_who_has_the_number(
    app: Flask, clinic: ClinicKit, write: Write, word: str
) -> None:
    """I40, I43: at once, and what was due is not sent."""
    ana, ben = texted(clinic, phone=HIS), texted(clinic, phone=HIS)
    other = texted(clinic)
    booked = a_booking(clinic, ana)
    said = write(word)
    assert said.startswith("Sonoran Care: you get no more texts")
    assert in_force(clinic, ana) == in_force(clinic, ben) == NO_TEXTS
    assert in_force(clinic, other) == ALL
    tick(app, DUE, {"sms": Twilio("http://twilio", PUBLIC)})
    assert ends(clinic) == [("3d_before", "skipped", "no_consent")]
    assert clinic.desk.get(f"/v1/sessions/{booked['id']}").get_json()["status"] == "booked"


def test_a_stop_follows_the_number_that_the_consent_was_given_for(
    clinic: ClinicKit, write: Write
) -> None:
    """I43: also when the patient has another number by now, which START does not write to."""
    ana = texted(clinic, phone=HIS)
    new = clinic.desk.send(
        "PATCH", f"/v1/patients/{ana}", {"phone": "+16025550177"}, {"If-Match": "*"}
    )
    assert new.status_code == 200
    write("STOP")
    assert in_force(clinic, ana) == NO_TEXTS
    write("START")
    assert in_force(clinic, ana) == NO_TEXTS


def test_start_gives_back_what_stop_took_and_nothing_else(clinic: ClinicKit, write: Write) -> None:
    """I43: not what a person withdrew, nor what nobody ever gave; saying it twice is as once."""
    ana, ben = texted(clinic, phone=HIS), texted(clinic, phone=HIS)
    path = f"/v1/patients/{ben}/consents"
    items = clinic.desk.get(path).get_json()["items"]
    (reminders,) = (each for each in items if each["purpose"] == "reminders")
    gone = clinic.desk.send("POST", f"{path}/{reminders['id']}/withdraw", None, {"If-Match": "*"})
    assert gone.status_code == 200
    write("STOP")
    write("STOP")
    for _ in range(2):
        assert write("Start") == (
            "Sonoran Care: you get our texts again. To talk to us, call (602) 555-0100."
            " Reply STOP to opt out."
        )
    assert in_force(clinic, ana) == ALL
    assert in_force(clinic, ben) == ALL - {("reminders", "sms")}
    given = clinic.desk.get(f"/v1/patients/{ana}/consents").get_json()["items"]
    assert [each["source"] for each in given].count("text") == 2
    # A stranger's START gives nobody anything.
    write("START", number="+16025550999")
    assert in_force(clinic, ben) == ALL - {("reminders", "sms")}


def test_help_is_always_answered(clinic: ClinicKit, write: Write) -> None:
    """I43: also a stranger, and after STOP; in the language of whoever has the number."""
    help_text = (
        "Sonoran Care: texts about your appts. For help, call (602) 555-0100."
        " Reply STOP to opt out."
    )
    assert write("HELP") == help_text
    texted(clinic, phone=HIS, language="es")
    write("STOP")
    assert write("info") == (
        "Sonoran Care: textos sobre sus citas. Para ayuda, llame al (602) 555-0100."
        " Responda STOP para no recibirlos."
    )
    texted(clinic, phone=HIS)
    assert write("ayuda") == help_text


def test_what_the_provider_answered_itself_is_not_answered_again(
    clinic: ClinicKit, write: Write
) -> None:
    """I43: it is done all the same."""
    ana = texted(clinic, phone=HIS)
    assert write("STOP", OptOutType="STOP") == ""
    assert in_force(clinic, ana) == NO_TEXTS


def test_a_c_confirms_the_visit_of_the_reminder(
    app: Flask, clinic: ClinicKit, at: At, write: Write
) -> None:
    """I44: once, whatever is said again, and whatever comes in again (I45)."""
    session = a_booking(clinic, texted(clinic, phone=HIS))
    reminded(app, at)
    said = "Sonoran Care: thank you, see you Tue Dec 1 9:30 AM. To change it, call (602) 555-0100."
    assert write("c 👍", sid="SM-c") == said
    before = clinic.desk.get(f"/v1/sessions/{session['id']}").get_json()
    assert before["confirmed_at"] is not None
    at(instant("2026-11-29T12:00"))
    assert write("c 👍", sid="SM-c") == ""
    assert write("Sí") == said
    after = clinic.desk.get(f"/v1/sessions/{session['id']}").get_json()
    assert after == before


def test_a_c_never_confirms_what_it_cannot_mean(
    app: Flask, clinic: ClinicKit, at: At, write: Write
) -> None:
    """I44: nothing sent, another number, moved or cancelled since."""
    session = a_booking(clinic, texted(clinic, phone=HIS))
    unclear = "Sonoran Care: thank you. We will call you to be sure which appt you mean"
    assert write("C").startswith(unclear)
    reminded(app, at)
    assert write("C", number="+16025550999").startswith(unclear)
    move(clinic, session, 1)
    assert write("C").startswith(unclear)
    assert not confirmed(clinic, session)
    cancel(clinic, session)
    assert write("C").startswith(unclear)


def test_of_two_patients_on_one_number_a_person_decides(
    app: Flask, clinic: ClinicKit, at: At, write: Write
) -> None:
    """I44."""
    with_room(clinic, 2)
    one = a_booking(clinic, texted(clinic, phone=HIS))
    two = a_booking(clinic, texted(clinic, phone=HIS), at="13:30")
    reminded(app, at, "2026-11-28T14:00")
    assert "which appt you mean" in write("C")
    assert not confirmed(clinic, one)
    assert not confirmed(clinic, two)


def test_own_words_are_kept_and_answered_once_a_day(
    clinic: ClinicKit, at: At, write: Write
) -> None:
    """Two machines that answer each other would never end."""
    texted(clinic, phone=HIS)
    assert write("Can I come <later> & talk?").endswith("In an emergency call 911.")
    assert write("Hello?") == ""
    assert write("R") != ""
    at(instant("2026-12-05T12:00"))
    assert write("Hello?") != ""
    with clinic.work() as work:
        bodies = set(work.session.scalars(select(InboundText.body)))
    assert bodies == {"Can I come <later> & talk?", "Hello?", "R"}


def test_neither_words_nor_numbers_reach_the_log_or_the_audit(
    clinic: ClinicKit, write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    """I64: the audit row names the text and whose number it was."""
    ana = texted(clinic, phone=HIS)
    write("my canary sings", sid="SM-canary")
    with clinic.work() as work:
        (trace,) = work.session.scalars(select(AuditEntry).where(AuditEntry.role == "signed"))
        (text,) = work.session.scalars(select(InboundText))
        assert set(trace.object_ids) == {text.id, ana}
        told = str({name: str(value) for name, value in vars(trace).items()})
    for secret in ("canary", HIS, HIS[1:]):
        assert secret not in told
        assert secret not in caplog.text


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize("phone", ["(602) 555-0100", "+44 20 7946 0958", None])
def test_every_answer_is_one_text_that_tells_nothing(language: str, phone: str | None) -> None:
    """I42."""
    when = short_time(language, instant("2026-12-30T12:30"), PHOENIX, name_zone=True)
    assert set(SAID[language]) == set(SAID["en"])
    for kind in SAID[language]:
        said = answer(language, kind, "N" * 30, phone, when)
        assert fits(said), said
        assert not Draft("", "", said, said).forbidden()


def test_a_spanish_time_is_spanish() -> None:
    at = instant("2026-12-02T14:30")
    assert short_time("es", at, PHOENIX, name_zone=True) == "mié 2 dic 2:30 PM MST"
    assert short_time("en", at, PHOENIX, name_zone=False) == "Wed Dec 2 2:30 PM"


def test_a_later_visit_is_meant_once_the_earlier_one_is_confirmed(
    app: Flask, clinic: ClinicKit, at: At, write: Write
) -> None:
    """I44: of two visits that nobody has confirmed, none is guessed."""
    order = an_order(texted(clinic, phone=HIS), sessions=2)
    first, second = clinic.desk.post("/v1/series", order).get_json()["sessions"]
    reminded(app, at)
    assert "see you Tue Dec 1" in write("C")
    reminded(app, at, "2026-12-05T09:30")
    assert "see you Tue Dec 8" in write("C")
    assert confirmed(clinic, first)
    assert confirmed(clinic, second)


def listed(clinic: ClinicKit, role: str = "front_desk", **query: Any) -> list[dict[str, Any]]:
    answer = clinic.caller(role).get("/v1/attention", **query)
    assert answer.status_code == 200
    return [each for each in answer.get_json()["items"] if each["number"]]


def test_a_person_reads_what_nothing_follows_from(clinic: ClinicKit, at: At, write: Write) -> None:
    """Until somebody says what was done about it."""
    ana = texted(clinic, phone=HIS)
    for body in ("HELP", "STOP", "START", "Can I bring my sister?", "R", "C", "Cancel"):
        write(body)
    told = {(each["kind"], each["said"], each["detail"]) for each in listed(clinic)}
    assert told == {
        ("change_asked", "R", "The patient asks for another time."),
        (
            "change_asked",
            "Cancel",
            "The patient texted CANCEL: nobody with this number gets texts any more, and no visit"
            " was cancelled.",
        ),
        ("reply", "Can I bring my sister?", "The patient wrote a text."),
        ("reply", "C", "The patient will come, and it is not certain to which visit."),
    }
    asked = listed(clinic, kind="change_asked")
    assert {(each["patient_id"], each["number"]) for each in asked} == {(str(ana), HIS)}
    for item in asked:
        done = clinic.desk.post(f"/v1/attention/{item['id']}/handle", {"note": "Called."})
        assert done.status_code == 200
    assert {each["kind"] for each in listed(clinic)} == {"reply"}


def test_a_shared_number_shows_with_each_patient_and_a_strangers_with_none(
    clinic: ClinicKit, write: Write
) -> None:
    ana, ben = texted(clinic, phone=HIS), texted(clinic, phone=HIS)
    write("It is about Tuesday")
    shared = listed(clinic)
    assert {each["patient_id"] for each in shared} == {str(ana), str(ben)}
    assert len({each["id"] for each in shared}) == 2
    assert {each["detail"] for each in shared} == {
        "One of 2 patients with this number wrote a text."
    }
    write("Is this the clinic?", number="+16025550999")
    (strange,) = (each for each in listed(clinic) if each["patient_id"] is None)
    assert (strange["number"], strange["patient"]) == ("+16025550999", None)
    assert strange["detail"] == "Somebody whose number no patient has wrote a text."


def test_what_a_patient_wrote_is_for_those_who_answer_it(clinic: ClinicKit, write: Write) -> None:
    """I61: words may tell anything; that there are some is no secret."""
    texted(clinic, phone=HIS)
    write("I feel dizzy")
    for role in ("front_desk", "clinician"):
        assert [each["said"] for each in listed(clinic, role)] == ["I feel dizzy"]
    for role in ("integration", "admin"):
        (item,) = listed(clinic, role)
        assert "said" not in item


def test_the_texts_of_a_patient_are_listed_for_those_who_answer_them(
    app: Flask, clinic: ClinicKit, at: At, write: Write
) -> None:
    """I61: and nobody else's are."""
    patient_id = texted(clinic, phone=HIS)
    session = a_booking(clinic, patient_id)
    reminded(app, at)
    write("Thank you")
    at(instant("2026-11-28T10:01"))
    write("C")
    write("Me too", number="+16025550999")

    def texts(role: str, of: object = patient_id) -> list[dict[str, Any]]:
        answer = clinic.caller(role).get(f"/v1/patients/{of}/texts")
        assert answer.status_code == 200
        return list(answer.get_json()["items"])

    first, second = texts("front_desk")
    assert (first["said"], first["meaning"], first["session_id"]) == ("Thank you", "words", None)
    assert second["session_id"] == session["id"]
    assert second["received_at"] == "2026-11-28T10:01:00-07:00"
    assert (second["meaning"], second["number"]) == ("confirm", HIS)
    assert ["said" in each for each in texts("integration")] == [False, False]
    assert texts("front_desk", a_patient(clinic, phone=None)) == []


def test_who_cannot_be_reminded_is_to_be_called_until_they_confirm(
    app: Flask, clinic: ClinicKit, at: At, write: Write
) -> None:
    """I46: and who is silent a day before is on the list too."""
    session = a_booking(clinic, texted(clinic, phone=HIS))
    write("STOP")
    reminded(app, at)

    def kinds() -> list[str]:
        return [each["kind"] for each in clinic.desk.get("/v1/attention").get_json()["items"]]

    assert kinds() == ["unreachable"]
    at(instant("2026-11-30T10:00"))
    assert kinds() == ["unreachable", "unconfirmed"]
    now = clinic.desk.get(f"/v1/sessions/{session['id']}").get_json()
    assert clinic.desk.step(now, "confirm").status_code == 200
    assert kinds() == []
