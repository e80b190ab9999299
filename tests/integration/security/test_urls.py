"""Every URL case through the whole API function."""

from collections.abc import Iterator

import pytest

from tests.support.api import World, a_world
from tests.unit.docsnap import url_cases

REFUSED = [url for url in url_cases.refused_urls() if "\ud800" not in url]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    limits = {"SUBMISSIONS_PER_MINUTE": "100000", "UNFINISHED_JOBS_LIMIT": "100000"}
    with a_world(**limits) as made:
        yield made


@pytest.mark.parametrize("text", REFUSED)
@pytest.mark.parametrize("field", ["url", "webhookUrl"])
def test_a_url_that_is_not_public_is_refused_and_leaves_nothing(
    world: World, field: str, text: str
) -> None:
    answer = world.submit(**{"url": "https://example.com/", field: text})

    assert (answer.status, answer.code) == (422, "invalid_url")
    assert {"TransactWriteItems", "PutItem", "SendMessage"}.isdisjoint(world.calls)


def test_refusals_of_urls_read_the_same(world: World) -> None:
    answers = [world.submit(url).json for url in REFUSED]

    assert len({(answer["detail"], str(answer["errors"])) for answer in answers}) == 1


@pytest.mark.parametrize(("text", "canonical"), [*url_cases.ACCEPTED.items()])
def test_a_public_url_becomes_a_job(world: World, text: str, canonical: str) -> None:
    answer = world.submit(text, webhookUrl=text, force=True)

    assert answer.status == 202
    assert answer.json["job"]["url"] == canonical
