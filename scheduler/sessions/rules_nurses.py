"""When are all nurses busy? Set-ups and patients under watch are two limits beside the chair.

Nurses run out before chairs do: simulated centres had chairs about 50 % used and nurses about
85 % (Alvarado 2016).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from scheduler.spans import Span, merged

# So many nurses in a stretch of time; None is no limit.
Nurses = tuple[Span, int | None]


def depths(spans: Iterable[Span]) -> Iterator[tuple[Span, int]]:
    """How many of the spans hold each stretch of time, where at least one does, in order."""
    steps: Counter[datetime] = Counter()
    for span in spans:
        steps[span.start] += 1
        steps[span.end] -= 1
    depth, since = 0, None
    for at in sorted(steps):
        if since is not None and depth:
            yield Span(since, at), depth
        depth, since = depth + steps[at], at


def all_busy(loads: Sequence[Span], nurses: Iterable[Nurses], each: int = 1) -> list[Span]:
    """When one more load would be more than the nurses can take, of whom each takes so many."""
    deep = list(depths(loads))
    full: list[Span] = []
    reached = 0
    for piece, count in nurses:
        if count is None:
            continue
        if count == 0:
            full.append(piece)
            continue
        while reached < len(deep) and deep[reached][0].end <= piece.start:
            reached += 1
        for span, depth in deep[reached:]:
            if span.start >= piece.end:
                break
            if depth >= count * each:
                full.append(Span(max(span.start, piece.start), min(span.end, piece.end)))
    return merged(full)
