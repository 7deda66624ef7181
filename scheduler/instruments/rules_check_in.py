"""The short check-in after a visit: ours, and so of no published score."""

from scheduler.instruments.rules import (
    CALL_WANTED,
    SELF_HARM,
    SEVERE_SIDE_EFFECT,
    Choice,
    Instrument,
    Item,
)

_WORST, _BEST = 0, 10
_ENDS = {
    _WORST: {"en": "0 - very bad", "es": "0 - muy mal"},
    _BEST: {"en": "10 - very good", "es": "10 - muy bien"},
}
_SCALE = tuple(
    Choice(value, _ENDS.get(value, {"en": str(value), "es": str(value)}))
    for value in range(_WORST, _BEST + 1)
)

_NO_OR_YES = (
    Choice(0, {"en": "No", "es": "No"}),
    Choice(1, {"en": "Yes", "es": "Sí"}),
)

CHECK_IN = Instrument(
    code="check_in",
    version=1,
    title={"en": "A few short questions", "es": "Unas preguntas breves"},
    stem={"en": "Since your last visit", "es": "Desde su última visita"},
    items=(
        Item(
            "feeling",
            {"en": "How do you feel today?", "es": "¿Cómo se siente hoy?"},
            _SCALE,
        ),
        Item(
            "side_effects",
            {
                "en": "Have you had any side effects?",
                "es": "¿Ha tenido efectos secundarios?",
            },
            (
                Choice(0, {"en": "None", "es": "Ninguno"}),
                Choice(1, {"en": "Mild", "es": "Leves"}),
                Choice(2, {"en": "Moderate", "es": "Moderados"}),
                Choice(3, {"en": "Severe", "es": "Graves"}),
            ),
            alerts_from=3,
            reason=SEVERE_SIDE_EFFECT,
        ),
        Item(
            "self_harm",
            {
                "en": "Have you had thoughts of hurting yourself?",
                "es": "¿Ha pensado en hacerse daño?",
            },
            _NO_OR_YES,
            alerts_from=1,
            reason=SELF_HARM,
        ),
        Item(
            "call",
            {"en": "Do you want us to call you?", "es": "¿Quiere que le llamemos?"},
            _NO_OR_YES,
            alerts_from=1,
            reason=CALL_WANTED,
        ),
        Item(
            "words",
            {
                "en": "Is there anything else we should know?",
                "es": "¿Hay algo más que debamos saber?",
            },
        ),
    ),
    source="The program's own",
)
