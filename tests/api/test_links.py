"""A patient confirms, asks for a change, declines, keeps the date and unsubscribes by link."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select

from scheduler.access.model import AuditEntry
from scheduler.access.secrets import new_secret
from scheduler.clinics.rules_words import forbidden_words
from scheduler.embedded import Server
from scheduler.links import rules
from scheduler.links.model import Link
from scheduler.web.limits import Limits
from tests.api.booking import book, fill, one_session
from tests.api.linked import ADDRESS, Phone, Read, links_of, said
from tests.builders import Caller, ClinicKit, a_cleared_patient, a_clinic, consents
from tests.conftest import as_superuser

At = Callable[[Any], None]
Json = dict[str, Any]
NINE_THIRTY = "Tuesday, December 1, at 9:30 AM"


@pytest.fixture
def clinic(app: Flask, at: At) -> ClinicKit:
    return a_clinic(app)


@pytest.fixture
def phone(app: Flask) -> Phone:
    return Phone(app)


@pytest.fixture
def session(clinic: ClinicKit) -> Json:
    return one_session(clinic, a_cleared_patient(clinic, email=ADDRESS))


@pytest.fixture
def links(clinic: ClinicKit, session: Json) -> dict[str, str]:
    return links_of(clinic, session)


def now(clinic: ClinicKit, session: Json) -> Json:
    """The session as it is now."""
    return dict(clinic.desk.get(f"/v1/sessions/{session['id']}").get_json())


def moved(clinic: ClinicKit, session: Json, to: str = "2026-12-02T11:00:00-07:00") -> Json:
    """The front desk moves the session."""
    answer = clinic.desk.step(now(clinic, session), "reschedule", starts_at=to)
    assert answer.status_code == 200, answer.get_json()
    return dict(answer.get_json())


def stamp(at: str) -> str:
    """An instant as a page's form sends it."""
    return str(int(datetime.fromisoformat(at).timestamp()))


def test_a_patient_confirms(clinic: ClinicKit, phone: Phone, session: Json, links: Json) -> None:
    page = phone.read(links["confirm"])
    assert f"Your appointment with Sonoran Care is on {NINE_THIRTY}." in page.text
    assert now(clinic, session)["confirmed_at"] is None
    answer = phone.press(links["confirm"], page)
    assert answer.status_code == 200
    assert f"Thank you. We expect you on {NINE_THIRTY}." in said(answer)
    assert now(clinic, session)["confirmed_at"] == "2026-11-23T08:00:00-07:00"


def test_a_patient_declines_and_the_chair_is_free(
    clinic: ClinicKit, phone: Phone, session: Json, links: Json
) -> None:
    answer = phone.follow(links["decline"])
    assert (answer.status_code, "is cancelled" in said(answer)) == (200, True)
    after = now(clinic, session)
    assert (after["status"], after["cancelled_by"]) == ("cancelled", "patient")
    fill(clinic, "2026-12-01", chairs=2)


def test_a_patient_moves_the_visit_to_a_time_that_is_free_for_them(
    clinic: ClinicKit, phone: Phone, session: Json, links: Json
) -> None:
    page = phone.read(links["change"])
    assert stamp("2026-12-02T09:30:00-07:00") in page.starts
    answer = phone.press(links["change"], page, start=stamp("2026-12-02T09:30:00-07:00"))
    assert answer.status_code == 200
    assert "is now on Wednesday, December 2, at 9:30 AM" in said(answer)
    assert now(clinic, session)["starts_at"] == "2026-12-02T09:30:00-07:00"


def test_every_time_that_is_offered_books(clinic: ClinicKit, phone: Phone) -> None:
    """I17: in the middle of a series, beside the sessions around it."""
    sessions = book(clinic, a_cleared_patient(clinic), sessions=3)["sessions"]
    fill(clinic, "2026-12-09")
    first = phone.read(links_of(clinic, sessions[1])["change"])
    assert len(first.starts) >= 9
    for start in first.starts:
        path = links_of(clinic, now(clinic, sessions[1]))["change"]
        back = stamp(sessions[1]["starts_at"])
        answer = phone.press(path, phone.read(path), start=start)
        assert answer.status_code == 200, (start, said(answer))
        assert stamp(now(clinic, sessions[1])["starts_at"]) == start
        path = links_of(clinic, now(clinic, sessions[1]))["change"]
        assert phone.press(path, phone.read(path), start=back).status_code == 200


