import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from docsnap import telemetry
from docsnap.errors import Unavailable
from docsnap.queue import COPY_LAG, MalformedMessage, Message, Queue, QueueDepth

from tests.support.builders import a_key
from tests.support.system import System, a_system

BODY = json.dumps({"owner": "o", "id": "j", "version": 3})


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    with a_system(tmp_path) as made:
        yield made


def a_record(body: str = BODY, **attributes: str) -> dict[str, Any]:
    return {
        "messageId": "m",
        "receiptHandle": "r",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "2", "SentTimestamp": "1700000000123"}
        | attributes,
        "messageAttributes": {},
    }


def test_a_record_names_a_job() -> None:
    message = Message.from_record(a_record())

    assert message.key == ("o", "j")
    assert (message.version, message.receive_count) == (3, 2)
    assert message.sent_at == datetime(2023, 11, 14, 22, 13, 20, 123_000, tzinfo=UTC)
    assert message.redriven_at is None
    assert not message.is_burial


def test_a_record_from_the_dead_letters_was_redriven_when_it_was_sent() -> None:
    message = Message.from_record(a_record(DeadLetterQueueSourceArn="arn:aws:sqs:::dead"))

    assert message.redriven_at == message.sent_at


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "not JSON",
        "{}",
        '{"owner": "o", "id": "j"}',
        '{"owner": "", "id": "j", "version": 1}',
        '{"owner": "o", "id": 7, "version": 1}',
        '{"owner": "o", "id": "j", "version": "x"}',
        '{"owner": "o", "id": "j", "version": 1, "sentAt": "x"}',
        '{"owner": "o", "id": "j", "version": 1, "sentAt": 1e300}',
    ],
)
def test_a_record_that_names_no_job_says_so(body: str) -> None:
    with pytest.raises(MalformedMessage):
        Message.from_record(a_record(body))


def test_what_was_sent_is_what_arrives(system: System) -> None:
    key = a_key()
    redriven_at = datetime(2026, 1, 1, tzinfo=UTC)
    with telemetry.invocation(request_id="request-1"):
        system.queue.enqueue(key, version=7, redriven_at=redriven_at)

    message = Message.from_record(system.receive() or {})

    assert (message.key, message.version) == (key, 7)
    assert message.correlation_id == "request-1"
    assert message.redriven_at == redriven_at
    assert message.receive_count == 1


def test_a_burial_that_was_redriven_is_none_any_more(system: System) -> None:
    system.queue.enqueue(a_key(), version=1, burial=True)
    record = system.receive()
    assert record
    assert Message.from_record(record).is_burial

    record["attributes"]["DeadLetterQueueSourceArn"] = "arn:aws:sqs:::dead"

    assert not Message.from_record(record).is_burial


@pytest.mark.parametrize(("is_burial", "lag"), [(False, 2), (True, 30)])
def test_a_message_sent_again_later_is_known_for_a_copy(
    system: System, is_burial: bool, lag: int
) -> None:
    system.queue.enqueue(a_key(), version=1, burial=is_burial)
    record = system.receive()
    assert record
    own = Message.from_record(record)
    assert own.stamped_at is not None
    assert own.copied_at is None

    for seconds, is_copy in ((lag - 1, False), (lag + 1, True)):
        later = own.stamped_at + timedelta(seconds=seconds)
        record["attributes"]["SentTimestamp"] = str(int(later.timestamp() * 1000))
        assert (Message.from_record(record).copied_at is not None) is is_copy


def test_messages_are_grouped_by_owner_for_fair_queues(system: System) -> None:
    key = a_key()
    system.queue.enqueue(key, version=1)

    record = system.receive()

    assert record
    assert record["attributes"]["MessageGroupId"] == key.owner


def test_a_delay_is_rounded_up_and_bounded(system: System) -> None:
    system.queue.enqueue(a_key(), version=1, delay=timedelta(milliseconds=1))
    system.queue.enqueue(a_key(), version=1, delay=timedelta(days=1))
    system.queue.enqueue(a_key(), version=1, delay=timedelta(seconds=-1))

    assert system.queue.depth() == QueueDepth(visible=1, in_flight=0, delayed=2, dead_letter=0)
    system.advance(minutes=16)
    assert system.queue.depth().visible == 3


def test_a_postponed_message_comes_back_after_the_delay(system: System) -> None:
    system.queue.enqueue(a_key(), version=1)
    record = system.receive()
    assert record

    system.queue.postpone(record["receiptHandle"], timedelta(minutes=30))

    assert system.queue.depth().in_flight == 1
    system.advance(minutes=29)
    assert system.receive() is None
    system.advance(minutes=2)
    assert system.receive()


def test_a_message_that_sqs_does_not_confirm_is_unavailable(system: System) -> None:
    system.faults.lose_answer("SendMessage")

    with pytest.raises(Unavailable):
        system.queue.enqueue(a_key(), version=1)

    assert system.queue.depth().visible == 1


def persistent(system: System, *, slow: timedelta = timedelta()) -> Queue:
    """A queue that tries three times, in a world where each pause takes so long."""

    def pause(_: float) -> None:
        system.advance(seconds=slow.total_seconds())

    return Queue(
        system.sqs, system.url, system.dead_letter_url, tries=3, clock=system.clock, pause=pause
    )


def test_a_message_sent_once_more_after_a_while_is_no_copy(system: System) -> None:
    system.faults.lose_answer("SendMessage")

    persistent(system, slow=COPY_LAG * 2).enqueue(a_key(), version=1)

    first, second = (Message.from_record(system.receive() or {}) for _ in range(2))
    assert first.stamped_at
    assert second.stamped_at
    assert second.stamped_at - first.stamped_at >= COPY_LAG * 2
    assert (first.copied_at, second.copied_at) == (None, None)


def test_what_is_not_answered_is_tried_again_and_given_up_in_the_end(system: System) -> None:
    queue = persistent(system)
    system.faults.refuse("GetQueueAttributes", times=2)
    assert queue.depth().visible == 0

    system.faults.refuse("GetQueueAttributes", times=3)
    with pytest.raises(Unavailable):
        queue.depth()


def test_what_is_refused_is_not_tried_again(system: System) -> None:
    with pytest.raises(Unavailable):
        persistent(system).postpone("no such receipt", timedelta())

    assert system.faults.calls["ChangeMessageVisibility"] == 1


def test_a_receipt_that_has_run_out_cannot_be_postponed(system: System) -> None:
    with pytest.raises(Unavailable):
        system.queue.postpone("no such receipt", timedelta())


def test_depth_needs_an_answer(system: System) -> None:
    system.faults.refuse("GetQueueAttributes")

    with pytest.raises(Unavailable):
        system.queue.depth()
