"""A clinic with one of everything, and every operation there is: for promises about all routes."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import select, text

from scheduler.consults.model import Clearance
from scheduler.sessions.model import InfusionSession
from scheduler.web.calls import Endpoint
from scheduler.web.fields import Id
from scheduler.web.schema import Strict
from tests.alarms import an_alert
from tests.api.answered import submit
from tests.api.linked import links_to
from tests.builders import Caller, ClinicKit, a_cleared_patient, a_clinic, an_order

_ID = re.compile(r"<uuid:(\w+)>")
_WORD = re.compile(r"<word:(\w+)>")
WORDS = {"rule": "3d_before", "message": "booked", "language": "en", "code": "phq9"}


@dataclass(frozen=True)
class Operation:
    """One method of one route, and what it declares."""

    method: str
    rule: str
    endpoint: Endpoint
    schemas: dict[str, Strict]
    success: int

    @property
    def name(self) -> str:
        path = _WORD.sub(r"{\1}", _ID.sub(r"{\1}", self.rule))
        return f"{self.method} {path}"

    @property
    def path_ids(self) -> list[str]:
        """The names of the ids in its path."""
        return _ID.findall(self.rule)

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    def ids_in(self, place: str) -> list[str]:
        """The names of the ids in its body (`json`) or its `query`."""
        found = self.schemas.get(place)
        return [n for n, f in found.fields.items() if isinstance(f, Id)] if found else []

    def path(self, ids: dict[str, UUID]) -> str:
        path = _ID.sub(lambda found: str(ids[found[1]]), self.rule)
        return _WORD.sub(lambda found: WORDS[found[1]], path)


def operations(app: Flask) -> list[Operation]:
    """Every operation under `/v1`, read from the routes themselves."""
    found = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if endpoint := getattr(view, "_endpoint", None):
            told = getattr(view, "_apidoc", {})
            arguments = told.get("arguments", {}).get("parameters", [])
            schemas = {each["in"]: each["schema"] for each in arguments}
            (method,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
            (success,) = told["success_status_codes"]
            found.append(Operation(method, rule.rule, endpoint, schemas, int(success)))
    return sorted(found, key=lambda each: (each.rule, each.method))


@dataclass
class Everything:
    """A clinic with one of everything; `ids` are by the name they have in paths and bodies."""

    clinic: ClinicKit
    ids: dict[str, UUID]
    bodies: dict[str, dict[str, Any]] = field(default_factory=dict)

    def ready_for(self, name: str, travel: Callable[[str], None]) -> None:
        """Bring about what has to come before this operation can succeed."""
        if before := AFTER.get(name):
            self.ready_for(before, travel)
            method, path = before.format(**self.ids).split()
            answer = self.clinic.desk.send(method, path, self.bodies[before], {"If-Match": "*"})
            assert answer.status_code == 200, answer.get_json()
        if name in WHEN:
            travel(WHEN[name])

    def caller_for(self, operation: Operation) -> Caller:
        """Somebody who may do this."""
        return self.clinic.caller(sorted(operation.endpoint.access.roles)[-1])

    def send(self, operation: Operation, **changed: Any) -> Any:
        """A request that is as it should be, but for what is changed.

        `ids` in the path, `body`, `caller`, `query`, `headers` that replace or (None) omit, and
        the `method` and `path` themselves.
        """
        ids = self.ids | changed.pop("ids", {})
        body = changed.pop("body", self.bodies.get(operation.name))
        caller = changed.pop("caller", None) or self.caller_for(operation)
        query = changed.pop("query", NEEDED_QUERIES.get(operation.rule, {}))
        headers: dict[str, str | None] = {}
        if operation.endpoint.if_match:
            headers["If-Match"] = "*"
        if operation.endpoint.idempotency == "required":
            headers["Idempotency-Key"] = uuid4().hex
        headers |= changed.pop("headers", {})
        if not operation.writes:
            body = None
        path = changed.pop("path", None) or operation.path(ids)
        method = changed.pop("method", operation.method)
        return caller.send(method, path, body, headers, query=query, **changed)


# Searches cannot do without these.
_WEEK = {"from": "2026-12-07T00:00:00-07:00", "to": "2026-12-12T00:00:00-07:00", "minutes": 40}
NEEDED_QUERIES = {"/v1/slots": _WEEK, "/v1/consultations/slots": _WEEK}
# A whole year would be all there is.
NEEDED_QUERIES["/v1/clinic/outcomes"] = {name: _WEEK[name] for name in ("from", "to")}


_SESSION, _CONSULTATION = "/v1/sessions/{session_id}", "/v1/consultations/{consultation_id}"

# When a step can be taken; all that is not named here succeeds at once.
WHEN = {
    f"POST {_CONSULTATION}/arrive": "2026-11-25T08:55:00-07:00",
    f"POST {_CONSULTATION}/complete": "2026-11-25T09:30:00-07:00",
    f"POST {_SESSION}/arrive": "2026-12-01T09:20:00-07:00",
    f"POST {_SESSION}/start": "2026-12-01T09:30:00-07:00",
    f"POST {_SESSION}/observe": "2026-12-01T10:10:00-07:00",
    f"POST {_SESSION}/complete": "2026-12-01T10:45:00-07:00",
    f"POST {_SESSION}/no-show": "2026-12-01T10:05:00-07:00",
    f"POST {_SESSION}/turn-away": "2026-12-01T09:25:00-07:00",
    f"POST {_SESSION}/extend": "2026-12-01T09:25:00-07:00",
    f"POST {_SESSION}/undo": "2026-12-01T09:25:00-07:00",
    f"POST {_CONSULTATION}/no-show": "2026-11-25T09:35:00-07:00",
}
# The steps before a step.
AFTER = {
    f"POST {_SESSION}/start": f"POST {_SESSION}/arrive",
    f"POST {_SESSION}/observe": f"POST {_SESSION}/start",
    f"POST {_SESSION}/complete": f"POST {_SESSION}/observe",
    f"POST {_SESSION}/turn-away": f"POST {_SESSION}/arrive",
    f"POST {_SESSION}/extend": f"POST {_SESSION}/arrive",
    f"POST {_SESSION}/undo": f"POST {_SESSION}/arrive",
}


def everything(app: Flask, **clinic_fields: Any) -> Everything:
    """A clinic with one of each noun, made the way its people make them."""
    clinic = a_clinic(app, **clinic_fields)
    patient_id = a_cleared_patient(clinic, external_id="EXT-1")
    ids = {"patient_id": patient_id, "provider_id": clinic.provider_id}
    ids["chair_id"] = clinic.chair_ids[0]
    closed = {"starts_at": at(24, "08:00"), "ends_at": at(24, "09:00"), "reason": "Training"}
    sick = {"on": "2026-11-24", "from": "12:00", "to": "13:00", "nurses": 1}
    consultation = {
        "patient_id": str(patient_id),
        "provider_id": str(clinic.provider_id),
        "starts_at": at(25, "09:00"),
        "minutes": 30,
    }
    posted = {
        "closure_id": ("/v1/closures", closed),
        "outage_id": (f"/v1/chairs/{ids['chair_id']}/outages", closed),
        "override_id": ("/v1/clinic/staffing/overrides", sick),
        "consultation_id": ("/v1/consultations", consultation),
        "series_id": ("/v1/series", an_order(patient_id)),
    }
    for name, (path, body) in posted.items():
        answer = clinic.desk.post(path, body)
        assert answer.status_code == 201, answer.get_json()
        ids[name] = UUID(answer.get_json()["id"])
    ids["object_id"] = patient_id
    ids["session_id"] = UUID(answer.get_json()["sessions"][0]["id"])
    ids["consent_id"] = _only(clinic, f"/v1/patients/{patient_id}/consents")
    ids["protocol_id"] = _only(clinic, "/v1/protocols")
    # Over the last session of the series, so that something needs a person.
    shut = {"starts_at": "2027-01-05T09:00:00-07:00", "ends_at": "2027-01-05T10:00:00-07:00"}
    assert clinic.desk.post("/v1/closures", shut | {"reason": "Training"}).status_code == 201
    ids["item_id"] = _only(clinic, "/v1/attention")
    # Another patient's: hers may start.
    ids["alert_id"] = an_alert(clinic)
    ids["answers_id"] = UUID(submit(clinic.desk, patient_id, {"1": 1, "9": 0})["id"])
    other = clinic.admin.post("/v1/keys", {"name": "Desk two", "role": "front_desk"})
    ids["key_id"] = UUID(other.get_json()["id"])
    with clinic.work() as work:
        # Who is on call can be told. Its version stays the first.
        work.session.execute(text("UPDATE providers SET email = 'rivera@clinic.example'"))
        ids["clearance_id"] = work.session.scalars(select(Clearance.id)).one()
        links_to(work.load(InfusionSession, ids["session_id"]), work, "email", "ana@example.com")
    made = Everything(clinic, ids)
    made.bodies = bodies(app, made.ids)
    return made


def at(day: int, wall: str, month: int = 11) -> str:
    """An instant of the autumn of 2026 in Phoenix."""
    return datetime.fromisoformat(f"2026-{month}-{day:02d}T{wall}:00-07:00").isoformat()


def _only(clinic: ClinicKit, path: str) -> UUID:
    return UUID(clinic.desk.get(path).get_json()["items"][0]["id"])


def bodies(app: Flask, ids: dict[str, UUID]) -> dict[str, dict[str, Any]]:
    """For every operation that takes a body, the documents' example of it, with these ids."""
    return {
        each.name: with_ids(each.schemas["json"].example, ids)
        for each in operations(app)
        if each.endpoint.takes_body
    }


def with_ids(example: dict[str, Any], ids: dict[str, UUID]) -> dict[str, Any]:
    """The example, about what there is."""
    known = {name: str(found) for name, found in ids.items()}
    people = {"provider_ids": [known["provider_id"]], "otherwise": [known["provider_id"]]}
    return {
        name: known.get(name) or people.get(name) or _with_ids_in(value, ids)
        for name, value in example.items()
    }


def _with_ids_in(value: Any, ids: dict[str, UUID]) -> Any:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [with_ids(each, ids) for each in value]
    return value
