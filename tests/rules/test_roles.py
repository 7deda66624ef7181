"""Which role may do what: the contract's table, written out once more."""

import pytest

from scheduler.access import roles

# the contract's word → front desk, clinician, integration, admin
TABLE = [
    (roles.READ_CARE, "yes", "yes", "yes", "yes"),
    (roles.WRITE_CARE, "yes", "yes", "yes", "no"),
    (roles.DECIDE_CARE, "no", "yes", "no", "no"),
    (roles.READ_SITE, "yes", "yes", "yes", "yes"),
    (roles.WRITE_SITE, "no", "no", "no", "yes"),
    (roles.WRITE_DAY, "yes", "yes", "no", "yes"),
    (roles.READ_ANSWERS, "no", "yes", "no", "no"),
    (roles.SUBMIT_ANSWERS, "yes", "yes", "no", "no"),
    (roles.WRITE_ON_CALL, "no", "yes", "no", "yes"),
    (roles.ADMINISTER, "no", "no", "no", "yes"),
    (roles.SIGNED, "no", "no", "no", "no"),  # a signature is asked for instead
    (roles.PUBLIC, "no", "no", "no", "no"),  # no key is asked for, so none is let in by role
]
NAMES = ("front_desk", "clinician", "integration", "admin")


@pytest.mark.parametrize(
    ("access", "role", "expected"),
    [
        (access, role, answer == "yes")
        for access, *answers in TABLE
        for role, answer in zip(NAMES, answers, strict=True)
    ],
)
def test_a_role_may_do_what_the_table_says(access: roles.Access, role: str, expected: bool) -> None:
    """I61"""
    assert (role in access.roles) is expected


def test_there_are_four_roles_and_no_operation_admits_another() -> None:
    assert roles.ROLES == NAMES
    declared = {each for each in vars(roles).values() if isinstance(each, roles.Access)}
    assert declared == {access for access, *_ in TABLE}
    assert set().union(*(each.roles for each in declared)) == set(NAMES)


def test_only_clinicians_are_shown_symptoms() -> None:
    """I61"""
    assert {"clinician"} == roles.SEES_SYMPTOMS
