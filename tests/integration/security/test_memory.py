"""A warm function serves thousands of invocations: nothing may pile up in it."""

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.api import Invocation, a_world, an_event
from tests.support.functions import Context, environment, event, loaded
from tests.support.system import System

INVOCATIONS = 10_000
MOST_GROWTH = 512 * 1024  # bytes over all of them: about fifty for each


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Log lines go nowhere: what captures them for the report would grow."""
    monkeypatch.setattr("sys.stdout", _Nowhere())


class _Nowhere:
    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass


def growth(invoke: Callable[[int], object]) -> int:
    """Bytes that many invocations leave behind, once caches have filled."""
    for n in range(500):
        invoke(n)
    gc.collect()
    tracemalloc.start()
    try:
        for n in range(INVOCATIONS):
            invoke(n)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_the_api_keeps_nothing_of_ten_thousand_requests(quiet: None) -> None:
    with a_world() as world:
        job = world.submit().json["job"]["id"]
        events = [
            request(world, "GET", "/api/health"),
            request(world, "GET", f"/api/jobs/{job}"),
            request(world, "GET", "/api/jobs"),
            request(world, "GET", "/nowhere"),
            request(world, "POST", "/api/generate-docs", body='{"url": "http://127.0.0.1/"}'),
            request(world, "POST", "/api/generate-docs", body="{"),
            request(world, "GET", "/api/jobs", authorization="Bearer x.y.z"),
        ]

        def invoke(n: int) -> None:
            one = events[n % len(events)]
            if one["rawPath"].startswith("/nowhere"):
                one["rawPath"] = one["requestContext"]["http"]["path"] = f"/nowhere/{n}"
            world.api(one, Invocation(f"request-{n}"))

        grown = growth(invoke)

    assert grown < MOST_GROWTH


def request(world: Any, method: str, path: str, **more: str) -> dict[str, Any]:
    made = an_event(method, path)
    made["headers"] = {
        "authorization": more.get("authorization", f"Bearer {world.token()}"),
        "content-type": "application/json",
    }
    made["body"] = more.get("body")
    return made


@pytest.mark.slow
def test_the_worker_keeps_nothing_of_ten_thousand_messages(system: System, quiet: None) -> None:
    with loaded("worker.handler", environment(system)) as handler:
        poison = event("worker-poison.json")

        grown = growth(lambda _: handler.lambda_handler(poison, Context()))

    assert grown < MOST_GROWTH


@pytest.mark.slow
def test_the_sweeper_keeps_nothing_of_ten_thousand_sweeps(system: System, quiet: None) -> None:
    with loaded("sweeper.handler", environment(system)) as handler:
        tick = event("sweeper-tick.json")

        grown = growth(lambda _: handler.lambda_handler(tick, Context(55_000)))

    assert grown < MOST_GROWTH
