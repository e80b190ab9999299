import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.deployed import Deployed


@pytest.fixture(scope="session")
def stack() -> Iterator[Deployed]:
    """One stack for all of these tests: made from nothing, gone afterwards."""
    directory = Path(".local/stacks/test").resolve()
    shutil.rmtree(directory, ignore_errors=True)
    deployed = Deployed(directory)
    try:
        up = deployed.up(BackoffBaseSeconds="1")
        assert up.status == 0, up.errors
        yield deployed
    finally:
        deployed.make("down")
