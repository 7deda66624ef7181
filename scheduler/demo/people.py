"""Who the demo clinic's patients are. Nobody is meant."""

from datetime import date, datetime
from random import Random
from typing import Any

PEOPLE = (
    "Alma Begay", "Walter Nakai", "Rosa Delgado", "Peter Lindqvist", "Joan Whitfield",
    "Marcus Okafor", "Elena Vasquez", "Harold Yazzie", "Priya Raman", "Thomas Keller",
    "Nadia Petrova", "George Abbott", "Lucia Montoya", "Samuel Ortega", "Irene Castellano",
    "Derek Holloway", "Mei Tanaka", "Victor Salazar", "Naomi Feldman", "Curtis Boone",
    "Helen Marsh", "Andre Dupree", "Wendy Tso", "Carl Jensen", "Beatriz Luna",
    "Omar Haddad", "Isabel Reyes", "Grace Mbeki", "Leonard Pike", "Tessa Moreau",
    "Julian Frost", "Dolores Vega", "Kevin Tran", "Sylvia Hart", "Raymond Cho",
    "Opal Jennings", "Miguel Santos", "Fiona Byrne", "Ernest Sandoval", "Clara Weiss",
    "Dwight Palmer", "Yolanda Cruz", "Anita Joshi",
)  # fmt: skip


def person(number: int, name: str, now: datetime, chance: Random) -> dict[str, Any]:
    """A patient as the front desk registers them."""
    given, family = name.split(" ", 1)
    born = date(now.year - chance.randint(22, 71), chance.randint(1, 12), chance.randint(1, 28))
    return {
        "given_name": given,
        "family_name": family,
        "birth_date": born,
        # 555-0100 to 555-0199 are kept for stories.
        "phone": f"+1{chance.choice((602, 480, 623))}55501{number + 10:02d}",
        "email": f"{given}.{family.replace(' ', '')}@example.com".lower(),
        "external_id": f"SC-{1001 + number}",
    }
