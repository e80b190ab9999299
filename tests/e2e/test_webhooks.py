"""Who asked to be told of a job is told, from the outside."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from standardwebhooks import Webhook

from local import wait
from local.identity import user_id
from local.site_server import running, served
from tests.support.callers import Caller

pytestmark = [pytest.mark.slow, pytest.mark.stack]

WITHIN = 300.0
"""Seconds for a job, its webhook, and the cold starts before both."""


@dataclass
class Receiver:
    """A server that is told of jobs; `statuses` are its first answers, the last for ever."""

    statuses: list[int]
    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    held: threading.Event = field(default_factory=threading.Event)
    """Answers are held back until it is set."""

    @contextmanager
    def serve(self) -> Iterator["Receiver"]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers), body))
                receiver.held.wait(60)
                self.send_response(receiver.statuses[0])
                if len(receiver.statuses) > 1:
                    receiver.statuses.pop(0)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        with running(Handler) as url:
            self.url = f"{url}/hook"
            yield self
            self.held.set()


@contextmanager
def receiving(*statuses: int, at_once: bool = True) -> Iterator[Receiver]:
    receiver = Receiver(list(statuses))
    if at_once:
        receiver.held.set()
    with receiver.serve():
        yield receiver


def sweep(caller: Caller) -> None:
    """Make what is owed to the caller due now, instead of in minutes or hours, and sweep."""
    table, name = caller.stack.aws("dynamodb"), caller.stack.describe()["tableName"]
    owed = table.query(
        TableName=name,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :delivery)",
        ExpressionAttributeValues={
            ":pk": {"S": f"USER#{user_id(caller.name)}"},
            ":delivery": {"S": "DELIVERY#"},
        },
    )["Items"]
    for item in owed:
        with suppress(table.exceptions.ConditionalCheckFailedException):  # delivered meanwhile
            table.update_item(
                TableName=name,
                Key={"pk": item["pk"], "sk": item["sk"]},
                UpdateExpression="SET deadlineAt = :past",
                ExpressionAttributeValues={":past": {"S": "2020-01-01T00:00:00.000Z"}},
                ConditionExpression="attribute_exists(pk)",
            )
    functions = caller.stack.aws("lambda")
    names = [each["FunctionName"] for each in functions.list_functions()["Functions"]]
    (sweeper,) = [each for each in names if "SweeperFunction" in each]
    functions.invoke(FunctionName=sweeper, Payload=b"{}")


def deliveries(caller: Caller, job_id: str) -> list[tuple[str, str | None]]:
    """What the history says about webhooks: type and error code."""
    events = caller.get(f"/api/jobs/{job_id}/events").json()["events"]
    return [
        (event["type"], event["error"] and event["error"]["code"])
        for event in events
        if event["type"].startswith("webhook_")
    ]


def test_the_library_of_the_standard_verifies_what_arrives(ada: Caller) -> None:
    secret = ada.get("/api/webhook-secret").json()["secret"]
    with receiving(204) as receiver, served() as (url, _):
        job = ada.finished(ada.job(url, webhookUrl=receiver.url)["id"])
        assert wait.until(lambda: bool(receiver.got), within=WITHIN)

    (headers, body), *more = receiver.got
    event: Any = Webhook(secret).verify(body, headers)
    assert more == []
    assert event["type"] == "job.completed"
    assert event["data"] == job
    assert event["timestamp"] == job["finishedAt"]
    assert wait.until(
        lambda: deliveries(ada, job["id"]) == [("webhook_delivered", None)], within=60
    )


def test_a_receiver_that_fails_twice_gets_it_the_third_time(ada: Caller) -> None:
    with receiving(500, 503, 200) as receiver, served() as (url, _):
        job = ada.finished(ada.job(url, webhookUrl=receiver.url)["id"])
        for tries in (1, 2, 3):
            assert wait.until(lambda: len(receiver.got) >= tries, within=WITHIN)  # noqa: B023
            assert wait.until(lambda: len(deliveries(ada, job["id"])) >= tries, within=60)  # noqa: B023
            sweep(ada)

    assert len(receiver.got) == 3
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert len({body for _, body in receiver.got}) == 1
    assert deliveries(ada, job["id"]) == [
        ("webhook_failed", "webhook_failed"),
        ("webhook_failed", "webhook_failed"),
        ("webhook_delivered", None),
    ]


def test_a_receiver_that_always_fails_blocks_nothing(ada: Caller) -> None:
    with receiving(500) as bad, receiving(200) as good, served() as (url, _):
        first = ada.finished(ada.job(url, webhookUrl=bad.url)["id"])
        second = ada.finished(ada.job(url, webhookUrl=good.url)["id"])
        assert wait.until(lambda: bool(good.got), within=WITHIN)
        for _ in range(12):
            sweep(ada)

    assert (first["status"], second["status"]) == ("completed", "completed")
    assert ada.get(f"/api/jobs/{first['id']}").json()["job"] == first
    assert len(bad.got) == 10  # tries in all, then it is given up
    assert deliveries(ada, first["id"]) == [("webhook_failed", "webhook_failed")] * 10


def test_a_receiver_that_keeps_silent_holds_up_no_job(ada: Caller) -> None:
    with receiving(200, at_once=False) as receiver, served() as (url, _):
        job = ada.finished(ada.job(url, webhookUrl=receiver.url)["id"])
        is_fetched = ada.get(f"/api/jobs/{job['id']}/result").status_code
        assert wait.until(lambda: bool(receiver.got), within=WITHIN)

    assert (job["status"], is_fetched) == ("completed", 302)


def test_a_failed_and_a_cancelled_job_are_told_of(ada: Caller) -> None:
    with receiving(200) as receiver:
        failed = ada.job("http://127.0.0.1:1/", webhookUrl=receiver.url)["id"]
        ada.finished(failed)
        with ada.stack.workers_paused():
            cancelled = ada.job("http://127.0.0.1:9/", webhookUrl=receiver.url)["id"]
            ada.post(f"/api/jobs/{cancelled}/cancel")
        sweep(ada)
        assert wait.until(lambda: len(receiver.got) >= 2, within=WITHIN)

    told = {json.loads(body)["data"]["id"]: json.loads(body)["type"] for _, body in receiver.got}
    assert told == {failed: "job.failed", cancelled: "job.cancelled"}


def test_after_a_rotation_both_secrets_verify(ada: Caller) -> None:
    old = ada.get("/api/webhook-secret").json()["secret"]
    new = ada.post("/api/webhook-secret/rotate").json()["secret"]
    with receiving(200) as receiver, ada.stack.workers_paused():
        ada.post(f"/api/jobs/{ada.job(webhookUrl=receiver.url)['id']}/cancel")
        sweep(ada)
        assert wait.until(lambda: bool(receiver.got), within=WITHIN)

    headers, body = receiver.got[0]
    assert Webhook(old).verify(body, headers) == Webhook(new).verify(body, headers)
