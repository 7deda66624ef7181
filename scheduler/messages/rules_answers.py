"""What a patient's own text is answered with: one text of 160 characters at most, nothing private.

Each names the clinic and how to talk to it, in the patient's language (I42, I43).
"""

from datetime import datetime, tzinfo

from scheduler.messages.rules_gsm import spelled_plainly

# `words` says what nobody should wait for an answer to a text for.
SAID = {
    "en": {
        "stop": "you get no more texts from us. Reply START to get them again, or {call}.",
        "cancel": "you get no more texts. Your appt stands until you {call}. START: texts again.",
        "start": "you get our texts again. To talk to us, {call}. Reply STOP to opt out.",
        "help": "texts about your appts. For help, {call}. Reply STOP to opt out.",
        "confirmed": "thank you, see you {when}. To change it, {call}.",
        "change": "thank you. We will call you about another time, or {call}.",
        "unclear": "thank you. We will call you to be sure which appt you mean, or {call}.",
        "words": "thank you. We read texts in opening hours. To talk to us, {call}."
        " In an emergency call 911.",
    },
    "es": {
        "stop": "no le enviaremos más textos. Responda START para recibirlos, o {call}.",
        "cancel": "no le enviaremos más textos. Su cita sigue en pie: {call}. START: más textos.",
        "start": "le enviaremos textos de nuevo. Para hablar, {call}. STOP para no recibirlos.",
        "help": "textos sobre sus citas. Para ayuda, {call}. Responda STOP para no recibirlos.",
        "confirmed": "gracias, nos vemos el {when}. Para cambiarla, {call}.",
        "change": "gracias. Le llamaremos para buscar otra hora, o {call}.",
        "unclear": "gracias. Le llamaremos para saber de qué cita se trata, o {call}.",
        "words": "gracias. Leemos los textos en horas de oficina. Para hablar, {call}."
        " Si es una emergencia, 911.",
    },
}
CALL = {
    "en": ("call {phone}", "please call us"),
    "es": ("llame al {phone}", "llámenos"),
}
WEEKDAYS = ("lun", "mar", "mié", "jue", "vie", "sáb", "dom")
MONTHS = "ene feb mar abr may jun jul ago sep oct nov dic"


def answer(language: str, kind: str, neutral_name: str, phone: str | None, when: str = "") -> str:
    """The answer of that kind (a key of `SAID`); English where the language is not known."""
    known = language if language in SAID else "en"
    with_phone, without = CALL[known]
    call = with_phone.format(phone=phone) if phone else without
    said = SAID[known][kind].format(call=call, when=when)
    return spelled_plainly(f"{neutral_name}: {said}")


def short_time(language: str, at: datetime, zone: tzinfo, *, name_zone: bool) -> str:
    """A visit's time by the clinic's wall, as a reminder has it."""
    wall = at.astimezone(zone)
    time = f"{wall:%-I:%M %p}" + (f" {wall:%Z}" if name_zone else "")
    if language == "es":
        return f"{WEEKDAYS[wall.weekday()]} {wall.day} {MONTHS.split()[wall.month - 1]} {time}"
    return f"{wall:%a %b %-d} {time}"
