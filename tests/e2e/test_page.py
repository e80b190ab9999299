"""The API's own page in a browser, as a person uses it."""

import json
from pathlib import Path

import pytest

from tests.support.browser import CHROMIUM, a_tab
from tests.support.callers import Caller
from tests.support.deployed import ORIGIN

pytestmark = [
    pytest.mark.slow,
    pytest.mark.stack,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]

PICTURE = Path(".local/api-page.png")
"""What docs/images/api-page.png is a copy of."""

WANTED = {"url": "https://example.com/docs/", "options": {"maxPages": 50, "formats": ["pdf"]}}

SUBMIT = "#operations-Submit-submit"
BODY = f"{SUBMIT} textarea.body-param__text"
STATUS = f"{SUBMIT} .live-responses-table tbody .response-col_status"
ANSWER = f"{SUBMIT} .live-responses-table .highlight-code code"


@pytest.mark.usefixtures("idle")
def test_a_person_pastes_a_token_and_submits_a_job(ada: Caller) -> None:
    api = str(ada.stack.describe()["apiUrl"])
    with a_tab() as tab:
        tab.resize(width=1200, height=1500)
        tab.ask("Page.navigate", url=f"{api}/docs")
        tab.click("button.authorize")
        tab.type(".auth-container input", ada.stack.token(ada.name))
        tab.click(".auth-btn-wrapper button.authorize")
        tab.click(".auth-btn-wrapper button.btn-done")
        tab.click(f"{SUBMIT} .opblock-summary-control")
        tab.replace(BODY, json.dumps(WANTED, indent=2))
        tab.click(f"{SUBMIT} button.execute")
        status = tab.until(f"document.querySelector({STATUS!r})?.innerText")
        answer = tab.until(f"document.querySelector({ANSWER!r})?.innerText")
        tab.run(f"document.querySelector({SUBMIT!r}).scrollIntoView()")
        tab.screenshot(PICTURE)

    (job,) = ada.get("/api/jobs").json()["jobs"]
    ada.post(f"/api/jobs/{job['id']}/cancel")  # before anybody goes there
    assert status.startswith("202")
    assert json.loads(answer)["job"] == job
    assert (job["url"], job["options"]["maxPages"]) == (WANTED["url"], 50)
    assert [each for each in tab.requested if not each.startswith((api, "data:"))] == []
    assert tab.complaints == []


@pytest.mark.usefixtures("idle")
def test_a_page_of_an_allowed_origin_may_submit_and_no_other(ada: Caller) -> None:
    api, token = str(ada.stack.describe()["apiUrl"]), ada.stack.token(ada.name)
    call = f"""fetch({f"{api}/api/generate-docs"!r}, {{
        method: "POST",
        headers: {{"Authorization": "Bearer {token}", "Content-Type": "application/json"}},
        body: JSON.stringify({{url: "http://127.0.0.1:9/", force: true}}),
    }}).then(answer => answer.status + " " + answer.headers.get("Location"), () => "refused")"""
    told = {}
    for origin in (ORIGIN, "https://evil.example"):
        with a_tab() as tab:
            tab.pretend(f"{origin}/", "<!doctype html><title>A page</title>")
            told[origin] = tab.run(call)

    (job,) = ada.get("/api/jobs").json()["jobs"]
    assert told == {ORIGIN: f"202 /api/jobs/{job['id']}", "https://evil.example": "refused"}
