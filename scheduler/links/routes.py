"""The pages behind links: a GET or HEAD shows, and only a POST by the page's own button acts (I48).

Open to anyone who holds a link. All that can go wrong with one is the same page (404); what it is
about is read in the unit of work that audits the look, the act in one of its own.
"""

from collections.abc import Callable

from flask import Blueprint, Response, g, render_template, request
from sqlalchemy.exc import SQLAlchemyError

from scheduler import clock
from scheduler.access import actions as access
from scheduler.errors import Invalid, Refused
from scheduler.links import actions, forms, rules, rules_pages
from scheduler.links.actions import Opened
from scheduler.links.shown import calendar_of, page_of
from scheduler.tenancy import Work, retrying, unit_of_work
from scheduler.web import problems
from scheduler.web.calls import SAFE
from scheduler.web.declared import public
from scheduler.web.limits import limits
from scheduler.web.problems import Problem

pages = Blueprint("links", __name__, template_folder="templates")

# No script at all; the one style sheet and the one form are ours.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}
A_DAY = "public, max-age=86400"

Answer = Callable[[Work, Opened, str], Response]


def _shown(work: Work, opened: Opened, token: str) -> Response:
    return html(page_of(work, opened, token))


def _file(work: Work, opened: Opened, token: str) -> Response:
    if opened.standing != "open":
        return _shown(work, opened, token)
    response = Response(calendar_of(work, opened), content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    response.headers.update(HEADERS)
    return response


def html(page: rules_pages.Page) -> Response:
    """The page as it is answered."""
    response = Response(render_template("links/page.html", page=page), page.status)
    response.headers["Content-Language"] = ", ".join(part.language for part in page.parts)
    response.headers.update(HEADERS)
    return response


def answered(purpose: str, token: str, answer: Answer = _shown) -> Response:
    """Whatever a request to a link leads to: a page, also for what is in the way."""
    try:
        limits().admit_link()
        if not rules.well_formed(token):
            limits().failed()
            return html(rules_pages.plain_page(404, "gone"))
        if request.method in SAFE:
            return retrying(lambda: _look(purpose, token, answer))
        form = forms.sent(request)
        return retrying(lambda: _act(purpose, token, form))
    except Problem as problem:
        return _apology(problem)
    except SQLAlchemyError as error:
        meaning = problems.from_database(error)
        if meaning is None:
            raise
        if isinstance(meaning, Problem):
            return _apology(meaning)
        return _refused(purpose, token, meaning)


def _apology(problem: Problem) -> Response:
    which = "too_many" if problem.status == 429 else "busy"
    response = html(rules_pages.plain_page(problem.status, which))
    response.headers.update(problem.headers)
    return response


def _look(purpose: str, token: str, answer: Answer) -> Response:
    with unit_of_work() as session:
        entered = actions.enter_by_link(session, token, clock.now(), reads_only=True)
        if entered is None:
            return _unknown()
        work, link_id = entered
        opened = actions.look(work, link_id, purpose)
        return _audited(work, opened, answer(work, opened, token))


def _act(purpose: str, token: str, form: forms.Form) -> Response:
    try:
        with unit_of_work() as session:
            entered = actions.enter_by_link(session, token, clock.now(), reads_only=False)
            if entered is None:
                return _unknown()
            work, link_id = entered
            if not forms.pressed(form, purpose, token, work.now):
                opened = actions.look(work, link_id, purpose)
                return _audited(work, opened, _unmoved(work, opened, token, 400, "again"))
            opened = actions.act(work, link_id, purpose, form.start)
            return _audited(work, opened, _shown(work, opened, token))
    except Refused as refusal:
        return _refused(purpose, token, refusal)


def _refused(purpose: str, token: str, refusal: Refused) -> Response:
    """The page as it is now that nothing was done, in a unit of work of its own."""
    with unit_of_work() as session:
        entered = actions.enter_by_link(session, token, clock.now(), reads_only=True)
        if entered is None:
            return _unknown()
        work, link_id = entered
        opened = actions.look(work, link_id, purpose)
        chosen = not isinstance(refusal, Invalid)
        status, notice = (409, "taken") if chosen else (422, "choose")
        return _audited(work, opened, _unmoved(work, opened, token, status, notice))


def _unmoved(work: Work, opened: Opened, token: str, status: int, notice: str) -> Response:
    page = page_of(work, opened, token)
    return html(page.saying(status, notice) if opened.standing == "open" else page)


def _unknown() -> Response:
    limits().failed()
    return html(rules_pages.plain_page(404, "gone"))


def _audited(work: Work, opened: Opened, response: Response) -> Response:
    g.clinic_id = work.clinic_id
    access.record(
        work,
        request_id=problems.request_id(),
        method=request.method,
        route=str(request.url_rule),
        status=response.status_code,
        object_ids=opened.ids,
    )
    return response


# A path, as anything that stands there has to come to the same page.
@pages.route(f"/{rules.PURPOSES['confirm']}/<path:token>", methods=["GET", "POST"])
@public
def confirm(token: str) -> Response:
    """The patient says they will come."""
    return answered("confirm", token)


@pages.route(f"/{rules.PURPOSES['change']}/<path:token>", methods=["GET", "POST"])
@public
def change(token: str) -> Response:
    """The patient moves the visit to a time that is free and legal for them."""
    return answered("change", token)


@pages.route(f"/{rules.PURPOSES['decline']}/<path:token>", methods=["GET", "POST"])
@public
def decline(token: str) -> Response:
    """The patient cannot come."""
    return answered("decline", token)


@pages.route(f"/{rules.PURPOSES['unsubscribe']}/<path:token>", methods=["GET", "POST"])
@public
def unsubscribe(token: str) -> Response:
    """No more messages to the address that the link was sent to; in one click by RFC 8058."""
    return answered("unsubscribe", token)


@pages.get(f"/{rules.PURPOSES['calendar']}/<path:token>")
@public
def calendar(token: str) -> Response:
    """The visit as a calendar file."""
    return answered("calendar", token, _file)


@pages.get("/links.css")
@public
def style() -> Response:
    """How the pages look; the one thing of them that a browser may keep."""
    response = Response(render_template("links/links.css"), content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = A_DAY
    return response
