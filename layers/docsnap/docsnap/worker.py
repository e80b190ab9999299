"""What becomes of a message: is there an attempt to make, and does SQS get the message back?

A receipt of a message and an attempt at its job are two things, and SQS hands a message out only
as often as a job has attempts. So a receipt that costs no attempt is given back by a fresh
message, and a message whose receipts are used up while its job has attempts left is replaced by
one: none reaches the dead-letter queue before its job has failed for good. Where even that cannot
be done, the sweeper sends a message for every job that misses one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from math import ceil
from typing import Any, Final

from docsnap import queries, telemetry, transitions, webhooks
from docsnap.attempt import Attempt, Policy, Tools
from docsnap.errors import NotClaimable, NotDue, OwnerBusy, Unavailable
from docsnap.jobs import DELAYED, FAILED, WAITING, Job
from docsnap.outbound import Outbound
from docsnap.queue import MalformedMessage, Message, Queue
from docsnap.settings import WorkerSettings
from docsnap.table import Table
from docsnap.telemetry import Metric, logger

BUSY_DELAY: Final = timedelta(seconds=3)
"""How long a job steps back for those of other owners, up to twice this: no longer than it takes to
pass them, or its owner's own workers would stand idle."""

UNAVAILABLE_DELAY: Final = timedelta(seconds=30)
"""How long a job waits for a table that does not answer."""

CROWD_MEMORY: Final = timedelta(seconds=2)

WEBHOOK_TIME: Final = timedelta(seconds=15)
"""What an invocation must have left to try a webhook itself."""


class Outcome(StrEnum):
    """What SQS shall do with the message."""

    ACKNOWLEDGED = "acknowledged"
    """Delete it: it has done its work, or another message will."""
    RETURNED = "returned"
    """Report it as failed: it comes back, or goes to the dead-letter queue."""


class Crowd:
    """Remembers for a moment in whose way an owner's jobs are.

    Behind hundreds of messages of one owner those of the others are reached the sooner, the less
    it takes to step back.
    """

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}

    def is_behind(self, table: Table, owner: str, now: datetime) -> bool:
        """Tell whether somebody else waits for a worker, or did a moment ago."""
        if now < self._until.get(owner, now):
            return True
        if not queries.others_wait(table, owner, now):
            return False
        self._until[owner] = now + CROWD_MEMORY
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """How messages are taken, and given back."""

    queue: Queue
    worker_id: str
    """Goes into the history of the jobs."""
    max_receives: int = 3
    """How often SQS hands a message out before it moves it to the dead letters."""
    max_active_per_owner: int = 3
    """Workers for one owner while others wait."""
    crowd: Crowd = field(default_factory=Crowd)
    outbound: Outbound | None = None
    """By which a finished job's owner is told at once; without, the sweeper tells."""


def fair_share(workers: int) -> int:
    """Choose how many workers one owner may have while others wait.

    More than half, so that two owners cannot hold each other back; but one worker at least is
    left to the others.
    """
    return max(1, min(workers - 1, ceil(0.6 * workers)))


def policy_of(settings: WorkerSettings) -> Policy:
    """Take the rules of an attempt from the settings."""
    return Policy(
        backoff_base=settings.backoff_base,
        completed_retention=settings.completed_retention,
        failed_retention=settings.failed_retention,
    )


def receive(record: Mapping[str, Any], intake: Intake, tools: Tools) -> Outcome:
    """Process one record of the event that Lambda hands over; see `run_attempt`."""
    try:
        message = Message.from_record(record)
    except MalformedMessage:
        logger.exception("The message names no job", message_id=record["messageId"])
        telemetry.count(Metric.MESSAGES_MALFORMED)
        return _bury(record["receiptHandle"], intake.queue)
    telemetry.adopt(
        message.correlation_id or message.key.id, job_id=message.key.id, owner=message.key.owner
    )
    return run_attempt(message, intake, tools)


def run_attempt(message: Message, intake: Intake, tools: Tools) -> Outcome:
    """Claim the job of a message, make the attempt, and see to it that the next one follows."""
    try:
        job = _claim(message, intake, tools)
    except NotClaimable as refusal:
        if _is_asked_again(message, refusal.job):
            redriven = replace(message, redriven_at=message.sent_at, is_burial=False)
            return run_attempt(redriven, intake, tools)
        return _refused(message, refusal.job, intake.queue)
    except NotDue as refusal:
        return _hand_back(message, refusal.due_at - tools.clock(), "early", intake.queue)
    except OwnerBusy as refusal:
        if refusal.job and _is_replaced(message, refusal.job):
            return _redundant(refusal.job)
        wait = BUSY_DELAY * (1 + tools.random.random())
        return _hand_back(message, wait, "busy", intake.queue)
    except Unavailable:
        logger.warning("The job could not be claimed", exc_info=True)
        return _hand_back(message, UNAVAILABLE_DELAY, "unavailable", intake.queue)
    left = Attempt(job, tools).run()
    outcome = _follow_up(message, left, intake, tools)
    if left and left.is_finished and intake.outbound and tools.remaining() > WEBHOOK_TIME:
        webhooks.deliver_now(tools.table, left, outbound=intake.outbound, clock=tools.clock)
    return outcome


