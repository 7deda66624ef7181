"""What a text asks for, and which visit a "C" confirms."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.messages.rules_replies import (
    MEANINGS,
    WORDS,
    Reminded,
    confirmable,
    meaning,
)

TABLE = [
    ("STOP", "stop"),
    ("STOPALL", "stop"),
    ("UNSUBSCRIBE", "stop"),
    ("END", "stop"),
    ("QUIT", "stop"),
    ("REVOKE", "stop"),
    ("OPTOUT", "stop"),
    ("CANCEL", "cancel"),
    ("Cancelar.", "cancel"),
    ("stop all", "stop"),
    ("opt-out", "stop"),
    ("STOP STOP stop!!", "stop"),
    ("please stop", "stop"),
    ("Don’t text me", "stop"),  # noqa: RUF001
    ("ALTO", "stop"),
    ("no más mensajes", "stop"),
    ("ＳＴＯＰ", "stop"),  # noqa: RUF001
    ("START", "start"),
    ("un-stop", "start"),
    ("Yes", "start"),
    ("help", "help"),
    ("INFO?", "help"),
    ("¿Ayuda?", "help"),
    ("información", "help"),
    ("C", "confirm"),
    ("c 👍🏽", "confirm"),
    ("  “C”. ", "confirm"),
    ("Confirm, thank you", "confirm"),
    ("Sí", "confirm"),
    ("SI", "confirm"),
    ("si\u0301 por favor", "confirm"),
    ("R", "change"),
    ("re-schedule", "change"),
    ("Change please", "change"),
    ("Cambiar", "change"),
    ("", "words"),
    ("👍", "words"),
    ("thank you", "words"),
    ("stop by at three?", "words"),
    ("C or R", "words"),
    ("yes no", "words"),
    ("cancel my appt", "words"),
    ("can I change the time?", "words"),
    ("no", "words"),
    ("stopped", "words"),
]


@pytest.mark.parametrize(("text", "expected"), TABLE)
def test_only_a_word_on_its_own_is_acted_on(text: str, expected: str) -> None:
    """I43, I44."""
    assert meaning(text) == expected


def test_no_word_means_two_things() -> None:
    words = [word for of_meaning in WORDS.values() for word in of_meaning.split()]
    assert len(words) == len(set(words))
    assert {meaning(word) for word in words} == set(MEANINGS) - {"words"}


AROUND = st.text(st.sampled_from(' \t\n.,!?-—…"()*_~👍🙏🏽❤\ufe0f\u200d\u200b\xa0¡¿'), max_size=8)
KNOWN = st.sampled_from([(word, m) for m, words in WORDS.items() for word in words.split()])


@given(KNOWN, AROUND, AROUND, st.lists(st.booleans(), min_size=20, max_size=20))
def test_what_stands_around_a_word_and_its_case_change_nothing(
    known: tuple[str, str], before: str, after: str, capitals: list[bool]
) -> None:
    word, expected = known
    spelled = "".join(
        c.upper() if large else c for c, large in zip(word, capitals * 2, strict=False)
    )
    assert meaning(before + spelled + after) == expected


@given(st.text(max_size=40))
def test_any_text_means_something_and_the_same_each_time(text: str) -> None:
    found = meaning(text)
    assert found in MEANINGS
    assert meaning(f" {text}\n, please.") == found


@given(KNOWN, st.text("abcdefghijklmnopqrstuvwxyz", min_size=6, max_size=9))
def test_a_word_in_a_sentence_is_read_by_a_person(known: tuple[str, str], other: str) -> None:
    if other not in ("please", "thanks", "gracias"):
        sentence = f"{known[0]} {other} qq"
        assert meaning(sentence) == "words"


PATIENT, OTHER = UUID(int=1), UUID(int=2)
FIRST, SECOND = UUID(int=11), UUID(int=12)
MONDAY = datetime(2026, 11, 30, 16, tzinfo=UTC)


def reminded(session_id: UUID, days: int = 0, patient_id: UUID = PATIENT, **but: bool) -> Reminded:
    stands = {"current": True, "confirmed": False} | but
    return Reminded(session_id, patient_id, MONDAY + timedelta(days=days), **stands)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ([], None),
        ([reminded(FIRST)], FIRST),
        # Saying it once more changes nothing, and is about the same visit.
        ([reminded(FIRST, confirmed=True)], FIRST),
        # Moved, cancelled or over since.
        ([reminded(FIRST, current=False)], None),
        ([reminded(FIRST), reminded(SECOND, 1, current=False)], None),
        ([reminded(FIRST, current=False), reminded(SECOND, 1)], SECOND),
        # Two visits of one patient: clear only once the earlier one is confirmed.
        ([reminded(FIRST), reminded(SECOND, 1)], None),
        ([reminded(FIRST, confirmed=True), reminded(SECOND, 1)], SECOND),
        ([reminded(FIRST), reminded(SECOND, 1, confirmed=True)], None),
        # Two patients of one number: never.
        ([reminded(FIRST), reminded(SECOND, 1, OTHER)], None),
        ([reminded(FIRST, confirmed=True), reminded(SECOND, 1, OTHER)], None),
        ([reminded(FIRST, current=False), reminded(SECOND, 1, OTHER)], SECOND),
    ],
)
def test_a_c_confirms_the_one_visit_that_can_be_meant(
    sent: list[Reminded], expected: UUID | None
) -> None:
    """I44."""
    for order in permutations(sent):
        assert confirmable(order) == expected
