"""A patient fills in a form by its link: a question a page, kept at once, never shown again."""

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from scheduler.access.model import AuditEntry
from scheduler.alerts.model import Alert, AlertEvent
from scheduler.answers.model import Answers
from scheduler.clinics.rules_crisis import CRISIS
from scheduler.embedded import Server
from scheduler.instruments.rules import MOST_WORDS
from scheduler.instruments.rules_shipped import SHIPPED
from scheduler.links import rules
from scheduler.links.actions import forget_expired
from scheduler.links.model import Link
from scheduler.patients.model_stops import is_stopped
from scheduler.web.limits import Limits
from tests.api.booking import one_session
from tests.api.linked import ADDRESS, Phone, Read, form_link, links_of, said
from tests.builders import ClinicKit, a_cleared_patient, a_clinic, consents
from tests.conftest import as_superuser

At = Callable[[Any], None]
Json = dict[str, Any]
LATER = "2026-12-20T08:00:00-07:00"


@pytest.fixture
def clinic(app: Flask, at: At) -> ClinicKit:
    return a_clinic(app)


@pytest.fixture
def phone(app: Flask) -> Phone:
    return Phone(app)


@pytest.fixture
def session(clinic: ClinicKit) -> Json:
    return visit(clinic)


@pytest.fixture
def path(clinic: ClinicKit, session: Json) -> str:
    return form_link(clinic, session)


def visit(clinic: ClinicKit, starts_at: str = "2026-12-01T09:30:00-07:00", **who: Any) -> Json:
    """A visit of a patient who may be asked how they are."""
    patient = a_cleared_patient(clinic, **({"email": ADDRESS} | who))
    consents(clinic, patient, "check_ins")
    return one_session(clinic, patient, starts_at=starts_at)


def answer(phone: Phone, path: str, place: object, **chosen: str) -> TestResponse:
    """Open the page of a question and answer it."""
    at = f"{path}{'&' if '?' in path else '?'}at={place}"
    return phone.press(at, phone.read(at), **chosen)


def submit(phone: Phone, path: str) -> TestResponse:
    return answer(phone, path, "end")


def stored(clinic: ClinicKit) -> list[Answers]:
    """All answers, the first first."""
    with clinic.work() as work:
        return list(work.session.scalars(select(Answers).order_by(Answers.started_at, Answers.id)))


def items(clinic: ClinicKit) -> Json:
    """The items of the one form there is."""
    (only,) = stored(clinic)
    return only.items


def alerts(clinic: ClinicKit) -> list[tuple[str, list[str], UUID | None]]:
    """What has raised or joined an alert: how, why, by which answers."""
    with clinic.work() as work:
        events = work.session.scalars(select(AlertEvent).order_by(AlertEvent.at))
        return [(each.kind, each.reasons, each.answers_id) for each in events]


def is_heard(response: TestResponse, language: str = "en") -> bool:
    """Does the answer say whom to call, with numbers to press?"""
    page = Read(response.get_data(as_text=True))
    calls = [str(a["href"]) for a in page.all("a")]
    return (
        response.status_code == 200
        and CRISIS[language] in said(response)
        and {"tel:988", "tel:911"} <= set(calls)
    )


def test_a_patient_walks_the_phq9(clinic: ClinicKit, phone: Phone, path: str) -> None:
    place = path
    for n in range(1, 10):
        page = phone.read(place)
        assert f"Question {n} of 9" in page.text
        assert page.form["item"] == str(n)
        assert page.starts == ["0", "1", "2", "3"]
        response = phone.press(place, page, value=str((n - 1) % 2))
        assert response.status_code == 303
        place = response.headers["Location"]
        assert items(clinic) == {str(m): (m - 1) % 2 for m in range(1, n + 1)}
    assert "Send your answers" in phone.read(place).text
    response = phone.follow(place)
    assert (response.status_code, response.headers["Location"]) == (303, path)
    (kept,) = stored(clinic)
    assert kept.submitted_at is not None
    assert (kept.rule, kept.source, kept.language) == ("baseline", "link", "en")
    assert (kept.instrument, kept.instrument_version) == ("phq9", 1)
    for place in (path, f"{path}?at=3", f"{path}?at=end"):
        page = phone.read(place)
        assert "Thank you" in page.text
        assert not page.all("form")
    assert alerts(clinic) == []


