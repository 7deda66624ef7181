"""What happens around every view: one caller, one unit of work, one answer, one audit row.

Set the clinic → claim the idempotency key → the view → serialise → audit and stored answer →
commit once. A refusal rolls everything back, locks and claim included; only then, without a
lock, it is explained, audited and answered (`docs/decisions/0003`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from flask import Response, g, request
from flask_smorest.utils import get_appcontext
from gunicorn.http.errors import ParseException
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from scheduler import clock
from scheduler.access import actions as access
from scheduler.access import secrets
from scheduler.access.roles import Access
from scheduler.errors import Forbidden, Invalid, Refused
from scheduler.tenancy import Work, enter, retrying, unit_of_work
from scheduler.web import fields, idempotency, problems, shown, strict_json
from scheduler.web.limits import limits
from scheduler.web.preconditions import etag, required_if_match
from scheduler.web.problems import Problem

SAFE = frozenset({"GET", "HEAD"})
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a route declares about itself."""

    access: Access
    idempotency: Literal["required", "honoured"] = "honoured"
    if_match: bool = False
    takes_body: bool = False
    shows_secret: bool = False
    made_at: str | None = None
    takes_query: bool = False
    takes_ids: bool = False
    media_type: str = JSON
    refusals: tuple[str, ...] = ()


class Call:
    """One request to one endpoint."""

    def __init__(self, endpoint: Endpoint, view: Callable[..., Response], path: dict[str, Any]):
        self.endpoint, self.view, self.path = endpoint, view, path
        self.work: Work | None = None
        self.body: dict[str, Any] | None = None

    def answer(self) -> Response:
        """Carry the request out, or say what is in the way."""
        try:
            require_accepted(self.endpoint.media_type)
            # The body is read before a transaction is open: a slow client holds no connection.
            raw = whole_body()
            secret = bearer_secret()
            limits().admit(secret)
            return retrying(lambda: self._attempt(secret, raw))
        except (Refused, Problem) as refusal:
            return self._refuse(refusal)
        except SQLAlchemyError as error:
            meaning = problems.from_database(error)
            if meaning is None:
                raise
            return self._refuse(meaning)

    def _attempt(self, secret: str, raw: bytes) -> Response:
        self.work = None
        with unit_of_work() as session:
            reads_only = request.method in SAFE
            work = access.authenticate(session, secret, clock.now(), reads_only=reads_only)
            if work is None:
                limits().failed()
                raise unauthenticated()
            limits().succeeded(secret, work)
            self.work = work
            g.clinic_id, g.key_id = work.clinic_id, work.actor.key_id
            if work.actor.role not in self.endpoint.access.roles:
                raise Forbidden(f"The role {work.actor.role} may not do this.")
            if request.args and not self.endpoint.takes_query:
                raise Invalid({name: ["Unknown parameter."] for name in request.args})
            self.body = g.body = body_of(raw, expected=self.endpoint.takes_body)
            fields.zone.set(work.zone)
            shown.role.set(work.actor.role)
            return self._carry_out(work)

    def _carry_out(self, work: Work) -> Response:
        claimed = self._claim(work)
        if isinstance(claimed, Response):
            self._audit(work, claimed.status_code, path_ids(self.path))
            return claimed
        if self.endpoint.if_match:
            self.path["match"] = required_if_match(request)
        response = self.view(work, **self.path)
        dumped = get_appcontext().get("result_dump")
        stamp(response, dumped, self.endpoint.made_at or request.path)
        if claimed is not None:
            idempotency.store(work, claimed, response, body=not self.endpoint.shows_secret)
        self._audit(work, response.status_code, {*path_ids(self.path), *ids_in(dumped)})
        return response

    def _claim(self, work: Work) -> idempotency.Claim | Response | None:
        """The right to act, or the stored answer; None for a request without a key."""
        if request.method in SAFE:
            return None
        key = idempotency.key_of(request, required=self.endpoint.idempotency == "required")
        return idempotency.claim(work, request, key, self.body) if key else None

    def _refuse(self, refusal: Refused | Problem) -> Response:
        away = isinstance(refusal, Problem) and refusal.status == 503
        if self.work is None or away:
            return answer_of(refusal)
        try:
            with unit_of_work() as session:
                return self._explain(session, self.work, refusal)
        except (OperationalError, PoolTimeoutError):
            # The database is away: the answer still is, only its audit row cannot be.
            return answer_of(refusal)

    def _explain(self, session: Session, before: Work, refusal: Refused | Problem) -> Response:
        work = enter(session, before.clinic_id, before.actor, clock.now())
        response = answer_of(refusal, work)
        self._audit(work, response.status_code, path_ids(self.path))
        return response

    def _audit(self, work: Work, status: int, object_ids: set[UUID]) -> None:
        access.record(
            work,
            request_id=problems.request_id(),
            method=request.method,
            route=str(request.url_rule),
            status=status,
            object_ids=object_ids,
        )


