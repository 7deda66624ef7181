"""The pages behind links on a phone: by keyboard, without script, heard as well as seen."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.api.booking import one_session
from tests.api.linked import ADDRESS, links_of
from tests.browser.conftest import PATIENCE
from tests.builders import ClinicKit, a_cleared_patient, a_clinic

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 390, 844
# A narrow old one, and what a reader who enlarges everything twice has left of a phone.
NARROW = 280

Scheme = Literal["light", "dark"]
LANGUAGES = ("en", "es")
SCHEMES: tuple[Scheme, ...] = ("light", "dark")

# What each page's heading says once its button was pressed.
DONE = {
    "confirm": {"en": "Confirmed", "es": "Confirmada"},
    "change": {"en": "Changed", "es": "Cambiada"},
    "decline": {"en": "Cancelled", "es": "Cancelada"},
    "unsubscribe": {"en": "Messages stopped", "es": "Sin más mensajes"},
}


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    return a_clinic(app)


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def links(clinic: ClinicKit, language: str) -> dict[str, str]:
    patient = a_cleared_patient(clinic, language=language, email=ADDRESS)
    return links_of(clinic, one_session(clinic, patient))


@contextmanager
def a_phone(browser: Browser, scheme: Scheme, *, scripts: bool) -> Iterator[Page]:
    """A browser as wide as a phone."""
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT},
        color_scheme=scheme,
        java_script_enabled=scripts,
        has_touch=True,
    )
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    yield opened
    context.close()


@pytest.fixture(params=SCHEMES)
def phone(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A phone by day and by night; the audit is a script, so this one could run some."""
    with a_phone(browser, request.param, scripts=True) as opened:
        yield opened


@pytest.fixture
def old_phone(browser: Browser) -> Iterator[Page]:
    """A phone that runs no script at all."""
    with a_phone(browser, "light", scripts=False) as opened:
        yield opened


def looked_at(phone: Page, folder: Path, name: str) -> None:
    """What an audit for readers with a disability finds, and what a narrow screen cuts off."""
    phone.screenshot(path=folder / f"{name}.png", full_page=True)
    found = Axe().run(phone)
    assert found.violations_count == 0, f"{name}: {found.generate_report()}"
    for width in (NARROW, WIDTH):
        phone.set_viewport_size({"width": width, "height": HEIGHT})
        wide = phone.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} needs {wide} of {width} pixels"
    small = phone.evaluate(
        """() => [...document.querySelectorAll('button, a, label')]
            .filter(each => each.getBoundingClientRect().height < 44)
            .map(each => each.textContent)"""
    )
    assert small == [], f"{name}: too small for a thumb"
    assert phone.locator("h1").count() == 1
    assert phone.locator("main").count() == 1


def focused(phone: Page) -> str:
    """What has the focus, and whether that can be seen."""
    tag, outline = phone.evaluate(
        "[document.activeElement.tagName, getComputedStyle(document.activeElement).outlineStyle]"
    )
    assert outline == "solid", tag
    return str(tag)


def press_by_keyboard(phone: Page, *, chooses: bool) -> None:
    """Tab to the first time, down to the next, on to the button; nothing else is on the way."""
    if chooses:
        phone.keyboard.press("Tab")
        assert focused(phone) == "INPUT"
        phone.keyboard.press("Space")
        phone.keyboard.press("ArrowDown")
        expect(phone.locator("input:checked")).to_have_count(1)
    while True:
        phone.keyboard.press("Tab")
        if focused(phone) == "BUTTON":
            break
        assert focused(phone) == "INPUT"
    with phone.expect_navigation():
        phone.keyboard.press("Enter")


@pytest.mark.parametrize("purpose", DONE)
def test_a_patient_walks_each_page_by_keyboard(
    address: str,
    phone: Page,
    links: dict[str, str],
    language: str,
    purpose: str,
    tmp_path: Path,
) -> None:
    phone.goto(address + links[purpose])
    expect(phone.locator("html")).to_have_attribute("lang", language)
    looked_at(phone, tmp_path, f"{purpose}-{language}")
    press_by_keyboard(phone, chooses=purpose == "change")
    expect(phone.locator("h1")).to_have_text(DONE[purpose][language])
    looked_at(phone, tmp_path, f"{purpose}-{language}-done")
    # The telephone is what is left to reach.
    phone.keyboard.press("Tab")
    assert focused(phone) == "A"


def test_what_is_in_the_way_can_be_read_too(
    clinic: ClinicKit, address: str, phone: Page, links: dict[str, str], tmp_path: Path
) -> None:
    """No button pressed, no time chosen, the time has changed, no such link."""
    phone.goto(address + links["change"])
    phone.locator("form").evaluate("form => form.noValidate = true")
    with phone.expect_navigation():
        phone.locator("button").click()
    expect(phone.get_by_role("alert")).to_be_visible()
    looked_at(phone, tmp_path, "choose")
    session = clinic.desk.get("/v1/sessions").get_json()["items"][0]
    clinic.desk.step(session, "reschedule", starts_at="2026-12-02T11:00:00-07:00")
    phone.goto(address + links["confirm"])
    expect(phone.locator("button")).to_have_count(0)
    looked_at(phone, tmp_path, "moved")
    phone.goto(address + links["confirm"] + "b")
    expect(phone.locator("section")).to_have_count(2)
    looked_at(phone, tmp_path, "gone")


@pytest.mark.parametrize("purpose", DONE)
def test_no_script_is_needed(
    address: str, old_phone: Page, links: dict[str, str], language: str, purpose: str
) -> None:
    old_phone.goto(address + links[purpose])
    if purpose == "change":
        old_phone.locator("label").first.click()
    with old_phone.expect_navigation():
        old_phone.locator("button").click()
    expect(old_phone.locator("h1")).to_have_text(DONE[purpose][language])


def test_a_browser_loads_nothing_but_the_page_and_its_style(
    address: str, phone: Page, links: dict[str, str]
) -> None:
    asked: list[str] = []
    failed: list[str] = []
    said: list[str] = []
    phone.on("request", lambda each: asked.append(each.url.removeprefix(address)))
    phone.on("requestfailed", lambda each: failed.append(each.url))
    phone.on("console", lambda each: said.append(each.text))
    phone.goto(address + links["confirm"])
    assert asked == [links["confirm"], "/links.css"]
    assert (failed, said) == ([], [])


def test_a_calendar_file_is_handed_over(
    address: str, phone: Page, links: dict[str, str], tmp_path: Path
) -> None:
    with phone.expect_download() as handed:
        phone.locator("body").evaluate(
            "(body, path) => { body.innerHTML = `<a href='${path}'>file</a>` }",
            address + links["calendar"],
        )
        phone.locator("a").click()
    assert handed.value.suggested_filename == "appointment.ics"
    handed.value.save_as(tmp_path / "appointment.ics")
    assert b"BEGIN:VEVENT" in (tmp_path / "appointment.ics").read_bytes()
