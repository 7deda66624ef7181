"""The pages behind links: a GET or HEAD shows, and only a POST by the page's own button acts (I48).

What a link is about is read in the unit of work that audits the look, the act in one of its own.
"""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, Response, render_template, request

from scheduler.errors import Invalid, Refused
from scheduler.links import actions, forms, rules
from scheduler.links.actions import Opened
from scheduler.links.behind import HEADERS, Shown, entered, guarded, html
from scheduler.links.shown import calendar_of, page_of
from scheduler.tenancy import Work
from scheduler.web.calls import SAFE
from scheduler.web.declared import public

pages = Blueprint("links", __name__, template_folder="templates")

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


def answered(purpose: str, token: str, answer: Answer = _shown) -> Response:
    """Whatever a request to a link leads to: a page, also for what is in the way."""

    def attempt() -> Response:
        if request.method in SAFE:
            return _look(purpose, token, answer)
        return _act(purpose, token, forms.sent(request))

    return guarded(token, attempt, lambda refusal: _refused(purpose, token, refusal))


def _look(purpose: str, token: str, answer: Answer) -> Response:
    def read(work: Work, link_id: UUID) -> Shown:
        opened = actions.look(work, link_id, purpose)
        return Shown(answer(work, opened, token), opened.ids)

    return entered(token, read, reads_only=True)


def _act(purpose: str, token: str, form: forms.Form) -> Response:
    def read(work: Work, link_id: UUID) -> Shown:
        if not forms.pressed(form, purpose, token, work.now):
            opened = actions.look(work, link_id, purpose)
            return Shown(_unmoved(work, opened, token, 400, "again"), opened.ids)
        opened = actions.act(work, link_id, purpose, form.start)
        return Shown(_shown(work, opened, token), opened.ids)

    return entered(token, read, reads_only=False)


def _refused(purpose: str, token: str, refusal: Refused) -> Response:
    """The page as it is now that nothing was done, in a unit of work of its own."""
    chosen = not isinstance(refusal, Invalid)
    status, notice = (409, "taken") if chosen else (422, "choose")
    return _look(
        purpose, token, lambda work, opened, _: _unmoved(work, opened, token, status, notice)
    )


def _unmoved(work: Work, opened: Opened, token: str, status: int, notice: str) -> Response:
    page = page_of(work, opened, token)
    return html(page.saying(status, notice) if opened.standing == "open" else page)


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
