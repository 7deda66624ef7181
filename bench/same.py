"""The floor is a fair one: before anything is timed, both sides have to answer the same."""

from typing import Any

from bench.asked import undo
from bench.clients import Client
from bench.rows import Bench, Side

# Made anew for each booking.
OWN = {"id", "series_id", "version"}


def require_same_answers(bench: Bench) -> None:
    """Raises RuntimeError naming the request whose two answers differ."""
    ours, floor = _answers(bench.ours), _answers(bench.floor)
    for name, answer in ours.items():
        if answer != floor[name]:
            raise RuntimeError(
                f"{name}: ours {str(answer)[:900]}\nthe floor {str(floor[name])[:900]}"
            )


def _answers(side: Side) -> dict[str, Any]:
    asked, client = side.asked[0], Client(side.web.port)
    requests = {
        "chair-day": asked.chair_day(),
        "week": asked.week(),
        "single": asked.booking(0, 5),
        "series": asked.series(6),
    }
    try:
        return {name: _plain(client.send(request).json) for name, request in requests.items()}
    finally:
        client.close()
        undo(side.cluster, side.database)


def _plain(answer: Any) -> Any:
    """The answer but for what is new in each."""
    if isinstance(answer, dict):
        return {name: _plain(value) for name, value in answer.items() if name not in OWN}
    return [_plain(each) for each in answer] if isinstance(answer, list) else answer
