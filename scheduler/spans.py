"""Half-open spans of time: a span holds its start and not its end, so back to back is free."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From `start` up to, and without, `end`; both aware instants."""

    start: datetime
    end: datetime

    def __bool__(self) -> bool:
        return self.start < self.end

    def overlaps(self, other: "Span") -> bool:
        """Is there an instant in both? Two that only touch share none; an empty one has none."""
        return self.start < other.end and other.start < self.end and bool(self) and bool(other)

    def contains(self, other: "Span") -> bool:
        """Is every instant of `other` in this span?"""
        return self.start <= other.start and other.end <= self.end

    def shared(self, other: "Span") -> "Span":
        """The instants in both; empty when there are none."""
        return Span(max(self.start, other.start), min(self.end, other.end))

    def widened(self, by: timedelta) -> "Span":
        """The span with `by` added on both sides."""
        return Span(self.start - by, self.end + by)

    def moved(self, by: timedelta) -> "Span":
        """The same length, so much later."""
        return Span(self.start + by, self.end + by)


EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)
ALWAYS = Span(EARLIEST, LATEST)


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same instants as sorted spans that neither overlap nor touch."""
    joined: list[Span] = []
    for span in sorted(span for span in spans if span):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def gaps(within: Span, spans: Iterable[Span]) -> Iterator[Span]:
    """What of `within` no span covers, in order."""
    reached = within.start
    for span in merged(spans):
        if span.start > reached:
            gap = Span(reached, min(span.start, within.end))
            if gap:
                yield gap
        reached = max(reached, span.end)
    if reached < within.end:
        yield Span(reached, within.end)
