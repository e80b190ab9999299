"""Whatever the document allows or forbids, tried on the deployed stack."""

import re
from collections.abc import Iterator

import pytest
from docsnap.jobs import FORMATS

from local.site_server import served
from tests.support.callers import Caller
from tests.support.deployed import SETTINGS, Deployed
from tests.support.fuzzing import fuzz

pytestmark = [pytest.mark.slow, pytest.mark.stack]

PLENTY = {"SubmissionsPerMinute": "100000", "UnfinishedJobsLimit": "1000000"}


@pytest.fixture
def generous(stack: Deployed) -> Iterator[None]:
    """No quota is met meanwhile."""
    assert stack.up(**SETTINGS, **PLENTY).status == 0
    yield
    assert stack.up(**SETTINGS).status == 0


@pytest.mark.usefixtures("generous")
def test_nothing_that_the_document_allows_or_forbids_surprises_the_api(ada: Caller) -> None:
    with served() as (url, _):
        whole = ada.job(url, options={"formats": list(FORMATS)})
        submitted = [whole, *(ada.job(f"http://127.0.0.1:1/{n}") for n in range(5))]
        finished = [ada.finished(job["id"])["id"] for job in submitted]
    with ada.stack.workers_paused():
        waiting = [ada.job()["id"] for _ in range(3)]
        report = fuzz(
            str(ada.stack.describe()["apiUrl"]),
            ada.stack.token(ada.name),
            examples=270,
            jobs=[*finished, *waiting],
        )

    generated = re.search(r"(\d+) generated", report)
    assert generated
    assert int(generated[1]) >= 2000
