"""schemathesis on our document: who asks, about what, and each exception with its reason."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import schemathesis
from hypothesis import strategies
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine import events, from_schema
from schemathesis.generation.meta import TestPhase
from schemathesis.openapi.checks import RejectedPositiveData
from werkzeug import Client

from tests.api.everything import Everything, operations

# Each exception from what schemathesis expects by itself, and why it is one.
EXPECTED_STATUSES = {
    # If-Match is a precondition, which has a status of its own (RFC 6585).
    "missing_required_header": ["400", "401", "428"],
    # A malformed If-Match is no version that anybody saw.
    "negative_data_rejection": ["400", "401", "404", "412", "413", "415", "422", "428"],
    # A version may have moved on, and what is there may be in the way. 422 is not here: see below.
    "positive_data_acceptance": ["2xx", "404", "409", "412"],
}
# A 422 by a rule of the clinic (`not_cleared`) is its contract, whatever the shape. One about the
# shape is taken only for what no JSON schema can say:
BEYOND_A_SCHEMA = {
    # placeholders, and how long a text becomes with what takes their places
    r"A brace stands only around a placeholder\.": "a grammar",
    r"Not known here: .* Known: .*": "words that depend on the path",
    r"Must hold \{.*\}\.": "words that depend on the path",
    r"At its longest it takes \d+ of 160\.": "another alphabet's length",
    # who is there, and can be told
    r"No provider with this id\.": "what the database holds",
    r".* is not active\.": "what the database holds",
    r".* has neither a phone nor a mail address\.": "what the database holds",
    # two fields at once
    r"Must be after (starts_at|from)\.": "an order between two fields",
    r"Must be after from, by at most 62 days\.": "a distance between two fields",
    r"Must be after from, by at most 366 days\.": "a distance between two fields",
    r"A search spans at most 62 days\.": "a distance between two fields",
    r"Needed with (to|from|rule|session_id)\.": "one field needs another",
    r"This instrument has no such item\.": "words that depend on another field's value",
    r"One of \d+(, \d+)*\.": "values that depend on another field's value",
    r"Takes words, 1000 characters at most\.": "a kind that depends on another field's value",
    r"Needed without series_id\.": "one field or another",
    r"Needed for suitable, and only then\.": "one field needs another's value",
    r"Only for suitable\.": "one field needs another's value",
    r"Needed for messages, and not for treatment\.": "one field needs another's value",
    r"Say a name, a phone or a birth_date\.": "any of three",
    r"The series has its own protocol\.": "one field excludes another",
    r"All windows are on one page\.": "one field excludes another's value",
    r"Must not be above session_minutes_max\.": "an order between two fields",
    r"Each opens before it closes and meets no other: .*": "no two in a list overlap",
    # what JSON Schema says otherwise
    r"Not a valid integer\.": "33.0 is one to it; here a whole number is spelled as one",
    r"A whole number from 0 to 10, or .*": "as above",
    # what a format's name does not say
    r"Must be a telephone number.*": "the plan of numbers of each country",
    r"Must be an IANA time zone: .*": "600 names, other ones next year",
    r"Must be one line\.": "a class of characters",
    r"Must show something\.": "a class of characters",
    r"(Shorter|Length).*": "a text's length is counted once it is trimmed",
    # what is stored
    r"Unknown: .* Known: .*": "a list that each clinic decides",
    r"It stands in messages and must not say: .*": "words that tell",
    r"Must not lie in the future\.": "today",
    r"May (only|not) be (before|below) .*": "the clearance as it stands",
    r"Sessions here take \d+ to \d+ minutes\.": "the clinic's own bounds",
    r"It is another patient's se(ries|ssion)\.": "whose it is",
    r"This session takes \d+ minutes\.": "the session as it is stored",
    r"The session has its own protocol\.": "the session as it is stored",
    r"This protocol (wants|says|starts|has) .*": "the protocol's own pattern",
    r"Say how many sessions\.": "the protocol's own pattern",
    r"Not together with places\.": "one field excludes others",
    r"Needed without places\.": "one field or others",
    r"In order, each start once\.": "an order in a list",
    r"The first is not after the second\.": "an order in a list",
    r"Each only once\.": "a set, spelled as a list",
    r"A phase has either .*": "one field or another",
    r"Either one open phase, .*": "a value in one item decides on the others",
    r"A series has at most 52 sessions\.": "a sum over a list",
    r".* takes either days or hours\.": "one field or another",
    r".* takes from .* to .*\.": "bounds that depend on another field's value",
    r".* asks about two weeks: .*": "bounds that depend on another field's value",
    r"Each rule stands in it once\.": "a set, spelled as a list",
    r"No day of phase \d+ lies .*": "bounds between the items of a list",
    r"(every_days lies|These weekdays lie) outside .*": "bounds between fields",
}
# 400 before any schema is asked: these are in no language of patterns alike.
UNREADABLE = {
    "This cursor is not one of ours.": "opaque; ours only",
    "A text holds a control character, a bidi mark or half a character.": "a class of characters",
}

SLOWEST_SECONDS = 5.0

# What each format draws, where its own name would draw mostly what has no chance.
FORMATS = {
    "date-time": strategies.datetimes().map(lambda at: at.strftime("2027-%m-%dT%H:00:00-07:00")),
    "date": strategies.dates().map(lambda on: on.strftime("2027-%m-%d")),
    "email": strategies.integers(0, 999).map(lambda n: f"patient{n}@example.com"),
}


class InProcess(Client):
    """A client in a context of its own for each request, as in a server."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        # Settings of sockets, which schemathesis' probes forget to take out.
        for name in ("max_redirects", "verify", "cert"):
            kwargs.pop(name, None)
        with self.application.app_context():  # type: ignore[attr-defined]
            return super().open(*args, **kwargs)


