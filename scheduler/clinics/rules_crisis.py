"""What a patient in danger is shown at once, whatever else happens (I53).

988 is the Suicide and Crisis Lifeline of the United States, by call and by text (47 CFR 52.201).
"""

from collections.abc import Mapping

CRISIS = {
    "en": "If you are in danger or thinking of hurting yourself, call or text 988 now: somebody"
    " is there at any hour. In an emergency call 911.",
    "es": "Si está en peligro o piensa en hacerse daño, llame o envíe un mensaje al 988 ahora:"
    " hay alguien a cualquier hora (oprima 2 para español). En una emergencia llame al 911.",
}


def crisis_text(own: Mapping[str, str], language: str) -> str:
    """The clinic's own words in the language, or the standard ones."""
    return own.get(language) or CRISIS[language]
