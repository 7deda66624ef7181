"""Series: plan, book, read, cancel; and what of a single session fills or frees a series' place."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from scheduler.access.roles import READ_CARE, WRITE_CARE
from scheduler.series import (
    actions,
    actions_cancel,
    actions_options,
    actions_plan,
    actions_session,
    actions_undo,
)
from scheduler.series.model import Series, SeriesView, views_of
from scheduler.series.rules import Order
from scheduler.series.schema import (
    CancelSeries,
    SeriesOrder,
    SeriesOut,
    SeriesQuery,
    SessionOrder,
    Undo,
    Wish,
)
from scheduler.series.schema_offers import OptionsOut, PlanOut
from scheduler.sessions.model_views import SessionView, view_of
from scheduler.sessions.schema import SessionBooked, SessionOut
from scheduler.tenancy import Match, Work
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


@routes.post(
    "/series/options",
    access=WRITE_CARE,
    body=Wish(),
    answer=OptionsOut(),
    key=False,
    refusals=OUT_OF_ORDER,
)
def find_options(work: Work, wish: dict[str, Any]) -> dict[str, Any]:
    """Find the five best whole series for a wish, each with the order that books it as it stands.

    Order: fewest sessions off the pattern, soonest first day, one chair, fewest patients at once,
    earliest time. Books nothing.
    """
    return actions_options.find_options(work, **wish)


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
def book_session(work: Work, body: dict[str, Any]) -> SessionView:
    """Book one session, or with `series_id` fill a place that the series still owes."""
    return actions_session.book_session(work, **body)


@routes.change(
    "POST",
    "/series/<uuid:series_id>/cancel",
    access=WRITE_CARE,
    body=CancelSeries(),
    answer=SeriesOut(),
    refusals=("not_allowed",),
)
def cancel_series(work: Work, body: dict[str, Any], series_id: UUID, match: Match) -> SeriesView:
    """Cancel what is still to come of a series; what was stays."""
    return actions_cancel.cancel_series(work, series_id, match, **body)


@routes.change(
    "POST",
    "/sessions/<uuid:session_id>/undo",
    access=WRITE_CARE,
    body=Undo(),
    answer=SessionOut(),
    refusals=("not_allowed", "nothing_owed", "not_bookable", "not_cleared", *NO_ROOM),
)
def undo_step(work: Work, body: dict[str, Any], session_id: UUID, match: Match) -> SessionView:
    """Take a session's latest step back, on the day it was taken."""
    return view_of(work, actions_undo.undo_step(work, session_id, match, **body))