def _claim(message: Message, intake: Intake, tools: Tools) -> Job:
    claim = partial(
        transitions.claim,
        tools.table,
        message.key,
        worker_id=intake.worker_id,
        ends_at=tools.clock() + tools.remaining(),
        redriven_at=message.redriven_at,
    )
    try:
        return claim(now=tools.clock(), max_active_per_owner=intake.max_active_per_owner)
    except OwnerBusy:
        if intake.crowd.is_behind(tools.table, message.key.owner, tools.clock()):
            raise
        return claim(now=tools.clock())  # nobody is kept waiting by it


def _is_asked_again(message: Message, job: Job | None) -> bool:
    """Whether a copy of the message was sent after the job had failed: a redrive, by any means.

    SQS marks what it has moved itself with where that came from, though it nowhere says so; what
    an operator or a script has moved bears no mark, and perhaps none of its attributes either.
    """
    if message.redriven_at or job is None or job.status is not FAILED or job.finished_at is None:
        return False
    if message.version == job.version and not message.is_burial:
        return True  # for a job that has failed we send burials alone
    is_older = message.stamped_at is not None and message.stamped_at <= job.finished_at
    is_copy = message.copied_at is not None and message.copied_at > job.finished_at
    return is_copy and (is_older or message.is_burial)


def _refused(message: Message, job: Job | None, queue: Queue) -> Outcome:
    if message.is_burial and job and job.status is FAILED:
        return _bury(message.receipt_handle, queue)
    return _redundant(job)


def _redundant(job: Job | None) -> Outcome:
    logger.info("Nothing to do", status=job.status if job else None)
    telemetry.count(Metric.MESSAGES_REDUNDANT)
    return Outcome.ACKNOWLEDGED


def _is_replaced(message: Message, job: Job) -> bool:
    """Whether a newer message was sent for the job: one of them is enough to step back with.

    Every write to a waiting job comes with a message.
    """
    return job.status is WAITING and message.version < job.version


def _follow_up(message: Message, job: Job | None, intake: Intake, tools: Tools) -> Outcome:
    """Make sure that a message is there for what comes next."""
    has_receipts_left = message.receive_count < intake.max_receives
    if job is None:
        return Outcome.ACKNOWLEDGED
    if job.status is DELAYED:
        wait = (job.next_attempt_at or tools.clock()) - tools.clock()
        if has_receipts_left:
            return _return(message.receipt_handle, wait, intake.queue)
        return _replace(message, job, intake, wait=wait)
    if job.status is WAITING:
        return _replace(message, job, intake)
    if job.status is FAILED and job.error and job.error.retryable:
        # With its receipts used up SQS moves the message at its next receipt. Otherwise it has
        # to go round until they are, and must not be taken for one that asks for an attempt.
        if has_receipts_left:
            return _replace(message, job, intake, burial=True)
        return _bury(message.receipt_handle, intake.queue)
    return Outcome.ACKNOWLEDGED


def _replace(
    message: Message,
    job: Job,
    intake: Intake,
    *,
    wait: timedelta = timedelta(),
    burial: bool = False,
) -> Outcome:
    """Send a fresh message for the job, which has all its receipts before it."""
    try:
        intake.queue.enqueue(job.key, version=job.version, delay=wait, burial=burial)
    except Unavailable:
        logger.warning("The job could not be sent again", exc_info=True)
        if message.receive_count < intake.max_receives:
            return _return(message.receipt_handle, wait, intake.queue)
    return Outcome.ACKNOWLEDGED


def _hand_back(message: Message, wait: timedelta, reason: str, queue: Queue) -> Outcome:
    """Replace the message by its like: this receipt shall not count against the job."""
    telemetry.count(Metric.MESSAGES_HANDED_BACK, reason=reason)
    redriven_at = message.redriven_at or message.copied_at
    try:
        queue.enqueue(
            message.key,
            version=message.version,
            delay=wait,
            redriven_at=redriven_at,
            burial=message.is_burial and redriven_at is None,
        )
    except Unavailable:
        return _return(message.receipt_handle, wait, queue)
    return Outcome.ACKNOWLEDGED


def _bury(receipt_handle: str, queue: Queue) -> Outcome:
    """Let SQS have the message back at once, until it moves it to the dead letters."""
    telemetry.count(Metric.MESSAGES_BURIED)
    return _return(receipt_handle, timedelta(), queue)


def _return(receipt_handle: str, wait: timedelta, queue: Queue) -> Outcome:
    try:
        queue.postpone(receipt_handle, wait)
    except Unavailable:
        # It comes back all the same, once its visibility timeout has passed; should the job need
        # a message earlier, the sweeper sends one.
        logger.warning("The message could not be postponed", exc_info=True)
    return Outcome.RETURNED
