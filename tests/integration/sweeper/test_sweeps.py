from datetime import timedelta
from typing import Any

import pytest
from docsnap import transitions, webhooks
from docsnap.items import job_key
from docsnap.jobs import ACTIVE, CANCELLED, COMPLETED, DELAYED, FAILED, WAITING
from docsnap.jobs import SEND_GRACE as GRACE
from docsnap.outbound import Answer
from docsnap.sweeper import ORPHANS_MINUTE

from tests.support.aws import everything
from tests.support.builders import OTHER, OWNER, RETENTION, a_job, a_lease, stored
from tests.support.engines import Killed, after, fails, raises, runs_out_of_time
from tests.support.system import ASLEEP, BUCKET, System


def on_the_hour(system: System) -> None:
    now = system.clock()
    moment = now.replace(minute=ORPHANS_MINUTE, second=10)  # neither does the minute end soon
    system.advance(seconds=(moment - now).total_seconds() % 3600)


def test_a_sweep_of_nothing_touches_nothing(system: System) -> None:
    system.submit()

    done = system.sweep()

    assert done.overdue == 0
    assert not done.repairs
    assert done.is_complete


def test_a_job_whose_message_was_never_sent_is_sent_within_two_minutes(system: System) -> None:
    job = stored(system.table, a_job(at=system.clock()))
    system.advance(seconds=60)

    assert system.sweep().repairs == {"resent_waiting": 1}
    system.work()

    assert system.look(job).status is COMPLETED


def test_a_job_in_a_long_queue_is_sent_less_and_less_often(system: System) -> None:
    stored(system.table, a_job(at=system.clock()))

    sent = 0
    for _ in range(60):
        system.advance(minutes=1)
        sent += system.sweep().repairs["resent_waiting"]

    assert 4 <= sent <= 8


def test_a_job_whose_backoff_has_passed_without_a_message_is_sent(system: System) -> None:
    job = system.submit()
    system.work(fails())
    system.sqs.purge_queue(QueueUrl=system.url)
    system.advance(minutes=2)

    assert system.sweep().repairs == {"resent_delayed": 1}
    system.work()

    assert system.look(job).status is COMPLETED


def test_a_job_of_a_lost_worker_is_running_again_within_two_minutes(system: System) -> None:
    job = system.submit()
    with pytest.raises(Killed):
        system.work(raises(Killed()))
    system.advance(seconds=60)

    assert system.sweep().repairs == {"rescued": 1}
    system.work()

    assert system.look(job).status is COMPLETED
    assert system.look(job).attempts == 2


def test_a_lost_worker_at_the_last_attempt_ends_the_job(system: System) -> None:
    job = stored(system.table, a_job(ACTIVE, at=system.clock(), attempts=3))
    system.advance(minutes=1)

    assert system.sweep().repairs["given_up"] == 1

    assert system.look(job).status is FAILED
    system.work_all()
    assert system.queue.depth().dead_letter == 1


def test_a_worker_that_is_alive_keeps_its_job(system: System) -> None:
    job = system.submit()
    repairs = []

    system.work(after(lambda _: repairs.append(system.sweep().repairs)))

    assert not repairs[0]
    assert system.look(job).attempts == 1


def test_two_sweeps_at_once_rescue_a_job_once(system: System) -> None:
    job = stored(system.table, a_job(ACTIVE, at=system.clock()))
    system.advance(minutes=1)
    system.faults.before("TransactWriteItems", system.sweep)

    second = system.sweep()

    assert not second.repairs
    assert system.history(job) == ["rescue"]
    assert system.queue.depth().visible == 1


def test_two_sweeps_at_once_may_send_a_waiting_job_twice_and_it_runs_once(
    system: System,
) -> None:
    job = stored(system.table, a_job(at=system.clock()))
    system.advance(minutes=1)
    system.faults.before("UpdateItem", system.sweep)

    system.sweep()
    system.work_all()

    assert system.history(job) == ["claim", "complete"]


