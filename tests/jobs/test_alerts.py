"""Telling of alerts: who, by which way, when, and until somebody hears (I54)."""

from collections import Counter
from datetime import time, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text

from scheduler.alerts.model import AlertCall
from scheduler.alerts.rules import Rota, Shift
from scheduler.clinics.rules_words import forbidden_words
from scheduler.messages.channels import Channel
from scheduler.messages.channels_files import FileOutbox
from scheduler.messages.channels_text import PlainGateway
from scheduler.messages.rules_gsm import fits
from scheduler.telling import drafted
from tests.alarms import a_provider, an_alert, closed, heard, on_call
from tests.builders import ClinicKit, a_clinic, a_patient
from tests.gateway.running import a_gateway
from tests.jobs.ticking import FROM, At, instant, tick

RAISED = "2026-11-28T02:00"


@pytest.fixture
def clinic(app: Flask, at: At) -> ClinicKit:
    """A clinic at two in the morning of a Saturday."""
    at(instant(RAISED))
    return a_clinic(app)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Channel]:
    """Both ways out, as files."""
    outbox = FileOutbox(tmp_path / "outbox", FROM)
    return {"email": outbox, "sms": outbox}


def calls_of(clinic: ClinicKit) -> list[AlertCall]:
    with clinic.work() as work:
        return list(work.session.scalars(select(AlertCall).order_by(AlertCall.due_at)))


def told(clinic: ClinicKit) -> list[tuple[int, str, str]]:
    """The minute after the alert, whom it told by which way; in that order."""
    sent = [each for each in calls_of(clinic) if each.status == "sent"]
    return sorted(
        (int((each.due_at - instant(RAISED)) / timedelta(minutes=1)), each.address, each.channel)
        for each in sent
    )


def run(clinic: ClinicKit, at: At, channels: dict[str, Channel], minutes: int) -> None:
    """A tick each minute of the clinic's time, from the alert on."""
    for minute in range(minutes + 1):
        moment = instant(RAISED) + timedelta(minutes=minute)
        at(moment)
        tick(clinic.app, moment, channels)


def test_at_night_everybody_on_call_hears_at_once_by_every_way(
    clinic: ClinicKit, files: dict[str, Channel], tmp_path: Path
) -> None:
    """I54: no quiet hours, and nothing of the patient in it."""
    on_call(clinic, a_provider(clinic))
    an_alert(clinic)
    done = tick(clinic.app, RAISED, files)
    assert done["alert by sms: sent"] == done["alert by email: sent"] == 1
    said = "\n".join(path.read_text() for path in (tmp_path / "outbox").iterdir())
    assert "Sonoran Care: someone needs your call. Please open your schedule." in said
    assert "+16025559001" in said
    assert "chen@clinic.example" in said
    assert forbidden_words(said) == []
    assert "Lopez" not in said


def test_it_is_told_again_until_somebody_hears(
    clinic: ClinicKit, at: At, files: dict[str, Channel]
) -> None:
    """I54: every five minutes to the first, and to one more every fifteen; then to everybody."""
    people = [
        a_provider(clinic, name, phone=None, email=f"{name}@clinic.example") for name in "abc"
    ]
    on_call(clinic, *people[:2])
    alert_id = an_alert(clinic)
    run(clinic, at, files, 32)
    first = [(minute, "a@clinic.example", "email") for minute in range(0, 31, 5)]
    second = [(minute, "b@clinic.example", "email") for minute in range(15, 31, 5)]
    assert told(clinic) == sorted([*first, *second, (30, "c@clinic.example", "email")])
    heard(clinic, alert_id, people[2])
    assert tick(clinic.app, instant(RAISED) + timedelta(hours=2), files) == {}


def test_a_further_answer_begins_anew(clinic: ClinicKit, at: At, files: dict[str, Channel]) -> None:
    """I53: acknowledged already, everybody is told from the beginning again."""
    provider_id, patient_id = a_provider(clinic, email=None), a_patient(clinic)
    on_call(clinic, provider_id)
    alert_id = an_alert(clinic, patient_id)
    run(clinic, at, files, 1)
    heard(clinic, alert_id, provider_id)
    at("2026-11-28T03:00:00-07:00")
    assert an_alert(clinic, patient_id) == alert_id
    assert tick(clinic.app, "2026-11-28T03:00", files) == {"alert by sms: sent": 1}
    closed(clinic, alert_id, provider_id)
    assert tick(clinic.app, "2026-11-28T05:00", files) == {}


@pytest.mark.parametrize("rota", ["none", "of those who left", "of those without an address"])
def test_where_the_rota_reaches_nobody_every_provider_is_told(
    clinic: ClinicKit, files: dict[str, Channel], rota: str
) -> None:
    """I54"""
    ids = [a_provider(clinic, name, email=f"{name}@clinic.example") for name in "abc"]
    gone = {
        "of those who left": {"active": False},
        "of those without an address": {
            "phone": None,
            "email": None,
        },
    }
    if rota != "none":
        on_call(clinic, ids[0])
        answer = clinic.admin.change("PATCH", f"/v1/providers/{ids[0]}", gone[rota], version=1)
        assert answer.status_code == 200
    an_alert(clinic)
    tick(clinic.app, RAISED, files)
    expected = {"a", "b", "c"} if rota == "none" else {"b", "c"}
    assert {each.address[0] for each in calls_of(clinic) if each.channel == "email"} == expected


