import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from threading import Barrier, Thread
from typing import Any
from unittest.mock import patch

import pytest
from docsnap import queries, webhooks
from docsnap.addresses import is_public_address
from docsnap.items import encode_delivery, encode_event, encode_job
from docsnap.jobs import (
    Delivery,
    Job,
    JobEvent,
    JobFailure,
    JobKey,
    JobOptions,
    JobResult,
    JobStatus,
)
from docsnap.outbound import Answer, Budget, Outbound
from docsnap.table import Table, Write
from hypothesis import example, given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from tests.support.aws import a_table
from tests.support.clock import Clock
from tests.support.due import due_deliveries

OWNER = "6b3c0a2e-41d7-4c39-9c1d-0d5a3a6f7e21"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass
class Receiver:
    """Stands where Outbound does: takes what is posted and answers as told."""

    answers: list[int | Answer | OSError] = field(default_factory=list)
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def request(self, method: str, url: str, *, headers: Any, body: bytes | None = None) -> Answer:
        assert method == "POST"
        self.got.append((url, dict(headers), body or b""))
        answer = self.answers.pop(0) if self.answers else 204
        if isinstance(answer, OSError):
            raise answer
        return answer if isinstance(answer, Answer) else an_answer(answer)


def an_answer(status: int, **headers: str) -> Answer:
    return Answer(
        status=status, headers={k.replace("_", "-"): v for k, v in headers.items()}, body=b""
    )


def a_finished_job(
    status: JobStatus = JobStatus.COMPLETED, *, at: datetime = NOW, **changes: Any
) -> Job:
    job = Job(
        key=JobKey(OWNER, "019ab3c8-5f00-7cc3-98c4-dc0c0c07398f"),
        url="https://example.com/docs/",
        options=JobOptions(),
        status=status,
        created_at=at - timedelta(minutes=5),
        updated_at=at,
        finished_at=at,
        expires_at=at + timedelta(days=7),
        version=7,
        webhook_url="https://hooks.example.com/docsnap?x=1",
    )
    return replace(job, **changes)


def owe(table: Table, job: Job, *, due_at: datetime = NOW) -> Delivery:
    delivery = Delivery(job=job, due_at=due_at)
    event = JobEvent(at=job.updated_at, verb="complete", status=job.status)
    items = [
        encode_job(job),
        encode_delivery(delivery),
        encode_event(job.key, event, version=job.version, n=0),
    ]
    table.write([Write(operation="Put", target=item) for item in items], token=job.id[:30])
    return delivery


def deliver_at(table: Table, receiver: Any, now: datetime) -> list[webhooks.Outcome | None]:
    return [
        webhooks.deliver(table, delivery, outbound=receiver, clock=lambda: now)
        for delivery in due_deliveries(table, now)
    ]


def due_at(table: Table) -> datetime | None:
    delivery = queries.get_delivery(table, a_finished_job())
    return delivery.due_at if delivery else None


@pytest.fixture
def table() -> Iterator[Table]:
    with a_table() as table:
        yield table


def test_the_signature_is_that_of_the_specification() -> None:
    secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

    signature = webhooks.sign(secret, id="msg_1", timestamp=1_700_000_000, body=b"{}")

    assert signature == "v1,fhksJF5ElKjlPoT/jtefCO5XjQPvhf7Dhf/8R1ad9yU="


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_the_library_of_the_standard_verifies_what_is_delivered(table: Table, status: str) -> None:
    receiver, now = Receiver(), datetime.now(UTC)
    owe(table, a_finished_job(JobStatus(status), at=now))

    [outcome] = deliver_at(table, receiver, now)

    [(url, headers, body)] = receiver.got
    told = Webhook(webhooks.get_secret(table, OWNER, now=now)).verify(body, headers)
    assert outcome is not None
    assert outcome.is_delivered
    assert url == "https://hooks.example.com/docsnap?x=1"
    assert (told["type"], told["data"]["status"]) == (f"job.{status}", status)
    assert "." not in headers["webhook-id"]
    assert len(body) < 20_000


def test_a_changed_body_is_not_verified(table: Table) -> None:
    receiver, now = Receiver(), datetime.now(UTC)
    owe(table, a_finished_job(at=now))
    deliver_at(table, receiver, now)

    [(_, headers, body)] = receiver.got
    with pytest.raises(WebhookVerificationError):
        Webhook(webhooks.get_secret(table, OWNER, now=now)).verify(body + b" ", headers)


