"""A clinic puts its messages in words of its own over HTTP; every refusal names the part."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from tests.builders import ClinicKit, a_clinic

ALL, ONE = "/v1/clinic/templates", "/v1/clinic/templates/reminder/en"

OURS = {
    "subject": "{clinic}: see you {when}",
    "body": "Hello,\n\nSee you on {when}. If not, {call}.",
    "text": "{clinic}: see you {when}. If not, {call}.",
}


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    return a_clinic(app)


def put(clinic: ClinicKit, path: str = ONE, **words: Any) -> Any:
    version = clinic.admin.get(path).get_json()["version"]
    return clinic.admin.change("PUT", path, OURS | words, version=version)


def test_a_new_clinic_says_everything_in_the_standard_words(clinic: ClinicKit) -> None:
    items = clinic.desk.get(ALL).get_json()["items"]
    assert len(items) == 18
    assert all(each["is_standard"] and each["version"] == 1 for each in items)
    for each in items:
        path = f"{ALL}/{each['message']}/{each['language']}"
        assert clinic.desk.get(path).get_json() == each


def test_own_words_are_read_as_they_were_put_and_taken_back(clinic: ClinicKit) -> None:
    standard = clinic.desk.get(ONE).get_json()
    answer = put(clinic)
    ours = {"message": "reminder", "language": "en", "is_standard": False, "version": 2} | OURS
    assert (answer.status_code, answer.get_json()) == (200, ours)
    assert clinic.desk.get(ONE).get_json() == ours
    assert ours in clinic.desk.get(ALL).get_json()["items"]
    assert clinic.admin.change("DELETE", ONE, version=2).status_code == 204
    assert clinic.desk.get(ONE).get_json() == standard | {"version": 3}
    assert put(clinic).get_json() == ours | {"version": 4}


def test_words_of_an_older_version_overwrite_nothing(clinic: ClinicKit) -> None:
    """I34: not even once the standard words are back."""
    put(clinic)
    assert clinic.admin.change("PUT", ONE, OURS, version=1).status_code == 412
    assert clinic.admin.change("DELETE", ONE, version=1).status_code == 412
    clinic.admin.change("DELETE", ONE, version=2)
    assert clinic.admin.change("PUT", ONE, OURS, version=1).status_code == 412


def test_taking_back_what_was_never_put_changes_nothing(clinic: ClinicKit) -> None:
    assert clinic.admin.change("DELETE", ONE, version=1).status_code == 204
    assert clinic.desk.get(ONE).get_json()["version"] == 1


def test_each_language_and_each_clinic_has_words_of_its_own(app: Flask, clinic: ClinicKit) -> None:
    """I60"""
    put(clinic)
    assert clinic.desk.get(f"{ALL}/reminder/es").get_json()["is_standard"]
    assert a_clinic(app).desk.get(ONE).get_json()["is_standard"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"subject": "Your infusion"}, "must not say"),
        ({"body": "Your dose, {when}. {call}"}, "must not say"),
        ({"text": "{clinic}: {when}, terapia. {call}"}, "must not say"),
        ({"text": "{clinic}: {when}. {call}" + "." * 80}, "At its longest it takes 176 of 160."),
        ({"text": "{clinic}: see you. {call}"}, "Must hold {when}."),
        ({"subject": "{patient}"}, "Not known here: {patient}."),
        ({"subject": "{clinic.__class__}"}, "A brace stands only"),
        ({"subject": "two\nlines"}, "Must be one line."),
        ({"body": " \n "}, "Length"),
        ({"sender": "Somebody else"}, "Unknown"),
    ],
)
def test_what_could_not_go_out_is_refused_and_changes_nothing(
    clinic: ClinicKit, words: dict[str, str], said: str
) -> None:
    """I42, I63"""
    before = put(clinic).get_json()
    tried = clinic.admin.post(f"{ONE}/preview", {**OURS, **words})
    for refused in (put(clinic, **words), tried):
        assert refused.status_code == 422
        (((part, (message, *_)),)) = refused.get_json()["errors"].items()
        assert {part} == set(words)
        assert said in message
    assert clinic.desk.get(ONE).get_json() == before


def test_a_preview_shows_every_rendering_and_changes_nothing(clinic: ClinicKit) -> None:
    answer = clinic.admin.send("POST", f"{ONE}/preview", OURS)
    assert answer.status_code == 200
    usual, elsewhere, longest = answer.get_json()["renderings"]
    # Three days ahead of Monday, 23 November, 8:00 AM in Phoenix.
    text = "Sonoran Care: see you Thu Nov 26 8:00 AM. If not, call (602) 555-0100."
    assert usual == {
        "example": "usual",
        "sender": "Sonoran Care",
        "subject": "Sonoran Care: see you Thu Nov 26 8:00 AM",
        "body": "Hello,\n\nSee you on Thursday, November 26, at 8:00 AM. If not,"
        " call (602) 555-0100.",
        "text": text,
        "text_length": len(text),
    }
    assert "8:00 AM MST" in elsewhere["text"]
    assert usual["text_length"] < elsewhere["text_length"] < longest["text_length"] <= 160
    assert clinic.desk.get(ONE).get_json()["is_standard"]


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_preview_of_nothing_shows_the_words_as_they_stand(
    clinic: ClinicKit, language: str
) -> None:
    for each in clinic.desk.get(ALL).get_json()["items"]:
        if each["language"] == language:
            path = f"{ALL}/{each['message']}/{language}/preview"
            shown = clinic.admin.send("POST", path, {}).get_json()["renderings"]
            assert [one["example"] for one in shown] == ["usual", "elsewhere", "longest"]
            assert all(one["text_length"] == len(one["text"]) <= 160 for one in shown)


def test_there_are_no_other_messages_and_languages(clinic: ClinicKit) -> None:
    for path in (f"{ALL}/invoice/en", f"{ALL}/reminder/fr"):
        assert clinic.desk.get(path).status_code == 404
        assert clinic.admin.change("PUT", path, OURS, version=1).status_code == 404
        assert clinic.admin.change("DELETE", path, version=1).status_code == 404
        assert clinic.admin.send("POST", f"{path}/preview", {}).status_code == 404


def test_only_an_admin_puts_words_and_everybody_reads_them(clinic: ClinicKit) -> None:
    for role in ("front_desk", "clinician", "integration"):
        caller = clinic.caller(role)
        assert caller.get(ONE).status_code == 200
        assert caller.change("PUT", ONE, OURS, version=1).status_code == 403
        assert caller.change("DELETE", ONE, version=1).status_code == 403
        assert caller.send("POST", f"{ONE}/preview", {}).status_code == 403


def test_the_same_request_twice_has_one_effect(clinic: ClinicKit) -> None:
    """I65"""
    headers: dict[str, str | None] = {"If-Match": '"1"', "Idempotency-Key": uuid4().hex}
    first, again = (clinic.admin.send("PUT", ONE, OURS, headers) for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert first.get_data() == again.get_data()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert clinic.desk.get(ONE).get_json()["version"] == 2
