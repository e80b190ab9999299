import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from docsnap import transitions
from docsnap.attempt import Output
from docsnap.backoff import CAP
from docsnap.errors import OutOfTime
from docsnap.jobs import (
    ACTIVE,
    CANCELLED,
    COMPLETED,
    DELAYED,
    FAILED,
    WAITING,
    Job,
)
from docsnap.outbound import Answer
from docsnap.queue import QueueDepth
from docsnap.worker import Outcome

from tests.support.builders import RETENTION
from tests.support.due import due_deliveries
from tests.support.engines import (
    Killed,
    after,
    fails,
    goes_on_until_told,
    raises,
    reports,
    runs_out_of_time,
    succeeds,
)
from tests.support.system import ASLEEP, BUCKET, System
from tests.support.wait import until


def cancel(system: System, job: Job) -> None:
    transitions.cancel(system.table, job.key, retention=RETENTION, now=system.clock())


def test_a_job_is_completed_and_published(system: System) -> None:
    job = system.submit()

    outcome = system.work()

    done = system.look(job)
    assert outcome is Outcome.ACKNOWLEDGED
    assert done.status is COMPLETED
    assert done.result
    assert sorted(system.objects()) == [
        f"{done.result.prefix}documentation.md",
        f"{done.result.prefix}documentation.zip",
    ]
    assert system.left_over() == []


def test_a_published_file_is_what_the_job_says_it_is(system: System) -> None:
    job = system.submit()
    system.work()

    result = system.look(job).result

    assert result
    key = f"{result.prefix}documentation.md"
    found = system.s3.get_object(Bucket=BUCKET, Key=key)
    body = found["Body"].read()
    assert result.files["markdown"].bytes == len(body)
    assert result.files["markdown"].sha256 == hashlib.sha256(body).hexdigest()
    assert found["ContentDisposition"] == 'attachment; filename="docs.example.com-guide.md"'
    assert found["ContentType"] == "text/markdown; charset=utf-8"


def test_progress_reaches_the_job_while_the_engine_is_at_work(system: System) -> None:
    job = system.submit()
    seen: list[tuple[str | None, int]] = []

    def look(_: Job) -> None:
        until(lambda: system.look(job).progress)
        seen.append((system.look(job).stage, system.look(job).progress))

    system.work(reports(42, then=after(look)))

    assert seen == [("crawling", 42)]


def test_a_retryable_failure_brings_the_same_message_back_after_the_backoff(
    system: System,
) -> None:
    job = system.submit()

    outcome = system.work(fails())

    delayed = system.look(job)
    assert outcome is Outcome.RETURNED
    assert delayed.status is DELAYED
    assert delayed.error
    assert delayed.error.code == "site_unreachable"
    assert system.work() is None
    system.advance(seconds=6)
    assert system.work() is Outcome.ACKNOWLEDGED
    assert system.look(job).status is COMPLETED
    assert [each["messageId"] for each in system.deliveries] == [
        system.deliveries[0]["messageId"]
    ] * 2


def test_a_full_or_broken_disk_costs_an_attempt_like_any_other_failure(system: System) -> None:
    job = system.submit()
    usual, system.root = system.root, system.root / "no directory"
    system.root.write_text("")

    assert system.work() is Outcome.RETURNED

    delayed = system.look(job)
    assert (delayed.status, delayed.attempts) == (DELAYED, 1)
    assert delayed.error
    assert delayed.error.code == "internal_error"
    system.root = usual
    system.advance(minutes=1)
    system.work()
    assert system.look(job).status is COMPLETED


def test_a_checkpoint_that_the_disk_does_not_give_back_does_not_stop_the_job(
    system: System,
) -> None:
    job = system.submit()

    def spoils_its_checkpoint(
        _: Job, directory: Path, checkpoint: Path, *reports: Callable[..., object]
    ) -> Output:
        checkpoint.mkdir()
        raise OutOfTime

    assert system.work(spoils_its_checkpoint) is Outcome.ACKNOWLEDGED

    assert system.look(job).status is WAITING
    system.work()
    assert system.look(job).status is COMPLETED