def test_only_times_that_are_legal_for_the_patient_are_offered(
    clinic: ClinicKit, phone: Phone
) -> None:
    """Five days at least to the sessions around it, in opening hours, a chair free, cleared."""
    sessions = book(clinic, a_cleared_patient(clinic), sessions=3)["sessions"]
    page = phone.read(links_of(clinic, sessions[1])["change"])
    days = {datetime.fromtimestamp(int(start), UTC).date().isoformat() for start in page.starts}
    # From 1 to 15 December with five days to both: from the 6th to the 10th, and not a Sunday.
    assert days == {"2026-12-07", "2026-12-08", "2026-12-09", "2026-12-10"}
    assert stamp(sessions[1]["starts_at"]) not in page.starts


def test_a_time_that_was_taken_meanwhile_is_refused_and_others_are_offered(
    clinic: ClinicKit, phone: Phone, session: Json, links: Json
) -> None:
    page = phone.read(links["change"])
    fill(clinic, "2026-12-02")
    answer = phone.press(links["change"], page, start=stamp("2026-12-02T09:30:00-07:00"))
    assert answer.status_code == 409
    again = Read(answer.get_data(as_text=True))
    assert "no longer free" in again.text
    assert again.starts
    assert stamp("2026-12-02T09:30:00-07:00") not in again.starts
    assert now(clinic, session)["starts_at"] == session["starts_at"]
    assert phone.press(links["change"], again, start=again.starts[0]).status_code == 200


FORGED = [
    "2026-12-01T09:30:00-07:00",  # the present time
    "2026-12-02T09:32:00-07:00",  # off the grid
    "2026-12-02T03:00:00-07:00",  # at night
    "2026-12-05T09:30:00-07:00",  # a Saturday
    "2026-11-23T09:00:00-07:00",  # within two hours
    "2026-11-20T09:30:00-07:00",  # past
    "2027-03-02T09:30:00-07:00",  # free, and farther off than a link may move
]


@pytest.mark.parametrize("start", FORGED)
def test_a_time_that_the_page_does_not_offer_is_not_taken(
    clinic: ClinicKit, phone: Phone, session: Json, links: Json, start: str
) -> None:
    answer = phone.follow(links["change"], start=stamp(start))
    assert answer.status_code == 409
    assert now(clinic, session) == session


def test_without_a_time_nothing_is_moved(
    clinic: ClinicKit, phone: Phone, session: Json, links: Json
) -> None:
    answer = phone.follow(links["change"])
    assert (answer.status_code, "choose a time" in said(answer)) == (422, True)
    assert now(clinic, session) == session


def test_where_nothing_is_free_the_page_says_so_and_has_no_button(
    clinic: ClinicKit, phone: Phone, session: Json, links: Json, at: At
) -> None:
    shut = {"starts_at": "2026-11-23T10:00:00-07:00", "ends_at": "2026-12-20T10:00:00-07:00"}
    clinic.desk.post("/v1/closures", shut | {"reason": "Works"})
    page = phone.read(links["change"])
    assert "Nothing else is free" in page.text
    assert not page.all("button")
    assert "+16025550100" in page.text


@pytest.mark.parametrize("purpose", ["confirm", "change", "decline"])
def test_a_session_that_moved_since_the_page_was_read_is_left_as_it_is(
    clinic: ClinicKit, phone: Phone, session: Json, links: Json, purpose: str
) -> None:
    """The new time is never confirmed silently: look again."""
    page = phone.read(links[purpose])
    after = moved(clinic, session)
    chosen = {"start": page.starts[0]} if page.starts else {}
    answer = phone.press(links[purpose], page, **chosen)
    assert answer.status_code == 409
    assert "The time has changed" in said(answer)
    assert "is now on Wednesday, December 2, at 11:00 AM" in said(answer)
    assert "<button" not in answer.get_data(as_text=True)
    assert now(clinic, session) == {k: v for k, v in after.items() if k != "warnings"}


@pytest.mark.parametrize("purpose", ["confirm", "change", "decline", "calendar"])
def test_a_link_is_for_the_time_it_was_sent_for(
    clinic: ClinicKit, phone: Phone, session: Json, links: Json, purpose: str
) -> None:
    moved(clinic, session)
    assert "The time has changed" in phone.read(links[purpose], 409).text
    # A link of now works for the time of now.
    fresh = phone.read(links_of(clinic, session)["confirm"])
    assert "Wednesday, December 2, at 11:00 AM" in fresh.text


