"""Thirty kinds of scanners open every link in both languages; nothing changes (I48)."""

import random
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.api.booking import one_session
from tests.api.linked import ADDRESS, Phone, Read, links_of
from tests.attacks.scanners import PROFILES, Sent
from tests.attacks.stored import Stored
from tests.attacks.test_read_only import reader
from tests.builders import ClinicKit, a_cleared_patient, a_clinic
from tests.conftest import Size

__all__ = ["reader"]  # a fixture, used by its name

READS = {"GET", "HEAD", "OPTIONS"}


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    return a_clinic(app)


@pytest.fixture
def paths(clinic: ClinicKit) -> list[str]:
    """The links of two patients' messages, none of them used."""
    found: list[str] = []
    for language in ("en", "es"):
        patient = a_cleared_patient(clinic, language=language, email=ADDRESS)
        found += links_of(clinic, one_session(clinic, patient)).values()
    return found


def pages(phone: Phone, paths: list[str]) -> dict[str, Read]:
    """Every page as its reader sees it."""
    return {path: Read(phone.open(path).get_data(as_text=True)) for path in paths}


def ask(phone: Phone, sent: Sent) -> int:
    """Send it; nothing may be answered that is a failure of ours."""
    answer = phone.open(
        sent.path, sent.method, headers=sent.headers, data=sent.body, content_type=sent.kind
    )
    assert answer.status_code < 500, sent
    assert "Location" not in answer.headers, sent
    return answer.status_code


def acts(phone: Phone, read: dict[str, Read]) -> list[str]:
    """Press every button but those that decline; the ones that worked, by what they are for."""
    worked = []
    for path, page in read.items():
        if page.all("button") and not path.startswith("/d/"):
            chosen = {"start": page.starts[0]} if page.starts else {}
            answer = phone.press(path, page, **chosen)
            worked += [path[1]] if answer.status_code == 200 else []
    return worked


def test_there_are_enough_kinds_of_them() -> None:
    assert len(PROFILES) >= 25


@pytest.mark.parametrize("name", PROFILES)
def test_no_scanner_changes_a_row(app: Flask, paths: list[str], stored: Stored, name: str) -> None:
    phone, before = Phone(app), stored.fingerprints()
    read = pages(phone, paths)
    asked = [ask(phone, sent) for path in paths for sent in PROFILES[name](path, read[path])]
    assert len(asked) >= len(paths)
    assert stored.fingerprints() == before


@pytest.mark.proof
def test_scanners_in_any_order_change_nothing_and_use_nothing_up(
    app: Flask, paths: list[str], stored: Stored, size: Size
) -> None:
    """Two thousand requests; and then each button works, as if nobody had been there."""
    phone, chosen = Phone(app), random.Random(1)  # noqa: S311 - a seeded choice can be repeated
    before, asked = stored.fingerprints(), 0
    read = pages(phone, paths)
    most = size(ci=2_000, proof=5_000)
    for path in cycle(paths):
        if asked >= most:
            break
        profile = PROFILES[chosen.choice(sorted(PROFILES))]
        for sent in profile(path, read[path]):
            ask(phone, sent)
            asked += 1
    assert stored.fingerprints() == before
    assert acts(phone, read) == ["c", "r", "u"] * 2
    assert stored.fingerprints() != before


def test_a_look_writes_nothing_but_the_audit_log(reader: Flask, paths: list[str]) -> None:
    """Under a database role that may write nothing else: also not when a link was last used."""
    looking, asked = Phone(reader), 0
    read = pages(looking, paths)
    for profile in PROFILES.values():
        for path in paths:
            for sent in profile(path, read[path]):
                if sent.method in READS:
                    ask(looking, sent)
                    asked += 1
    assert asked > 200
    statuses = {path: looking.open(path).status_code for path in paths}
    assert set(statuses.values()) == {200}


def test_that_role_really_cannot_press_a_button(
    app: Flask, reader: Flask, paths: list[str], tmp_path: Path
) -> None:
    """Or the test above would prove nothing."""
    reader.config["PROPAGATE_EXCEPTIONS"] = False
    path = paths[0]
    page = Phone(app).read(path)
    assert Phone(reader).press(path, page).status_code == 500
