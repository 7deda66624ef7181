"""Limits per key, and per address for keys that are not valid."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, request
from sqlalchemy import text

import config
from scheduler.access.secrets import new_secret
from scheduler.web import limits
from scheduler.web.limits import Limits
from tests.api.test_problems import is_problem
from tests.builders import Caller, ClinicKit, a_clinic


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    return a_clinic(app)


@pytest.fixture(autouse=True)
def _limits(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three requests a key and two failures an address, in any minute."""
    monkeypatch.setitem(app.extensions, "limits", Limits(3, 2))


def use_up(caller: Caller) -> None:
    """The first one makes the key known; the next three are its minute's worth."""
    assert [caller.get("/v1/clinic").status_code for _ in range(4)] == [200] * 4


def rows(clinic: ClinicKit, table: str) -> int:
    with clinic.work() as work:
        return work.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0


def test_a_key_over_its_limit_is_told_when_to_come_back_and_has_no_effect(
    clinic: ClinicKit, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither a row nor an audit row, which a flood would pile up; the log has its key."""
    use_up(clinic.admin)
    audited = rows(clinic, "audit_log")
    key_id = clinic.desk.get("/v1/key").get_json()["id"]
    for _ in range(3):
        clinic.desk.get("/v1/key")
    before = rows(clinic, "chairs"), rows(clinic, "idempotent_answers")
    capsys.readouterr()
    answer = clinic.admin.post("/v1/chairs", {"label": "Chair 9"}, key="one")
    assert is_problem(answer, 429)
    assert answer.get_json()["type"] == "/problems/too_many_requests"
    assert 0 < int(answer.headers["Retry-After"]) <= 20
    assert (rows(clinic, "chairs"), rows(clinic, "idempotent_answers")) == before
    assert rows(clinic, "audit_log") == audited + 4
    assert is_problem(clinic.desk.get("/v1/key"), 429)
    assert f'"key_id":"{key_id}"' in capsys.readouterr().err


def test_one_key_over_its_limit_leaves_every_other_alone(clinic: ClinicKit) -> None:
    use_up(clinic.desk)
    assert is_problem(clinic.desk.get("/v1/clinic"), 429)
    assert clinic.clinician.get("/v1/clinic").status_code == 200


def test_health_and_documents_have_no_limit(clinic: ClinicKit) -> None:
    use_up(clinic.desk)
    for path in ("/healthz", "/readyz", "/openapi.json", "/problems/too_many_requests"):
        assert [clinic.desk.get(path).status_code for _ in range(5)] == [200] * 5, path


def test_guessing_keys_is_slowed_but_nobody_else_at_that_address(
    app: Flask, clinic: ClinicKit
) -> None:
    """A key that was valid here before goes on; one that nobody knows waits."""
    assert clinic.desk.get("/v1/clinic").status_code == 200
    for _ in range(2):
        guess = Caller(app.test_client(), new_secret())
        assert is_problem(guess.get("/v1/clinic"), 401)
    refused = Caller(app.test_client(), new_secret()).get("/v1/clinic")
    assert is_problem(refused, 429)
    assert int(refused.headers["Retry-After"]) > 0
    assert clinic.desk.get("/v1/clinic").status_code == 200
    assert is_problem(clinic.admin.get("/v1/clinic"), 429)


def test_another_address_has_failures_of_its_own(app: Flask) -> None:
    def guess(address: str) -> int:
        client = app.test_client()
        headers = {"Authorization": f"Bearer {new_secret()}"}
        environ = {"REMOTE_ADDR": address}
        return client.get("/v1/clinic", headers=headers, environ_overrides=environ).status_code

    assert [guess("192.0.2.1") for _ in range(3)] == [401, 401, 429]
    assert [guess("192.0.2.2") for _ in range(3)] == [401, 401, 429]


def test_a_disabled_key_fails_also_when_it_is_known(clinic: ClinicKit) -> None:
    """I62"""
    assert clinic.desk.get("/v1/clinic").status_code == 200
    key = clinic.desk.get("/v1/key").get_json()
    path = f"/v1/keys/{key['id']}/disable"
    assert clinic.admin.change("POST", path, version=key["version"]).status_code == 200
    assert is_problem(clinic.desk.get("/v1/clinic"), 401)


@pytest.mark.parametrize(("proxies", "address"), [(0, "10.0.0.1"), (1, "3.3.3.3"), (2, "2.2.2.2")])
def test_an_address_is_what_the_outermost_of_our_proxies_saw(proxies: int, address: str) -> None:
    """What stands before that, a caller may have written; only its address is believed."""
    small = Flask("small")
    limits.init_app(small, config.read({"PROXIES": str(proxies)}))
    small.add_url_rule("/", view_func=lambda: [request.remote_addr, request.host, request.scheme])
    headers = {
        "X-Forwarded-For": "1.1.1.1, 2.2.2.2, 3.3.3.3",
        "X-Forwarded-Host": "elsewhere",
        "X-Forwarded-Proto": "gopher",
    }
    environ = {"REMOTE_ADDR": "10.0.0.1"}
    answer = small.test_client().get("/", headers=headers, environ_overrides=environ)
    assert answer.get_json() == [address, "localhost", "http"]
