from collections.abc import Callable

import pytest
from docsnap.items import job_key
from docsnap.jobs import COMPLETED, FAILED, Job
from docsnap.worker import Outcome

from local.redrive import Place, failed_jobs, main, redrive
from tests.support.builders import OTHER, OWNER
from tests.support.engines import Killed, fails, raises
from tests.support.system import MAX_RECEIVES, System


def a_failed_job(system: System, *, code: str = "site_unreachable", owner: str = OWNER) -> Job:
    job = system.submit(owner=owner)
    for _ in range(MAX_RECEIVES):
        system.work(fails(code=code))
        system.advance(minutes=1)
    assert system.work() is None
    return system.look(job)


def place(system: System) -> Place:
    return Place(
        dynamodb=system.dynamodb,
        sqs=system.sqs,
        table_name=system.table.name,
        queue_url=system.url,
        dead_letter_queue_url=system.dead_letter_url,
    )


def run(system: System, **which: str | None) -> int:
    asked: dict[str, str | None] = {"job": None, "user": None, "code": None} | which
    now = system.clock()
    return len(redrive(place(system), failed_jobs(place(system), now, **asked), now))


def a_poisonous_job(system: System) -> Job:
    job = system.submit()
    for _ in range(MAX_RECEIVES):
        with pytest.raises(Killed):
            system.work(raises(Killed()))
        system.advance(minutes=2)
        system.sweep()
    system.work_all()
    return system.look(job)


MOVES = {
    "marked": {"is_marked": True},
    "copied": {"is_marked": False},
    "by its body alone": {"is_marked": False, "with_attributes": False},
}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
@pytest.mark.parametrize("make", [a_failed_job, a_poisonous_job])
def test_a_dead_letter_brings_its_job_back_however_it_is_moved(
    system: System, make: Callable[[System], Job], move: dict[str, bool]
) -> None:
    job = make(system)
    assert (job.status, job.attempts) == (FAILED, 3)
    system.advance(seconds=31)

    assert system.redrive(**move) == 1
    system.work_all()

    assert system.look(job).status is COMPLETED
    assert system.history(job).count("redrive") == 1
    assert system.queue.depth().dead_letter == 0


def test_a_dead_letter_moved_while_the_table_is_away_is_not_forgotten(system: System) -> None:
    job = a_failed_job(system)
    system.redrive(is_marked=False, with_attributes=False)
    system.faults.refuse("GetItem")
    system.work()
    system.faults.heal()
    system.advance(seconds=31)

    system.work()

    assert system.look(job).status is COMPLETED


def test_a_late_message_of_our_own_does_not_bring_a_failed_job_back(system: System) -> None:
    job = system.submit()
    system.queue.enqueue(job.key, version=1)
    system.work(fails(retryable=False))
    system.advance(hours=3)
    system.queue.enqueue(job.key, version=1)

    system.work_all()

    assert system.look(job).status is FAILED


def test_a_dead_letter_of_an_earlier_failure_is_spent_once_the_job_has_failed_again(
    system: System,
) -> None:
    job = a_failed_job(system)
    system.redrive(is_marked=False)
    record = system.receive()
    assert record
    system.process(record, fails(retryable=False))
    assert (system.look(job).status, system.look(job).cycle) == (FAILED, 2)

    assert system.process(record) is Outcome.ACKNOWLEDGED

    assert system.look(job).cycle == 2


def test_one_job_runs_again_and_its_dead_letter_is_gone(system: System) -> None:
    job, other = a_failed_job(system), a_failed_job(system)
    assert system.queue.depth().dead_letter == 2

    assert run(system, job=job.id) == 1

    system.work_all()
    assert system.look(job).status is COMPLETED
    assert system.look(job).cycle == 2
    assert system.look(other).status is FAILED
    assert system.queue.depth().dead_letter == 1
    assert "redrive" in system.history(job)


def test_all_of_a_user_run_again(system: System) -> None:
    mine = [a_failed_job(system), a_failed_job(system)]
    theirs = a_failed_job(system, owner=OTHER)

    assert run(system, user=OWNER) == 2

    system.work_all()
    assert all(system.look(job).status is COMPLETED for job in mine)
    assert system.look(theirs).status is FAILED


def test_all_with_an_error_run_again(system: System) -> None:
    down = a_failed_job(system, code="site_unreachable")
    slow = a_failed_job(system, code="site_overloaded", owner=OTHER)

    assert run(system, code="site_overloaded") == 1

    system.work_all()
    assert system.look(slow).status is COMPLETED
    assert system.look(down).status is FAILED


def test_a_job_that_cannot_be_read_is_named_and_the_others_run_again(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    broken, whole = a_failed_job(system), a_failed_job(system, owner=OTHER)
    system.spoil(job_key(broken.key))

    assert run(system) == 1

    system.work_all()
    assert system.look(whole).status is COMPLETED
    assert broken.id in capsys.readouterr().err


def test_a_job_that_failed_for_good_runs_again_too(system: System) -> None:
    job = system.submit()
    system.work(fails(retryable=False, code="page_gone"))

    assert run(system, code="page_gone") == 1

    system.work_all()
    assert system.look(job).status is COMPLETED


def test_asking_twice_runs_a_job_once(system: System) -> None:
    job = a_failed_job(system)

    run(system, job=job.id)
    run(system, job=job.id)

    system.work_all()
    assert system.look(job).cycle == 2
    assert system.history(job).count("complete") == 1


def test_a_job_that_has_not_failed_is_left_alone(system: System) -> None:
    job = system.submit()
    system.work()

    assert run(system, job=job.id) == 0
    assert run(system, job="no-such-job") == 0


def test_the_command_wants_to_be_told_which(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([])

    assert "say which" in capsys.readouterr().err