def test_a_site_that_names_a_time_is_left_alone_until_then(system: System) -> None:
    job = system.submit()
    now = system.clock()

    system.work(fails(code="site_overloaded", retry_after=120))

    wait = system.look(job).next_attempt_at - now  # type: ignore[operator]
    assert timedelta(seconds=119) < wait < timedelta(seconds=150)
    system.advance(seconds=80)
    assert system.work() is None


def test_a_site_that_asks_for_too_long_a_wait_gets_the_longest_there_is(system: System) -> None:
    job = system.submit()
    now = system.clock()

    system.work(fails(retry_after=86_400))

    wait = system.look(job).next_attempt_at - now  # type: ignore[operator]
    assert CAP <= wait < CAP + timedelta(seconds=30)


def test_a_retry_goes_on_from_what_was_crawled(system: System) -> None:
    job = system.submit()
    system.work(fails())
    system.advance(seconds=6)

    system.work(succeeds)

    result = system.look(job).result
    assert result
    assert result.pages == 2


def test_a_permanent_failure_ends_the_job_and_the_message(system: System) -> None:
    job = system.submit()

    outcome = system.work(fails(retryable=False, code="page_gone"))

    assert outcome is Outcome.ACKNOWLEDGED
    assert system.look(job).status is FAILED
    assert system.look(job).attempts == 1
    assert system.queue.depth() == QueueDepth(visible=0, in_flight=0, delayed=0, dead_letter=0)
    assert system.objects() == []


def test_the_third_failure_ends_the_job_and_buries_the_message(system: System) -> None:
    job = system.submit()

    for _ in range(3):
        assert system.work(fails()) is Outcome.RETURNED
        system.advance(minutes=1)

    assert system.look(job).status is FAILED
    assert system.look(job).attempts == 3
    assert system.work() is None
    assert system.queue.depth().dead_letter == 1
    assert len(system.deliveries) == 3


def test_an_error_nobody_foresaw_is_retried_and_told_without_details(system: System) -> None:
    job = system.submit()

    system.work(raises(RuntimeError("secret path /var/task")))

    delayed = system.look(job)
    assert delayed.status is DELAYED
    assert delayed.error
    assert delayed.error.code == "internal_error"
    assert "secret" not in delayed.error.message


def test_a_cancelled_job_stops_within_moments_and_leaves_nothing(system: System) -> None:
    job = system.submit()

    outcome = system.work(after(lambda _: cancel(system, job), then=goes_on_until_told))

    assert outcome is Outcome.ACKNOWLEDGED
    assert system.look(job).status is CANCELLED
    assert system.look(job).deadline_at is None
    assert system.objects() == []
    assert system.left_over() == []


def test_a_job_cancelled_at_the_last_moment_publishes_nothing(system: System) -> None:
    job = system.submit()
    system.faults.before("PutObject", lambda: cancel(system, job))

    system.work()

    assert system.look(job).status is CANCELLED
    assert system.objects() == []


def test_a_worker_that_lost_its_lease_publishes_nothing(system: System) -> None:
    job = system.submit()

    def lapse(_: Job) -> None:
        system.advance(minutes=2)
        assert system.sweep().repairs == {"rescued": 1}

    outcome = system.work(after(lapse, then=goes_on_until_told))

    assert outcome is Outcome.ACKNOWLEDGED
    assert system.look(job).status is WAITING
    assert system.objects() == []


def test_a_worker_overtaken_after_uploading_takes_its_files_back(system: System) -> None:
    job = system.submit()

    def overtake() -> None:
        system.advance(minutes=2)
        system.sweep()
        assert system.work() is Outcome.ACKNOWLEDGED

    system.rhythm = ASLEEP
    system.faults.before("PutObject", overtake)
    system.work()

    done = system.look(job)
    assert done.status is COMPLETED
    assert done.result
    assert all(name.startswith(done.result.prefix) for name in system.objects())
    assert len(system.objects()) == 2
    assert system.history(job).count("complete") == 1


