"""AWS calls that fail, or fail after having done their work, in every place."""

from collections.abc import Iterator

import pytest
from docsnap.attempt import Engine
from docsnap.jobs import ACTIVE, COMPLETED, DELAYED, FAILED, WAITING, Job
from docsnap.worker import Outcome

from tests.support.engines import fails, runs_out_of_time, succeeds
from tests.support.system import ASLEEP, System

EVERY_CALL = [
    pytest.param(number, marks=() if number % 4 == 1 else pytest.mark.slow)
    for number in range(1, 45)
]
"""Of the eventful job below, which takes 43."""


def published(system: System, job: Job) -> list[str]:
    result = system.look(job).result
    assert result
    return [f"{result.prefix}documentation{ending}" for ending in (".md", ".zip")]


def test_a_claim_whose_answer_is_lost_is_the_workers_own(system: System) -> None:
    job = system.submit()
    system.faults.lose_answer("TransactWriteItems")

    system.work()

    assert system.look(job).status is COMPLETED
    assert system.history(job) == ["claim", "complete"]


def test_a_completion_whose_answer_is_lost_is_the_workers_own(system: System) -> None:
    job = system.submit()
    lose = system.faults.lose_answer
    system.faults.before("PutObject", lambda: lose("TransactWriteItems", times=6))

    system.work()

    assert system.look(job).status is COMPLETED
    assert system.history(job) == ["claim", "complete"]
    assert sorted(system.objects()) == published(system, job)


def test_a_completion_that_cannot_be_written_is_made_again_by_another_attempt(
    system: System,
) -> None:
    job = system.submit()
    refuse = system.faults.refuse
    system.faults.before("PutObject", lambda: refuse("TransactWriteItems"))

    assert system.work() is Outcome.ACKNOWLEDGED
    assert system.look(job).status is ACTIVE
    system.faults.heal()
    system.settle()

    assert system.look(job).status is COMPLETED
    assert system.look(job).attempts == 2
    assert sorted(system.objects()) == published(system, job)


@pytest.mark.parametrize("operation", ["PutObject", "DeleteObjects"])
def test_uploads_of_a_failed_attempt_are_gone_in_the_end(system: System, operation: str) -> None:
    job = system.submit()
    system.faults.lose_answer("PutObject")
    system.faults.refuse("DeleteObjects", times=int(operation == "DeleteObjects"))

    system.work()

    delayed = system.look(job)
    assert delayed.status is DELAYED
    assert delayed.error
    assert delayed.error.code == "storage_unavailable"
    system.settle()
    assert system.look(job).status is COMPLETED
    assert sorted(system.objects()) == published(system, job)


def test_uploads_of_the_last_attempt_are_gone_too_when_the_job_has_failed(
    system: System,
) -> None:
    job = system.submit()
    for _ in range(2):
        system.work(fails())
        system.advance(minutes=1)
    system.faults.lose_answer("PutObject")
    system.faults.refuse("DeleteObjects", times=1)

    system.work()

    assert system.look(job).status is FAILED
    assert any(name.startswith("results/") for name in system.objects())
    system.sweep()
    assert system.objects() == [f"checkpoints/{job.owner}/{job.id}"]


def test_a_message_that_cannot_be_postponed_is_made_up_for_by_the_sweeper(system: System) -> None:
    job = system.submit()
    system.faults.refuse("ChangeMessageVisibility")

    assert system.work(fails()) is Outcome.RETURNED
    system.faults.heal()
    system.advance(minutes=2)
    assert system.sweep().repairs == {"resent_delayed": 1}
    system.work_all()

    assert system.look(job).status is COMPLETED
    system.settle()
    assert system.history(job).count("claim") == 2


def test_a_checkpoint_that_cannot_be_read_costs_an_attempt_but_is_not_lost(
    system: System,
) -> None:
    job = system.submit()
    system.work(fails())
    system.advance(minutes=1)
    system.faults.refuse("GetObject", times=1)

    system.work()

    assert system.look(job).status is DELAYED
    system.settle()
    result = system.look(job).result
    assert result
    assert result.pages == 2


def test_a_checkpoint_that_cannot_be_written_does_not_stop_the_job(system: System) -> None:
    job = system.submit()
    system.faults.refuse("PutObject", times=1)

    assert system.work(runs_out_of_time) is Outcome.ACKNOWLEDGED

    assert system.look(job).status is WAITING
    system.settle()
    assert system.look(job).status is COMPLETED
    assert system.look(job).attempts == 1


def eventful() -> Engine:
    """Fail once, run out of time once, then succeed."""
    turns: Iterator[Engine] = iter([fails(), runs_out_of_time])

    def engine(job, directory, checkpoint, on_progress, should_stop):  # type: ignore[no-untyped-def]
        turn = next(turns, succeeds)
        return turn(job, directory, checkpoint, on_progress, should_stop)

    return engine


@pytest.mark.parametrize("lose_answer", [False, True], ids=["refused", "answer lost"])
@pytest.mark.parametrize("number", EVERY_CALL)
def test_no_single_call_can_lose_a_job_or_leave_anything_behind(
    system: System, number: int, *, lose_answer: bool
) -> None:
    system.rhythm = ASLEEP
    job = system.submit()
    system.faults.strike(number, lose_answer=lose_answer)

    system.settle(eventful())

    done = system.look(job)
    assert done.status is COMPLETED
    assert done.attempts <= 3
    assert done.deadline_at is None
    assert system.history(job).count("complete") == 1
    assert sorted(system.objects()) == published(system, job)
    depth = system.queue.depth()
    assert (depth.visible, depth.in_flight, depth.delayed, depth.dead_letter) == (0, 0, 0, 0)
    assert system.left_over() == []
