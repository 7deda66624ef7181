"""Which sessions ahead are at odds with the clinic: its hours, its chairs, its nurses?"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta, tzinfo
from uuid import UUID

from scheduler.attention.rules_nurses import Beyond, Load, beyond
from scheduler.attention.rules_picture import Broken, Picture, Planned, spoken
from scheduler.clinics.rules_staffing import nurses_at_work
from scheduler.sessions.rules_calendar import Blocker, Calendar, closed
from scheduler.sessions.rules_states import is_live
from scheduler.spans import Span, gaps
from scheduler.wall_time import dates, day


def shut(picture: Picture) -> Iterator[Broken]:
    """I11: the whole block lies in opening hours, outside closures and outages."""
    for on, sessions in _by_day(picture, picture.ahead).items():
        calendar = _calendar(picture, on)
        # Nearly all lie within one of a few open stretches: nothing more is asked of those.
        stretches = list(gaps(_around(picture, on), (each.span for each in calendar.everywhere)))
        for each in sessions:
            within = any(stretch.contains(each.visit.block) for stretch in stretches)
            if not within and (blockers := calendar.in_clinic(each.visit)):
                yield _broken(each, "closed", _why_closed(picture, blockers), blockers)
            if blockers := calendar.on_lane(each.visit, each.chair_id):
                label = picture.chairs[each.chair_id].label
                detail = f"{label} is out of order {_from_to(blockers[0].span, picture.zone)}."
                yield _broken(each, "outage", detail, blockers)


def _calendar(picture: Picture, on: date) -> Calendar:
    """What shuts the clinic or a chair around a day; a block may reach into the next."""
    around = _around(picture, on)
    closures = [each for each in picture.closures if each.span.overlaps(around)]
    return Calendar(
        lanes=(),
        everywhere=(*closed(picture.hours, [around], picture.zone), *closures),
        of_lane=picture.outages,
    )


def _around(picture: Picture, on: date) -> Span:
    return Span(day(on, picture.zone).start, day(on + timedelta(days=1), picture.zone).end)


def _by_day(picture: Picture, sessions: Iterable[Planned]) -> dict[date, list[Planned]]:
    """The sessions by the local day on which their blocks begin."""
    grouped: dict[date, list[Planned]] = defaultdict(list)
    for each in sessions:
        grouped[each.visit.block.start.astimezone(picture.zone).date()].append(each)
    return grouped


def _broken(each: Planned, rule: str, detail: str, blockers: Sequence[Blocker]) -> Broken:
    facts = [(found.kind, found.id, found.span.start, found.span.end) for found in blockers]
    return Broken(each.id, rule, detail, tuple(sorted(facts, key=str)))


def _why_closed(picture: Picture, blockers: Sequence[Blocker]) -> str:
    closure = next((each for each in blockers if each.kind == "closure"), None)
    if closure is None:
        return "The clinic is not open for the whole of this visit."
    reason = picture.closure_reasons.get(closure.id) if closure.id else None
    why = f": {reason.rstrip('.')}" if reason else ""
    return f"The clinic is closed {_from_to(closure.span, picture.zone)}{why}."


def _from_to(span: Span, zone: tzinfo) -> str:
    """`on Friday, December 4`, or from when to when; a day is named once."""
    days = list(dates(span, zone))
    if span == Span(day(days[0], zone).start, day(days[-1], zone).end):
        first, last = f"{days[0]:%A, %B %-d}", f"{days[-1]:%A, %B %-d}"
        return f"on {first}" if len(days) == 1 else f"from {first} through {last}"
    ends = f"{span.end.astimezone(zone):%-I:%M %p}" if len(days) == 1 else spoken(span.end, zone)
    return f"from {spoken(span.start, zone)} to {ends}"


def retired(picture: Picture) -> Iterator[Broken]:
    """I13: a retired chair keeps the sessions it has until someone moves them."""
    gone = {chair_id: chair for chair_id, chair in picture.chairs.items() if not chair.active}
    for each in picture.ahead if gone else ():
        chair = gone.get(each.chair_id)
        if chair is not None:
            detail = f"{chair.label} takes no more sessions."
            yield Broken(each.id, "chair_retired", detail, (each.chair_id, chair.version))


def too_few_nurses(picture: Picture) -> Iterator[Broken]:
    """I12: at no instant more set-ups than nurses, nor more patients than they can watch."""
    if not picture.staffing.limited:
        return
    first: dict[UUID, Beyond] = {}
    for on, sessions in _at_work(picture).items():
        for one in _beyond(picture, on, sessions):
            if one.session_id not in first or one.at < first[one.session_id].at:
                first[one.session_id] = one
    for each in picture.ahead:
        if (found := first.get(each.id)) is not None:
            detail = f"From {spoken(found.at, picture.zone)} on there {_nurses(found.nurses)}."
            yield Broken(each.id, "nurse_limit", detail, (found.at, found.nurses))


def _nurses(count: int) -> str:
    if count == 0:
        return "is no nurse"
    many = "1 nurse" if count == 1 else f"{count} nurses"
    return f"are more patients than {many} can take"


def _at_work(picture: Picture) -> dict[date, list[Planned]]:
    """The sessions that take a nurse from now on, by every local day they touch."""
    grouped: dict[date, list[Planned]] = defaultdict(list)
    for each in picture.sessions:
        taken = Span(each.visit.block.start, each.visit.watch.end)
        if is_live(each.status) and taken.end > picture.now:
            for on in dates(taken, picture.zone):
                grouped[on].append(each)
    return grouped


def _beyond(picture: Picture, on: date, sessions: Sequence[Planned]) -> Iterator[Beyond]:
    staffing = picture.staffing
    nurses = list(nurses_at_work(staffing, day(on, picture.zone), picture.zone))
    setup = timedelta(minutes=staffing.setup_minutes)
    starts = [each.visit.block.start for each in sessions]
    setups = [
        Load(each.starts_at, each.id, Span(start, start + setup))
        for each, start in zip(sessions, starts, strict=True)
    ]
    watches = [Load(each.starts_at, each.id, each.visit.watch) for each in sessions]
    yield from beyond(setups, nurses)
    yield from beyond(watches, nurses, staffing.watch_ratio)