def test_a_sweep_that_cannot_send_leaves_the_job_to_the_next(system: System) -> None:
    job = stored(system.table, a_job(at=system.clock()))
    system.advance(minutes=1)
    system.faults.refuse("SendMessage")
    assert system.sweep().refusals == 1
    system.faults.heal()

    system.advance(minutes=1)

    assert system.sweep().repairs == {"resent_waiting": 1}
    system.work()
    assert system.look(job).status is COMPLETED


def test_a_rescue_whose_message_is_lost_is_made_good_by_the_next_sweep(system: System) -> None:
    job = stored(system.table, a_job(ACTIVE, at=system.clock()))
    system.advance(minutes=1)
    system.faults.refuse("SendMessage")
    system.sweep()
    system.faults.heal()
    system.advance(minutes=1)

    system.sweep()
    system.work()

    assert system.look(job).status is COMPLETED


def test_a_sweep_stops_when_its_time_is_up_and_the_next_goes_on(system: System) -> None:
    for _ in range(3):
        stored(system.table, a_job(at=system.clock()))
    system.advance(minutes=1)

    first = system.sweep(remaining=timedelta)

    assert not first.is_complete
    assert not first.repairs
    assert system.sweep().repairs == {"resent_waiting": 3}


def test_a_sweep_gives_up_on_a_service_that_does_not_answer(system: System) -> None:
    for _ in range(20):
        stored(system.table, a_job(at=system.clock()))
    system.advance(minutes=1)
    system.faults.refuse("SendMessage")

    done = system.sweep()

    assert done.refusals == 5
    assert not done.is_complete


def test_a_sweep_without_a_table_ends_in_order(system: System) -> None:
    system.faults.refuse("Query")

    assert system.sweep().refusals > 0


def test_the_checkpoint_goes_when_the_job_has_finished(system: System) -> None:
    job = system.submit()
    system.work(runs_out_of_time)
    assert system.objects() == [f"checkpoints/{job.owner}/{job.id}"]
    system.work()

    assert system.sweep().repairs == {"cleaned": 1}

    assert len(system.objects()) == 2
    assert all(name.startswith("results/") for name in system.objects())
    assert system.look(job).deadline_at is None


def test_the_checkpoint_of_a_failed_job_stays_for_a_retry(system: System) -> None:
    job = system.submit()
    for _ in range(3):
        system.work(fails())
        system.advance(minutes=1)
    system.sweep()
    waiting = transitions.retry(system.table, job.key, now=system.clock())
    system.queue.enqueue(job.key, version=waiting.version)

    system.work_all()

    result = system.look(job).result
    assert result
    assert result.pages == 4


def test_what_a_lost_worker_has_uploaded_goes_once_it_cannot_write_any_more(
    system: System,
) -> None:
    job = system.submit()
    system.rhythm = ASLEEP
    refuse = system.faults.refuse
    system.faults.before("PutObject", lambda: refuse("TransactWriteItems"))
    system.work()
    system.faults.heal()
    system.advance(minutes=1)
    system.sweep()
    system.work_all()
    assert len(system.objects()) == 4

    system.sweep()
    assert len(system.objects()) == 4
    system.advance(minutes=16)
    system.sweep()

    result = system.look(job).result
    assert result
    assert len(system.objects()) == 2
    assert all(name.startswith(result.prefix) for name in system.objects())


def test_what_a_killed_worker_left_of_a_cancelled_job_goes(system: System) -> None:
    job = system.submit()

    def cancel(_: object) -> None:
        transitions.cancel(system.table, job.key, retention=RETENTION, now=system.clock())

    system.work(runs_out_of_time)
    with pytest.raises(Killed):
        system.work(after(cancel, then=raises(Killed())))
    assert system.look(job).status is CANCELLED
    assert len(system.objects()) == 1

    system.advance(minutes=16)
    assert system.sweep().repairs == {"cleaned": 1}

    assert system.objects() == []


