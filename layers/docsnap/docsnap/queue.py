"""What travels through SQS, and how is it sent, postponed and counted?

A message names a job and holds nothing of it: the table is the truth, a message only says "look".
Any number of messages for the same job are therefore harmless, and one that is lost is replaced.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from threading import Event
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError

from docsnap import telemetry
from docsnap.errors import DocSnapError, Unavailable
from docsnap.jobs import JobKey

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef

MAX_DELAY: Final = timedelta(seconds=900)
"""The longest DelaySeconds that SQS takes."""

MAX_VISIBILITY: Final = timedelta(seconds=43_200)
"""The longest visibility timeout, counted from when the message was received."""

CORRELATION_ID: Final = "correlationId"
"""Attribute of a message: connects log lines from the request to the last worker."""
REDRIVEN_AT: Final = "redrivenAt"
"""Attribute of a message by which an operator asks for a failed job again, as a redrive from the
dead-letter queue does; the moment in milliseconds, which survives when the message is replaced."""
BURIAL: Final = "burial"
"""Attribute of a message that is meant for the dead-letter queue: its job has failed for good."""


COPY_LAG: Final = timedelta(seconds=2)
"""A message that SQS got this much later than it says it was sent is a copy: a redrive sends anew,
as does whoever takes a dead letter and sends its body."""
BURIAL_COPY_LAG: Final = timedelta(seconds=30)
"""Of a burial, which is told from its copy by nothing else: longer than a try to send it may take,
or a slow queue would bring its job back."""


class MalformedMessage(DocSnapError):
    """The message does not name a job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One receipt of a message."""

    id: str
    """Changes on every redrive: the identity of the work is the job's."""
    receipt_handle: str
    key: JobKey
    version: int
    """Of the job when the message was sent."""
    receive_count: int
    """How often SQS has handed it out, this time included."""
    sent_at: datetime
    """When SQS got it."""
    stamped_at: datetime | None
    """When we sent it, as its body says: a copy says so too."""
    redriven_at: datetime | None
    """When it came out of the dead-letter queue: it may claim a job that had failed by then."""
    is_burial: bool
    """It is on its way into the dead-letter queue."""
    correlation_id: str | None

    @property
    def copied_at(self) -> datetime | None:
        """Tell when somebody else sent it again, by the look of it; None if it is our own."""
        lag = BURIAL_COPY_LAG if self.is_burial else COPY_LAG
        is_copy = self.stamped_at is not None and self.sent_at - self.stamped_at > lag
        return self.sent_at if is_copy else None

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Message":
        """Read a record of the event that Lambda hands to the worker.

        Raises:
            MalformedMessage: It names no job. No repetition mends that: leave it to the
                dead-letter queue, where a person sees it.
        """
        try:
            body = json.loads(record["body"])
            attributes = record["attributes"]
            own = record.get("messageAttributes") or {}
            sent_at = _moment(attributes["SentTimestamp"])
            redriven_at = _moment(own[REDRIVEN_AT]["stringValue"]) if REDRIVEN_AT in own else None
            if redriven_at is None and "DeadLetterQueueSourceArn" in attributes:
                redriven_at = sent_at  # a redrive sends anew
            return cls(
                id=record["messageId"],
                receipt_handle=record["receiptHandle"],
                key=JobKey(_name(body["owner"]), _name(body["id"])),
                version=int(body["version"]),
                receive_count=int(attributes["ApproximateReceiveCount"]),
                sent_at=sent_at,
                stamped_at=_moment(body["sentAt"]) if "sentAt" in body else None,
                redriven_at=redriven_at,
                is_burial=BURIAL in own and redriven_at is None,
                correlation_id=own.get(CORRELATION_ID, {}).get("stringValue"),
            )
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as exc:
            raise MalformedMessage from exc


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDepth:
    """How many messages there are, about."""

    visible: int
    in_flight: int
    """With a worker, or postponed by one."""
    delayed: int
    dead_letter: int


