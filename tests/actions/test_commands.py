"""The commands say what is wrong in a line."""

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

import pytest
from flask import Flask

from tests.builders import a_clinic


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("key create --role admin --clinic {nobody}", "No clinic with this id."),
        ("key create --role clinician --clinic {clinic}", "A clinician's key names its provider"),
        ("key create --role admin --clinic {clinic} --provider {nobody}", "No provider"),
        ("key create --role admin --clinic {clinic} --provider {provider}", "no other key does"),
        ("key create --role owner --clinic {clinic}", "'owner' is not one of"),
        ("key create --role admin --clinic 7", "'7' is not a valid UUID"),
        ("clinic create --name= --time-zone America/Phoenix", "must not be blank"),
        ("clinic create --name Care --time-zone Mars/Olympus", "not an IANA time zone"),
    ],
)
def test_a_command_that_cannot_be_done_is_refused_in_a_line(
    app: Flask, at: Callable[[datetime], None], given: str, said: str
) -> None:
    clinic = a_clinic(app)
    ids = {"clinic": clinic.id, "nobody": uuid4(), "provider": clinic.provider_id}
    done = app.test_cli_runner().invoke(args=given.format(**ids).split())
    assert done.exit_code != 0
    assert said in done.output
    assert "Traceback" not in done.output


def test_a_made_clinic_and_its_key_work_at_once(app: Flask, at: Callable[[datetime], None]) -> None:
    runner = app.test_cli_runner()
    made = ["clinic", "create", "--name", "Desert Care", "--time-zone", "America/Phoenix"]
    clinic_id = runner.invoke(args=made).output.splitlines()[-1]
    key = ["key", "create", "--clinic", clinic_id, "--role", "admin"]
    secret = runner.invoke(args=key).output.splitlines()[-1]
    answer = app.test_client().get("/v1/clinic", headers={"Authorization": f"Bearer {secret}"})
    assert answer.get_json()["id"] == clinic_id
    assert answer.get_json()["neutral_name"] == "Desert Care"
