"""What a patient's text asks for, and which visit a "C" confirms (I43, I44).

Only a text that is one of the words, and nothing else, is acted on: "stop by at three?" is read by
a person. The words for STOP and START are the carriers' own, who act on them too, with the Spanish
ones beside them; carriers take CANCEL for STOP, so it never cancels a visit.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

# `cancel` opts out as `stop` does, and asks for a person; `words` is everything else.
MEANINGS = ("stop", "cancel", "start", "help", "confirm", "change", "words")

# Without case, accents, marks and spaces: "Opt-out!" is `optout`.
WORDS = {
    "stop": "stop stopall unsubscribe end quit revoke optout alto pare parar basta baja detener"
    " unsubscribeme optmeout stopmessages stoptexts stoptexting stoptextingme donttextme"
    " donottextme nomoretexts nomasmensajes nomastextos",
    "cancel": "cancel cancelar",
    "start": "start unstop yes optin empezar comenzar iniciar reanudar",
    "help": "help info ayuda informacion",
    "confirm": "c confirm confirmed confirmar confirmo confirmado si",
    "change": "r reschedule change reprogramar reagendar cambiar cambio",
}
_MEANING = {word: meaning for meaning, words in WORDS.items() for word in words.split()}

# What people say beside a word that means as much without.
COURTESY = {"please", "pls", "thanks", "thank", "you", "thx", "gracias", "por", "favor"}


def meaning(text: str) -> str:
    """What a text asks for, one of `MEANINGS`; whatever is around the word is let pass.

    Case, accents, marks, emoji, white space, courtesy, and the word said more than once.
    """
    said = [word for word in _plain(text).split() if word not in COURTESY]
    if len(set(said)) == 1:
        said = said[:1]
    return _MEANING.get("".join(said), "words")


def _plain(text: str) -> str:
    """In small letters without accents, an apostrophe joining and any other mark parting them."""
    spread = unicodedata.normalize("NFKD", text.replace("'", "").replace("’", ""))  # noqa: RUF001
    seen = (c for c in spread if unicodedata.category(c) not in ("Mn", "Me", "Cf"))
    return "".join(c if c.isalnum() else " " for c in seen).casefold()


@dataclass(frozen=True, slots=True)
class Reminded:
    """A visit that a number was reminded of, and how it stands now; `sent_at` is the latest.

    `current`: it is booked, still to come, and at the time that was quoted.
    """

    session_id: UUID
    patient_id: UUID
    sent_at: datetime
    current: bool
    confirmed: bool


def confirmable(reminded: Sequence[Reminded]) -> UUID | None:
    """The visit that a "C" from a number confirms (I44); None where a person has to decide.

    It is the one of the latest reminder, if that still holds. Nobody guesses between two patients
    of one number, nor between two visits that nobody has confirmed yet.
    """
    if not reminded:
        return None
    latest = max(reminded, key=lambda each: each.sent_at)
    rivals = [
        each
        for each in reminded
        if each.session_id != latest.session_id
        and each.current
        and (each.patient_id != latest.patient_id or not each.confirmed)
    ]
    return latest.session_id if latest.current and not rivals else None
