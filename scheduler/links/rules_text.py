"""What the pages behind links say, in each language; nothing tells what a visit is for (I42)."""

from datetime import date, datetime, tzinfo

LANGUAGES = ("en", "es")

_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
_MONTHS = {
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ),
    "es": (
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
        "octubre", "noviembre", "diciembre",
    ),
}  # fmt: skip

# {name} is the clinic's neutral name, {time} the visit's day and time.
TEXTS = {
    "en": {
        "confirm_open": ("Please confirm", "Your appointment with {name} is on {time}."),
        "confirm_done": ("Confirmed", "Thank you. We expect you on {time}."),
        "change_open": (
            "Change your appointment",
            "Your appointment with {name} is on {time}. Please choose another time.",
        ),
        "change_none": (
            "Change your appointment",
            "Your appointment with {name} is on {time}. Nothing else is free around that day.",
        ),
        "change_done": ("Changed", "Your appointment with {name} is now on {time}."),
        "decline_open": (
            "Cancel your appointment",
            "Your appointment with {name} is on {time}. If you cannot come, please tell us here.",
        ),
        "decline_done": (
            "Cancelled",
            "Thank you for telling us. Your appointment on {time} is cancelled.",
        ),
        "moved": (
            "The time has changed",
            "Please look again: your appointment with {name} is now on {time}. This link was for"
            " the time before. Nothing has been changed by it.",
        ),
        "cancelled": ("Cancelled", "Your appointment with {name} on {time} was cancelled."),
        "unsubscribe_open": ("Stop these messages", "No more messages from {name} by {channel}?"),
        "unsubscribe_done": (
            "Messages stopped",
            "{name} sends you no more messages by {channel}. Your appointments stay as they are.",
        ),
        "gone": ("This link does not work", "It may be too old, or not complete."),
        "busy": ("Please try again", "That did not work just now. Try again in a minute."),
        "too_many": ("Please wait a little", "Too many tries. Try again in a minute."),
        "again": ("", "Nothing has been changed yet. Please press the button once more."),
        "taken": ("", "That time is no longer free. Please choose another one."),
        "choose": ("", "Please choose a time first."),
    },
    "es": {
        "confirm_open": ("Confirme, por favor", "Su cita con {name} es el {time}."),
        "confirm_done": ("Confirmada", "Gracias. Le esperamos el {time}."),
        "change_open": (
            "Cambiar su cita",
            "Su cita con {name} es el {time}. Elija otra hora, por favor.",
        ),
        "change_none": (
            "Cambiar su cita",
            "Su cita con {name} es el {time}. No hay otra hora libre cerca de ese día.",
        ),
        "change_done": ("Cambiada", "Su cita con {name} es ahora el {time}."),
        "decline_open": (
            "Cancelar su cita",
            "Su cita con {name} es el {time}. Si no puede venir, díganoslo aquí, por favor.",
        ),
        "decline_done": (
            "Cancelada",
            "Gracias por avisarnos. Su cita del {time} queda cancelada.",
        ),
        "moved": (
            "La hora ha cambiado",
            "Mire otra vez, por favor: su cita con {name} es ahora el {time}. Este enlace era para"
            " la hora anterior. No ha cambiado nada.",
        ),
        "cancelled": ("Cancelada", "Su cita con {name} del {time} fue cancelada."),
        "unsubscribe_open": (
            "No recibir más mensajes",
            "¿Ningún mensaje más de {name} por {channel}?",
        ),
        "unsubscribe_done": (
            "Sin más mensajes",
            "{name} no le enviará más mensajes por {channel}. Sus citas siguen igual.",
        ),
        "gone": ("Este enlace no funciona", "Puede ser muy antiguo o estar incompleto."),
        "busy": ("Inténtelo otra vez", "No ha sido posible ahora. Inténtelo en un minuto."),
        "too_many": ("Espere un poco", "Demasiados intentos. Inténtelo en un minuto."),
        "again": ("", "Todavía no ha cambiado nada. Pulse el botón otra vez, por favor."),
        "taken": ("", "Esa hora ya no está libre. Elija otra, por favor."),
        "choose": ("", "Elija primero una hora, por favor."),
    },
}

LABELS = {
    "en": {
        "confirm": "Yes, I will come",
        "change": "Change to this time",
        "decline": "I cannot come",
        "unsubscribe": "Stop the messages",
        "to_change": "Another time",
        "to_decline": "I cannot come",
        "call": "Questions? Call",
        "call_plain": "Questions? Please call us.",
        "email": "e-mail",
        "sms": "text",
        "event": "Appointment, {name}",
        "event_call": "To change it, call {phone}.",
    },
    "es": {
        "confirm": "Sí, iré",
        "change": "Cambiar a esta hora",
        "decline": "No puedo ir",
        "unsubscribe": "No enviar más mensajes",
        "to_change": "Otra hora",
        "to_decline": "No puedo ir",
        "call": "¿Preguntas? Llame al",
        "call_plain": "¿Preguntas? Llámenos, por favor.",
        "email": "correo",
        "sms": "mensaje de texto",
        "event": "Cita, {name}",
        "event_call": "Para cambiarla, llame al {phone}.",
    },
}


def language_of(wanted: str) -> str:
    """The language of a patient's pages."""
    return wanted if wanted in LANGUAGES else LANGUAGES[0]


def spoken_day(on: date, language: str) -> str:
    """`Tuesday, December 1`; `martes 1 de diciembre`."""
    weekday, month = _DAYS[language][on.weekday()], _MONTHS[language][on.month - 1]
    return f"{weekday} {on.day} de {month}" if language == "es" else f"{weekday}, {month} {on.day}"


def spoken_clock(at: datetime, zone: tzinfo, language: str, *, name_zone: bool = False) -> str:
    """`9:30 AM`; `9:30 a. m.`; with the zone's name for patients elsewhere."""
    wall = at.astimezone(zone)
    half = "PM" if wall.hour >= 12 else "AM"
    if language == "es":
        half = "p. m." if wall.hour >= 12 else "a. m."
    suffix = f" {wall:%Z}" if name_zone else ""
    return f"{wall:%-I:%M} {half}{suffix}"


def spoken(at: datetime, zone: tzinfo, language: str, *, name_zone: bool = False) -> str:
    """`Tuesday, December 1, at 9:30 AM`; `martes 1 de diciembre a las 9:30 a. m.`"""
    wall = at.astimezone(zone)
    day, clock = (
        spoken_day(wall.date(), language),
        spoken_clock(at, zone, language, name_zone=name_zone),
    )
    if language == "en":
        return f"{day}, at {clock}"
    return f"{day} a la{'' if wall.hour % 12 == 1 else 's'} {clock}"
