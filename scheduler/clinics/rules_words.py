"""Words that never stand in a message, its subject, sender, link or calendar file (I42).

Anyone may see a phone's lock screen. The list follows the minimum-necessary rule of the HIPAA
privacy rule (45 CFR 164.502(b)): nothing that tells what a visit is for.
"""

import re
import unicodedata

FORBIDDEN = (
    "ketamine", "ketamina", "esketamine", "esketamina", "spravato", "infusion", "infusión",
    "iv drip", "intravenous", "intravenosa", "drug", "dose", "dosage", "dosis", "milligram", "mg",
    "medication", "medicine", "medicina", "medicamento", "fasting", "ayunas",
    "depression", "depressed", "depresión", "bipolar", "anxiety", "ansiedad", "ptsd",
    "suicide", "suicidal", "suicidio", "self-harm", "diagnosis", "diagnóstico",
    "mental", "psychiatry", "psychiatric", "psychiatrist", "psiquiatra", "psiquiatría",
    "psicología", "psicólogo", "psychology", "psychological", "psychologist", "psychotherapy",
    "therapy", "therapist", "therapeutic", "terapia", "terapeuta", "mood", "behavioral", "phq",
    "phq-9", "phq-2", "gad-7", "madrs", "score", "puntuación",
    "droga", "fármaco", "medicación", "miligramo", "intravenoso", "goteo", "dosificación",
    "deprimido", "deprimida", "ansioso", "ansiosa", "tept", "suicida", "autolesión", "trastorno",
    "psiquiátrico", "psiquiátrica", "psicológico", "psicológica", "psicoterapia", "psicóloga",
    "terapéutico", "terapéutica", "estado de ánimo",
    "adeuda", "deuda", "saldo pendiente", "factura", "copago",
    "owed", "balance due", "past due", "invoice", "copay",
)  # fmt: skip

_SESSION_OF = re.compile(r"\b(session|visit|sesion|visita)\W+\d+\s*(of|de|/)\s*\d+\b")


def forbidden_words(text: str) -> list[str]:
    """The forbidden terms in `text`, in the list's spelling; accents and case do not hide one."""
    plain = _plain(text)
    found = []
    # One look for all of them: nearly every text has none, and each has to be looked through.
    if _ANY.search(plain):
        found = [word for word, pattern in _PATTERNS.items() if pattern.search(plain)]
    if _SESSION_OF.search(plain):
        found.append("session n of m")
    return found


def _plain(text: str) -> str:
    """Without case, accents, and what no eye sees (a soft hyphen, a space of no width)."""
    if text.isascii():
        return text.lower()
    spread = unicodedata.normalize("NFKD", text)
    seen = (c for c in spread if unicodedata.category(c) not in ("Mn", "Me", "Cf"))
    return "".join(seen).casefold()


def _pattern(word: str) -> str:
    # As a whole word, or as the start of a longer one ("infusions", "psychiatrically"); the
    # short ones only whole or in the plural, with or without a number at either side ("40mg",
    # "drugs", "PHQ9", not "Amgen"). Between the parts of one, anything that is no letter.
    spelled = r"[\W_]*".join(re.split("[ -]", _plain(word)))
    ending = "s?(?![a-z])" if len(word) <= 4 else ""
    return f"{spelled}{ending}"


def _starting(pattern: str) -> re.Pattern[str]:
    return re.compile(f"(?<![a-z])(?:{pattern})")


_PATTERNS = {word: _starting(_pattern(word)) for word in FORBIDDEN}
_ANY = _starting("|".join(map(_pattern, FORBIDDEN)))
