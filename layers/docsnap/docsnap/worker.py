"""What becomes of a message: is there an attempt to make, and does SQS get the message back?

A receipt of a message and an attempt at its job are two things, and SQS hands a message out only
as often as a job has attempts. So a receipt that costs no attempt is given back by a fresh
message, and a message whose receipts are used up while its job has attempts left is replaced by
one: none reaches the dead-letter queue before its job has failed for good. Where even that cannot
be done, the sweeper sends a message for every job that misses one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from functools import partial
from itertools import islice
from math import ceil
from typing import Any, Final

from docsnap import queries, telemetry, transitions, webhooks
from docsnap.attempt import Attempt, Policy, Tools
from docsnap.errors import LeaseError, NotClaimable, NotDue, OwnerBusy, Unavailable, Unreadable
from docsnap.jobs import DELAYED, FAILED, WAITING, Job
from docsnap.outbound import Outbound
from docsnap.queue import MalformedMessage, Message, Queue
from docsnap.settings import WorkerSettings
from docsnap.telemetry import Metric, logger

UNAVAILABLE_DELAY: Final = timedelta(seconds=30)
"""How long a job waits for a table that does not answer."""

OTHERS_TRIED: Final = 5
"""Waiting jobs of other owners that are tried to be claimed before one goes on with one's own."""

OTHERS_SEEN: Final = 2000
"""Waiting jobs looked through for them: those of another who is as busy are passed over."""

WEBHOOK_TIME: Final = timedelta(seconds=15)
"""What an invocation must have left to try a webhook itself."""


class Outcome(StrEnum):
    """What SQS shall do with the message."""

    ACKNOWLEDGED = "acknowledged"
    """Delete it: it has done its work, or another message will."""
    RETURNED = "returned"
    """Report it as failed: it comes back, or goes to the dead-letter queue."""


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
        return _hand_back(message, refusal.due_at - tools.clock(), "early", intake)
    except Unavailable:
        logger.warning("The job could not be claimed", exc_info=True)
        return _hand_back(message, UNAVAILABLE_DELAY, "unavailable", intake)
    except Unreadable:
        logger.exception("The job cannot be read")
        return _bury(message.receipt_handle, intake.queue)
    if job.key != message.key:
        return _give_way(message, job, intake, tools)
    return _attempt(message, job, intake, tools)


def _attempt(message: Message | None, job: Job, intake: Intake, tools: Tools) -> Outcome:
    left = Attempt(job, tools).run()
    outcome = _follow_up(message, left, intake, tools)
    if left and left.is_finished and intake.outbound and tools.remaining() > WEBHOOK_TIME:
        webhooks.deliver_now(tools.table, left, outbound=intake.outbound, clock=tools.clock)
    return outcome


def _give_way(message: Message, job: Job, intake: Intake, tools: Tools) -> Outcome:
    """Put the message back behind the others, and work on the job of somebody else instead.

    That job's own message, somewhere behind hundreds of these perhaps, will find it taken.
    """
    outcome = _hand_back(message, timedelta(), "busy", intake)
    telemetry.adopt(job.correlation_id or job.id, job_id=job.id, owner=job.owner)
    _attempt(None, job, intake, tools)
    return outcome


def _claim(message: Message, intake: Intake, tools: Tools) -> Job:
    """Claim the job of the message; or one that waits, if its owner has workers enough."""
    claim = partial(
        transitions.claim,
        tools.table,
        worker_id=intake.worker_id,
        ends_at=tools.clock() + tools.remaining(),
    )
    most = intake.max_active_per_owner
    own, redriven_at = message.key, message.redriven_at
    try:
        return claim(own, redriven_at=redriven_at, now=tools.clock(), max_active_per_owner=most)
    except OwnerBusy:
        busy: set[str] = set()
        others = queries.waiting_of_others(tools.table, own.owner, tools.clock())
        ready = (key for key in islice(others, OTHERS_SEEN) if key.owner not in busy)
        for key in islice(ready, OTHERS_TRIED):
            try:
                return claim(key, now=tools.clock(), max_active_per_owner=most)
            except OwnerBusy:
                busy.add(key.owner)
            except (LeaseError, Unreadable):
                continue
    return claim(own, redriven_at=redriven_at, now=tools.clock())  # nobody is kept waiting by it


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
    logger.info("Nothing to do", status=job.status if job else None)
    telemetry.count(Metric.MESSAGES_REDUNDANT)
    return Outcome.ACKNOWLEDGED


def _follow_up(message: Message | None, job: Job | None, intake: Intake, tools: Tools) -> Outcome:
    """Make sure that a message is there for what comes next; perhaps the one that was received."""
    has_receipts_left = message is not None and message.receive_count < intake.max_receives
    if job is None:
        return Outcome.ACKNOWLEDGED
    if job.status is DELAYED:
        wait = (job.next_attempt_at or tools.clock()) - tools.clock()
        if message and has_receipts_left:
            return _return(message.receipt_handle, wait, intake.queue)
        return _replace(message, job, intake, wait=wait)
    if job.status is WAITING:
        return _replace(message, job, intake)
    if job.status is FAILED and job.error and job.error.retryable:
        # With its receipts used up SQS moves the message at its next receipt. Otherwise it has
        # to go round until they are, and must not be taken for one that asks for an attempt.
        if message is None or has_receipts_left:
            return _replace(message, job, intake, burial=True)
        return _bury(message.receipt_handle, intake.queue)
    return Outcome.ACKNOWLEDGED


def _replace(
    message: Message | None,
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
        if message and message.receive_count < intake.max_receives:
            return _return(message.receipt_handle, wait, intake.queue)
    return Outcome.ACKNOWLEDGED


def _hand_back(message: Message, wait: timedelta, reason: str, intake: Intake) -> Outcome:
    """Replace the message by its like: this receipt shall not count against the job."""
    telemetry.count(Metric.MESSAGES_HANDED_BACK, reason=reason)
    redriven_at = message.redriven_at or message.copied_at
    try:
        intake.queue.enqueue(
            message.key,
            version=message.version,
            delay=wait,
            redriven_at=redriven_at,
            burial=message.is_burial and redriven_at is None,
        )
    except Unavailable:
        is_spent = message.receive_count >= intake.max_receives
        if is_spent and not redriven_at and not message.is_burial:
            # No dead letter without an attempt: the sweeper sends one for a job that misses it.
            return Outcome.ACKNOWLEDGED
        return _return(message.receipt_handle, wait, intake.queue)
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