def require_accepted(media_type: str) -> None:
    """Raises Problem 406 when the caller would take neither an answer nor a refusal of ours."""
    accepted = request.accept_mimetypes
    # Parameters (a charset) say nothing: there is one JSON.
    kinds = {kind.partition(";")[0].strip().lower() for kind, quality in accepted if quality > 0}
    family = media_type.partition("/")[0]
    if accepted and not kinds & {media_type, problems.MEDIA_TYPE, f"{family}/*", "*/*"}:
        raise Problem(406, "not_acceptable", f"The answer is {media_type}.")


def whole_body() -> bytes:
    """The request's body. Raises Problem 400 when it broke off or its chunks make no sense."""
    try:
        body = request.get_data()
    except (OSError, ParseException):
        raise Problem(400, "malformed", "The body broke off or makes no sense.") from None
    if len(body) < (request.content_length or 0):
        raise Problem(400, "malformed", "The body broke off.")
    return body


def bearer_secret() -> str:
    """The caller's secret. Raises Problem 401 when there is none that could be ours."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secrets.well_formed(secret.strip()):
        raise unauthenticated()
    return secret.strip()


def unauthenticated() -> Problem:
    """The one answer to a missing, mistyped, unknown or disabled key."""
    detail = "Send a valid key: Authorization: Bearer <key>."
    return Problem(401, "unauthenticated", detail, {"WWW-Authenticate": "Bearer"})


def body_of(raw: bytes, *, expected: bool) -> dict[str, Any] | None:
    """The decoded body where one is expected. Raises Problem 400, 413 or 415."""
    if not raw and not expected:
        return None
    if raw and not _plain_json():
        raise Problem(415, "unsupported_media_type", "Send application/json in UTF-8, not packed.")
    if not expected:
        if strict_json.decode(raw):
            raise Problem(400, "malformed", "This operation takes no body.")
        return None
    return strict_json.decode(raw or b"{}")


def _plain_json() -> bool:
    """Does the body say that it is JSON, in UTF-8 and as it stands?

    What is said to be anything else would mean one thing here and another to a proxy on the way.
    """
    charset = request.mimetype_params.get("charset", "utf-8")
    coding = request.headers.get("Content-Encoding", "identity")
    return (
        request.mimetype == "application/json"
        and charset.lower() == "utf-8"
        and coding.lower() == "identity"
    )


def answer_of(refusal: Refused | Problem, work: Work | None = None) -> Response:
    """The problem that answers a refusal; with `work`, what would fit instead is looked up."""
    if isinstance(refusal, Problem):
        return problems.problem(refusal.status, refusal.word, refusal.detail, None, refusal.headers)
    facts = dict(refusal.facts)
    if refusal.explain is not None and work is not None:
        facts.update(refusal.explain(work))
    return problems.refused(refusal, facts)


def stamp(response: Response, dumped: Any, made_at: str) -> None:
    """ETag from the version, Location of what was made (below `made_at`), and never a cache."""
    response.headers["Cache-Control"] = "no-store"
    if isinstance(dumped, dict):
        if "version" in dumped:
            response.headers["ETag"] = etag(dumped["version"])
        if response.status_code == 201:
            response.headers["Location"] = f"{made_at}/{dumped['id']}"


def path_ids(path: dict[str, Any]) -> set[UUID]:
    """The ids in the request's path."""
    return {value for value in path.values() if isinstance(value, UUID)}


def ids_in(dumped: Any) -> Iterator[UUID]:
    """The ids of what an answer shows: its own, its patient's, and those of what is in it."""
    if not isinstance(dumped, dict):
        return
    for name in ("id", "patient_id"):
        if isinstance(dumped.get(name), str):
            yield UUID(dumped[name])
    # What runs into another visit shows that one's patient too.
    for name in ("items", "collisions"):
        for item in dumped.get(name, ()):
            yield from ids_in(item)
    yield from ids_in(dumped.get("following"))
