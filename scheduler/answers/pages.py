"""The pages of a form: one question each, kept as the patient goes along, and never shown again.

A GET or HEAD writes nothing. A POST by the page's button keeps one answer and leads on (303), so a
browser goes back and forth among questions; one that tells of danger is heard in any case, and
answered at once with whom to call (I53).
"""

from uuid import UUID

from flask import Blueprint, Response, request

from scheduler.answers import actions_forms as actions
from scheduler.answers import forms, rules_crisis, rules_pages
from scheduler.answers.actions_forms import Form, Taken
from scheduler.answers.rules_forms import Press, next_open, tells_of_danger
from scheduler.answers.rules_pages import Told
from scheduler.clinics.model import policy_of
from scheduler.clinics.rules_crisis import crisis_text
from scheduler.instruments.rules_shipped import SHIPPED
from scheduler.links import rules
from scheduler.links.behind import HEADERS, Shown, entered, guarded, html, sorry
from scheduler.links.rules_pages import plain_page
from scheduler.links.rules_text import LANGUAGES, language_of
from scheduler.tenancy import Work
from scheduler.web.calls import SAFE
from scheduler.web.declared import public
from scheduler.web.problems import Problem

pages = Blueprint("forms", __name__, template_folder="templates")

# What the page says where a press had no effect, and its status.
NOTICES = {"again": 400, "choose": 422, "long": 422}


# A path, as anything that stands there has to come to the same page.
@pages.route(f"/{rules.PURPOSES['check_in']}/<path:token>", methods=["GET", "POST"])
@public
def check_in(token: str) -> Response:
    """The patient answers what a check-in asks."""

    def attempt() -> Response:
        return _look(token) if request.method in SAFE else _press(token)

    return guarded(token, attempt, lambda _: _look(token), _sorry)


def _look(token: str) -> Response:
    def read(work: Work, link_id: UUID) -> Shown:
        form = actions.form_of(work, link_id)
        if form is None:
            return Shown(_gone(work), {link_id})
        return Shown(_standing(work, form, token), form.ids)

    return entered(token, read, reads_only=True)


def _press(token: str) -> Response:
    given = forms.sent(request)

    def read(work: Work, link_id: UUID) -> Shown:
        form = actions.form_of(work, link_id)
        if form is None:
            return Shown(_gone(work), {link_id})
        press = Press(
            genuine=forms.pressed(given, token, form.instrument.version, work.now),
            item=form.instrument.item(given.item),
            value=given.value,
            submits=given.submits,
        )
        taken = actions.take(work, form, press, _told(work, form, token).language)
        return Shown(_answer(work, taken, press, token), taken.form.ids)

    return entered(token, read, reads_only=False)


def _answer(work: Work, taken: Taken, press: Press, token: str) -> Response:
    """Where a press leads."""
    form, does = taken.form, taken.effect
    told = _told(work, form, token)
    if does in NOTICES:
        return _page(work, form, token, NOTICES[does], does)
    if does in ("gone", "done"):
        return _standing(work, form, token)
    if does == "submitted":
        return _onward(told.to(None))
    onward = next_open(form.instrument, form.answered, press.item.code if press.item else None)
    if taken.alarming:
        crisis = _crisis(work, told.language)
        return html(
            rules_crisis.heard(told, crisis, onward if form.standing == "open" else None),
            "answers/crisis.html",
        )
    return _onward(told.to(onward))


def _onward(path: str) -> Response:
    response = Response(status=303, headers=HEADERS)
    response.location = path
    return response


def _standing(work: Work, form: Form, token: str) -> Response:
    """The page of a form as it stands."""
    if form.standing == "gone":
        return _gone(work)
    if form.standing == "open":
        return _page(work, form, token)
    told = _told(work, form, token)
    return html(rules_pages.thanks(told, _crisis(work, told.language)), "answers/form.html")


def _page(work: Work, form: Form, token: str, status: int = 200, notice: str = "") -> Response:
    nonce = rules.nonce(token, form.instrument.version, work.now)
    place = request.args.get("at", "")
    page = rules_pages.form_page(_told(work, form, token), place, nonce, status, notice)
    return html(page, "answers/form.html")


def _gone(work: Work) -> Response:
    clinic = work.clinic()
    return html(plain_page(404, "gone", clinic.neutral_name, clinic.phone))


def _told(work: Work, form: Form, token: str) -> Told:
    clinic, asked = work.clinic(), request.args.get("lang", "")
    return Told(
        instrument=form.instrument,
        answered=form.answered,
        language=asked if asked in LANGUAGES else language_of(form.patient.language),
        chosen=asked in LANGUAGES,
        name=clinic.neutral_name,
        phone=clinic.phone,
        path=rules.path_of("check_in", token),
    )


def _crisis(work: Work, language: str) -> str:
    return crisis_text(policy_of(work).crisis_text, language)


def _sorry(problem: Problem) -> Response:
    """The page that says to try again; who may be in danger reads whom to call all the same."""
    plain = sorry(problem)
    if request.method in SAFE or not _may_be_in_danger():
        return plain
    which = "too_many" if problem.status == 429 else "busy"
    page = rules_crisis.unheard(plain_page(problem.status, which))
    response = html(page, "answers/crisis.html")
    response.headers.update(problem.headers)
    return response


def _may_be_in_danger() -> bool:
    """Whichever form it is."""
    try:
        given = forms.sent(request)
    except Problem:
        return False
    items = (instrument.item(given.item) for instrument in SHIPPED.values())
    return any(tells_of_danger(item, given.value) for item in items)
