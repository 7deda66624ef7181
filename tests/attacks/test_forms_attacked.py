"""What opens, repeats or makes up the pages of a form: nothing changes, and danger is heard."""

import random
from collections.abc import Callable
from itertools import cycle, islice
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import select

from scheduler import clock
from scheduler.alerts.model import AlertEvent
from scheduler.answers.model import Answers
from scheduler.answers.rules_forms import tells_of_danger
from scheduler.check import report
from scheduler.clinics.rules_crisis import CRISIS
from scheduler.instruments.rules import refused
from scheduler.instruments.rules_shipped import SHIPPED
from tests.api.booking import one_session
from tests.api.linked import ADDRESS, Phone, Read, form_link
from tests.attacks.scanners import FORM, PROFILES
from tests.attacks.stored import Stored
from tests.attacks.test_link_scanners import READS, ask
from tests.attacks.test_read_only import reader
from tests.builders import ClinicKit, a_cleared_patient, a_clinic, consents
from tests.conftest import Size

__all__ = ["reader"]  # a fixture, used by its name

PREFETCHES = 50


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    return a_clinic(app)


@pytest.fixture
def paths(clinic: ClinicKit) -> list[str]:
    """The links to two forms of one patient."""
    patient = a_cleared_patient(clinic, email=ADDRESS)
    consents(clinic, patient, "check_ins")
    session = one_session(clinic, patient)
    return [
        form_link(clinic, session, "baseline", "phq9"),
        form_link(clinic, session, "check_in", "check_in"),
    ]


@pytest.mark.parametrize("name", PROFILES)
def test_no_scanner_changes_a_row(app: Flask, paths: list[str], stored: Stored, name: str) -> None:
    phone, before = Phone(app), stored.fingerprints()
    for path in paths:
        page = phone.read(path)
        for sent in PROFILES[name](path, page):
            ask(phone, sent)
    assert stored.fingerprints() == before


def test_a_form_still_works_after_fifty_prefetches(
    app: Flask, reader: Flask, paths: list[str], stored: Stored
) -> None:
    """Under a database role that may write nothing but the audit log; begun, and not begun."""
    phone, looking = Phone(app), Phone(reader)
    for path in paths:
        for begun in (False, True):
            page, before = phone.read(path), stored.fingerprints()
            profiles = cycle(PROFILES.values())
            looks = (sent for each in profiles for sent in each(path, page) if sent.method in READS)
            statuses = [ask(looking, sent) for sent in islice(looks, PREFETCHES)]
            assert len(statuses) == PREFETCHES
            assert stored.fingerprints() == before
            assert phone.read(path).text == page.text
            assert phone.press(path, page, value="0").status_code == 303, begun
            assert stored.fingerprints() != before


def made_up(chosen: random.Random, page: Read, code: str) -> dict[str, str]:
    """Fields of a form, some of them as a page sends them."""
    items = [item.code for item in SHIPPED[code].items]
    return {
        name: chosen.choice(values)
        for name, values in {
            "nonce": [page.form["nonce"], "", "x", "0" * 32],
            "version": ["1", "1", "2", "-1", "9" * 30],
            "item": [*items, *items, "", "nonce", "\x00", "9 "],
            "value": ["0", "1", "2", "3", "4", "10", "", "-0", "1e1", "\u0663", "999"],
            "words": ["", "fine", "\x00\x1b", "\U0001f600" * 1001, "'; --", "\u202e" * 9],
            "submits": ["1", "", "0"],
            "more": ["1"],
        }.items()
        if chosen.random() < (0.1 if name in ("submits", "more") else 0.8)
    }


def mutated(chosen: random.Random, body: bytes) -> bytes:
    """A few bytes of it changed, lost or repeated."""
    raw = bytearray(body)
    for _ in range(chosen.randrange(1, 4)):
        at = chosen.randrange(len(raw) + 1)
        raw[at : at + chosen.randrange(3)] = chosen.randbytes(chosen.randrange(3))
    return bytes(raw)


@pytest.mark.proof
def test_whatever_is_posted_what_is_kept_is_sound_and_danger_is_heard(
    app: Flask, clinic: ClinicKit, paths: list[str], size: Size
) -> None:
    """I53: of each body that says so, with whatever beside it, submitted or not."""
    phone, chosen = Phone(app), random.Random(7)  # noqa: S311 - a seeded choice can be repeated
    forms = list(zip(paths, ("phq9", "check_in"), strict=True))
    pages = {path: phone.read(path) for path in paths}
    heard, statuses = 0, set()
    for _ in range(size(ci=600, proof=20_000)):
        path, code = chosen.choice(forms)
        said = made_up(chosen, pages[path], code)
        body, whole = urlencode(said).encode(), chosen.random() < 0.7
        answer = phone.open(
            path, "POST", data=body if whole else mutated(chosen, body), content_type=FORM
        )
        statuses.add(answer.status_code)
        value = int(said["value"]) if said.get("value", "") in ("1", "2", "3") else None
        item = SHIPPED[code].item(said.get("item", ""))
        if whole and len(body) < 4096 and tells_of_danger(item, value):
            heard += 1
            assert CRISIS["en"] in answer.get_data(as_text=True), said
    assert statuses <= {200, 303, 400, 422}
    assert {200, 400} <= statuses
    assert heard
    assert unsound(clinic, heard) == []
    assert report.check(clock.now(), list).violations == 0


def unsound(clinic: ClinicKit, heard: int) -> list[str]:
    """What is wrong with the answers that were kept, and with the alerts that they raised."""
    with clinic.work() as work:
        kept = work.session.scalars(select(Answers)).all()
        alarming = {each.answers_id for each in work.session.scalars(select(AlertEvent))}
        events = len(work.session.scalars(select(AlertEvent)).all())
    wrong = [f"{each.items}" for each in kept if refused(SHIPPED[each.instrument], each.items)]
    wrong += [f"unheard: {each.items}" for each in kept if danger(each) and each.id not in alarming]
    wrong += [f"apart: {each.items}" for each in kept if not each.rule and not danger(each)]
    return wrong + ([] if events >= heard else [f"{events} of {heard} were heard"])


def danger(answers: Answers) -> bool:
    instrument = SHIPPED[answers.instrument]
    return any(tells_of_danger(instrument.item(code), v) for code, v in answers.items.items())
