"""Receipts of messages and attempts at jobs, wherever they differ."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from docsnap import telemetry
from docsnap.items import job_key
from docsnap.jobs import ACTIVE, COMPLETED, DELAYED, FAILED, WAITING
from docsnap.queue import Message
from docsnap.worker import Outcome

from tests.support.builders import OTHER, OWNER, a_job, a_key, a_lease, stored
from tests.support.engines import Killed, after, fails, raises, runs_out_of_time, succeeds
from tests.support.system import MAX_RECEIVES, System


def kill_the_worker(system: System) -> None:
    with pytest.raises(Killed):
        system.work(raises(Killed()))


def test_a_second_message_for_a_job_at_work_is_acknowledged(system: System) -> None:
    job = system.submit()
    system.queue.enqueue(job.key, version=1)
    outcomes = []

    system.work(after(lambda _: outcomes.append(system.work())))

    assert outcomes == [Outcome.ACKNOWLEDGED]
    assert system.look(job).status is COMPLETED
    assert system.history(job) == ["claim", "complete"]


def test_a_message_for_a_finished_job_is_acknowledged(system: System) -> None:
    job = system.submit()
    system.work()
    system.queue.enqueue(job.key, version=1)

    assert system.work() is Outcome.ACKNOWLEDGED
    assert system.look(job).attempts == 1


def test_a_message_for_a_job_that_is_gone_is_acknowledged(system: System) -> None:
    system.queue.enqueue(a_key(), version=1)

    assert system.work() is Outcome.ACKNOWLEDGED


def test_a_message_that_was_processed_but_not_deleted_does_nothing(system: System) -> None:
    job = system.submit()
    record = system.receive()
    assert record
    system.process(record)

    assert system.process(record) is Outcome.ACKNOWLEDGED
    assert system.history(job) == ["claim", "complete"]


def test_a_message_that_comes_before_the_backoff_is_over_is_put_off(system: System) -> None:
    job = system.submit()
    system.work(fails(retry_after=60))
    system.queue.enqueue(job.key, version=1)

    assert system.work() is Outcome.ACKNOWLEDGED
    assert system.look(job).status is DELAYED
    assert system.queue.depth().delayed == 1
    assert system.work() is None
    system.advance(seconds=62)
    system.work_all()
    assert system.look(job).status is COMPLETED
    assert system.look(job).attempts == 2


def test_a_message_whose_receipts_were_lost_is_replaced_while_attempts_are_left(
    system: System,
) -> None:
    job = system.submit()
    for _ in range(MAX_RECEIVES - 1):
        system.receive()
        system.advance(hours=2)
    system.sweep()
    while record := system.receive():
        if int(record["attributes"]["ApproximateReceiveCount"]) == MAX_RECEIVES:
            break
    assert record

    assert system.process(record, fails()) is Outcome.ACKNOWLEDGED
    system.advance(minutes=1)
    system.work_all(fails())
    system.advance(minutes=1)
    system.work_all(succeeds)

    assert system.look(job).status is COMPLETED
    assert system.queue.depth().dead_letter == 0


def test_a_job_whose_message_went_to_the_dead_letters_unused_is_sent_again(
    system: System,
) -> None:
    job = system.submit()
    for _ in range(MAX_RECEIVES + 1):
        system.receive()
        system.advance(hours=3)
    assert system.queue.depth().dead_letter == 1

    system.sweep()
    system.work()

    assert system.look(job).status is COMPLETED
    system.redrive()
    assert system.work() is Outcome.ACKNOWLEDGED
    assert system.history(job).count("claim") == 1


def test_a_message_that_found_no_table_uses_up_no_receipt(system: System) -> None:
    job = system.submit()
    system.faults.refuse("GetItem")

    assert system.work() is Outcome.ACKNOWLEDGED

    system.faults.heal()
    assert system.work() is None
    system.advance(seconds=31)
    assert system.work() is Outcome.ACKNOWLEDGED
    assert system.deliveries[-1]["attributes"]["ApproximateReceiveCount"] == "1"
    assert system.look(job).status is COMPLETED


def test_a_message_that_can_be_neither_used_nor_replaced_is_no_dead_letter(
    system: System,
) -> None:
    job = system.submit()
    for _ in range(MAX_RECEIVES):
        system.faults.refuse("GetItem")
        system.faults.refuse("SendMessage")
        system.work()
        system.faults.heal()
        system.advance(seconds=31)

    system.work_all()
    assert system.queue.depth().dead_letter == 0
    system.advance(minutes=2)
    system.sweep()
    system.work_all()
    assert system.look(job).status is COMPLETED


def test_a_job_that_kills_its_worker_fails_after_three_attempts_and_can_be_redriven(
    system: System,
) -> None:
    job = system.submit()
    for _ in range(3):
        kill_the_worker(system)
        system.advance(minutes=2)
        system.sweep()

    failed = system.look(job)
    assert failed.status is FAILED
    assert failed.attempts == 3
    assert failed.error
    assert failed.error.code == "worker_lost"

    system.work_all()
    assert system.queue.depth().dead_letter == 1
    system.advance(hours=3)
    system.work_all()
    assert system.queue.depth().dead_letter == 1

    assert system.redrive() == 1
    assert system.work() is Outcome.ACKNOWLEDGED
    assert system.look(job).status is COMPLETED
    assert "redrive" in system.history(job)


def test_a_worker_that_ran_out_of_time_is_told_from_one_that_died(system: System) -> None:
    job = system.submit()
    system.remaining = timedelta(seconds=30)
    kill_the_worker(system)
    system.advance(minutes=1)

    system.sweep()

    error = system.look(job).error
    assert error
    assert error.code == "timed_out"


def test_a_redriven_job_gets_three_attempts_and_is_buried_again(system: System) -> None:
    job = system.submit()
    for cycle in (1, 2, 3):
        for _ in range(MAX_RECEIVES):
            assert system.work(fails()) is Outcome.RETURNED
            system.advance(minutes=1)
        assert system.work() is None
        failed = system.look(job)
        assert (failed.status, failed.cycle, failed.attempts) == (FAILED, cycle, 3)
        assert system.redrive() == 1


def test_a_redriven_message_that_comes_back_later_does_not_revive_the_job_again(
    system: System,
) -> None:
    job = system.submit()
    for _ in range(MAX_RECEIVES):
        system.work(fails())
        system.advance(minutes=1)
    system.work()
    system.redrive()
    kill_the_worker(system)
    system.advance(minutes=2)
    system.sweep()
    system.work(fails(retryable=False))
    assert system.look(job).status is FAILED
    assert system.look(job).cycle == 2

    system.advance(hours=3)

    system.work_all()
    assert system.look(job).cycle == 2
    assert system.look(job).status is FAILED


def test_a_redriven_message_stays_one_when_it_has_to_be_replaced(system: System) -> None:
    job = system.submit()
    for _ in range(MAX_RECEIVES):
        system.work(fails())
        system.advance(minutes=1)
    system.work()
    system.redrive()
    system.faults.refuse("GetItem")
    assert system.work() is Outcome.ACKNOWLEDGED
    system.faults.heal()
    system.advance(seconds=31)

    system.work()

    assert system.look(job).status is COMPLETED


def test_a_third_failure_on_a_young_message_ends_in_the_dead_letters_all_the_same(
    system: System,
) -> None:
    job = system.submit()
    kill_the_worker(system)
    system.advance(minutes=2)
    system.sweep()
    system.work(fails())
    system.advance(minutes=1)

    system.work(fails())

    assert system.look(job).status is FAILED
    system.work_all()
    assert system.queue.depth().dead_letter == 1


def test_a_buried_message_serves_a_job_that_was_retried_meanwhile(system: System) -> None:
    job = system.submit()
    system.queue.enqueue(job.key, version=1, burial=True)
    record = system.receive()
    burial = system.receive()
    assert record
    assert burial

    assert system.process(burial) is Outcome.ACKNOWLEDGED
    assert system.look(job).status is COMPLETED


def test_a_message_that_names_no_job_is_left_to_the_dead_letters(system: System) -> None:
    system.sqs.send_message(QueueUrl=system.url, MessageBody="not even JSON")

    for _ in range(MAX_RECEIVES):
        assert system.work() is Outcome.RETURNED

    assert system.work() is None
    assert system.queue.depth().dead_letter == 1


def crowded(system: System, number: int = 3) -> None:
    """Have the owner occupy workers, and no messages left of it."""
    for _ in range(number):
        system.submit(status=ACTIVE)
    system.sqs.purge_queue(QueueUrl=system.url)


def test_an_owner_with_enough_workers_gives_way_to_another_who_waits(system: System) -> None:
    crowded(system)
    mine = [system.submit() for _ in range(10)]
    theirs = system.submit(owner=OTHER)

    assert system.work() is Outcome.ACKNOWLEDGED

    assert system.look(theirs).status is COMPLETED
    assert all(system.look(job).attempts == 0 for job in mine)
    system.work_all()
    assert all(system.look(job).status is COMPLETED for job in mine)
    assert system.history(theirs) == ["claim", "complete"]
    receipts = {each["attributes"]["ApproximateReceiveCount"] for each in system.deliveries}
    assert receipts == {"1"}


def test_an_owner_gives_way_to_one_who_waits_behind_another_with_enough_workers(
    system: System,
) -> None:
    third = OTHER.replace("2", "3")
    for owner in (OWNER, OTHER):
        for _ in range(3):
            system.submit(status=ACTIVE, owner=owner)
    for _ in range(40):
        system.submit(owner=OTHER)
    theirs = system.submit(owner=third)
    system.sqs.purge_queue(QueueUrl=system.url)
    mine = system.submit()

    system.work()

    assert system.look(theirs).status is COMPLETED
    assert system.look(mine).attempts == 0


def test_a_job_that_was_let_go_first_is_told_of_under_its_own_ids(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    crowded(system)
    system.submit()
    theirs = system.submit(owner=OTHER, correlation_id="request-1")

    with telemetry.invocation(request_id="invocation-1"):
        system.work(runs_out_of_time)
    record = [each for each in iter(system.receive, None) if theirs.id in each["body"]][-1]

    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [handed_on] = [line for line in told if line.get("message") == "Job handed on"]
    ids = (handed_on["job_id"], handed_on["owner"], handed_on["correlation_id"])
    assert ids == (theirs.id, OTHER, "request-1")
    assert Message.from_record(record).correlation_id == "request-1"


def test_a_job_that_was_let_go_first_is_seen_to_like_any_other(system: System) -> None:
    crowded(system)
    mine, theirs = system.submit(), system.submit(owner=OTHER)
    system.work(fails())
    assert system.look(theirs).status is DELAYED

    for _ in range(3):
        system.advance(minutes=1)
        system.work_all(fails())

    for job in map(system.look, (mine, theirs)):
        assert (job.status, job.attempts) == (FAILED, 3)
    assert system.queue.depth().dead_letter == 2


def test_a_job_that_was_let_go_first_and_runs_out_of_time_is_handed_on(system: System) -> None:
    crowded(system)
    system.submit()
    theirs = system.submit(owner=OTHER)

    system.work(runs_out_of_time)
    assert (system.look(theirs).status, system.look(theirs).hops) == (WAITING, 1)
    system.work_all()

    assert system.look(theirs).status is COMPLETED
    assert system.look(theirs).attempts == 1


def test_a_message_that_cannot_be_put_back_comes_back_by_itself(system: System) -> None:
    crowded(system)
    mine, theirs = system.submit(), system.submit(owner=OTHER)
    system.faults.refuse("SendMessage")

    assert system.work() is Outcome.RETURNED

    system.faults.heal()
    assert system.look(theirs).status is COMPLETED
    system.work_all()
    assert system.look(mine).status is COMPLETED


def test_a_job_of_another_that_was_taken_meanwhile_is_not_waited_for(system: System) -> None:
    crowded(system)
    mine, theirs = system.submit(), system.submit(owner=OTHER)
    taken = replace(theirs, status=ACTIVE, version=2, lease=a_lease(system.clock()))
    faults = system.faults
    faults.before("Query", lambda: faults.before("GetItem", lambda: stored(system.table, taken)))

    system.work()

    assert system.look(mine).status is COMPLETED
    assert system.look(theirs).version == taken.version


def test_an_owner_may_have_every_worker_while_nobody_else_waits(system: System) -> None:
    crowded(system, 4)
    mine = system.submit()

    system.work()

    assert system.look(mine).status is COMPLETED


def test_a_job_handed_on_may_use_its_old_message_if_no_new_one_can_be_sent(
    system: System,
) -> None:
    job = system.submit()
    record = system.receive()
    assert record
    system.faults.refuse("SendMessage")

    assert system.process(record, runs_out_of_time) is Outcome.RETURNED

    system.faults.heal()
    assert system.work() is Outcome.ACKNOWLEDGED
    assert system.look(job).status is COMPLETED
    assert system.look(job).attempts == 1


def test_a_message_tells_when_it_was_redriven_however_often_it_is_replaced(
    system: System,
) -> None:
    job = a_job()
    system.queue.enqueue(job.key, version=1, redriven_at=system.clock())
    first = Message.from_record(system.receive() or {})
    system.queue.enqueue(job.key, version=1, redriven_at=first.redriven_at)
    second = Message.from_record(system.receive() or {})

    assert first.redriven_at == second.redriven_at
    assert first.redriven_at is not None


def test_a_job_that_cannot_be_read_is_left_to_a_person_among_the_dead_letters(
    system: System,
) -> None:
    job = system.submit()
    system.spoil(job_key(job.key))

    outcomes = [system.work() for _ in range(MAX_RECEIVES)]

    assert outcomes == [Outcome.RETURNED] * MAX_RECEIVES
    assert system.work() is None
    assert system.queue.depth().dead_letter == 1


def test_a_busy_owners_worker_passes_over_a_job_that_cannot_be_read(system: System) -> None:
    crowded(system, 3)
    mine, broken = system.submit(), stored(system.table, a_job(at=system.clock(), owner=OTHER))
    system.spoil(job_key(broken.key))

    system.work()

    assert system.look(mine).status is COMPLETED
