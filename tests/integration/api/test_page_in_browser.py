import pytest

from tests.support.api import World
from tests.support.api_server import serving
from tests.support.browser import CHROMIUM, a_tab

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]

SUBMIT = "#operations-Submit-submit"
STATUS = f"{SUBMIT} .live-responses-table tbody .response-col_status"


def test_a_person_can_paste_a_token_and_submit_a_job(world: World) -> None:
    with serving(world) as url, a_tab() as tab:
        tab.ask("Page.navigate", url=f"{url}/docs")
        tab.click("button.authorize")
        tab.type(".auth-container input", world.token())
        tab.click(".auth-btn-wrapper button.authorize")
        tab.click(".auth-btn-wrapper button.btn-done")
        tab.click(f"{SUBMIT} .opblock-summary-control")
        tab.click(f"{SUBMIT} button.execute")

        status = tab.until(f"document.querySelector('{STATUS}')?.innerText")

        assert status.startswith("202")
        assert [each for each in tab.requested if not each.startswith((url, "data:"))] == []
        assert tab.complaints == []
    assert len(world.call("GET", "/api/jobs").json["jobs"]) == 1
