"""The words of the messages: read, put in the clinic's own, looked at first, taken back."""

from typing import Any

from scheduler.access.roles import ADMINISTER, READ_SITE
from scheduler.messages import actions_templates as actions
from scheduler.messages.model_templates import Standing, standing_words
from scheduler.messages.rules_spoken import Template
from scheduler.messages.schema_templates import (
    RenderingsOut,
    TemplateIn,
    TemplateOut,
    TemplateTried,
)
from scheduler.tenancy import Match, Work
from scheduler.web import paging
from scheduler.web.routes import Routes
from scheduler.web.schema import PageQuery, page_of

routes = Routes("templates", "The words of the messages, in each language.")

ONE = "/clinic/templates/<word:message>/<word:language>"


@routes.get("/clinic/templates", access=READ_SITE, query=PageQuery(), answer=page_of(TemplateOut))
def list_templates(work: Work, query: dict[str, Any]) -> paging.Page:
    """List what every message says: in the clinic's own words, or in the standard ones."""
    limit, cursor = query["limit"], query["cursor"]
    words = standing_words(work)
    places = [[each.message, each.language] for each in words]
    start = 0
    if cursor is not None:
        last = paging.decode(cursor, str, str)
        if last not in places:
            raise paging.not_ours()
        start = places.index(last) + 1
    shown = words[start : start + limit + 1]
    return paging.sliced(shown, limit, lambda each: [each.message, each.language])


@routes.get(ONE, access=READ_SITE, answer=TemplateOut())
def read_template(work: Work, message: str, language: str) -> Standing:
    """Read what one message says."""
    return actions.read_template(work, message, language)


@routes.change("PUT", ONE, access=ADMINISTER, body=TemplateIn(), answer=TemplateOut())
def put_template(
    work: Work, body: dict[str, str], message: str, language: str, match: Match
) -> Standing:
    """Put a message in the clinic's own words.

    Refused, naming the part: words that tell what a visit is for, a text that could take more
    than 160 characters, and placeholders that are not known or that are missing.
    """
    return actions.put_template(work, message, language, match, Template(**body))


@routes.change("DELETE", ONE, access=ADMINISTER, answer=None)
def remove_template(work: Work, message: str, language: str, match: Match) -> None:
    """Go back to the standard words."""
    actions.remove_template(work, message, language, match)


@routes.post(
    f"{ONE}/preview", access=ADMINISTER, body=TemplateTried(), answer=RenderingsOut(), key=False
)
def preview_template(
    work: Work, body: dict[str, str], message: str, language: str
) -> dict[str, Any]:
    """Show what patients would read, without changing anything; refused where PUT would be."""
    return {"renderings": actions.preview(work, message, language, body)}
