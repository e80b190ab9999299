import pytest
from docsnap.jobs import FAILED
from docsnap_client import ApiError, Client

from tests.support.api import ADA, World
from tests.support.api_server import serving
from tests.support.builders import a_job, stored


def test_the_client_and_the_api_understand_each_other(world: World) -> None:
    with serving(world) as url:
        client = Client(url, world.token, timeout=10)
        job = client.submit("https://example.com/docs/", options={"maxPages": 5})

        assert client.submit("https://example.com/docs/", options={"maxPages": 5}).duplicate
        assert [each.id for each in client.list_jobs(status="waiting")] == [job.id]
        assert client.stats()["stats"]["waiting"] == 1
        assert client.cancel(job.id).status == "cancelled"
        assert client.wait(job.id).is_finished
        assert [event["type"] for event in client.events(job.id)] == ["submit", "cancel"]
        assert client.webhook_secret() == client.webhook_secret()
        assert client.webhook_secret(rotate=True).startswith("whsec_")


def test_the_client_retries_a_failed_job(world: World) -> None:
    job = stored(world.table, a_job(FAILED, at=world.clock(), owner=ADA))
    with serving(world) as url:
        assert Client(url, world.token).retry(job.id).status == "waiting"


def test_the_client_learns_why_it_is_refused(world: World) -> None:
    with serving(world) as url, pytest.raises(ApiError) as caught:
        Client(url, world.token).submit("ftp://example.com/")

    assert (caught.value.status, caught.value.code) == (422, "invalid_url")