def test_who_is_on_a_shift_comes_before_the_others(
    clinic: ClinicKit, files: dict[str, Channel]
) -> None:
    """A shift of Friday night reaches into Saturday."""
    day, night = a_provider(clinic, "day"), a_provider(clinic, "night", phone="+16025559002")
    nights = Shift(4, time(20), time(8), (night,))
    on_call(clinic, rota=Rota((nights,), (day,)))
    an_alert(clinic)
    tick(clinic.app, RAISED, files)
    assert {each.provider_id for each in calls_of(clinic)} == {night}


def test_one_way_that_is_down_does_not_hold_up_the_other(clinic: ClinicKit, tmp_path: Path) -> None:
    """The failing one is tried again within the minute; a new round ends what is left of it."""
    on_call(clinic, a_provider(clinic))
    alert_id = an_alert(clinic)
    down = PlainGateway("http://127.0.0.1:9/", None, timedelta(0))
    ways: dict[str, Channel] = {"sms": down, "email": FileOutbox(tmp_path, FROM)}
    assert tick(clinic.app, RAISED, ways) == {
        "alert by sms: again (gateway_away)": 1,
        "alert by email: sent": 1,
    }
    with clinic.work() as work:
        waits = work.session.scalar(
            text(
                "SELECT next_attempt_at - clock_timestamp() FROM alert_calls WHERE channel = 'sms'"
            )
        )
    assert timedelta(seconds=3) < waits <= timedelta(seconds=5)
    assert tick(clinic.app, "2026-11-28T02:05", ways)["alert by email: sent"] == 1
    assert Counter((each.channel, each.status, each.reason) for each in calls_of(clinic)) == {
        ("email", "sent", None): 2,
        ("sms", "failed", "gateway_away"): 1,
        ("sms", "planned", "gateway_away"): 1,
    }
    heard(clinic, alert_id, calls_of(clinic)[0].provider_id)
    assert {each.status for each in calls_of(clinic)} == {"sent", "failed"}


def test_where_nobody_was_reached_for_a_minute_everybody_is_told(
    clinic: ClinicKit, tmp_path: Path
) -> None:
    """The one on call has a phone only, and no text goes out."""
    first = a_provider(clinic, email=None)
    a_provider(clinic, "second", phone=None, email="second@clinic.example")
    on_call(clinic, first)
    an_alert(clinic)
    down = PlainGateway("http://127.0.0.1:9/", None, timedelta(0))
    ways: dict[str, Channel] = {"sms": down, "email": FileOutbox(tmp_path, FROM)}
    tick(clinic.app, RAISED, ways)
    assert "alert by email: sent" not in tick(clinic.app, "2026-11-28T02:00:50", ways)
    assert tick(clinic.app, "2026-11-28T02:01", ways)["alert by email: sent"] == 1


def test_a_call_that_may_have_gone_is_made_again_under_its_key(clinic: ClinicKit) -> None:
    """At least once: the process that began it died, and its lease is over."""
    on_call(clinic, a_provider(clinic, email=None))
    an_alert(clinic)
    with a_gateway(keyed=True) as gateway:
        ways: dict[str, Channel] = {"sms": PlainGateway(gateway.url, None, timedelta(days=1))}
        tick(clinic.app, RAISED, ways)
        with clinic.work() as work:
            work.session.execute(
                text(
                    "UPDATE alert_calls SET status = 'sending', sent_at = NULL,"
                    " lease_until = clock_timestamp() - interval '1 second'"
                )
            )
        assert tick(clinic.app, RAISED, ways) == {"alert by sms: sent": 1}
        assert list(gateway.taken().values()) == [1]
    (call,) = calls_of(clinic)
    assert (call.status, call.attempts) == ("sent", 2)


def test_a_call_in_flight_is_nobody_elses(clinic: ClinicKit, files: dict[str, Channel]) -> None:
    on_call(clinic, a_provider(clinic, email=None))
    an_alert(clinic)
    tick(clinic.app, RAISED, files)
    with clinic.work() as work:
        work.session.execute(
            text(
                "UPDATE alert_calls SET status = 'sending', sent_at = NULL,"
                " lease_until = clock_timestamp() + interval '10 seconds'"
            )
        )
    assert tick(clinic.app, RAISED, files) == {}


def test_a_clock_that_is_set_back_holds_up_no_round(
    clinic: ClinicKit, files: dict[str, Channel]
) -> None:
    """I49 is not for alerts: told by a clock that was days ahead, told again by the right one."""
    on_call(clinic, a_provider(clinic, email=None))
    an_alert(clinic)
    sent = {"alert by sms: sent": 1}
    assert tick(clinic.app, "2026-12-01T02:00", files) == sent
    assert tick(clinic.app, RAISED, files) == sent
    assert tick(clinic.app, "2026-11-28T02:04", files) == {}
    assert tick(clinic.app, "2026-11-28T02:05", files) == sent
    assert tick(clinic.app, "2026-11-25T02:00", files) == sent


def test_a_clinics_name_never_silences_an_alert() -> None:
    draft = drafted("W" * 30)
    assert draft.unsayable() is None
    assert fits(draft.text)


def test_a_dry_run_counts_the_calls_and_makes_none(clinic: ClinicKit, app: Flask) -> None:
    on_call(clinic, a_provider(clinic))
    an_alert(clinic)
    ran = app.test_cli_runner().invoke(args=["tick", "--dry-run"])
    assert "2 calls for alerts would be made" in ran.output
    assert calls_of(clinic) == []