def test_a_new_chair_is_nothing_to_the_patient(
    clinic: ClinicKit, phone: Phone, session: Json, links: Json
) -> None:
    page = phone.read(links["confirm"])
    other = next(str(id_) for id_ in clinic.chair_ids if str(id_) != session["chair_id"])
    clinic.desk.step(session, "reschedule", starts_at=session["starts_at"], chair_id=other)
    assert phone.press(links["confirm"], page).status_code == 200
    assert now(clinic, session)["confirmed_at"]


@pytest.mark.parametrize("purpose", ["confirm", "change", "decline", "unsubscribe"])
def test_a_button_pressed_twice_has_one_effect_and_both_times_the_same_answer(
    clinic: ClinicKit, phone: Phone, session: Json, links: Json, purpose: str
) -> None:
    """Single effect, not single visit: the page can be opened as often as one likes."""
    page = phone.read(links[purpose])
    chosen = {"start": page.starts[0]} if page.starts else {}
    first = phone.press(links[purpose], page, **chosen)
    after = now(clinic, session)
    second = phone.press(links[purpose], page, **chosen)
    assert (first.status_code, second.status_code) == (200, 200)
    assert said(first) == said(second) == said(phone.open(links[purpose]))
    assert now(clinic, session) == after


@pytest.mark.parametrize("purpose", ["confirm", "change", "decline"])
def test_a_button_pressed_ten_times_at_once_has_one_effect(
    clinic: ClinicKit, phone: Phone, session: Json, links: Json, purpose: str
) -> None:
    page = phone.read(links[purpose])
    chosen = {"start": page.starts[0]} if page.starts else {}
    with ThreadPoolExecutor(10) as pool:
        pressed = [pool.submit(phone.press, links[purpose], page, **chosen) for _ in range(10)]
        statuses = {each.result().status_code for each in pressed}
    assert statuses == {200}
    assert now(clinic, session)["version"] == session["version"] + 1


def test_a_cancelled_visit_says_so_to_every_link(
    clinic: ClinicKit, phone: Phone, session: Json, links: Json
) -> None:
    page = phone.read(links["confirm"])
    clinic.desk.step(session, "cancel", reason="Training", by="clinic")
    assert "was cancelled" in said(phone.press(links["confirm"], page))
    for purpose in ("confirm", "change", "decline", "calendar"):
        assert "was cancelled" in phone.read(links[purpose], 409).text, purpose


def failures(clinic: ClinicKit, links: dict[str, str], at: At) -> dict[str, tuple[str, bool]]:
    """Every way a link fails; whether the clinic is known then."""
    tokens = {purpose: path[3:] for purpose, path in links.items()}
    letters = set(rules.PURPOSES.values())
    wrong = {
        f"{purpose} as /{letter}/": (f"/{letter}/{token}", True)
        for purpose, token in tokens.items()
        for letter in letters - {rules.PURPOSES[purpose]}
    }
    return wrong | {
        "unknown": (f"/c/{rules.new_token()}", False),
        "too short": (links["confirm"][:-1], False),
        "too long": (links["confirm"] + "b", False),
        "shouted": (f"/c/{tokens['confirm'].upper()}", False),
        "with more": (links["confirm"] + "/b", False),
        "with a NUL": (links["confirm"] + "%00", False),
        "not UTF-8": ("/c/%ff%fe", False),
        "a session's id": (f"/c/{clinic.id}", False),
        "SQL": ("/c/' OR 1=1 --", False),
    }


def test_every_failure_is_the_same_page(
    clinic: ClinicKit, phone: Phone, links: dict[str, str], at: At
) -> None:
    """404, in both languages, with the clinic's phone where the clinic is known."""
    pages: dict[bool, set[str]] = {True: set(), False: set()}
    for what, (path, known) in failures(clinic, links, at).items():
        for method in ("GET", "POST"):
            if method == "POST" and path.startswith("/i/"):
                continue
            data = {"nonce": "x", "version": "1"} if method == "POST" else None
            answer = phone.open(path, method, data=data)
            assert answer.status_code == 404, (what, method)
            pages[known].add(answer.get_data(as_text=True))
    at("2026-12-01T09:30:00-07:00")
    for purpose in ("confirm", "change", "decline", "calendar"):
        answer = phone.open(links[purpose])
        assert answer.status_code == 404, purpose
        pages[True].add(answer.get_data(as_text=True))
    assert phone.open(links["unsubscribe"]).status_code == 200
    at("2027-01-30T09:30:00-07:00")
    answer = phone.open(links["unsubscribe"])
    assert answer.status_code == 404
    pages[True].add(answer.get_data(as_text=True))
    assert [len(pages[True]), len(pages[False])] == [1, 1]
    (told,), (unknown,) = pages[True], pages[False]
    assert "+16025550100" in told
    assert "+1602" not in unknown
    for page in (told, unknown):
        assert "This link does not work" in page
        assert "Este enlace no funciona" in page


