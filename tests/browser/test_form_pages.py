"""A form on a phone: walked by keyboard alone, without script, heard as well as seen."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from scheduler.answers.model import Answers
from scheduler.clinics.rules_crisis import CRISIS
from scheduler.instruments.rules_shipped import SHIPPED
from tests.api.booking import one_session
from tests.api.linked import ADDRESS, form_link
from tests.browser.test_link_pages import focused, language, looked_at, old_phone, phone
from tests.builders import ClinicKit, a_cleared_patient, a_clinic, consents

__all__ = ["language", "old_phone", "phone"]  # fixtures, used by their names

pytestmark = pytest.mark.browser

NEXT = {"en": "Next", "es": "Siguiente"}
END = {"en": "Send your answers", "es": "Envíe sus respuestas"}
THANKS = {"en": "Thank you", "es": "Gracias"}
STOP = {"en": "I want to stop here", "es": "Quiero parar aquí"}
SKIP = {"en": "Skip this question", "es": "Saltar esta pregunta"}
BACK = {"en": "Previous question", "es": "Pregunta anterior"}
HEARD = {"en": "Thank you for telling us", "es": "Gracias por decírnoslo"}
GO_ON = {"en": "Go on with the questions", "es": "Seguir con las preguntas"}


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    return a_clinic(app)


@pytest.fixture
def links(clinic: ClinicKit, language: str) -> dict[str, str]:
    patient = a_cleared_patient(clinic, language=language, email=ADDRESS)
    consents(clinic, patient, "check_ins")
    session = one_session(clinic, patient)
    return {
        "phq9": form_link(clinic, session, "baseline", "phq9"),
        "check_in": form_link(clinic, session, "check_in", "check_in"),
    }


def items(clinic: ClinicKit) -> dict[str, Any]:
    """The items of the one form there is."""
    with clinic.work() as work:
        return work.session.scalars(select(Answers)).one().items


def tab_to(phone: Page, tag: str, most: int = 8) -> None:
    """Tab until such an element has the focus; at each step it can be seen where it is."""
    for _ in range(most):
        phone.keyboard.press("Tab")
        if focused(phone) == tag:
            return
    raise AssertionError(f"no {tag} within {most} steps")


def enter(phone: Page) -> None:
    with phone.expect_navigation():
        phone.keyboard.press("Enter")


def choose(phone: Page, steps: int) -> None:
    """The choice that is so many below the first, by keyboard; and on."""
    # The other language stands before the question.
    tab_to(phone, "A", 1)
    tab_to(phone, "INPUT", 1)
    phone.keyboard.press("Space")
    for _ in range(steps):
        phone.keyboard.press("ArrowDown")
    expect(phone.locator("input:checked")).to_have_count(1)
    tab_to(phone, "BUTTON", 1)
    enter(phone)


def write(phone: Page, words: str) -> None:
    tab_to(phone, "TEXTAREA", 2)
    phone.keyboard.type(words)
    tab_to(phone, "BUTTON", 1)
    enter(phone)


@pytest.mark.parametrize("code", ["phq9", "check_in"])
def test_a_patient_walks_a_form_by_keyboard(
    clinic: ClinicKit,
    address: str,
    phone: Page,
    links: dict[str, str],
    language: str,
    code: str,
    tmp_path: Path,
) -> None:
    instrument = SHIPPED[code]
    phone.goto(address + links[code])
    expect(phone.locator("html")).to_have_attribute("lang", language)
    for n, item in enumerate(instrument.items, 1):
        expect(phone.locator(".question")).to_have_text(item.asks[language])
        expect(phone.locator(".progress")).to_contain_text(f"{n} ")
        looked_at(phone, tmp_path, f"{code}-{language}-{n}")
        if item.takes_words:
            write(phone, "Bien. ¿Y usted?")
        else:
            choose(phone, n % 2 if item.scored and not item.alerts_from else 0)
    expect(phone.locator("h1")).to_have_text(END[language])
    looked_at(phone, tmp_path, f"{code}-{language}-end")
    tab_to(phone, "BUTTON", 2)
    enter(phone)
    expect(phone.locator("h1")).to_have_text(THANKS[language])
    looked_at(phone, tmp_path, f"{code}-{language}-thanks")
    assert items(clinic) == {
        item.code: "Bien. ¿Y usted?"
        if item.takes_words
        else (n % 2 if item.scored and not item.alerts_from else 0)
        for n, item in enumerate(instrument.items, 1)
    }


def test_who_is_in_danger_reads_whom_to_call_and_can_go_on(
    clinic: ClinicKit,
    address: str,
    phone: Page,
    links: dict[str, str],
    language: str,
    tmp_path: Path,
) -> None:
    phone.goto(f"{address}{links['phq9']}?at=9")
    choose(phone, 1)
    expect(phone.locator("h1")).to_have_text(HEARD[language])
    expect(phone.get_by_role("alert")).to_have_text(CRISIS[language])
    looked_at(phone, tmp_path, f"heard-{language}")
    phone.keyboard.press("Tab")
    assert phone.evaluate("document.activeElement.href") == "tel:988"
    phone.get_by_text(GO_ON[language]).click()
    expect(phone.locator("h1")).to_have_text(END[language])
    assert items(clinic) == {"9": 1}


def test_a_browser_goes_back_and_finds_nothing_chosen(
    clinic: ClinicKit, address: str, phone: Page, links: dict[str, str], language: str
) -> None:
    """I55: the answer that is given then is the one that is kept."""
    phone.goto(address + links["phq9"])
    choose(phone, 3)
    choose(phone, 3)
    phone.go_back()
    expect(phone.locator(".progress")).to_contain_text("2 ")
    expect(phone.locator("input:checked")).to_have_count(0)
    phone.get_by_text(BACK[language]).click()
    expect(phone.locator(".progress")).to_contain_text("1 ")
    expect(phone.locator("input:checked")).to_have_count(0)
    choose(phone, 0)
    expect(phone.locator(".progress")).to_contain_text("3 ")
    assert items(clinic) == {"1": 0, "2": 3}


def test_what_is_in_the_way_can_be_read_too(
    address: str, phone: Page, links: dict[str, str], language: str, tmp_path: Path
) -> None:
    """Nothing chosen; and then stopped on the way, with questions left."""
    phone.goto(address + links["phq9"])
    phone.locator("form").evaluate("form => form.noValidate = true")
    with phone.expect_navigation():
        phone.locator("button").click()
    expect(phone.get_by_role("alert")).to_be_visible()
    looked_at(phone, tmp_path, f"choose-{language}")
    phone.get_by_text(SKIP[language]).click()
    expect(phone.locator(".progress")).to_contain_text("2 ")
    phone.get_by_text(STOP[language]).click()
    expect(phone.locator("h1")).to_have_text(END[language])
    looked_at(phone, tmp_path, f"stop-{language}")


def test_no_script_is_needed_and_the_language_can_be_switched(
    clinic: ClinicKit, address: str, old_phone: Page, links: dict[str, str], language: str
) -> None:
    other = {"en": "es", "es": "en"}[language]
    old_phone.goto(address + links["check_in"])
    old_phone.locator(".switch a").click()
    for item in SHIPPED["check_in"].items:
        expect(old_phone.locator("html")).to_have_attribute("lang", other)
        expect(old_phone.locator(".question")).to_have_text(item.asks[other])
        if not item.takes_words:
            old_phone.locator("label").first.click()
        old_phone.get_by_role("button", name=NEXT[other]).click()
    old_phone.get_by_role("button").click()
    expect(old_phone.locator("h1")).to_have_text(THANKS[other])
    assert items(clinic) == {"feeling": 0, "side_effects": 0, "self_harm": 0, "call": 0}


def test_a_browser_loads_nothing_but_the_page_and_its_style(
    address: str, phone: Page, links: dict[str, str]
) -> None:
    asked: list[str] = []
    said: list[str] = []
    phone.on("request", lambda each: asked.append(each.url.removeprefix(address)))
    phone.on("console", lambda each: said.append(each.text))
    phone.goto(address + links["phq9"])
    assert asked == [links["phq9"], "/links.css"]
    assert said == []
