from collections.abc import Iterator

import pytest

from tests.support.api import World, a_world
from tests.support.openapi import contradictions


@pytest.fixture
def world() -> Iterator[World]:
    """A world whose answers are held, when the test is over, against the OpenAPI document."""
    with a_world() as made:
        yield made
        wrong = [text for exchange in made.exchanges for text in contradictions(*exchange)]
        assert wrong == []
