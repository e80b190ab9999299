"""Whatever the document allows or forbids, tried on a deployed stack."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from docsnap.jobs import FORMATS

from local.site_server import served
from tests.support.callers import Caller
from tests.support.deployed import SETTINGS, Deployed
from tests.support.fuzzing import fuzz

pytestmark = [pytest.mark.slow, pytest.mark.stack]

PLENTY = {"SubmissionsPerMinute": "100000", "UnfinishedJobsLimit": "1000000"}


@pytest.fixture
def generous() -> Iterator[Deployed]:
    """A stack of its own, that refuses nobody and is thrown away: it is full of strange jobs."""
    directory = Path(".local/stacks/fuzzing").resolve()
    shutil.rmtree(directory, ignore_errors=True)
    deployed = Deployed(directory)
    try:
        up = deployed.up(**SETTINGS, **PLENTY)
        assert up.status == 0, up.errors
        yield deployed
    finally:
        deployed.make("down")
        shutil.rmtree(directory, ignore_errors=True)


def test_nothing_that_the_document_allows_or_forbids_surprises_the_api(generous: Deployed) -> None:
    ada = Caller(generous, f"ada-{uuid4()}")
    with served() as (url, _):
        whole = ada.job(url, options={"formats": list(FORMATS)})
        submitted = [whole, *(ada.job(f"http://127.0.0.1:1/{n}") for n in range(5))]
        finished = [ada.finished(job["id"])["id"] for job in submitted]

    generous.stand_still()  # nobody goes to addresses that are made up
    waiting = [ada.job()["id"] for _ in range(3)]
    report = fuzz(
        str(generous.describe()["apiUrl"]),
        generous.token(ada.name),
        examples=270,
        jobs=[*finished, *waiting],
    )

    generated = re.search(r"(\d+) generated", report)
    assert generated
    assert int(generated[1]) >= 2000, report