def test_a_patient_walks_the_check_in_in_spanish(clinic: ClinicKit, phone: Phone) -> None:
    place = path = form_link(clinic, visit(clinic, language="es"), "check_in", "check_in")
    given = {"feeling": "10", "side_effects": "0", "self_harm": "0", "call": "0"}
    for code, value in given.items():
        page = phone.read(place)
        assert page.form["item"] == code
        place = phone.press(place, page, value=value).headers["Location"]
    page = phone.read(place)
    assert [each["maxlength"] for each in page.all("textarea")] == [str(MOST_WORDS)]
    place = phone.press(place, page, words=" Todo bien,\r\n me sentí\tcan\u0303o\x00n ").headers[
        "Location"
    ]
    phone.follow(place)
    assert items(clinic) == {code: int(value) for code, value in given.items()} | {
        "words": "Todo bien, me sentí caño n"
    }
    assert "Gracias" in phone.read(path).text
    assert stored(clinic)[0].language == "es"


def test_what_was_begun_is_taken_up_at_the_first_open_question(
    clinic: ClinicKit, phone: Phone, session: Json, path: str, at: At
) -> None:
    """By the same link, and by another one that asks for it again."""
    answer(phone, path, 1, value="1")
    answer(phone, path, 3, value="1")
    at("2026-11-24T10:00:00-07:00")
    nudge = form_link(clinic, session)
    for link in (path, nudge):
        assert "Question 2 of 9" in phone.read(link).text
    response = answer(phone, nudge, 2, value="2")
    # The third is answered.
    assert response.headers["Location"] == f"{nudge}?at=4"
    assert items(clinic) == {"1": 1, "2": 2, "3": 1}
    submit(phone, nudge)
    assert "Thank you" in phone.read(path).text


def test_no_page_tells_a_name_or_an_earlier_answer(
    clinic: ClinicKit, phone: Phone, session: Json
) -> None:
    """I55: nothing is chosen, and a question looks the same whatever was answered."""
    path = form_link(clinic, session, "check_in", "check_in")
    fresh = {n: phone.read(f"{path}?at={n}").html for n in range(2, 6)}
    answer(phone, path, 1, value="7")
    answer(phone, path, 2, value="2")
    answer(phone, path, 5, words="I could not sleep.")
    for n, html in fresh.items():
        seen = phone.read(f"{path}?at={n}")
        assert [each for each in seen.all("input") if "checked" in each] == []
        assert asked(html) == asked(seen.html)
        for told in ("Ana", "Lopez", "could not sleep", session["patient_id"]):
            assert told not in seen.html
    submit(phone, path)
    assert "could not sleep" not in phone.read(path).html


def asked(html: str) -> list[str]:
    """The question of a page, and what it offers."""
    return re.findall("<fieldset.*</fieldset>", html, re.DOTALL)


def test_a_question_may_be_skipped_and_the_rest_sent(
    clinic: ClinicKit, phone: Phone, path: str
) -> None:
    answer(phone, path, 1, value="3")
    page = phone.read(path)
    links = {str(a["href"]) for a in page.all("a")}
    assert {f"{path}?at=3", f"{path}?at=end"} <= links
    end = phone.read(f"{path}?at=end")
    assert "still open" in end.text
    assert f"{path}?at=2" in {a["href"] for a in end.all("a")}
    assert submit(phone, path).status_code == 303
    (kept,) = stored(clinic)
    assert (kept.items, kept.submitted_at is not None) == ({"1": 3}, True)


def test_who_answers_nothing_has_answered_nothing(
    clinic: ClinicKit, phone: Phone, path: str
) -> None:
    submit(phone, path)
    assert items(clinic) == {}
    assert "Thank you" in phone.read(path).text


def test_words_may_be_left_out(clinic: ClinicKit, phone: Phone, session: Json) -> None:
    path = form_link(clinic, session, "check_in", "check_in")
    for words in ("", "  \n "):
        response = answer(phone, path, 5, words=words)
        assert (response.status_code, response.headers["Location"]) == (303, f"{path}?at=end")
    assert stored(clinic) == []
    response = answer(phone, path, 5, words="\N{WHITE SMILING FACE}" * (MOST_WORDS + 1))
    assert (response.status_code, f"up to {MOST_WORDS}" in said(response)) == (422, True)
    answer(phone, path, 5, words="\N{GRINNING FACE}" * MOST_WORDS)
    assert items(clinic) == {"words": "\N{GRINNING FACE}" * MOST_WORDS}


