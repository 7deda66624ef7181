"""The page of the documents in a real browser that finds no other host than ours."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.api.everything import operations

pytestmark = pytest.mark.browser


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
