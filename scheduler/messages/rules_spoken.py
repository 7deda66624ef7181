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
class Notice:
    """A notice as subject, body and text; `{when}` is a time, or several, one a line."""

    subject: str
    body: str
    text: str


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
    notices: Mapping[str, Notice]


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
        notices={
            "booked": Notice(
                "{name}: appt booked, {when}",
                "Hello,\n\nYou have an appointment with {name} on {when}.\n\n"
                "To change it, {call}.\n",
                "{name}: appt booked, {when}. To change it, {call}.",
            ),
            "booked_several": Notice(
                "{name}: {count} appts booked",
                "Hello,\n\nYou have these appointments with {name}:\n\n{when}\n\n"
                "To change one, {call}.\n",
                "{name}: {count} appts booked, the first {first}. To change one, {call}.",
            ),
            "changed": Notice(
                "{name}: appt now {when}",
                "Hello,\n\nYour appointment with {name} is now on {when}.\n\n"
                "If that does not suit you, {call}.\n",
                "{name}: your appt is now {when}. If that does not suit you, {call}.",
            ),
            "cancelled": Notice(
                "{name}: appt {when} cancelled",
                "Hello,\n\nYour appointment with {name} on {when} is cancelled.\n\n"
                "To find a new time, {call}.\n",
                "{name}: your appt {when} is cancelled. To find a new time, {call}.",
            ),
            "cancelled_several": Notice(
                "{name}: {count} appts cancelled",
                "Hello,\n\nThese appointments with {name} are cancelled:\n\n{when}\n\n"
                "To find new times, {call}.\n",
                "{name}: {count} appts cancelled, the first {first}. To find new times, {call}.",
            ),
            "missed": Notice(
                "{name}: we missed you",
                "Hello,\n\nWe missed you on {when}. That can happen.\n\n"
                "To find a new time with {name}, {call}.\n",
                "{name}: we missed you. To find a new time, {call}.",
            ),
        },
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
        notices={
            "booked": Notice(
                "{name}: cita reservada, {when}",
                "Hola:\n\nTiene una cita con {name} {when}.\n\nPara cambiarla, {call}.\n",
                "{name}: cita reservada, {when}. Para cambiarla, {call}.",
            ),
            "booked_several": Notice(
                "{name}: {count} citas reservadas",
                "Hola:\n\nTiene estas citas con {name}:\n\n{when}\n\n"
                "Para cambiar alguna, {call}.\n",
                "{name}: {count} citas reservadas, la primera {first}. "
                "Para cambiar alguna, {call}.",
            ),
            "changed": Notice(
                "{name}: cita ahora {when}",
                "Hola:\n\nSu cita con {name} es ahora {when}.\n\nSi no le conviene, {call}.\n",
                "{name}: su cita es ahora {when}. Si no le conviene, {call}.",
            ),
            "cancelled": Notice(
                "{name}: cita {when} cancelada",
                "Hola:\n\nSu cita con {name} {when} queda cancelada.\n\n"
                "Para buscar otra hora, {call}.\n",
                "{name}: su cita {when} queda cancelada. Para buscar otra hora, {call}.",
            ),
            "cancelled_several": Notice(
                "{name}: {count} citas canceladas",
                "Hola:\n\nEstas citas con {name} quedan canceladas:\n\n{when}\n\n"
                "Para buscar otras horas, {call}.\n",
                "{name}: {count} citas canceladas, la primera {first}. "
                "Para buscar otras horas, {call}.",
            ),
            "missed": Notice(
                "{name}: no pudimos verle",
                "Hola:\n\nNo pudimos verle {when}. Puede pasar.\n\n"
                "Para buscar otra hora con {name}, {call}.\n",
                "{name}: no pudimos verle. Para buscar otra hora, {call}.",
            ),
        },
    ),
}
