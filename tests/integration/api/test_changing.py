import pytest
from docsnap.jobs import ACTIVE, CANCELLED, COMPLETED, DELAYED, FAILED, WAITING, JobStatus

from tests.support.api import ADA, BOB, World, a_world, path_of
from tests.support.builders import a_job, stored


@pytest.mark.parametrize(("status", "answered"), [(WAITING, 200), (DELAYED, 200), (ACTIVE, 202)])
def test_an_unfinished_job_is_cancelled(world: World, status: JobStatus, answered: int) -> None:
    job = stored(world.table, a_job(status, at=world.clock(), owner=ADA))

    answer = world.call("POST", path_of(job, "cancel"))

    assert answer.status == answered
    assert answer.json["job"]["status"] == "cancelled"
    assert answer.json["job"]["expiresAt"] is not None


@pytest.mark.parametrize("status", [COMPLETED, FAILED, CANCELLED])
def test_a_finished_job_cannot_be_cancelled(world: World, status: JobStatus) -> None:
    job = stored(world.table, a_job(status, at=world.clock(), owner=ADA))

    answer = world.call("POST", path_of(job, "cancel"))

    assert (answer.status, answer.code) == (409, "wrong_state")


def test_a_failed_job_is_run_again_with_all_its_attempts(world: World) -> None:
    job = stored(world.table, a_job(FAILED, at=world.clock(), owner=ADA, attempts=3))

    answer = world.call("POST", path_of(job, "retry"))

    assert answer.status == 202
    assert answer.headers["Location"] == path_of(job)
    shown = answer.json["job"]
    assert (shown["status"], shown["attempts"], shown["error"]) == ("waiting", 0, None)
    assert world.messages()[0]["id"] == job.id


@pytest.mark.parametrize("status", [WAITING, ACTIVE, DELAYED, COMPLETED, CANCELLED])
def test_only_a_failed_job_can_be_retried(world: World, status: JobStatus) -> None:
    job = stored(world.table, a_job(status, at=world.clock(), owner=ADA))

    answer = world.call("POST", path_of(job, "retry"))

    assert (answer.status, answer.code) == (409, "wrong_state")
    assert world.messages() == []


def test_a_retry_goes_no_further_than_the_quota_of_unfinished_jobs() -> None:
    with a_world(UNFINISHED_JOBS_LIMIT="2") as world:
        jobs = [stored(world.table, a_job(FAILED, at=world.clock(), owner=ADA)) for _ in range(3)]
        answers = [world.call("POST", path_of(job, "retry")) for job in jobs]
        refused = answers.pop()

        assert [answer.status for answer in answers] == [202, 202]
        assert (refused.status, refused.code) == (429, "quota_exceeded")
        assert '"unfinished";r=0' in refused.headers["RateLimit"]
        assert int(refused.headers["Retry-After"]) >= 1
        assert world.call("GET", path_of(jobs[2])).json["job"]["status"] == "failed"

        world.call("POST", path_of(jobs[0], "cancel"))
        assert world.call("POST", path_of(jobs[2], "retry")).status == 202


def test_a_retry_stands_even_if_the_queue_does_not_answer(world: World) -> None:
    job = stored(world.table, a_job(FAILED, at=world.clock(), owner=ADA))
    world.cut_off.add("sqs")

    answer = world.call("POST", path_of(job, "retry"))

    assert answer.status == 202
    assert world.call("GET", path_of(job)).json["job"]["status"] == "waiting"


def test_every_user_has_a_webhook_secret_of_their_own(world: World) -> None:
    first = world.call("GET", "/api/webhook-secret").json["secret"]

    assert first.startswith("whsec_")
    assert world.call("GET", "/api/webhook-secret").json["secret"] == first
    assert world.call("GET", "/api/webhook-secret", user=BOB).json["secret"] != first


def test_a_rotated_secret_is_a_new_one(world: World) -> None:
    first = world.call("GET", "/api/webhook-secret").json["secret"]

    rotated = world.call("POST", "/api/webhook-secret/rotate").json["secret"]

    assert rotated != first
    assert world.call("GET", "/api/webhook-secret").json["secret"] == rotated
