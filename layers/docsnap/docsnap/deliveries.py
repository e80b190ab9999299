"""How is a webhook that is owed taken for one try, and what becomes of it?

What is owed is written with the change of the job that it tells of: see `transitions`. Of several
senders one gets a try; whoever dies with it loses it to the next.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from docsnap.items import delivery_key, encode_event, iso
from docsnap.jobs import Delivery, JobEvent, JobFailure, new_token
from docsnap.table import ConditionFailed, Table, Write

FIRST_EVENT = 10
"""Of a job's version: behind the events of the change itself."""


def begin(table: Table, delivery: Delivery, *, retry_at: datetime) -> Delivery | None:
    """Take a due webhook for one try; None if somebody else has it, or it is done.

    It is due again at `retry_at` unless `end` or `postpone` says otherwise.
    """
    begun = replace(delivery, tries=delivery.tries + 1, due_at=retry_at)
    token = new_token()
    write = Write(
        operation="Update",
        target=delivery_key(delivery.job.key, delivery.job.version),
        set={"tries": begun.tries, "deadlineAt": iso(retry_at), "writeId": token},
        condition="tries = :tries",
        values={":tries": delivery.tries},
    )
    try:
        table.write([write], token=token)
    except ConditionFailed as error:
        return begun if error.is_own(token) else None
    return begun


def end(
    table: Table,
    delivery: Delivery,
    *,
    delivered: bool,
    give_up: bool,
    duration_ms: int,
    error: JobFailure | None,
    now: datetime,
) -> None:
    """Note in the job's history how a try ended; the last one, if delivered or given up."""
    key, version = delivery.job.key, delivery.job.version
    event = JobEvent(
        at=now,
        verb="webhook_delivered" if delivered else "webhook_failed",
        attempt=delivery.tries,
        duration_ms=duration_ms,
        error=error,
    )
    item = encode_event(key, event, version=version, n=FIRST_EVENT + delivery.tries)
    writes = [Write(operation="Put", target=item)]
    if delivered or give_up:
        writes.append(Write(operation="Delete", target=delivery_key(key, version)))
    table.write(writes, token=new_token())


def postpone(table: Table, delivery: Delivery, *, until: datetime) -> None:
    """Have the next try wait for longer than was said when this one began."""
    write = Write(
        operation="Update",
        target=delivery_key(delivery.job.key, delivery.job.version),
        set={"deadlineAt": iso(until)},
        condition="tries = :tries",
        values={":tries": delivery.tries},
    )
    with suppress(ConditionFailed):  # somebody else has begun the next try: theirs to decide
        table.write([write], token=new_token())
