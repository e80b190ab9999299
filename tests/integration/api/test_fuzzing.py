import re
from datetime import UTC, datetime

import pytest

from tests.support.api import a_world
from tests.support.api_server import serving
from tests.support.fuzzing import fuzz

pytestmark = pytest.mark.slow


def test_nothing_that_the_document_allows_or_forbids_surprises_the_api() -> None:
    with a_world(SUBMISSIONS_PER_MINUTE="100000", UNFINISHED_JOBS_LIMIT="1000000") as world:
        world.clock.now = datetime.now(UTC)
        with serving(world) as url:
            report = fuzz(url, world.token(), examples=200)

    generated = re.search(r"(\d+) generated", report)
    assert generated
    assert int(generated[1]) >= 2000