def test_what_is_told_is_the_job_as_the_api_shows_it() -> None:
    from api import schemas

    job = a_finished_job(
        started_at=NOW - timedelta(minutes=4, microseconds=1000),
        options=JobOptions(include=("/docs/**",), title="Ünï"),
        error=JobFailure(code="site_unreachable", message="No answer.", retryable=True),
        result=JobResult(
            pages=3, failed_pages=1, words=9, bytes=8, formats=("json",), duration_ms=7,
            truncated=False, prefix="results/secret/",
        ),
    )  # fmt: skip

    assert webhooks.describe(job) == schemas.to_value(schemas.Job.model_validate(job))


def test_nothing_internal_is_told() -> None:
    body = webhooks.body_of(Delivery(job=a_finished_job(), due_at=NOW)).decode()

    assert OWNER not in body
    assert "hooks.example.com" not in body


def test_a_receiver_that_fails_twice_gets_it_the_third_time(table: Table) -> None:
    receiver, clock = Receiver([500, OSError(), 200]), Clock(NOW)
    owe(table, a_finished_job())

    while queries.get_delivery(table, a_finished_job()):
        deliver_at(table, receiver, clock.advance(minutes=1))

    ids = {headers["webhook-id"] for _, headers, _ in receiver.got}
    stamps = {headers["webhook-timestamp"] for _, headers, _ in receiver.got}
    verbs = [event.verb for event in queries.history(table, a_finished_job().key, clock())]
    assert (len(receiver.got), len(ids), len(stamps)) == (3, 1, 3)
    assert verbs == ["complete", "webhook_failed", "webhook_failed", "webhook_delivered"]


def test_a_receiver_that_always_fails_is_given_up_after_days(table: Table) -> None:
    receiver, clock = Receiver([500] * 99), Clock(NOW)
    owe(table, a_finished_job())

    while (due := due_at(table)) is not None:
        clock.now = max(due, clock.now)
        deliver_at(table, receiver, clock())

    assert len(receiver.got) == 10
    assert timedelta(days=3) < clock() - NOW < timedelta(days=4)


def test_nothing_is_sent_after_the_job_has_expired(table: Table) -> None:
    receiver, clock = Receiver([500] * 99), Clock(NOW)
    owe(table, a_finished_job(expires_at=NOW + timedelta(hours=1)))

    while (due := due_at(table)) is not None:
        clock.now = max(due, clock.now)
        deliver_at(table, receiver, clock())

    assert clock() < NOW + timedelta(hours=1)
    assert len(receiver.got) == 4


def test_a_receiver_that_is_gone_gets_no_more(table: Table) -> None:
    receiver = Receiver([410])
    owe(table, a_finished_job())

    deliver_at(table, receiver, NOW)

    assert due_at(table) is None
    assert len(receiver.got) == 1


@pytest.mark.parametrize("status", [100, 199, 301, 302, 307, 400, 404, 429, 500, 503])
def test_only_a_success_is_a_success(table: Table, status: int) -> None:
    receiver = Receiver([an_answer(status, location="http://127.0.0.1/")])
    owe(table, a_finished_job())

    [outcome] = deliver_at(table, receiver, NOW)

    assert outcome is not None
    assert not outcome.is_delivered
    assert len(receiver.got) == 1
    assert due_at(table)


def test_the_receiver_may_ask_for_a_longer_wait(table: Table) -> None:
    owe(table, a_finished_job())

    deliver_at(table, Receiver([an_answer(503, retry_after="7200")]), NOW)

    assert due_at(table) == NOW + timedelta(hours=2)


def test_the_receiver_cannot_ask_for_a_shorter_wait_or_for_ever(table: Table) -> None:
    owe(table, a_finished_job())

    deliver_at(table, Receiver([an_answer(503, retry_after="0")]), NOW)
    soon = due_at(table)
    assert soon is not None
    deliver_at(table, Receiver([an_answer(503, retry_after="9" * 400)]), soon)

    assert soon >= NOW + timedelta(seconds=30)
    assert due_at(table) == soon + timedelta(days=1)


@given(value=st.text(max_size=40) | st.datetimes().map(lambda d: f"{d:%a, %d %b %Y %H:%M:%S} GMT"))
@example(value="Thu, 01 Jan 2026 00:00:00 +99999999999999999")
@example(value="Thu, 01 Jan 99999999999999999999 00:00:00 GMT")
def test_any_retry_after_is_understood_or_ignored(value: str) -> None:
    outcome = webhooks.judge(an_answer(503, retry_after=value), now=NOW)

    assert outcome.retry_after is None or timedelta() <= outcome.retry_after <= timedelta(days=1)


