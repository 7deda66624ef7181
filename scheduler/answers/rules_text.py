"""What the pages of a form say around its questions, in each language."""

from collections.abc import Mapping

TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "intro": "Each answer is kept as you go. You can stop at any time and come back later by"
        " the same link.",
        "progress": "Question {place} of {of}",
        "next": "Next",
        "words": "In your own words, if you like",
        "skip": "Skip this question",
        "back": "Previous question",
        "stop": "I want to stop here",
        "end": "Send your answers",
        "end_all": "That was the last question.",
        "end_some": "Some questions are still open. You can go back to them, or send it as it is.",
        "to_open": "Go back to the open questions",
        "send": "Send my answers",
        "thanks": "Thank you",
        "thanks_body": "{name} has your answers. There is nothing more to do.",
        "again": "Your answer has not been kept yet. Please choose it once more.",
        "choose": "Please choose an answer, or skip the question.",
        "long": "Please write a little less: up to {most} characters.",
        "heard": "Thank you for telling us",
        "heard_body": "We are letting your clinic know right now. You need not wait for them:",
        "go_on": "Go on with the questions",
        "call_number": "Call {number}",
    },
    "es": {
        "intro": "Cada respuesta se guarda al momento. Puede parar cuando quiera y volver más tarde"
        " con el mismo enlace.",
        "progress": "Pregunta {place} de {of}",
        "next": "Siguiente",
        "words": "Con sus propias palabras, si quiere",
        "skip": "Saltar esta pregunta",
        "back": "Pregunta anterior",
        "stop": "Quiero parar aquí",
        "end": "Envíe sus respuestas",
        "end_all": "Esa era la última pregunta.",
        "end_some": "Quedan preguntas sin responder. Puede volver a ellas o enviarlo así.",
        "to_open": "Volver a las preguntas sin responder",
        "send": "Enviar mis respuestas",
        "thanks": "Gracias",
        "thanks_body": "{name} ya tiene sus respuestas. No tiene que hacer nada más.",
        "again": "Su respuesta todavía no se ha guardado. Elíjala otra vez, por favor.",
        "choose": "Elija una respuesta, por favor, o salte la pregunta.",
        "long": "Escriba un poco menos, por favor: hasta {most} caracteres.",
        "heard": "Gracias por decírnoslo",
        "heard_body": "Estamos avisando a su clínica ahora mismo. No hace falta que la espere:",
        "go_on": "Seguir con las preguntas",
        "call_number": "Llamar al {number}",
    },
}

# How each language calls itself, to those who look for it.
SELVES = {"en": "English", "es": "Español"}