def test_the_language_can_be_switched_and_stays(clinic: ClinicKit, phone: Phone, path: str) -> None:
    (switch,) = [str(a["href"]) for a in phone.read(path).all("a") if a.get("hreflang") == "es"]
    page = phone.read(switch)
    assert "Pregunta 1 de 9" in page.text
    response = phone.press(switch, page, value="0")
    assert response.headers["Location"] == f"{path}?at=2&lang=es"
    assert "Pregunta 2 de 9" in phone.read(response.headers["Location"]).text
    assert is_heard(answer(phone, f"{path}?lang=es", 9, value="1"), "es")
    assert "Question 2 of 9" in phone.read(f"{path}?lang=fr").text


@pytest.mark.parametrize("value", ["1", "2", "3"])
def test_danger_raises_an_alert_and_answers_whom_to_call(
    clinic: ClinicKit, phone: Phone, session: Json, path: str, value: str
) -> None:
    """I53"""
    response = answer(phone, path, 9, value=value)
    assert is_heard(response)
    (kept,) = stored(clinic)
    assert alerts(clinic) == [("raised", ["self_harm"], kept.id)]
    assert (kept.items, kept.submitted_at) == ({"9": int(value)}, None)
    with clinic.work() as work:
        assert is_stopped(work, UUID(session["patient_id"]))
    onward = [str(a["href"]) for a in Read(response.get_data(as_text=True)).all("a")][-1]
    assert onward == f"{path}?at=end"
    assert "still open" in phone.read(onward).text


def test_danger_is_heard_each_time_and_a_later_no_takes_nothing_back(
    clinic: ClinicKit, phone: Phone, path: str, at: At
) -> None:
    """I53"""
    answer(phone, path, 9, value="1")
    at("2026-11-23T09:00:00-07:00")
    assert is_heard(answer(phone, path, 9, value="2"))
    at("2026-11-23T09:01:00-07:00")
    assert answer(phone, path, 9, value="0").status_code == 303
    assert items(clinic) == {"9": 0}
    assert [kind for kind, _, _ in alerts(clinic)] == ["raised", "joined"]
    with clinic.work() as work:
        assert work.session.scalars(select(Alert)).one().status == "open"


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [(2, "3", "severe_side_effect"), (3, "1", "self_harm"), (4, "1", "call_wanted")],
)
def test_the_check_in_is_heard_too(
    clinic: ClinicKit, phone: Phone, session: Json, place: int, value: str, reason: str
) -> None:
    path = form_link(clinic, session, "check_in", "check_in")
    assert is_heard(answer(phone, path, place, value=value))
    assert [reasons for _, reasons, _ in alerts(clinic)] == [[reason]]


def test_a_high_total_is_heard_with_the_answer_that_makes_it(
    clinic: ClinicKit, phone: Phone, path: str
) -> None:
    for n in range(1, 9):
        place = answer(phone, path, n, value="3")
        assert place.status_code == 303
    assert is_heard(answer(phone, path, 9, value="0"))
    assert [reasons for _, reasons, _ in alerts(clinic)] == [["high_total"]]


def test_the_clinics_own_crisis_text_is_shown(
    clinic: ClinicKit, phone: Phone, session: Json, path: str
) -> None:
    policies = clinic.admin.get("/v1/clinic/policies").get_json()
    own = {"en": "Call our line +1 602 555 0188 at any hour.", "es": "Llame al 988."}
    changed = clinic.admin.change(
        "PATCH", "/v1/clinic/policies", {"crisis_text": own}, version=policies["version"]
    )
    assert changed.status_code == 200, changed.get_json()
    response = answer(phone, path, 9, value="1")
    assert own["en"] in said(response)
    calls = [str(a["href"]) for a in Read(response.get_data(as_text=True)).all("a")]
    assert calls[:2] == ["tel:+16025550188", "tel:+16025550100"]