def scenarios(ours: Everything, *, examples: int, seed: int) -> Iterator[events.ScenarioFinished]:
    """Everything that schemathesis does in all its phases, so many drawn requests an operation."""
    settings = {
        "seed": seed,
        "continue-on-failure": True,
        "generation": {"max-examples": examples, "no-shrink": True, "database": "none"},
        "phases": {"stateful": {"max-steps": 6}},
        "checks": {
            name: {"expected-statuses": statuses} for name, statuses in EXPECTED_STATUSES.items()
        }
        | {"max_response_time": SLOWEST_SECONDS},
    }
    config = SchemathesisConfig.from_dict(settings)
    schema = schemathesis.openapi.from_wsgi("/openapi.json", ours.clinic.app, config=config)
    _ask_as_who_may(schema, ours)
    schema.hook(filter_failure)
    for name, spelled in FORMATS.items():
        schemathesis.openapi.format(name, spelled)
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            raise AssertionError(getattr(event, "value", None) or event)
        if isinstance(event, events.ScenarioFinished):
            yield event


def _ask_as_who_may(schema: Any, ours: Everything) -> None:
    """Every request comes from somebody who may do this, and is about something that is there."""
    callers = {each.name: ours.caller_for(each) for each in operations(ours.clinic.app)}
    known = {name: str(value) for name, value in ours.ids.items()}

    class Asked:
        def get(self, case: Any, _: Any) -> str:
            return callers[case.operation.label].secret

        def set(self, case: Any, secret: str, _: Any) -> None:
            _about_what_there_is(case, known)
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {secret}"}

    schema.auth(refresh_interval=None)(Asked)


def _about_what_there_is(case: Any, known: dict[str, str]) -> None:
    """Or nearly every answer would be 404 or 412. What is ill-formed stays so."""

    def well_formed(place: ParameterLocation) -> bool:
        return case.meta is None or not case.meta.is_negative_at(place)

    linked = case.meta is not None and case.meta.phase.name == TestPhase.STATEFUL
    if case.path_parameters and well_formed(ParameterLocation.PATH) and not linked:
        case.path_parameters = {n: known.get(n, v) for n, v in case.path_parameters.items()}
    if isinstance(case.body, dict) and well_formed(ParameterLocation.BODY):
        case.body = {n: known.get(n, v) for n, v in case.body.items()}
    if case.headers and well_formed(ParameterLocation.HEADER):
        new = {"If-Match": "*", "Idempotency-Key": uuid4().hex}
        case.headers.update({n: new[n] for n in new if n in case.headers})


def filter_failure(_: Any, failure: Any, __: Any, response: Any) -> bool:
    """Is it a finding? Not a rule of the clinic's, nor a shape that no schema can say."""
    if not isinstance(failure, RejectedPositiveData):
        return True
    problem = response.json()
    if response.status_code == 400:
        return problem["detail"] not in UNREADABLE
    if response.status_code != 422:
        return True
    if problem["type"] != "/problems/invalid":
        return False
    told = list(_messages(problem["errors"]))
    return not all(any(re.fullmatch(one, each) for one in BEYOND_A_SCHEMA) for each in told)


def _messages(errors: Any) -> Iterator[str]:
    if isinstance(errors, dict):
        for below in errors.values():
            yield from _messages(below)
    else:
        yield from errors
