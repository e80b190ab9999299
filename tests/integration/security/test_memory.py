"""A warm function serves thousands of invocations: nothing may pile up in it."""

import gc
import logging
import sys
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from botocore.client import BaseClient

from tests.support.api import Invocation, World, a_world, an_event
from tests.support.functions import Context, environment, event, loaded
from tests.support.system import System

INVOCATIONS = 10_000
MOST_GROWTH = 5000  # blocks of memory over all of them; an object kept by each would be 10,000


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Log lines are written as ever, but to nowhere."""
    monkeypatch.setattr("sys.stdout", _Nowhere())


class _Nowhere:
    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass


def growth(invoke: Callable[[int], object]) -> int:
    """Blocks of memory that the invocations leave behind, once caches have filled."""
    # Nobody keeps log lines for the report of a failed test.
    with patch.object(logging.getLogger(), "handlers", []):
        for n in range(500):
            invoke(n)
        gc.collect()
        before = sys.getallocatedblocks()
        for n in range(INVOCATIONS):
            invoke(n)
        gc.collect()
        return sys.getallocatedblocks() - before


@pytest.mark.slow
@pytest.mark.usefixtures("quiet")
def test_the_api_keeps_nothing_of_ten_thousand_requests() -> None:
    with a_world() as world:
        job = world.submit().json["job"]["id"]
        events = [
            request(world, "GET", "/api/health"),
            request(world, "GET", f"/api/jobs/{job}"),
            request(world, "GET", "/elsewhere"),
            request(world, "GET", "/api/jobs", authorization="Bearer x.y.z"),
            request(world, "POST", "/api/generate-docs", body='{"url": "http://127.0.0.1/"}'),
            request(world, "POST", "/api/generate-docs", body="{"),
        ]

        def invoke(n: int) -> None:
            one = events[n % len(events)]
            if one["rawPath"].startswith("/elsewhere"):
                one["rawPath"] = one["requestContext"]["http"]["path"] = f"/elsewhere/{n}"
            world.api(one, Invocation(f"request-{n}"))

        grown = growth(invoke)

    assert grown < MOST_GROWTH


def request(world: World, method: str, path: str, **more: str) -> dict[str, Any]:
    made = an_event(method, path)
    token = world.token(exp=int(world.clock().timestamp()) + 86_400)
    made["headers"] = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    made["headers"] |= {name: value for name, value in more.items() if name != "body"}
    made["body"] = more.get("body")
    return made


@pytest.mark.slow
@pytest.mark.usefixtures("quiet")
def test_the_worker_keeps_nothing_of_ten_thousand_messages(system: System) -> None:
    with loaded("worker.handler", environment(system)) as handler, _idle_aws():
        messages = [event("worker-poison.json"), event("worker-job.json")]

        grown = growth(lambda n: handler.lambda_handler(messages[n % 2], Context()))

    assert grown < MOST_GROWTH


@pytest.mark.slow
@pytest.mark.usefixtures("quiet")
def test_the_sweeper_keeps_nothing_of_ten_thousand_sweeps(system: System) -> None:
    with loaded("sweeper.handler", environment(system)) as handler, _idle_aws():
        tick = event("sweeper-tick.json")

        grown = growth(lambda _: handler.lambda_handler(tick, Context(55_000)))

    assert grown < MOST_GROWTH


def _idle_aws() -> Any:
    """AWS with nothing in it, which answers at once and remembers nothing itself."""
    depth = ("", "NotVisible", "Delayed")
    answers: dict[str, Any] = {
        "Query": {"Items": []},
        "GetQueueAttributes": {
            "Attributes": {f"ApproximateNumberOfMessages{kind}": "0" for kind in depth}
        },
    }

    def answer(_: BaseClient, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        return dict(answers.get(operation, {}))

    return patch.object(BaseClient, "_make_api_call", answer)
