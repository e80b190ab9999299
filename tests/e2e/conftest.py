import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from local.site_server import served
from tests.support.callers import Caller
from tests.support.deployed import SETTINGS, Deployed, SlowSite
from tests.support.deployed import served as serving_slowly


@pytest.fixture(scope="session")
def stack() -> Iterator[Deployed]:
    """One stack for all of these tests: made from nothing, gone afterwards."""
    directory = Path(".local/stacks/test").resolve()
    shutil.rmtree(directory, ignore_errors=True)
    deployed = Deployed(directory)
    try:
        up = deployed.up(**SETTINGS)
        assert up.status == 0, up.errors
        yield deployed
    finally:
        deployed.make("down")


@pytest.fixture
def ada(stack: Deployed) -> Caller:
    """Somebody new, with all quotas untouched."""
    return Caller(stack, f"ada-{uuid4()}")


@pytest.fixture
def ben(stack: Deployed) -> Caller:
    return Caller(stack, f"ben-{uuid4()}")


@pytest.fixture
def idle(stack: Deployed) -> Iterator[None]:
    """Jobs stay as they are submitted."""
    with stack.workers_paused():
        yield


@pytest.fixture(scope="module")
def done(stack: Deployed) -> tuple[Caller, Any]:
    """A completed job and its owner."""
    owner = Caller(stack, f"owner-{uuid4()}")
    with served() as (url, _):
        job = owner.finished(owner.job(url, options={"formats": ["markdown", "llms"]})["id"])
    assert job["status"] == "completed"
    return owner, job


@pytest.fixture(scope="module")
def failed(stack: Deployed) -> tuple[Caller, Any]:
    """A failed job and its owner."""
    owner = Caller(stack, f"owner-{uuid4()}")
    job = owner.finished(owner.job("http://127.0.0.1:1/")["id"])
    assert job["status"] == "failed"
    return owner, job


@pytest.fixture
def slow_site() -> Iterator[str]:
    """A site that takes a second for each of its many pages."""
    with serving_slowly(SlowSite(pages=60, seconds=1)) as url:
        yield url
