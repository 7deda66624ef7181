"""Fields that not every role is shown (I61)."""

from contextvars import ContextVar

from scheduler.access.roles import READ_ANSWERS, READS_REPLIES, SEES_SYMPTOMS

# The caller's role for this request; nobody's sees nothing.
role: ContextVar[str] = ContextVar("role", default="")


def sees_symptoms() -> bool:
    """May this request's caller be shown symptoms?"""
    return role.get() in SEES_SYMPTOMS


def reads_replies() -> bool:
    """May this request's caller be shown what patients wrote?"""
    return role.get() in READS_REPLIES


def reads_answers() -> bool:
    """May this request's caller be shown what a patient answered, and what it adds up to?"""
    return role.get() in READ_ANSWERS.roles
