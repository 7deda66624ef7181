"""So many in any minute: at once, spread out, and each caller for itself."""

import time
from collections.abc import Callable

import pytest

from scheduler.web import limits
from scheduler.web.limits import Limit


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Makes it so many seconds after the beginning."""
    began = time.monotonic()

    def after(seconds: float) -> None:
        monkeypatch.setattr(time, "monotonic", lambda: began + seconds)

    after(0)
    return after


def test_a_minutes_worth_may_come_at_once_and_no_more(moment: Callable[[float], None]) -> None:
    limit = Limit(60)
    assert [limit.take("a") for _ in range(60)] == [0] * 60
    assert limit.take("a") == pytest.approx(1)
    moment(0.4)
    assert limit.take("a") == pytest.approx(0.6)


def test_it_comes_back_bit_by_bit_and_not_beyond_a_minutes_worth(
    moment: Callable[[float], None],
) -> None:
    limit = Limit(60)
    for _ in range(60):
        limit.take("a")
    moment(10.001)
    assert [limit.take("a") > 0 for _ in range(11)] == [False] * 10 + [True]
    moment(3600)
    assert [limit.take("a") > 0 for _ in range(61)] == [False] * 60 + [True]


def test_a_refused_one_does_not_make_the_wait_longer(moment: Callable[[float], None]) -> None:
    limit = Limit(1)
    assert limit.take("a") == 0
    assert [limit.take("a") for _ in range(5)] == pytest.approx([60] * 5)


def test_each_caller_has_its_own_and_asking_takes_nothing(moment: Callable[[float], None]) -> None:
    limit = Limit(1)
    assert [limit.wait("a"), limit.wait("a"), limit.take("a"), limit.take("b")] == [0] * 4
    assert limit.wait("a") == pytest.approx(60)


def test_callers_without_number_are_forgotten_the_quiet_ones_first(
    moment: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_CALLERS", 3)
    limit = Limit(1)
    limit.take("early")
    moment(30)
    for caller in "ab":
        limit.take(caller)
    moment(61)
    limit.take("c")
    assert [limit.wait(caller) > 0 for caller in ("early", "a", "b", "c")] == [False, *[True] * 3]
    limit.take("d")
    assert [limit.wait(caller) > 0 for caller in "abcd"] == [False] * 3 + [True]
