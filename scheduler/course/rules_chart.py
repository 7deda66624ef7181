"""A course as a small picture: totals by time over the bands of the PHQ-9, in black and white.

It names no patient. What it shows stands in its description too, for who does not see it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from html import escape
from itertools import pairwise

from scheduler.course.rules import Course, Point
from scheduler.instruments.rules_phq import PHQ9

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 44, 552, 48, 336
MOST = 27
# More of them would cover each other.
MOST_LABELS = 14

STYLE = (
    "text{font:13px sans-serif;fill:#000}.small{font-size:12px}.end{text-anchor:end}"
    ".mid{text-anchor:middle}.total{font-weight:bold;paint-order:stroke;stroke:#fff;"
    "stroke-width:4px}.line{fill:none;stroke:#000;stroke-width:2}.thin{stroke:#767676}"
    ".dashed{stroke:#000;stroke-dasharray:7 5}.dotted{stroke:#000;stroke-dasharray:1 4}"
    ".paper{fill:#fff}.hollow{fill:#fff;stroke:#000;stroke-width:2}"
)
# Every other band: thin slanted lines, which a copier keeps.
HATCH = (
    '<pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse"'
    ' patternTransform="rotate(45)"><path d="M0 0V8" stroke="#bbb"/></pattern>'
)


def chart(course: Course, zone: tzinfo) -> str:
    """The picture as an SVG document; dates are of the clinic's calendar."""
    count = len(course.run.sessions)
    title = f"PHQ-9 over a series of {count} session{'s' * (count != 1)}"
    drawn = "".join(_drawn(course, zone))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}"'
        f' height="{HEIGHT}" role="img" aria-labelledby="title desc" lang="en">'
        f'<title id="title">{escape(title)}</title>'
        f'<desc id="desc">{escape(described(course, zone))}</desc>'
        f"<style>{STYLE}</style><defs>{HATCH}</defs>"
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}"/>'
        f"{_text(LEFT, 24, title, 'total')}{drawn}</svg>\n"
    )


def described(course: Course, zone: tzinfo) -> str:
    """The same in words, point by point."""
    if not course.points:
        return "There is no complete PHQ-9 yet."
    baseline = course.baseline
    said = ["No baseline." if baseline is None else ""]
    for each in course.points:
        when = (
            f"after session {each.after_sessions}" if each.after_sessions else "before the series"
        )
        if baseline is not None and each.answers_id == baseline.answers_id:
            when = "the baseline"
        said.append(f"{each.total} on {_day(each.at, zone)}, {when}.")
    return " ".join(filter(None, [*said, "Totals go from 0 to 27; lower is better."]))


def _drawn(course: Course, zone: tzinfo) -> Iterator[str]:
    yield from _bands()
    instants = [each.at for each in course.points] + [each.at for each in course.run.sessions]
    if not instants:
        yield _text((LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2, "No session yet", "mid")
        return
    across = _Across(instants)
    yield from _axis(course, across, zone)
    yield from _baseline(course)
    yield from _line(course.points, across)
    yield from _marks(course, across)


class _Across:
    """From an instant to its place between left and right."""

    def __init__(self, instants: Sequence[datetime]) -> None:
        self.first, self.last = min(instants), max(instants)
        self.seconds = (self.last - self.first).total_seconds() or 1

    def __call__(self, at: datetime) -> float:
        share = (at - self.first).total_seconds() / self.seconds
        return round(LEFT + 24 + share * (RIGHT - LEFT - 48), 1)


def _down(total: float) -> float:
    return round(BOTTOM - total / MOST * (BOTTOM - TOP), 1)


def _bands() -> Iterator[str]:
    bounds = [*(band.least for band in PHQ9.bands), MOST + 1]
    for n, (band, (least, above)) in enumerate(zip(PHQ9.bands, pairwise(bounds), strict=True)):
        upper, lower = _down(min(above, MOST)), _down(least)
        fill = "url(#hatch)" if n % 2 else "none"
        yield (
            f'<rect x="{LEFT}" y="{upper}" width="{RIGHT - LEFT}" height="{lower - upper:.1f}"'
            f' fill="{fill}"/>'
        )
        yield _rule(LEFT, lower, RIGHT, lower, "thin")
        yield _text(LEFT - 6, lower + 4, str(least), "small end")
        name = f"{band.name.replace('_', ' ')} {least}-{above - 1}"
        yield _text(RIGHT + 8, (upper + lower) / 2 + 4, name, "small")
    yield _rule(LEFT, TOP, RIGHT, TOP, "thin")
    yield _text(LEFT - 6, TOP + 4, str(MOST), "small end")


def _axis(course: Course, across: _Across, zone: tzinfo) -> Iterator[str]:
    """A tick for each session with its number, thin while it is to come; the first and last day."""
    sessions = course.run.sessions
    every = 1 + len(sessions) // MOST_LABELS
    for number, each in enumerate(sessions, start=1):
        x = across(each.at)
        yield _rule(x, BOTTOM, x, BOTTOM + 8, "line" if each.completed else "thin")
        if number % every == 1 % every:
            yield _text(x, BOTTOM + 22, str(number), "small mid")
    yield _text(RIGHT + 8, BOTTOM + 22, "session", "small")
    yield _text(LEFT + 24, BOTTOM + 44, _day(across.first, zone), "small")
    if across.last > across.first:
        yield _text(RIGHT - 24, BOTTOM + 44, _day(across.last, zone), "small end")


def _baseline(course: Course) -> Iterator[str]:
    if course.baseline is None:
        yield _text(RIGHT, 24, "no baseline", "small end")
        return
    total = course.baseline.total
    yield _rule(LEFT, _down(total), RIGHT, _down(total), "dashed")
    yield _rule(LEFT, _down(total / 2), RIGHT, _down(total / 2), "dotted")
    said = f"dashed: baseline {total}; dotted: half of it"
    yield _text(RIGHT, 24, said, "small end")


def _line(points: Sequence[Point], across: _Across) -> Iterator[str]:
    if len(points) > 1:
        path = " ".join(f"{across(each.at)},{_down(each.total)}" for each in points)
        yield f'<polyline class="line" points="{path}"/>'


def _marks(course: Course, across: _Across) -> Iterator[str]:
    points = course.points
    if not points:
        yield _text((LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2, "No complete PHQ-9 yet", "mid total")
    every = 1 + len(points) // MOST_LABELS
    for number, each in enumerate(points):
        x, y = across(each.at), _down(each.total)
        is_baseline = course.baseline and each.answers_id == course.baseline.answers_id
        if is_baseline:
            yield f'<rect class="hollow" x="{x - 6:.1f}" y="{y - 6:.1f}" width="12" height="12"/>'
        else:
            yield f'<circle cx="{x}" cy="{y}" r="5"/>'
        if number % every == 0 or is_baseline or each is points[-1]:
            yield _text(x, y - 11, str(each.total), "total mid")


def _rule(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<path class="{kind}" d="M{x1} {y1}L{x2} {y2}"/>'


def _text(x: float, y: float, said: str, kind: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(said)}</text>'


def _day(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%B %-d, %Y}"
