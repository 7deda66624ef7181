"""What is to be rearranged has to be on the attention list: a session that is not, is forgotten."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from scheduler.attention.actions import derived
from scheduler.check.proof import NAMED, Found, Proof
from scheduler.tenancy import Work

# The ids of sessions by the rule that they break, and of other subjects by the kind of item.
Listed = Mapping[str, set[str]]


def listed(work: Work) -> Listed:
    """What attention shows, or a person has handled."""
    found: dict[str, set[str]] = defaultdict(set)
    for item in derived(work):
        found[item.kind].add(str(item.subject))
        for broken in item.rules:
            found[broken.rule].add(str(item.subject))
    return found


def proved_listed(proof: Proof, found: Found, known: Listed) -> Found:
    """The same finding, in which what stands aside and is on no list is a violation."""
    shown = set().union(*(known.get(word, set()) for word in proof.listed_as))
    missing = tuple(each for each in found.standing_aside if proof.listed_as and each not in shown)
    kept = tuple(each for each in found.standing_aside if each not in missing)
    return replace(
        found,
        violations=found.violations + len(missing),
        aside=found.aside - len(missing),
        violating=tuple(sorted({*found.violating, *missing})[:NAMED]),
        standing_aside=kept[:NAMED],
    )
