"""What patients are asked."""

from typing import Any

from scheduler.access.roles import READ_SITE
from scheduler.errors import NotFound
from scheduler.instruments.rules import Instrument
from scheduler.instruments.rules_shipped import SHIPPED
from scheduler.instruments.schema import InstrumentOut
from scheduler.tenancy import Work
from scheduler.web import paging
from scheduler.web.routes import Routes
from scheduler.web.schema import PageQuery, page_of

routes = Routes("instruments", "The forms that patients are asked to fill in.")


@routes.get("/instruments", access=READ_SITE, query=PageQuery(), answer=page_of(InstrumentOut))
def list_instruments(_: Work, query: dict[str, Any]) -> paging.Page:
    """List the instruments, by their codes."""
    after = "" if query["cursor"] is None else paging.decode(query["cursor"], str)[0]
    if after and after not in SHIPPED:
        raise paging.not_ours()
    later = [SHIPPED[code] for code in sorted(SHIPPED) if code > after]
    return paging.sliced(later, query["limit"], lambda each: [each.code])


@routes.get("/instruments/<word:code>", access=READ_SITE, answer=InstrumentOut())
def read_instrument(_: Work, code: str) -> Instrument:
    """Read an instrument: what it asks, in both languages, and what its total means."""
    if code not in SHIPPED:
        raise NotFound("instrument")
    return SHIPPED[code]