def test_of_two_deliverers_one_sends(table: Table) -> None:
    receiver = Receiver()
    delivery = owe(table, a_finished_job())

    outcomes = [
        webhooks.deliver(table, delivery, outbound=receiver, clock=lambda: NOW) for _ in range(2)
    ]

    assert [outcome is not None for outcome in outcomes] == [True, False]
    assert len(receiver.got) == 1


def test_the_worker_tells_at_once(table: Table) -> None:
    receiver, job = Receiver(), a_finished_job()
    owe(table, job, due_at=NOW + timedelta(minutes=1))

    webhooks.deliver_now(table, job, outbound=receiver, clock=lambda: NOW)

    assert len(receiver.got) == 1
    assert due_at(table) is None


def test_a_job_without_a_webhook_tells_nobody(table: Table) -> None:
    receiver = Receiver()

    webhooks.deliver_now(
        table,
        a_finished_job(webhook_url=None),
        outbound=receiver,
        clock=lambda: NOW,
    )

    assert receiver.got == []


def test_a_private_receiver_is_not_dialled_and_nobody_learns_why(table: Table) -> None:
    dialled: list[str] = []
    owe(table, a_finished_job(webhook_url="http://inside.example.com/"))
    outbound = Outbound(
        allow_address=is_public_address,
        budget=Budget(connect_seconds=1, total_seconds=1, max_body=0),
        resolve=lambda host, port: [ip_address("93.184.216.34"), ip_address("10.0.0.7")],
        dial=lambda address, port, seconds: dialled.append(address),  # type: ignore[arg-type, return-value]
    )

    [private] = deliver_at(table, outbound, NOW)
    no_such_name = Receiver([OSError()])
    unknown = webhooks.send(
        Delivery(job=a_finished_job(), due_at=NOW), [], outbound=no_such_name, now=NOW
    )

    assert dialled == []
    assert private is not None
    assert private.error == unknown.error


def test_one_dead_receiver_does_not_keep_the_others_waiting(table: Table) -> None:
    for n in range(8):
        job_id = f"019ab3c8-5f00-7cc3-98c4-00000000000{n}"
        owner = OWNER if n < 6 else OWNER.replace("6b", "7c")
        url = "https://dead.example.com/" if n < 6 else "https://alive.example.com/"
        owe(table, a_finished_job(key=JobKey(owner, job_id), webhook_url=url))
    receiver = DeadOrAlive()

    begun = webhooks.deliver_due(
        table,
        outbound=receiver,
        clock=lambda: NOW,
        until=NOW + timedelta(seconds=30),
        unreadable=pytest.fail,
    )

    urls = [url for url, _, _ in receiver.got]
    assert begun == 5
    assert urls.count("https://dead.example.com/") == 3
    assert urls.count("https://alive.example.com/") == 2


def test_the_backlog_of_one_owner_does_not_hide_what_is_due_to_another(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "MAX_SWEPT", 4)
    monkeypatch.setattr(webhooks, "MAX_SWEPT_OF_OWNER", 3)
    for n in range(8):
        key = JobKey(OWNER, f"019ab3c8-5f00-7cc3-98c4-00000000000{n}")
        job = a_finished_job(key=key, webhook_url="https://dead.example.com/")
        owe(table, job, due_at=NOW - timedelta(hours=1))
    theirs = JobKey(OWNER.replace("6b", "7c"), "019ab3c8-5f00-7cc3-98c4-000000000008")
    owe(table, a_finished_job(key=theirs, webhook_url="https://alive.example.com/"))
    receiver = DeadOrAlive()

    until = NOW + timedelta(seconds=30)
    webhooks.deliver_due(
        table, outbound=receiver, clock=lambda: NOW, until=until, unreadable=pytest.fail
    )

    urls = [url for url, _, _ in receiver.got]
    assert sorted(urls) == ["https://alive.example.com/"] + 3 * ["https://dead.example.com/"]


