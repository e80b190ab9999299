"""How is a user told that a job has finished, and what when nobody answers?

As Standard Webhooks say: signed with a secret that the user and we share, tried again over days,
given up when the receiver says that it is gone. What is owed stands in the table since the moment
the job finished (`Delivery`), so nothing depends on who finished it. At least once: a receiver
that got a webhook twice knows it by its `webhook-id`.
"""

import base64
import hmac
import json
import secrets
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any

from docsnap import deliveries, queries, telemetry
from docsnap.addresses import AddressRule
from docsnap.errors import Unavailable, Unreadable
from docsnap.items import Item, iso, readable
from docsnap.jobs import Delivery, Job, JobFailure
from docsnap.outbound import Answer, Budget, Outbound
from docsnap.table import ConditionFailed, Table, Write

type Clock = Callable[[], datetime]


RETRY_DELAYS = tuple(
    timedelta(seconds=seconds)
    for seconds in (30, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""After each try that failed; after one more it is given up. Three days in all."""

MAX_RETRY_AFTER = timedelta(days=1)
OVERLAP = timedelta(hours=24)  # an old secret signs along for so long after a rotation
MAX_OLD_SECRETS = 3
SECRET_BYTES = 32

WORKERS = 16  # owners served at the same time by a sweep
MAX_SWEPT = 2000  # deliveries looked at by a sweep
MAX_SWEPT_OF_OWNER = 100  # of one owner, or a backlog of theirs would fill the sweep
MAX_FAILURES = 3  # of one owner in a sweep: a dead receiver must not keep the others waiting

REFUSED = JobFailure(
    code="webhook_unreachable", message="The receiver cannot be reached.", retryable=True
)
"""One answer for no such name, no connection and an address that we do not go to."""


def outbound(allow_address: AddressRule) -> Outbound:
    """Make what webhooks are sent with: short of time, and deaf to the body of the answer."""
    budget = Budget(connect_seconds=5, total_seconds=10, max_body=0)
    return Outbound(allow_address=allow_address, budget=budget)


def get_secret(table: Table, owner: str, *, now: datetime) -> str:
    """Return the user's signing secret; the first call makes it."""
    item = table.get(_secret_key(owner))
    return str(item["secret"]) if item else _put_secret(table, owner, seen=None, now=now)


def rotate_secret(table: Table, owner: str, *, now: datetime) -> str:
    """Make a new signing secret. The old one signs along for 24 hours.

    Of two rotations at the same moment one is carried out, and both callers learn its secret.
    """
    return _put_secret(table, owner, seen=table.get(_secret_key(owner)), now=now)


def signing_secrets(table: Table, owner: str, *, now: datetime) -> list[str]:
    """Return the secrets that sign now, the present one first."""
    item = table.get(_secret_key(owner))
    if item is None:
        return [get_secret(table, owner, now=now)]

    @readable
    def secrets_of(item: Item) -> list[str]:
        return [item["secret"], *(old["secret"] for old in _still_signing(item, now))]

    return secrets_of(item)


def sign(secret: str, *, id: str, timestamp: int, body: bytes) -> str:
    """Sign one webhook with one secret (`whsec_…`)."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{id}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"


def headers(
    delivery: Delivery, body: bytes, keys: Iterable[str], *, now: datetime
) -> dict[str, str]:
    """Return the header fields of one try, with a signature for each key."""
    timestamp = int(now.timestamp())
    signatures = (sign(key, id=delivery.id, timestamp=timestamp, body=body) for key in keys)
    return {
        "Content-Type": "application/json",
        "User-Agent": "DocSnap-Webhooks/1",
        "webhook-id": delivery.id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def body_of(delivery: Delivery) -> bytes:
    """Return what is told: the event, and the job as the API shows it."""
    finished_at = delivery.job.finished_at or delivery.job.updated_at
    document = {
        "type": delivery.type,
        "timestamp": iso(finished_at),
        "data": describe(delivery.job),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def describe(job: Job) -> dict[str, Any]:
    """Show a job as the API does."""
    result = job.result and {
        "pages": job.result.pages,
        "failedPages": job.result.failed_pages,
        "words": job.result.words,
        "bytes": job.result.bytes,
        "formats": list(job.result.formats),
        "durationMs": job.result.duration_ms,
        "truncated": job.result.truncated,
    }
    error = job.error and {
        "code": job.error.code,
        "message": job.error.message,
        "retryable": job.error.retryable,
    }
    return {
        "id": job.id,
        "name": "generate-docs",
        "url": job.url,
        "status": job.status.value,
        "stage": job.stage,
        "progress": job.progress,
        "attempts": job.attempts,
        "maxAttempts": job.max_attempts,
        "createdAt": _text(job.created_at),
        "updatedAt": _text(job.updated_at),
        "startedAt": _text(job.started_at),
        "finishedAt": _text(job.finished_at),
        "nextAttemptAt": _text(job.next_attempt_at),
        "expiresAt": _text(job.expires_at),
        "options": {
            "maxPages": job.options.max_pages,
            "maxDepth": job.options.max_depth,
            "include": list(job.options.include),
            "exclude": list(job.options.exclude),
            "formats": list(job.options.formats),
            "title": job.options.title,
        },
        "error": error,
        "result": result,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one try ended."""

    is_delivered: bool = False
    is_final: bool = False
    """The receiver wants no more of it."""
    error: JobFailure | None = None
    retry_after: timedelta | None = None


def deliver_now(table: Table, job: Job, *, outbound: Outbound, clock: Clock) -> None:
    """Tell of a job that has just finished, if its owner wants to know.

    Whatever goes wrong, the sweeper goes on with it: this never raises.
    """
    if job.webhook_url is None:
        return
    try:
        delivery = queries.get_delivery(table, job)
        outcome = delivery and deliver(table, delivery, outbound=outbound, clock=clock)
    except (Unavailable, Unreadable):
        telemetry.logger.warning("webhook left to the sweeper", job_id=job.id, exc_info=True)
        return
    if outcome:
        _count(is_delivered=outcome.is_delivered)


def deliver_due(
    table: Table,
    *,
    outbound: Outbound,
    clock: Clock,
    until: datetime,
    unreadable: Callable[[Unreadable], object],
) -> int:
    """Try every webhook that is due, and return how many tries were begun.

    Several owners at a time and all in turn, the longest due first; each one's in order. None is
    begun after `until`. What cannot be read is passed over, and told.

    Raises:
        Unavailable: DynamoDB did not answer. What is due stays due.
    """
    due = queries.due_deliveries(
        table, clock(), most_per_owner=MAX_SWEPT_OF_OWNER, unreadable=unreadable
    )
    backlogs: dict[str, deque[Delivery]] = defaultdict(deque)
    for delivery in sorted(islice(due, MAX_SWEPT), key=lambda delivery: delivery.due_at):
        backlogs[delivery.job.owner].append(delivery)
    line, failures = deque(backlogs), Counter[str]()

    def serve() -> list[bool]:
        outcomes: list[bool] = []
        while clock() < until:
            try:
                owner = line.popleft()
            except IndexError:
                break  # whoever is left is being served, and stands in line again
            try:
                outcome = deliver(table, backlogs[owner].popleft(), outbound=outbound, clock=clock)
            except Unreadable as error:
                unreadable(error)
                continue
            if outcome:
                outcomes.append(outcome.is_delivered)
                failures[owner] += not outcome.is_delivered
            if backlogs[owner] and failures[owner] < MAX_FAILURES:
                line.append(owner)
        return outcomes

    with ThreadPoolExecutor(WORKERS) as pool:
        served = [pool.submit(serve) for _ in range(min(WORKERS, len(line)))]
    outcomes = [is_delivered for each in served for is_delivered in each.result()]
    for is_delivered in outcomes:
        _count(is_delivered=is_delivered)
    return len(outcomes)


def deliver(
    table: Table, delivery: Delivery, *, outbound: Outbound, clock: Clock
) -> Outcome | None:
    """Try one webhook and note in the job's history what came of it; None if it is not to be had.

    Raises:
        Unavailable: DynamoDB did not answer. It stays due, and may be delivered a second time.
    """
    now = clock()
    retry_at = now + _delay(delivery.tries)
    begun = deliveries.begin(table, delivery, retry_at=retry_at)
    if begun is None:
        return None
    keys = signing_secrets(table, begun.job.owner, now=now)
    outcome = send(begun, keys, outbound=outbound, now=now)
    ended = clock()
    asked_for = ended + (outcome.retry_after or timedelta())
    is_last = outcome.is_final or not _may_go_on(begun, max(retry_at, asked_for))
    deliveries.end(
        table,
        begun,
        delivered=outcome.is_delivered,
        give_up=is_last,
        duration_ms=int((ended - now).total_seconds() * 1000),
        error=outcome.error,
        now=ended,
    )
    if asked_for > retry_at and not is_last:
        deliveries.postpone(table, begun, until=asked_for)
    return outcome


def send(delivery: Delivery, keys: Iterable[str], *, outbound: Outbound, now: datetime) -> Outcome:
    """Sign a webhook, post it, and judge the answer. Never raises for what the receiver does."""
    body = body_of(delivery)
    url = str(delivery.job.webhook_url)
    try:
        answer = outbound.request(
            "POST", url, headers=headers(delivery, body, keys, now=now), body=body
        )
    except OSError:
        return Outcome(error=REFUSED)
    return judge(answer, now=now)


def judge(answer: Answer, *, now: datetime) -> Outcome:
    """Tell what the receiver's answer means. A redirect is a failure: it is not followed."""
    if 200 <= answer.status < 300:
        return Outcome(is_delivered=True)
    is_gone = answer.status == 410
    error = JobFailure(
        code="webhook_failed",
        message=f"The receiver answered with status {answer.status}.",
        retryable=not is_gone,
    )
    retry_after = _retry_after(answer.headers.get("retry-after", ""), now=now)
    return Outcome(is_final=is_gone, error=error, retry_after=retry_after)


def _count(*, is_delivered: bool) -> None:
    metrics = telemetry.Metric
    telemetry.count(metrics.WEBHOOKS_DELIVERED if is_delivered else metrics.WEBHOOKS_FAILED)


def _delay(tries: int) -> timedelta:
    """Return the time to the try after the next, spread so that many do not come at once."""
    delay = RETRY_DELAYS[min(tries, len(RETRY_DELAYS) - 1)]
    return delay * (1 + secrets.randbelow(100) / 1000)


def _may_go_on(delivery: Delivery, retry_at: datetime) -> bool:
    expires_at = delivery.job.expires_at
    has_time = expires_at is None or retry_at < expires_at
    return has_time and delivery.tries <= len(RETRY_DELAYS)


def _retry_after(value: str, *, now: datetime) -> timedelta | None:
    if value.isascii() and value.isdecimal():
        return min(timedelta(seconds=int(value[:9])), MAX_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # the latter for a year or a zone of many digits
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(moment - now, timedelta()), MAX_RETRY_AFTER)


def _secret_key(owner: str) -> dict[str, Any]:
    return {"pk": f"USER#{owner}", "sk": "WEBHOOK_SECRET"}


def _put_secret(table: Table, owner: str, *, seen: dict[str, Any] | None, now: datetime) -> str:
    """Write a new secret, provided the item is still as it was `seen`; return what it holds."""
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"
    item = {**_secret_key(owner), "secret": secret, "old": []}
    condition, values = "attribute_not_exists(pk)", {}
    if seen:
        newest = {"secret": seen["secret"], "until": iso(now + OVERLAP)}
        item["old"] = [newest, *_still_signing(seen, now)][:MAX_OLD_SECRETS]
        condition, values = "secret = :seen", {":seen": seen["secret"]}
    write = Write(operation="Put", target=item, condition=condition, values=values)
    try:
        table.write([write], token=secrets.token_hex(16))
    except ConditionFailed as error:
        winner = error.failures[0]
        if winner is None:
            raise Unavailable from error
        return str(winner["secret"])
    return secret


def _still_signing(item: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
    return [old for old in item["old"] if old["until"] > iso(now)]


def _text(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None
