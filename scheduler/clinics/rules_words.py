"""Words that never stand in a message, its subject, sender, link or calendar file (I42).

Anyone may see a phone's lock screen. The list follows the minimum-necessary rule of the HIPAA
privacy rule (45 CFR 164.502(b)): nothing that tells what a visit is for.
"""

import re
import unicodedata

FORBIDDEN = (
    "ketamine", "ketamina", "esketamine", "spravato", "infusion", "infusión", "iv drip",
    "intravenous", "intravenosa", "drug", "dose", "dosage", "dosis", "milligram", "mg",
    "medication", "medicine", "medicina", "fasting", "ayunas",
    "depression", "depressed", "depresión", "bipolar", "anxiety", "ansiedad", "ptsd",
    "suicide", "suicidal", "suicidio", "self-harm", "diagnosis", "diagnóstico",
    "mental", "psychiatry", "psychiatric", "psychiatrist", "psiquiatría", "psicología",
    "psychology", "psychologist", "psychotherapy", "therapy", "terapia", "mood", "behavioral",
    "phq", "phq-9", "phq-2", "gad-7", "madras", "madrs", "score", "puntuación",
    "owed", "balance due", "past due", "invoice", "copay",
)  # fmt: skip

_SESSION_OF = re.compile(r"\b(session|visit|sesion)\s+\d+\s+(of|de)\s+\d+\b")


def forbidden_words(text: str) -> list[str]:
    """The forbidden terms in `text`, in the list's spelling; accents and case do not hide one."""
    plain = _plain(text)
    found = [word for word in FORBIDDEN if _stands_in(_plain(word), plain)]
    if _SESSION_OF.search(plain):
        found.append("session n of m")
    return found


def _stands_in(word: str, text: str) -> bool:
    # As a whole word, or as the start of a longer one ("infusions", "psychiatrically"); the
    # short ones only whole, with or without a number before them ("40mg", not "Amgen").
    ending = r"\b" if len(word) <= 4 else ""
    return re.search(rf"(?<![a-z]){re.escape(word)}{ending}", text) is not None


def _plain(text: str) -> str:
    spread = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in spread if not unicodedata.combining(c))
