"""One suite for two backends: in memory, and slow, an emulator whose endpoint is given."""

from collections.abc import Iterator

import pytest
from docsnap.table import Table

from tests.support.aws import ENDPOINT_VARIABLE, a_table, endpoint
from tests.support.clock import Clock


@pytest.fixture(params=["memory", pytest.param("endpoint", marks=pytest.mark.slow)])
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    if request.param == "endpoint" and not endpoint():
        pytest.skip(f"{ENDPOINT_VARIABLE} names no endpoint")
    with a_table(endpoint() if request.param == "endpoint" else None) as table:
        yield table


@pytest.fixture
def clock() -> Clock:
    return Clock()