def test_a_patient_who_left_finds_no_page(
    clinic: ClinicKit, phone: Phone, session: Json, links: Json
) -> None:
    """I58"""
    path = f"/v1/patients/{session['patient_id']}"
    for status in ("discharged", "deceased"):
        version = clinic.desk.get(path).get_json()["version"]
        clinic.desk.change("PATCH", path, {"status": status}, version=version)
        for purpose in ("confirm", "change", "decline", "calendar"):
            assert phone.open(links[purpose]).status_code == 404, purpose


def test_a_link_opens_its_own_clinics_page_and_no_other(
    app: Flask, clinic: ClinicKit, phone: Phone, session: Json, links: Json
) -> None:
    """I60: the token alone says which clinic."""
    other = a_clinic(app, name="Desert Care")
    theirs = links_of(other, one_session(other, a_cleared_patient(other)))
    assert "Desert Care" in phone.read(theirs["confirm"]).text
    before = now(clinic, session)
    assert phone.follow(theirs["confirm"]).status_code == 200
    assert now(clinic, session) == before
    assert "Sonoran Care" in phone.read(links["confirm"]).text


def test_a_nonce_of_another_link_or_of_long_ago_does_nothing(
    clinic: ClinicKit, phone: Phone, session: Json, links: Json, at: At
) -> None:
    page, other = phone.read(links["confirm"]), phone.read(links["decline"])
    for form in (
        other.form,
        page.form | {"nonce": ""},
        page.form | {"version": "2"},
        page.form | {"nonce": page.form["nonce"][:-1] + "g"},
        {"nonce": page.form["nonce"]},
        {"version": "1"},
        {},
    ):
        answer = phone.open(links["confirm"], "POST", data=form)
        assert answer.status_code == 400, form
        assert "Nothing has been changed" in said(answer)
    at("2026-11-23T10:00:01-07:00")
    stale = phone.press(links["confirm"], page)
    assert stale.status_code == 400
    assert now(clinic, session)["confirmed_at"] is None
    # The page that says so has a button that works.
    again = phone.press(links["confirm"], Read(stale.get_data(as_text=True)))
    assert again.status_code == 200
    assert now(clinic, session)["confirmed_at"]


def test_unsubscribing_withdraws_what_goes_to_that_address_and_nothing_else(
    clinic: ClinicKit, phone: Phone
) -> None:
    """I40, I43: also of whoever shares it; treatment and the other channel stay."""
    one, two = (a_cleared_patient(clinic, email=ADDRESS) for _ in range(2))
    third = a_cleared_patient(clinic)
    # Whoever consented with another address is written to at the present one, and the reverse.
    moved_in, moved_out = a_cleared_patient(clinic), a_cleared_patient(clinic, email=ADDRESS)
    for patient, email in ((moved_in, ADDRESS), (moved_out, "elsewhere@example.com")):
        clinic.desk.change("PATCH", f"/v1/patients/{patient}", {"email": email}, version=1)
    consents(clinic, one, "reminders", channel="sms")
    session = one_session(clinic, one)
    path = links_of(clinic, session)["unsubscribe"]
    answer = phone.follow(path)
    assert (answer.status_code, "no more messages by e-mail" in said(answer)) == (200, True)

    def in_force(patient: UUID) -> set[tuple[str, str | None]]:
        items = clinic.desk.get(f"/v1/patients/{patient}/consents").get_json()["items"]
        return {(i["purpose"], i["channel"]) for i in items if i["withdrawn_at"] is None}

    assert in_force(one) == {("treatment", None), ("reminders", "sms")}
    for other in (two, moved_in, moved_out):
        assert in_force(other) == {("treatment", None)}
    assert len(in_force(third)) == 3
    assert now(clinic, session)["status"] == "booked"


