"""Marked secrets are sent through every path; then everything that was written is searched."""

import json
from typing import Any

import pytest
from docsnap import webhooks
from docsnap.jobs import COMPLETED, FAILED
from docsnap.outbound import Answer

from tests.support.api import ADA, World, a_world
from tests.support.engines import fails, succeeds
from tests.support.system import System

KEY = "marked-api-key-of-a-url"
HOOK_KEY = "marked-api-key-of-a-webhook"
URL = f"https://example.com/docs/?key={KEY}"
HOOK = f"https://hooks.example.com/told?key={HOOK_KEY}"


def everything_in(table: Any) -> list[dict[str, Any]]:
    client = table._client
    return list(client.scan(TableName=table.name)["Items"])


def test_the_api_writes_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    with a_world() as world:
        tokens = use_everything(world)
        secret = world.call("GET", "/api/webhook-secret").json["secret"]
        rotated = world.call("POST", "/api/webhook-secret/rotate").json["secret"]
        logged = capsys.readouterr().out
        sent = json.dumps(world.messages())
        stored = everything_in(world.table)
        answers = "".join(answer.text for _, _, answer in world.exchanges)

    assert logged.count("\n") >= 10
    for mark in (*tokens, *(token.split(".")[2] for token in tokens), secret, rotated):
        assert mark not in logged
        assert mark not in sent
    for mark in (KEY, HOOK_KEY):
        assert mark not in logged
        assert mark not in sent
    for token in tokens:
        assert token not in json.dumps(stored)
        assert token not in answers
    assert HOOK_KEY not in answers
    assert [item["sk"]["S"] for item in stored if rotated in json.dumps(item)] == ["WEBHOOK_SECRET"]


def use_everything(world: World) -> list[str]:
    """Call every route, well and badly; return the tokens that were used."""
    tokens = [world.token(), world.token(exp=1), world.token(role="service_role")]
    made = world.call("POST", "/api/generate-docs", body={"url": URL, "webhookUrl": HOOK}).json
    job = made["job"]["id"]
    for token in (*tokens, tokens[0][:-2], f"{tokens[0]}.x"):
        headers = {"authorization": f"Bearer {token}"}
        for method, path in (
            ("GET", f"/api/jobs/{job}"),
            ("GET", "/nowhere"),
            ("PUT", "/api/jobs"),
        ):
            world.call(method, path, user=None, headers=headers)
    for action in ("cancel", "retry"):
        world.call("POST", f"/api/jobs/{job}/{action}")
    for part in ("", "/events", "/result"):
        world.call("GET", f"/api/jobs/{job}{part}")
    for body in ("{", {"url": "http://user:secret@example.com/"}, {"url": URL, "key": KEY}):
        world.call("POST", "/api/generate-docs", body=body)
    world.cut_off.add("dynamodb")
    world.call("GET", "/api/jobs", user=ADA)
    world.submit(URL, webhookUrl=HOOK, force=True)
    world.cut_off.clear()
    return tokens


def test_worker_and_sweeper_write_no_secret(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver = Receiver()
    jobs = [system.submit(url=URL, webhook_url=HOOK) for _ in range(2)]
    secret = webhooks.get_secret(system.table, jobs[0].owner, now=system.clock())

    assert system.work(succeeds, outbound=receiver)
    assert system.work(fails(retryable=False), outbound=receiver)
    system.advance(minutes=2)
    system.sweep(outbound=receiver)

    logged = capsys.readouterr().out
    told = "".join(body.decode() for body in receiver.bodies)
    history = str([system.events(job) for job in jobs])
    assert {system.look(job).status for job in jobs} == {COMPLETED, FAILED}
    assert len(receiver.bodies) == 2
    assert logged
    for mark in (secret, HOOK_KEY):
        assert mark not in logged
        assert mark not in told
        assert mark not in history
    assert KEY not in logged
    assert KEY not in history


class Receiver:
    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def request(self, method: str, url: str, *, headers: Any, body: bytes | None = None) -> Answer:
        self.bodies.append(body or b"")
        return Answer(status=200, headers={}, body=b"")
