from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.system import System, a_system


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    with a_system(tmp_path) as made:
        yield made
