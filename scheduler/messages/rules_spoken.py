"""How dates and times are said in the languages that patients read, and the words between them.

Hours are those of the United States in both (2:30 PM), as people there are used to.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

_DAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio",
    "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """What a message for a patient of one language is put together from.

    `short` and `long` say a wall time; of the texts, `{name}` is the clinic, `{when}` the time
    said long, `{call}` what to do, and the subject ends where a text's first sentence ends.
    """

    short: Callable[[datetime], str]
    long: Callable[[datetime], str]
    call: str
    call_us: str
    event: str
    reminder: str
    reminder_body: str
    reminder_text: str
    follow_up: str
    follow_up_body: str
    follow_up_text: str


def _english_short(wall: datetime) -> str:
    return f"{wall:%a %b %-d %-I:%M %p}"


def _english_long(wall: datetime) -> str:
    return f"{wall:%A, %B %-d, at %-I:%M %p}"


def _spanish_short(wall: datetime) -> str:
    day, month = _DAYS[wall.weekday()][:3], _MONTHS[wall.month - 1][:3]
    return f"{day} {wall.day} {month} {wall:%-I:%M %p}"


def _spanish_long(wall: datetime) -> str:
    day, month = _DAYS[wall.weekday()], _MONTHS[wall.month - 1]
    article = "la" if wall.hour % 12 == 1 else "las"
    return f"el {day} {wall.day} de {month} a {article} {wall:%-I:%M %p}"


SAID: Mapping[str, Words] = {
    "en": Words(
        short=_english_short,
        long=_english_long,
        call="call {phone}",
        call_us="please call us",
        event="Appointment, {name}",
        reminder="{name}: appt {when}",
        reminder_body="Hello,\n\nYou have an appointment with {name} on {when}.\n\n"
        "To change it, {call}.\n",
        reminder_text="{name}: appt {when}. To change it, {call}.",
        follow_up="{name}: how are you?",
        follow_up_body="Hello,\n\nWe hope you are well after your visit with {name}.\n\n"
        "If anything worries you, or you would like to talk to us, {call}.\n",
        follow_up_text="{name}: how are you? To talk to us, {call}.",
    ),
    "es": Words(
        short=_spanish_short,
        long=_spanish_long,
        call="llame al {phone}",
        call_us="llámenos",
        event="Cita, {name}",
        reminder="{name}: cita {when}",
        reminder_body="Hola:\n\nTiene una cita con {name} {when}.\n\nPara cambiarla, {call}.\n",
        reminder_text="{name}: cita {when}. Para cambiarla, {call}.",
        follow_up="{name}: ¿cómo está?",
        follow_up_body="Hola:\n\nEsperamos que esté bien después de su visita a {name}.\n\n"
        "Si algo le preocupa, o si quiere hablar con nosotros, {call}.\n",
        follow_up_text="{name}: ¿cómo está? Para hablar con nosotros, {call}.",
    ),
}
