"""Series: plan, book, read; and booking a single session, which may fill a series' place."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from scheduler.access.roles import READ_CARE, WRITE_CARE
from scheduler.series import actions, actions_plan, actions_session
from scheduler.series.model import Series, SeriesView, views_of
from scheduler.series.rules import Order
from scheduler.series.schema import PlanOut, SeriesOrder, SeriesOut, SeriesQuery, SessionOrder
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.schema import SessionBooked
from scheduler.tenancy import Work
from scheduler.web.paging import Page, page
from scheduler.web.routes import Routes
from scheduler.web.schema import page_of

routes = Routes("series", "Weekly series, booked whole or not at all.")

OUT_OF_ORDER = ("in_the_past", "too_far_ahead", "chair_retired", "not_bookable", "not_cleared")
NO_ROOM = ("does_not_fit", "taken")


@routes.post(
    "/series",
    access=WRITE_CARE,
    body=SeriesOrder(),
    answer=SeriesOut(),
    status=201,
    refusals=(*OUT_OF_ORDER, *NO_ROOM),
)
def book_series(work: Work, order: Order) -> SeriesView:
    """Book a whole weekly series, or nothing; a refusal says what is in the way and what fits."""
    return actions.book_series(work, order)


@routes.post(
    "/series/plan",
    access=WRITE_CARE,
    body=SeriesOrder(),
    answer=PlanOut(),
    key=False,
    refusals=OUT_OF_ORDER,
)
def plan_series(work: Work, order: Order) -> dict[str, Any]:
    """Show what booking the same body would do. Books nothing."""
    return actions_plan.plan_series(work, order)


@routes.get("/series", access=READ_CARE, query=SeriesQuery(), answer=page_of(SeriesOut))
def list_series(work: Work, query: dict[str, Any]) -> Page:
    """List series with their sessions, oldest first."""
    limit, cursor = query.pop("limit"), query.pop("cursor")
    series = select(Series).filter_by(**query)
    found = page(work, series, [Series.created_at, Series.id], limit=limit, cursor=cursor)
    return {"items": views_of(work, found["items"]), "next": found["next"]}


@routes.get("/series/<uuid:series_id>", access=READ_CARE, answer=SeriesOut())
def read_series(work: Work, series_id: UUID) -> SeriesView:
    """Read a series with its sessions."""
    return views_of(work, [work.load(Series, series_id)])[0]


@routes.post(
    "/sessions",
    access=WRITE_CARE,
    body=SessionOrder(),
    answer=SessionBooked(),
    status=201,
    refusals=(*OUT_OF_ORDER, *NO_ROOM, "nothing_owed"),
)
def book_session(work: Work, body: dict[str, Any]) -> InfusionSession:
    """Book one session, or with `series_id` fill a place that the series still owes."""
    return actions_session.book_session(work, **body)