def test_a_job_out_of_time_goes_on_in_a_further_invocation(system: System) -> None:
    job = system.submit()

    outcome = system.work(runs_out_of_time)

    handed_on = system.look(job)
    assert outcome is Outcome.ACKNOWLEDGED
    assert handed_on.status is WAITING
    assert handed_on.attempts == 1
    assert system.work(runs_out_of_time) is Outcome.ACKNOWLEDGED
    assert system.work(succeeds) is Outcome.ACKNOWLEDGED
    done = system.look(job)
    assert done.status is COMPLETED
    assert done.attempts == 1
    assert done.result
    assert done.result.pages == 3
    assert system.history(job) == ["claim", "hand_on"] * 2 + ["claim", "complete"]


def test_progress_does_not_fall_when_the_job_is_handed_on(system: System) -> None:
    job = system.submit()
    system.work(
        reports(
            60,
            then=after(
                lambda _: until(lambda: system.look(job).progress == 60), then=runs_out_of_time
            ),
        )
    )
    seen: list[int] = []

    def look(_: Job) -> None:
        until(lambda: system.look(job).stage == "crawling")
        seen.append(system.look(job).progress)

    system.work(reports(5, then=after(look)))

    assert seen == [60]


def test_the_engine_is_told_to_stop_while_there_is_time_to_save(system: System) -> None:
    system.submit()
    told: list[bool] = []

    def ask(job, directory, checkpoint, on_progress, should_stop):  # type: ignore[no-untyped-def]
        for seconds in (60, 10, 8):
            system.remaining = timedelta(seconds=seconds)
            told.append(should_stop())
        return succeeds(job, directory, checkpoint, on_progress, should_stop)

    system.remaining = timedelta(seconds=60)
    system.work(ask)

    assert told == [False, False, True]


def test_a_killed_worker_leaves_an_active_job_and_no_lock_on_its_files(system: System) -> None:
    job = system.submit()
    with pytest.raises(Killed):
        system.work(raises(Killed()))

    assert system.look(job).status is ACTIVE
    (system.root / "docsnap-abandoned").mkdir()
    (system.root / "docsnap-abandoned" / "lock").touch()
    system.submit()
    system.work()
    assert system.left_over() == []


def test_the_owner_is_told_at_once_when_the_job_has_finished(system: System) -> None:
    system.submit(webhook_url="https://example.com/hook")
    told: list[dict[str, Any]] = []

    class Receiver:
        def request(self, _: str, __: str, *, body: bytes, **___: object) -> Answer:
            told.append(json.loads(body))
            return Answer(status=200, headers={}, body=b"")

    system.work(outbound=Receiver())

    assert [each["type"] for each in told] == ["job.completed"]
    assert system.history(system.jobs[0])[-1] == "webhook_delivered"


def test_a_webhook_that_there_is_no_time_for_is_left_to_the_sweeper(system: System) -> None:
    job = system.submit(webhook_url="https://example.com/hook")
    system.remaining = timedelta(seconds=10)

    system.work(outbound=None)

    assert system.look(job).status is COMPLETED
    assert len(list(due_deliveries(system.table, system.clock()))) == 1


def test_the_history_tells_error_duration_and_worker_of_each_attempt(system: System) -> None:
    job = system.submit()
    system.work(fails(code="site_overloaded"), worker_id="one")
    system.advance(minutes=1)
    system.work(worker_id="two")

    claim, delay, again, complete = system.events(job)

    assert (claim.attempt, again.attempt) == (1, 2)
    assert (delay.worker_id, complete.worker_id) == ("one", "two")
    assert delay.error
    assert delay.error.code == "site_overloaded"
    assert delay.duration_ms is not None