class Queue:
    """The queue of jobs, and its dead-letter queue.

    `tries` are made of a call, by a client that makes but one: a client that repeats a send
    repeats what it says of its time, and is taken for somebody else's copy.
    """

    def __init__(
        self,
        client: "SQSClient",
        url: str,
        dead_letter_url: str | None = None,
        *,
        tries: int = 1,
        clock: Callable[[], datetime] | None = None,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self._client = client
        self._url = url
        self._dead_letter_url = dead_letter_url
        self._tries = tries
        self._clock = clock or (lambda: datetime.now(UTC))
        self._pause = pause or Event().wait
        self._random = Random()  # noqa: S311 - spreads retries, keeps no secret

    def enqueue(
        self,
        key: JobKey,
        *,
        version: int,
        delay: timedelta = timedelta(),
        redriven_at: datetime | None = None,
        burial: bool = False,
    ) -> None:
        """Send a message for the job; workers see it after the delay (at most 15 minutes).

        The correlation id of the present invocation goes along.

        Raises:
            Unavailable: SQS did not confirm. The message may be on its way all the same.
        """
        self._call(
            lambda: self._client.send_message(
                QueueUrl=self._url,
                MessageBody=_body(key, version, self._clock()),
                # Turns on fair queues: the backlog of one owner does not hold up the others.
                MessageGroupId=key.owner,
                DelaySeconds=_seconds(delay, MAX_DELAY),
                MessageAttributes=_attributes(redriven_at, burial=burial),
            )
        )

    def postpone(self, receipt_handle: str, delay: timedelta) -> None:
        """Let the message, when its receipt is reported as failed, come back after the delay.

        Lambda's poller leaves a visibility timeout alone that the handler has set.

        Raises:
            Unavailable: SQS did not confirm, or the receipt has run out; the message comes back
                when it does.
        """
        self._call(
            lambda: self._client.change_message_visibility(
                QueueUrl=self._url,
                ReceiptHandle=receipt_handle,
                VisibilityTimeout=_seconds(delay, MAX_VISIBILITY),
            )
        )

    def delete(self, receipt_handle: str) -> None:
        """Delete the message, as Lambda's poller does after an invocation that succeeds.

        Raises:
            Unavailable: SQS did not confirm; the message may come back.
        """
        self._call(
            lambda: self._client.delete_message(QueueUrl=self._url, ReceiptHandle=receipt_handle)
        )

    def depth(self) -> QueueDepth:
        """Count the messages. SQS is up to a minute behind.

        Raises:
            Unavailable: SQS did not answer.
        """
        visible, in_flight, delayed = self._count(self._url)
        dead = sum(self._count(self._dead_letter_url)) if self._dead_letter_url else 0
        return QueueDepth(visible=visible, in_flight=in_flight, delayed=delayed, dead_letter=dead)

    def _count(self, url: str) -> tuple[int, int, int]:
        names: tuple[QueueAttributeNameType, ...] = (
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        )
        answer = self._call(
            lambda: self._client.get_queue_attributes(QueueUrl=url, AttributeNames=names)
        )
        visible, in_flight, delayed = (int(answer["Attributes"].get(name, "0")) for name in names)
        return visible, in_flight, delayed

    def _call[T](self, call: Callable[[], T]) -> T:
        """Make the call, and make it anew if it is not answered: what it says is of its try."""
        tried = 0
        while True:
            tried += 1
            try:
                return call()
            except (BotoCoreError, ClientError) as exc:
                if tried >= self._tries or not _may_pass(exc):
                    raise Unavailable from exc
            self._pause(self._random.uniform(0, 0.1 * 2**tried))


def _body(key: JobKey, version: int, now: datetime) -> str:
    return json.dumps(
        {"owner": key.owner, "id": key.id, "version": version, "sentAt": _milliseconds(now)}
    )


def _attributes(
    redriven_at: datetime | None, *, burial: bool
) -> dict[str, "MessageAttributeValueTypeDef"]:
    texts = {
        CORRELATION_ID: telemetry.correlation_id(),
        REDRIVEN_AT: str(_milliseconds(redriven_at)) if redriven_at else None,
        BURIAL: "true" if burial else None,
    }
    return {
        name: {"DataType": "String", "StringValue": text} for name, text in texts.items() if text
    }


def _seconds(span: timedelta, longest: timedelta) -> int:
    # Rounded up: what comes back early would have to be sent off again.
    return math.ceil(min(max(span, timedelta()), longest).total_seconds())


def _name(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError
    return value


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _moment(milliseconds: str | int) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)


def _may_pass(error: BotoCoreError | ClientError) -> bool:
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= 500 or "Throttl" in error.response["Error"]["Code"]
    return isinstance(error, BotoConnectionError | HTTPClientError)
