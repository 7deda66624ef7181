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
class Template:
    """A message as a mail's subject and body and as a text, with placeholders in braces.

    `{clinic}` is the clinic, `{call}` how to reach it, `{when}` the visit's time (in the body of
    a message of several visits all their times, one a line), `{first}` and `{count}` of several.
    """

    subject: str
    body: str
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """What a message for a patient of one language is put together from.

    `short` and `long` say a wall time; `templates` are the standard words of each message.
    """

    short: Callable[[datetime], str]
    long: Callable[[datetime], str]
    call: str
    call_us: str
    event: str
    templates: Mapping[str, Template]


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
        event="Appointment, {clinic}",
        templates={
            "reminder": Template(
                "{clinic}: appt {when}",
                "Hello,\n\nYou have an appointment with {clinic} on {when}.\n\n"
                "To change it, {call}.\n",
                "{clinic}: appt {when}. To change it, {call}.",
            ),
            "follow_up": Template(
                "{clinic}: how are you?",
                "Hello,\n\nHow are you? We at {clinic} would like to know.\n\n"
                "If anything worries you, or you would like to talk to us, {call}.\n",
                "{clinic}: how are you? To talk to us, {call}.",
            ),
            "follow_up_nudge": Template(
                "{clinic}: still hoping to hear from you",
                "Hello,\n\nWe at {clinic} have not heard from you yet. How are you?\n\n"
                "If anything worries you, or you would like to talk to us, {call}.\n",
                "{clinic}: we have not heard from you. To talk to us, {call}.",
            ),
            "booked": Template(
                "{clinic}: appt booked, {when}",
                "Hello,\n\nYou have an appointment with {clinic} on {when}.\n\n"
                "To change it, {call}.\n",
                "{clinic}: appt booked, {when}. To change it, {call}.",
            ),
            "booked_several": Template(
                "{clinic}: {count} appts booked",
                "Hello,\n\nYou have these appointments with {clinic}:\n\n{when}\n\n"
                "To change one, {call}.\n",
                "{clinic}: {count} appts booked, the first {first}. To change one, {call}.",
            ),
            "changed": Template(
                "{clinic}: appt now {when}",
                "Hello,\n\nYour appointment with {clinic} is now on {when}.\n\n"
                "If that does not suit you, {call}.\n",
                "{clinic}: your appt is now {when}. If that does not suit you, {call}.",
            ),
            "cancelled": Template(
                "{clinic}: appt {when} cancelled",
                "Hello,\n\nYour appointment with {clinic} on {when} is cancelled.\n\n"
                "To find a new time, {call}.\n",
                "{clinic}: your appt {when} is cancelled. To find a new time, {call}.",
            ),
            "cancelled_several": Template(
                "{clinic}: {count} appts cancelled",
                "Hello,\n\nThese appointments with {clinic} are cancelled:\n\n{when}\n\n"
                "To find new times, {call}.\n",
                "{clinic}: {count} appts cancelled, the first {first}. To find new times, {call}.",
            ),
            "missed": Template(
                "{clinic}: we missed you",
                "Hello,\n\nWe missed you on {when}. That can happen.\n\n"
                "To find a new time with {clinic}, {call}.\n",
                "{clinic}: we missed you. To find a new time, {call}.",
            ),
        },
    ),
    "es": Words(
        short=_spanish_short,
        long=_spanish_long,
        call="llame al {phone}",
        call_us="llámenos",
        event="Cita, {clinic}",
        templates={
            "reminder": Template(
                "{clinic}: cita {when}",
                "Hola:\n\nTiene una cita con {clinic} {when}.\n\nPara cambiarla, {call}.\n",
                "{clinic}: cita {when}. Para cambiarla, {call}.",
            ),
            "follow_up": Template(
                "{clinic}: ¿cómo está?",
                "Hola:\n\n¿Cómo está? En {clinic} nos gustaría saberlo.\n\n"
                "Si algo le preocupa, o si quiere hablar con nosotros, {call}.\n",
                "{clinic}: ¿cómo está? Para hablar con nosotros, {call}.",
            ),
            "follow_up_nudge": Template(
                "{clinic}: aún esperamos sus noticias",
                "Hola:\n\nAún no sabemos de usted en {clinic}. ¿Cómo está?\n\n"
                "Si algo le preocupa, o si quiere hablar con nosotros, {call}.\n",
                "{clinic}: aún no sabemos de usted. Para hablar con nosotros, {call}.",
            ),
            "booked": Template(
                "{clinic}: cita reservada, {when}",
                "Hola:\n\nTiene una cita con {clinic} {when}.\n\nPara cambiarla, {call}.\n",
                "{clinic}: cita reservada, {when}. Para cambiarla, {call}.",
            ),
            "booked_several": Template(
                "{clinic}: {count} citas reservadas",
                "Hola:\n\nTiene estas citas con {clinic}:\n\n{when}\n\n"
                "Para cambiar alguna, {call}.\n",
                "{clinic}: {count} citas reservadas, la primera {first}. "
                "Para cambiar alguna, {call}.",
            ),
            "changed": Template(
                "{clinic}: cita ahora {when}",
                "Hola:\n\nSu cita con {clinic} es ahora {when}.\n\nSi no le conviene, {call}.\n",
                "{clinic}: su cita es ahora {when}. Si no le conviene, {call}.",
            ),
            "cancelled": Template(
                "{clinic}: cita {when} cancelada",
                "Hola:\n\nSu cita con {clinic} {when} queda cancelada.\n\n"
                "Para buscar otra hora, {call}.\n",
                "{clinic}: su cita {when} queda cancelada. Para buscar otra hora, {call}.",
            ),
            "cancelled_several": Template(
                "{clinic}: {count} citas canceladas",
                "Hola:\n\nEstas citas con {clinic} quedan canceladas:\n\n{when}\n\n"
                "Para buscar otras horas, {call}.\n",
                "{clinic}: {count} citas canceladas, la primera {first}. "
                "Para buscar otras horas, {call}.",
            ),
            "missed": Template(
                "{clinic}: no pudimos verle",
                "Hola:\n\nNo pudimos verle {when}. Puede pasar.\n\n"
                "Para buscar otra hora con {clinic}, {call}.\n",
                "{clinic}: no pudimos verle. Para buscar otra hora, {call}.",
            ),
        },
    ),
}