def test_files_of_a_new_attempt_are_not_taken_for_leftovers(system: System) -> None:
    job = a_job(FAILED, at=system.clock(), attempts=3, deadline_at=system.clock())
    stored(system.table, job)
    key = f"results/{job.owner}/{job.id}/new/documentation.md"

    def retry() -> None:
        transitions.retry(system.table, job.key, now=system.clock())
        system.s3.put_object(Bucket=BUCKET, Key=key, Body=b"new")

    system.advance(seconds=1)
    system.faults.before("ListObjectsV2", retry)
    system.sweep()

    assert system.objects() == [key]


def test_checkpoints_that_no_job_needs_go_within_the_hour(system: System) -> None:
    needed = [
        stored(system.table, a_job(status, at=system.clock(), lease=a_lease(system.clock())))
        for status in (ACTIVE, FAILED)
    ]
    needed.append(stored(system.table, a_job(DELAYED, at=system.clock())))
    needless = [
        stored(system.table, a_job(COMPLETED, at=system.clock())),
        a_job(WAITING, at=system.clock()),
    ]
    for job in (*needed, *needless):
        key = f"checkpoints/{job.owner}/{job.id}"
        system.s3.put_object(Bucket=BUCKET, Key=key, Body=b"pages")
    on_the_hour(system)

    assert system.sweep().repairs["checkpoint_removed"] == 2

    assert sorted(system.objects()) == sorted(f"checkpoints/{j.owner}/{j.id}" for j in needed)


# What cannot be read


def test_a_job_that_cannot_be_read_keeps_no_other_from_being_put_right(
    system: System, caplog: pytest.LogCaptureFixture
) -> None:
    broken = stored(system.table, a_job(ACTIVE, at=system.clock()))
    whole = stored(system.table, a_job(ACTIVE, at=system.clock() + timedelta(seconds=1)))
    system.spoil(job_key(broken.key))
    system.advance(minutes=1)

    done = system.sweep()

    assert done.repairs == {"rescued": 1}
    assert (done.overdue, done.refusals, done.is_complete) == (2, 0, True)
    assert system.history(whole) == ["rescue"]
    [told] = [line for line in caplog.records if line.message == "An item cannot be read"]
    assert told.item == f"JOB#{broken.id}"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("kind", "attribute"), [("DELIVERY#", "job"), ("DELIVERY#", "tries"), ("WEBHOOK_SECRET", "old")]
)
def test_a_webhook_that_cannot_be_read_keeps_no_other_from_being_sent(
    system: System, kind: str, attribute: str
) -> None:
    received: list[str] = []

    class Receiver:
        def request(self, method: str, url: str, **_: Any) -> Answer:
            received.append(url)
            return Answer(status=200, headers={}, body=b"")

    for owner in (OWNER, OTHER):
        webhooks.get_secret(system.table, owner, now=system.clock())
        system.submit(owner=owner, webhook_url=f"https://{owner}.example.com/")
    system.work_all()
    for item in everything(system.table):
        if item["pk"].endswith(OWNER) and item["sk"].startswith(kind):
            system.spoil({"pk": item["pk"], "sk": item["sk"]}, attribute)

    done = system.sweep(outbound=Receiver())

    assert received == [f"https://{OTHER}.example.com/"]
    assert (done.overdue, done.is_complete) == (1, True)


def test_the_checkpoint_of_a_job_that_cannot_be_read_is_kept(system: System) -> None:
    job = stored(system.table, a_job(at=system.clock()))
    system.spoil(job_key(job.key))
    checkpoint = f"checkpoints/{job.owner}/{job.id}"
    system.s3.put_object(Bucket=BUCKET, Key=checkpoint, Body=b"")
    on_the_hour(system)

    system.sweep()

    assert system.objects() == [checkpoint]


def test_the_promise_of_two_minutes_leaves_room_for_two_sweeps() -> None:
    assert transitions.LEASE + timedelta(minutes=1) < timedelta(minutes=2)
    assert GRACE + timedelta(minutes=1) < timedelta(minutes=2)
