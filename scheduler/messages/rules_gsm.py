"""What a text may hold: 160 characters of GSM-7, the alphabet that every phone takes at one price.

Á, í, ó and ú are not in it, é and ñ are (3GPP TS 23.038, 6.2.1): what is not is spelled plainly.
"""

import unicodedata
from itertools import accumulate

MOST = 160

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Each takes the place of two.
EXTENDED = frozenset("^{}\\[~]|€")

PLAIN = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\xa0": " "}  # noqa: RUF001
)


def spelled_plainly(words: str) -> str:
    """The words in GSM-7: accents that it lacks are left out, and so is what it cannot say."""
    composed = unicodedata.normalize("NFC", words.translate(PLAIN))
    return "".join(map(_plain, composed))


def fits(words: str) -> bool:
    """Whether the words go out as one text: in GSM-7, and in at most 160 of its characters."""
    known = all(c in BASIC or c in EXTENDED for c in words)
    return known and places(words) <= MOST


def places(words: str) -> int:
    """How many characters of a text the words take."""
    return sum(map(_places, words))


def cut_to(words: str, most: int) -> str:
    """As much of the beginning as takes so many places of a text."""
    taken = accumulate(map(_places, words))
    return words[: sum(1 for places in taken if places <= most)]


def _places(character: str) -> int:
    return 2 if character in EXTENDED else 1


def _plain(character: str) -> str:
    if character in BASIC or character in EXTENDED:
        return character
    spread = unicodedata.normalize("NFKD", character)
    return "".join(c for c in spread if c in BASIC or c in EXTENDED)