def late(clinic: ClinicKit, phone: Phone, path: str, *, before: int = 0) -> None:
    """A late answer that tells of danger is kept by itself, and heard; any other is not taken."""
    response = phone.open(path, "POST", data={"item": "9", "value": "2"})
    assert is_heard(response)
    links = Read(response.get_data(as_text=True)).all("a")
    # There is nothing to go on with.
    assert links[-1]["href"] == "tel:+16025550100"
    kept = stored(clinic)
    assert len(kept) == before + 1
    (apart,) = [each for each in kept if each.rule is None]
    assert (apart.session_id, apart.items, apart.source) == (None, {"9": 2}, "link")
    assert apart.submitted_at is not None
    assert alerts(clinic)[-1][1:] == (["self_harm"], apart.id)


def test_danger_is_heard_after_the_answers_were_sent(
    clinic: ClinicKit, phone: Phone, path: str, at: At
) -> None:
    """I53, I57: by a page that was still open; what was sent stays as it is."""
    page = phone.read(f"{path}?at=9")
    answer(phone, path, 9, value="0")
    submit(phone, path)
    assert phone.press(f"{path}?at=9", page, value="0").status_code == 200
    assert len(stored(clinic)) == 1
    at("2026-11-23T08:30:00-07:00")
    late(clinic, phone, path, before=1)
    (form,) = [each for each in stored(clinic) if each.rule]
    assert form.items == {"9": 0}
    # The link says thank you, as before.
    assert "Thank you" in phone.read(path).text


def test_danger_is_heard_by_a_link_that_has_expired(
    clinic: ClinicKit, phone: Phone, path: str, at: At
) -> None:
    at(LATER)
    assert phone.open(path).status_code == 404
    assert phone.open(path, "POST", data={"item": "9", "value": "0"}).status_code == 404
    assert stored(clinic) == []
    late(clinic, phone, path)


def test_danger_is_heard_of_who_has_left(
    clinic: ClinicKit, phone: Phone, session: Json, path: str
) -> None:
    page = phone.read(path)
    where = f"/v1/patients/{session['patient_id']}"
    version = clinic.desk.get(where).get_json()["version"]
    clinic.desk.change("PATCH", where, {"status": "discharged"}, version=version)
    assert phone.open(path).status_code == 404
    assert phone.press(path, page, value="1").status_code == 404
    late(clinic, phone, path)


def test_danger_is_heard_of_who_is_asked_no_more(
    clinic: ClinicKit, phone: Phone, session: Json, path: str
) -> None:
    """I40"""
    page = phone.read(path)
    phone.follow(links_of(clinic, session)["unsubscribe"])
    assert phone.open(path).status_code == 404
    assert phone.press(path, page, value="1").status_code == 404
    late(clinic, phone, path)


def test_danger_is_heard_for_ninety_days_and_the_link_is_then_forgotten(
    clinic: ClinicKit, phone: Phone, path: str, at: At
) -> None:
    at("2027-03-07T09:00:00-07:00")
    with clinic.work() as work:
        forget_expired(work)
    late(clinic, phone, path)
    at("2027-03-08T10:00:00-07:00")
    with clinic.work() as work:
        forget_expired(work)
    with clinic.work() as work:
        assert work.session.scalars(select(Link)).all() == []


STRANGE: list[tuple[str, dict[str, str]]] = [
    ("a nonce of long ago", {"nonce": "0" * 40, "version": "1"}),
    ("another version", {"version": "9"}),
    ("fields that are not ours", {"colour": "red"}),
    ("as if to submit", {"submits": "1"}),
    ("nothing else", {}),
]


@pytest.mark.parametrize(("what", "more"), STRANGE, ids=[what for what, _ in STRANGE])
def test_danger_is_heard_whatever_else_is_sent(
    clinic: ClinicKit, phone: Phone, path: str, what: str, more: dict[str, str]
) -> None:
    """I53; what tells of none is not taken."""
    harmless = phone.open(path, "POST", data={"item": "9", "value": "0"} | more)
    assert (harmless.status_code, stored(clinic)) == (400, [])
    assert "not been kept" in said(harmless)
    assert is_heard(phone.open(path, "POST", data={"item": "9", "value": "3"} | more))
    (kept,) = stored(clinic)
    assert (kept.items, kept.rule, kept.submitted_at) == ({"9": 3}, "baseline", None)