def test_slow_receivers_of_some_owners_do_not_use_up_the_time_of_another(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "WORKERS", 2)
    for owner, number in (("a", 9), ("b", 9), ("c", 1)):
        for n in range(number):
            key = JobKey(owner, f"019ab3c8-5f00-7cc3-98c4-00000000000{n}")
            owe(table, a_finished_job(key=key, webhook_url=f"https://{owner}.example.com/{n}"))
    receiver = Receiver()

    webhooks.deliver_due(
        table,
        outbound=receiver,
        clock=lambda: NOW + timedelta(seconds=9 * len(receiver.got)),
        until=NOW + timedelta(seconds=55),
        unreadable=pytest.fail,
    )

    urls = [url for url, _, _ in receiver.got]
    assert urls.count("https://c.example.com/0") == 1
    assert len(urls) < 9


class DeadOrAlive(Receiver):
    def request(self, method: str, url: str, *, headers: Any, body: bytes | None = None) -> Answer:
        self.got.append((url, dict(headers), body or b""))
        if "dead" in url:
            raise TimeoutError
        return an_answer(200)


def test_a_sweep_begins_nothing_once_its_time_is_up(table: Table) -> None:
    receiver = Receiver()
    owe(table, a_finished_job())

    begun = webhooks.deliver_due(
        table,
        outbound=receiver,
        clock=lambda: NOW,
        until=NOW,
        unreadable=pytest.fail,
    )

    assert (begun, receiver.got) == (0, [])


def test_a_secret_stays_the_same_and_is_strong(table: Table) -> None:
    secret = webhooks.get_secret(table, OWNER, now=NOW)

    assert secret == webhooks.get_secret(table, OWNER, now=NOW + timedelta(days=400))
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert secret != webhooks.get_secret(table, OWNER.replace("6b", "7c"), now=NOW)


def test_after_a_rotation_the_old_secret_signs_along_for_a_day(table: Table) -> None:
    old = webhooks.get_secret(table, OWNER, now=NOW)
    new = webhooks.rotate_secret(table, OWNER, now=NOW)

    within = webhooks.signing_secrets(table, OWNER, now=NOW + timedelta(hours=23, minutes=59))
    after = webhooks.signing_secrets(table, OWNER, now=NOW + timedelta(hours=24, minutes=1))

    assert old != new == webhooks.get_secret(table, OWNER, now=NOW)
    assert (within, after) == ([new, old], [new])


def test_both_signatures_are_verified_by_the_library(table: Table) -> None:
    now = datetime.now(UTC)
    old = webhooks.get_secret(table, OWNER, now=now)
    new = webhooks.rotate_secret(table, OWNER, now=now)
    receiver = Receiver()
    owe(table, a_finished_job(at=now))
    deliver_at(table, receiver, now)

    [(_, headers, body)] = receiver.got
    assert Webhook(old).verify(body, headers) == Webhook(new).verify(body, headers)


def test_many_rotations_do_not_pile_up(table: Table) -> None:
    for minute in range(20):
        webhooks.rotate_secret(table, OWNER, now=NOW + timedelta(minutes=minute))

    assert len(webhooks.signing_secrets(table, OWNER, now=NOW)) == 4


def test_callers_at_the_same_moment_get_the_same_secret(table: Table) -> None:
    barrier, secrets = Barrier(4), list[str]()

    def ask() -> None:
        barrier.wait(5)
        secrets.append(webhooks.get_secret(table, OWNER, now=NOW))

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(secrets) == 4
    assert len(set(secrets)) == 1


def test_of_two_rotations_at_the_same_moment_one_is_carried_out(table: Table) -> None:
    webhooks.get_secret(table, OWNER, now=NOW)
    seen = table.get({"pk": f"USER#{OWNER}", "sk": "WEBHOOK_SECRET"})
    winner = webhooks.rotate_secret(table, OWNER, now=NOW)

    with patch.object(table, "get", lambda _: seen):  # what the other one has read before
        told = webhooks.rotate_secret(table, OWNER, now=NOW)

    assert told == winner == webhooks.get_secret(table, OWNER, now=NOW)


def test_a_first_rotation_needs_no_secret_before_it(table: Table) -> None:
    secret = webhooks.rotate_secret(table, OWNER, now=NOW)

    assert webhooks.signing_secrets(table, OWNER, now=NOW) == [secret]


def test_a_body_is_json_whatever_the_job_holds() -> None:
    job = a_finished_job(options=JobOptions(title='"\u2028</script>\x00'))

    document = json.loads(webhooks.body_of(Delivery(job=job, due_at=NOW)))

    assert document["data"]["options"]["title"] == '"\u2028</script>\x00'
