"""The role table: which role may read or write what. Data, so that it can be read and tested."""

from dataclasses import dataclass

FRONT_DESK, CLINICIAN, INTEGRATION, ADMIN = ROLES = (
    "front_desk",
    "clinician",
    "integration",
    "admin",
)

_EVERYONE = frozenset(ROLES)
_CARE_TEAM = frozenset({FRONT_DESK, CLINICIAN, INTEGRATION})
_SITE_TEAM = frozenset({FRONT_DESK, CLINICIAN, ADMIN})


@dataclass(frozen=True, slots=True)
class Access:
    """The roles that an operation admits, under the name the documents use for it."""

    name: str
    roles: frozenset[str]


PUBLIC = Access("public", frozenset())

# Let in by the provider's signature instead of a key.
SIGNED = Access("signed", frozenset())

READ_CARE = Access("read care", _EVERYONE)
WRITE_CARE = Access("write care", _CARE_TEAM)
DECIDE_CARE = Access("decide care", frozenset({CLINICIAN}))
# Answers, scores and what an alert is about: a clinician's alone (I61).
READ_ANSWERS = Access("read answers", frozenset({CLINICIAN}))
SUBMIT_ANSWERS = Access("submit answers", frozenset({FRONT_DESK, CLINICIAN}))
READ_SITE = Access("read site", _EVERYONE)
WRITE_SITE = Access("write site", frozenset({ADMIN}))
WRITE_DAY = Access("write day", _SITE_TEAM)

WRITE_ON_CALL = Access("write on call", frozenset({CLINICIAN, ADMIN}))

ADMINISTER = Access("administer", frozenset({ADMIN}))

# Fields that only these roles are shown (I61).
SEES_SYMPTOMS = frozenset({CLINICIAN})
READS_REPLIES = frozenset({FRONT_DESK, CLINICIAN})