BODIES = [
    b"",
    b"&&&",
    b"nonce",
    b"\xff\xfe=1",
    b"item=9&value=%ff",
    b"item=%39&value=4",
    b"item=9&value=-1",
    b"item=9&value=1.0",
    b"item=9&value=%D9%A1",
    b"item=9&value=99999999999999999999",
    b"item=9&words=1",
    b"item=99&value=1",
    b"item=&value=1",
    b"value=3",
    b"item=9",
    b"item=9&value=0&value=0",
    b"a=1&" * 5000 + b"item=9&value=1",
    b'{"item": "9", "value": 1}',
    b"submits=1",
    b"submits=1&version=1&nonce=x",
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_a_body_that_no_page_sends_changes_nothing(
    clinic: ClinicKit, phone: Phone, path: str, body: bytes
) -> None:
    for kind in ("application/x-www-form-urlencoded", "application/json", "text/plain"):
        answered = phone.open(path, "POST", data=body, content_type=kind)
        assert answered.status_code == 400
        assert "Question 1 of 9" in said(answered)
    assert (stored(clinic), alerts(clinic)) == ([], [])


def test_nothing_chosen_is_said_and_a_choice_of_none_too(
    clinic: ClinicKit, phone: Phone, path: str
) -> None:
    page = phone.read(f"{path}?at=4")
    for chosen in ({}, {"value": "7"}, {"words": "often"}):
        response = phone.press(f"{path}?at=4", page, **chosen)
        assert response.status_code == 422
        assert "Please choose an answer" in said(response)
        assert "Question 4 of 9" in said(response)
    assert stored(clinic) == []


def test_an_earlier_question_is_answered_again_and_shows_nothing_old(
    clinic: ClinicKit, phone: Phone, path: str
) -> None:
    """As a browser's back button leads to it."""
    first = phone.read(path)
    phone.press(path, first, value="3")
    answer(phone, path, 2, value="3")
    back = phone.read(f"{path}?at=1")
    assert [each for each in back.all("input") if "checked" in each] == []
    assert phone.press(f"{path}?at=1", back, value="1").headers["Location"] == f"{path}?at=3"
    assert phone.press(path, first, value="0").status_code == 303
    assert items(clinic) == {"1": 0, "2": 3}


def test_presses_at_once_are_all_kept(clinic: ClinicKit, phone: Phone, path: str) -> None:
    pages = {n: phone.read(f"{path}?at={n}") for n in range(1, 10)}
    with ThreadPoolExecutor(9) as pool:
        pressed = [
            pool.submit(phone.press, f"{path}?at={n}", page, value="1") for n, page in pages.items()
        ]
        statuses = [each.result().status_code for each in pressed]
    assert sorted(statuses) == [200] + [303] * 8
    assert items(clinic) == {str(n): 1 for n in pages}
    assert len(alerts(clinic)) == 1


def test_danger_and_the_end_at_once_lose_nothing(
    clinic: ClinicKit, phone: Phone, session: Json
) -> None:
    """Whichever is first: in the form, or by itself."""
    for turn in range(5):
        path = form_link(clinic, session, ("baseline", "trend", "a", "b", "c")[turn])
        nine, end = phone.read(f"{path}?at=9"), phone.read(f"{path}?at=end")
        with ThreadPoolExecutor(2) as pool:
            one = pool.submit(phone.press, path, nine, value="1")
            other = pool.submit(phone.press, path, end)
            assert is_heard(one.result())
            assert other.result().status_code == 303
        assert len(alerts(clinic)) == turn + 1
        assert sum(each.items.get("9") == 1 for each in stored(clinic)) == turn + 1


def test_every_failure_is_the_same_page(
    clinic: ClinicKit, phone: Phone, session: Json, path: str, at: At
) -> None:
    """The one of every other link; with the clinic's phone where the clinic is known."""
    links = links_of(clinic, session)
    token = path[3:]
    known = [f"/f/{links[purpose][3:]}" for purpose in links]
    known += [f"/{letter}/{token}" for of, letter in rules.PURPOSES.items() if of != "check_in"]
    danger = {"item": "9", "value": "3"}
    told = {
        phone.open(each, method, data=danger if method == "POST" else None).get_data()
        for each in known
        for method in ("GET", "POST")
        if method == "GET" or each[1] != "i"
    }
    unknown = {
        phone.open(each, method, data=danger if method == "POST" else None).get_data()
        for each in (
            f"/f/{rules.new_token()}",
            f"{path}x",
            f"/f/{token.upper()}",
            "/f/%ff",
            f"{path}/9",
        )
        for method in ("GET", "POST")
    }
    assert unknown == {phone.open(f"/c/{rules.new_token()}").get_data()}
    at(LATER)
    told |= {phone.open(path).get_data(), phone.open(links["confirm"]).get_data()}
    told |= {phone.open(path, "POST", data={"item": "1", "value": "1"}).get_data()}
    assert [len(told), len(unknown)] == [1, 1]
    assert stored(clinic) == []


def test_two_patients_forms_are_their_own(clinic: ClinicKit, phone: Phone) -> None:
    sessions = [visit(clinic), visit(clinic, "2026-12-01T11:30:00-07:00", email="b@example.com")]
    paths = [form_link(clinic, session) for session in sessions]
    pages = [phone.read(path) for path in paths]
    # The page of one does not press the button of the other.
    assert phone.press(paths[1], pages[0], value="1").status_code == 400
    answer(phone, paths[0], 1, value="3")
    assert "Question 1 of 9" in phone.read(paths[1]).text
    answer(phone, paths[1], 1, value="0")
    found = {str(each.patient_id): each.items for each in stored(clinic)}
    assert found == {
        sessions[0]["patient_id"]: {"1": 3},
        sessions[1]["patient_id"]: {"1": 0},
    }


def test_each_rule_has_its_own_form(clinic: ClinicKit, phone: Phone, session: Json) -> None:
    for rule, instrument in (("baseline", "phq9"), ("before_next", "phq9"), ("trend", "phq2")):
        answer(phone, form_link(clinic, session, rule, instrument), 1, value="1")
    assert {each.rule for each in stored(clinic)} == {"baseline", "before_next", "trend"}


def test_a_look_is_audited_and_so_is_an_answer(
    clinic: ClinicKit, phone: Phone, session: Json, path: str
) -> None:
    """I59"""
    answer(phone, path, 1, value="1")
    phone.read(path)
    with clinic.work() as work:
        rows = work.session.scalars(
            select(AuditEntry).where(AuditEntry.route == "/f/<path:token>")
        ).all()
    looks = Counter((row.method, row.status, row.role) for row in rows)
    assert looks == {("GET", 200, "patient"): 2, ("POST", 303, "patient"): 1}
    patient, kept = UUID(session["patient_id"]), stored(clinic)[0].id
    assert all(patient in row.object_ids for row in rows)
    assert sum(kept in row.object_ids for row in rows) == 2


def test_the_pages_let_nothing_in_and_are_kept_nowhere(
    clinic: ClinicKit, phone: Phone, path: str
) -> None:
    answers = [
        phone.open(path),
        answer(phone, path, 9, value="1"),
        answer(phone, path, 1, value="0"),
    ]
    for each in answers:
        assert each.headers["Cache-Control"] == "no-store"
        assert each.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in each.headers["Content-Security-Policy"]
        assert "Set-Cookie" not in each.headers


def test_every_question_of_every_instrument_can_be_asked_in_every_language(
    clinic: ClinicKit, phone: Phone, session: Json
) -> None:
    for code, instrument in SHIPPED.items():
        path = form_link(clinic, session, "check_in", code)
        for n, item in enumerate(instrument.items, 1):
            for language in ("en", "es"):
                page = phone.read(f"{path}?at={n}&lang={language}")
                assert item.asks[language] in page.text
                assert page.starts == [str(choice.value) for choice in item.choices]


def test_who_is_in_danger_reads_whom_to_call_also_where_nobody_can_be_told(
    app: Flask,
    clinic: ClinicKit,
    phone: Phone,
    path: str,
    server: Server,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The form is in use, or too many pages were asked for: then the button works again."""
    answer(phone, path, 1, value="0")
    page = phone.read(f"{path}?at=9")
    with as_superuser(server, database) as connection, connection.transaction():
        connection.execute("SELECT FROM answers FOR UPDATE")
        busy = phone.press(path, page, value="2")
        harmless = phone.press(path, page, value="0")
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "1")
    assert harmless.status_code == 503
    with monkeypatch.context() as patched:
        patched.setitem(app.extensions, "limits", Limits(1, 1))
        phone.open(path)
        held_up = phone.press(path, page, value="2")
    assert held_up.status_code == 429
    for response in (busy, held_up):
        assert all(text in said(response) for text in CRISIS.values())
        assert 'href="tel:988"' in response.get_data(as_text=True)
    assert "988" not in said(harmless)
    assert alerts(clinic) == []
    assert is_heard(phone.press(path, page, value="2"))