def test_one_click_of_a_mail_program_unsubscribes_and_confirms_nothing(
    clinic: ClinicKit, phone: Phone
) -> None:
    """RFC 8058: a POST without a page, that acts on this purpose alone and does not redirect."""
    patient = a_cleared_patient(clinic, email=ADDRESS)
    session = one_session(clinic, patient)
    links = links_of(clinic, session)
    for purpose in ("confirm", "change", "decline"):
        body = {"List-Unsubscribe": "One-Click"}
        assert phone.open(links[purpose], "POST", data=body).status_code == 400, purpose
    assert now(clinic, session) == session
    answer = phone.open(links["unsubscribe"], "POST", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    listed = clinic.desk.get(f"/v1/patients/{patient}/consents").get_json()["items"]
    assert {i["purpose"] for i in listed if i["withdrawn_at"] is None} == {"treatment"}


def test_a_calendar_file_has_the_visit_and_no_word_about_it(
    clinic: ClinicKit, phone: Phone, session: Json, links: Json
) -> None:
    """I42, I47"""
    answer = phone.open(links["calendar"])
    assert answer.status_code == 200
    assert answer.content_type == "text/calendar; charset=utf-8"
    (event,) = Calendar.from_ical(answer.get_data()).walk("VEVENT")
    assert event["UID"] == session["id"]
    assert event["SEQUENCE"] == session["time_version"]
    assert event.decoded("DTSTART") == datetime.fromisoformat(session["starts_at"])
    assert event.decoded("DTEND") - event.decoded("DTSTART") == timedelta(minutes=70)
    assert forbidden_words(answer.get_data(as_text=True)) == []
    after = moved(clinic, session)
    answer = phone.open(links_of(clinic, after)["calendar"])
    (event,) = Calendar.from_ical(answer.get_data()).walk("VEVENT")
    assert (event["UID"], event["SEQUENCE"]) == (session["id"], session["time_version"] + 1)


def test_pages_are_in_the_patients_language_and_name_nobody(
    clinic: ClinicKit, phone: Phone
) -> None:
    for language, words in (("en", "Please confirm"), ("es", "Confirme, por favor")):
        named = {"given_name": "Maya", "family_name": "Ortiz", "language": language}
        session = one_session(clinic, a_cleared_patient(clinic, **named))
        for purpose, path in links_of(clinic, session).items():
            answer = phone.open(path)
            told = answer.get_data(as_text=True)
            assert forbidden_words(told) == [], purpose
            assert not {"Maya", "Ortiz", ADDRESS, session["patient_id"]} & set(told.split())
            assert "Maya" not in told
            assert "Ortiz" not in told
            assert session["patient_id"] not in told
            if purpose != "calendar":
                assert Read(told).all("html") == [{"lang": language}]
                assert answer.headers["Content-Language"] == language
        page = phone.read(links_of(clinic, session)["confirm"])
        assert words in page.text
        clinic.desk.step(session, "cancel", reason="x", by="clinic")


def test_a_patient_who_lives_elsewhere_reads_which_clock_is_meant(
    clinic: ClinicKit, phone: Phone
) -> None:
    session = one_session(clinic, a_cleared_patient(clinic, time_zone="America/New_York"))
    assert "9:30 AM MST" in phone.read(links_of(clinic, session)["confirm"]).text


def test_an_act_is_audited_as_the_patients_and_so_is_a_look(
    clinic: ClinicKit, phone: Phone, session: Json, links: Json
) -> None:
    """I59"""
    page = phone.read(links["confirm"])
    phone.press(links["confirm"], page)
    phone.open(links["confirm"], "POST", data={})
    phone.open(f"/c/{links['decline'][3:]}")
    with clinic.work() as work:
        entries = select(AuditEntry).where(AuditEntry.role == "patient").order_by(AuditEntry.status)
        rows = work.session.scalars(entries).all()
        link_ids = set(work.session.scalars(select(Link.id)))
    told = [(row.method, row.route, row.status) for row in rows]
    route = "/c/<path:token>"
    assert sorted(told) == sorted(
        [("GET", route, 200), ("POST", route, 200), ("POST", route, 200), ("GET", route, 404)]
    )
    for row in rows:
        assert row.key_id is None
        assert {UUID(session["id"]), UUID(session["patient_id"])} <= set(row.object_ids)
        assert link_ids & set(row.object_ids)


def test_the_database_keeps_no_token_and_answers_it_only_through_its_function(
    clinic: ClinicKit, links: dict[str, str]
) -> None:
    with clinic.work() as work:
        rows = work.session.scalars(select(Link)).all()
        assert {row.purpose: row.token_hash for row in rows} == {
            purpose: rules.hashed(path[3:]) for purpose, path in links.items()
        }
        assert len({row.token_hash for row in rows}) == len(rows) == 5


def test_a_page_is_kept_nowhere_runs_nothing_and_is_not_indexed(
    phone: Phone, links: dict[str, str]
) -> None:
    for path in (*links.values(), f"/c/{rules.new_token()}"):
        answer = phone.open(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script" not in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in answer.headers
        told = answer.get_data(as_text=True)
        assert "<script" not in told
        assert "style=" not in told
        assert not any(name.startswith("on") for _, a in Read(told).tags for name in a)
        assert "refresh" not in told


def test_the_style_is_ours_and_may_be_kept(phone: Phone) -> None:
    answer = phone.open("/links.css")
    assert (answer.status_code, answer.mimetype) == (200, "text/css")
    assert "max-age" in answer.headers["Cache-Control"]
    assert "url(" not in answer.get_data(as_text=True)
    assert "@import" not in answer.get_data(as_text=True)


def test_guessing_links_is_slowed_by_address(
    app: Flask, phone: Phone, links: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By malformed ones and unknown ones alike, and together with guesses at keys."""
    monkeypatch.setitem(app.extensions, "limits", Limits(100, 2))
    assert phone.open("/c/guess").status_code == 404
    assert phone.open(f"/u/{rules.new_token()}", "POST").status_code == 404
    for path in (f"/d/{rules.new_token()}", links["confirm"]):
        answer = phone.open(path)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 30
        assert "Please wait a little" in said(answer)
    assert Caller(app.test_client(), new_secret()).get("/v1/key").status_code == 429
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert phone.open(links["confirm"], environ_overrides=elsewhere).status_code == 200


def test_one_address_does_not_ask_for_pages_without_end(
    app: Flask, phone: Phone, links: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "limits", Limits(3, 2))
    statuses = [phone.open(links["confirm"], "HEAD").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]


def test_a_busy_schedule_is_a_page_too_and_the_button_works_once_it_is_free(
    clinic: ClinicKit,
    phone: Phone,
    session: Json,
    links: Json,
    server: Server,
    database: str,
) -> None:
    page = phone.read(links["confirm"])
    with as_superuser(server, database) as connection, connection.transaction():
        connection.execute("SELECT FROM clinic_schedules FOR UPDATE")
        assert phone.open(links["confirm"]).status_code == 200
        answer = phone.press(links["confirm"], page)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "Please try again" in said(answer)
    assert "Inténtelo otra vez" in said(answer)
    assert phone.press(links["confirm"], page).status_code == 200


BODIES = [
    b"",
    b"&&&",
    b"nonce",
    b"\xff\xfe=1",
    b"nonce=%ff&version=1",
    b"version=1&version=1&nonce=x",
    b"nonce=x&version=99999999999999999999",
    b"nonce=x&version=-1&start=1e400",
    b"nonce=x&version=1&start=%D9%A3",
    b"List-Unsubscribe=One-Click&nonce=x",
    b"a=1&" * 5000,
    b'{"nonce": "x"}',
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_a_body_that_no_page_sends_is_no_press(
    clinic: ClinicKit, phone: Phone, session: Json, links: Json, body: bytes
) -> None:
    for purpose in ("confirm", "change", "decline", "unsubscribe"):
        for kind in ("application/x-www-form-urlencoded", "application/json", "text/plain"):
            sent = {"data": body, "content_type": kind}
            assert phone.open(links[purpose], "POST", **sent).status_code == 400, purpose
    assert now(clinic, session) == session
    assert "Stop the messages" in phone.read(links["unsubscribe"]).text


def test_a_log_line_has_the_template_and_never_the_token(
    phone: Phone, links: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """I64"""
    capsys.readouterr()
    for path in links.values():
        phone.open(path)
        phone.open(path, "POST", data={"nonce": path})
        phone.open(path + "x")
    logged = capsys.readouterr()
    assert logged.err.count('"route":"/c/<path:token>"') == 3
    for path in links.values():
        assert path[3:] not in logged.err + logged.out


def test_where_no_message_goes_the_page_says_that_they_have_stopped(
    clinic: ClinicKit, phone: Phone
) -> None:
    session = one_session(clinic, a_cleared_patient(clinic))
    path = links_of(clinic, session, address="nobody@example.com")["unsubscribe"]
    page = phone.read(path)
    assert "Messages stopped" in page.text
    assert not page.all("button")
