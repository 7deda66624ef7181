"""The page of the documents in a real browser that finds no other host than ours."""

import shutil
from collections.abc import Iterator
from threading import Thread

import pytest
from flask import Flask
from playwright.sync_api import Page, expect, sync_playwright
from werkzeug.serving import make_server

from tests.api.everything import operations

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium")
ARGUMENTS = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]

# Milliseconds: a busy machine is slow, and only a failure waits so long.
PATIENCE = 60_000


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The app on a port of its own."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page() -> Iterator[Page]:
    """An empty page in Debian's Chromium."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium, and only root can install it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        opened = browser.new_page()
        opened.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        yield opened
        browser.close()


def test_the_documents_show_every_operation_and_need_no_other_host(
    app: Flask, address: str, page: Page
) -> None:
    errors: list[str] = []
    page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("requestfailed", lambda failed: errors.append(failed.url))
    page.goto(f"{address}/docs/")
    expect(page.locator(".opblock")).to_have_count(len(operations(app)))
    page.locator("[id='operations-series-post_v1_series'] .opblock-summary-control").click()
    expect(page.locator(".body-param__example")).to_contain_text('"first_on": "20')
    expect(page.locator("tr.response").first).to_be_visible()
    assert errors == []
