"""What surrounds every page behind a link: the limits, the unit of work, the audit, the failures.

Open to anyone who holds a link. All that can go wrong with one is the same page (404).
"""

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from flask import Response, g, render_template, request
from sqlalchemy.exc import SQLAlchemyError

from scheduler import clock
from scheduler.access import actions as access
from scheduler.errors import Refused
from scheduler.links import actions, rules, rules_pages
from scheduler.tenancy import Work, retrying, unit_of_work
from scheduler.web import problems
from scheduler.web.limits import limits
from scheduler.web.problems import Problem

# No script at all; the one style sheet and the one form are ours.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}


class Shown(NamedTuple):
    """An answer, and what it is about, for the audit log."""

    response: Response
    object_ids: set[UUID]


def guarded(
    token: str,
    answer: Callable[[], Response],
    refused: Callable[[Refused], Response],
    apology: Callable[[Problem], Response] | None = None,
) -> Response:
    """Whatever a request to a link leads to: a page, also for what is in the way."""
    apology = apology or sorry
    try:
        limits().admit_link()
        return retrying(answer) if rules.well_formed(token) else _unknown()
    except Refused as refusal:
        return refused(refusal)
    except Problem as problem:
        return apology(problem)
    except SQLAlchemyError as error:
        meaning = problems.from_database(error)
        if meaning is None:
            raise
        return apology(meaning) if isinstance(meaning, Problem) else refused(meaning)


def entered(token: str, read: Callable[[Work, UUID], Shown], *, reads_only: bool) -> Response:
    """What `read` answers in a unit of work of the link's clinic, which audits the look."""
    with unit_of_work() as session:
        found = actions.enter_by_link(session, token, clock.now(), reads_only=reads_only)
        if found is None:
            return _unknown()
        work, link_id = found
        shown = read(work, link_id)
        g.clinic_id = work.clinic_id
        access.record(
            work,
            request_id=problems.request_id(),
            method=request.method,
            route=str(request.url_rule),
            status=shown.response.status_code,
            object_ids=shown.object_ids,
        )
        return shown.response


def _unknown() -> Response:
    limits().failed()
    return html(rules_pages.plain_page(404, "gone"))


def sorry(problem: Problem) -> Response:
    """The page that says to try again."""
    which = "too_many" if problem.status == 429 else "busy"
    response = html(rules_pages.plain_page(problem.status, which))
    response.headers.update(problem.headers)
    return response


def html(page: rules_pages.Shows, template: str = "links/page.html") -> Response:
    """The page as it is answered."""
    response = Response(render_template(template, page=page), page.status)
    response.headers["Content-Language"] = ", ".join(page.languages)
    response.headers.update(HEADERS)
    return response
