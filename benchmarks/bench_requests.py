"""CPU and calls of one request, in process, where the answers of AWS are replayed.

Every route is asked once over AWS's services in memory, and what they answered is written down.
The requests that are timed get those very answers: botocore builds, signs and reads every call,
and only the network is missing. Beside each route runs a handler of Powertools that does nothing,
and one that does nothing but make the same calls, with clients as boto3 makes them.
"""

import gc
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from io import StringIO
from time import process_time
from typing import Any, cast

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.logging import correlation_paths
from botocore import xform_name
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.model import OperationModel
from docsnap import transitions
from docsnap.jobs import FORMATS, JobFailure, JobKey, ResultFile

from benchmarks.measure import ratios, rounds, spread, table
from tests.support.api import ADA, BUCKET, Invocation, World, a_world, an_event
from tests.support.aws import CREDENTIALS, REGION
from tests.support.builders import a_result

QUESTION = "What does a request cost in CPU, and how many calls to AWS does it make?"
REQUESTS = 20
"""In one timing: few, so that a busy moment of the machine meets the handlers alike."""
TIMINGS = 25
WARM = 2
"""Requests before each timing."""

type Ask = Callable[[], object]


class Nowhere(StringIO):
    """Where the log lines go: they are made, and not kept."""

    def write(self, text: str) -> int:
        """Forget it."""
        return len(text)


class _Body:
    """What botocore asks of urllib3's answer."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> list[bytes]:
        return [self._content]


@dataclass
class Exchange:
    """One call to AWS, as it was asked and as it was answered."""

    service: str
    operation: str
    parameters: dict[str, Any]
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""


class Replay:
    """Writes down the calls that a request makes to AWS, and then answers their like by heart."""

    def __init__(self, world: World) -> None:
        self._clients = (world.table._client, world.sqs, world.s3, *plain_clients().values())
        self.exchanges: list[Exchange] = []

    def record(self, ask: Ask) -> None:
        """Ask once, and keep what AWS was asked and answered."""
        hooks: dict[str, Any] = {
            "provide-client-params": self._asked,
            "response-received": self._answered,
        }
        with self._hooked(hooks):
            ask()

    def time(self, ask: Ask) -> float:
        """Ask many times, and give the CPU seconds of one."""
        number = 0

        def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
            nonlocal number
            found = self.exchanges[number % len(self.exchanges)]
            number += 1
            headers = cast(Any, found.headers)
            return AWSResponse(request.url, found.status, headers, _Body(found.content))

        with self._hooked({"before-send": answer}):
            for _ in range(WARM):
                ask()
            started = process_time()
            for _ in range(REQUESTS):
                ask()
            return (process_time() - started) / REQUESTS

    @contextmanager
    def _hooked(self, hooks: Mapping[str, Any]) -> Iterator[None]:
        """Let the hooks be asked first, before the services in memory."""
        for client in self._clients:
            for name, hook in hooks.items():
                client.meta.events.register_first(name, hook)
        try:
            yield
        finally:
            for client in self._clients:
                for name, hook in hooks.items():
                    client.meta.events.unregister(name, hook)

    def _asked(self, params: dict[str, Any], model: OperationModel, **_: object) -> None:
        service = str(model.service_model.service_name)
        # An address that is only signed is asked for like a call, and never answered.
        self._last = Exchange(service, xform_name(model.name), dict(params))

    def _answered(self, response_dict: Mapping[str, Any], **_: object) -> None:
        last = self._last
        self.exchanges.append(last)
        last.status, last.content = response_dict["status_code"], response_dict["body"]
        last.headers = dict(response_dict["headers"])


@cache
def plain_clients() -> dict[str, Any]:
    """Give the clients that boto3 makes by itself."""
    make = cast(Callable[..., Any], boto3.client)
    services = ("dynamodb", "sqs", "s3")
    return {name: make(name, region_name=REGION, **CREDENTIALS) for name in services}


class Context(Invocation):
    """What Powertools' logger asks of Lambda's context besides."""

    function_name = invoked_function_arn = "empty"
    memory_limit_in_mb = "1024"


class Empty:
    """A handler of Powertools that does nothing but make the calls it is given."""

    def __init__(self, calls: Sequence[Exchange] = ()) -> None:
        self._calls = calls
        self._resolver = APIGatewayHttpResolver()
        self._logger = Logger(service="empty", stream=Nowhere())
        self._resolver.get("/api/health")(self._answer)

        path = correlation_paths.API_GATEWAY_HTTP
        inject = self._logger.inject_lambda_context(correlation_id_path=path, clear_state=True)
        self._handle = inject(self._resolve)

    def __call__(self, event: Mapping[str, Any]) -> Any:
        """Answer one request, as the documentation of Powertools has a handler do it."""
        return self._handle(dict(event), Context())

    def _resolve(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        answer = self._resolver.resolve(event, context)
        self._logger.info("answered", extra={"status": answer["statusCode"]})
        return answer

    def _answer(self) -> dict[str, bool]:
        for call in self._calls:
            getattr(plain_clients()[call.service], call.operation)(**call.parameters)
        return {"success": True}


@dataclass
class Route:
    """A request, and how to put the table into a state in which it can be made."""

    method: str
    path: str
    body: Mapping[str, object] | None = None

    def event(self, world: World, path: str) -> dict[str, Any]:
        """The event that API Gateway sends."""
        event = an_event(self.method, path)
        event["headers"] |= {
            "authorization": f"Bearer {world.token()}",
            "content-type": "application/json",
        }
        if self.body is not None:
            event["body"] = json.dumps(self.body)
        return event


ROUTES = {
    "health": Route("GET", "/api/health"),
    "submit": Route("POST", "/api/generate-docs", {"url": "https://example.com/new/"}),
    "list of 20": Route("GET", "/api/jobs"),
    "stats": Route("GET", "/api/jobs/stats"),
    "one job": Route("GET", "/api/jobs/{completed}"),
    "its events": Route("GET", "/api/jobs/{completed}/events"),
    "its result": Route("GET", "/api/jobs/{completed}/result"),
    "cancel": Route("POST", "/api/jobs/{waiting}/cancel"),
    "retry": Route("POST", "/api/jobs/{failed}/retry"),
    "webhook secret": Route("GET", "/api/webhook-secret"),
}


def run() -> str:
    """Measure every route, and tell."""
    recorded: dict[str, tuple[dict[str, Any], Replay]] = {}
    with a_world() as world:
        paths = _furnish(world)
        for name, route in ROUTES.items():
            event = route.event(world, route.path.format(**paths))
            recorded[name] = event, _recorded(world, event)
    # From here on nothing answers but what was written down, and as in the handler what was made
    # before the first request is no garbage to search through.
    gc.collect()
    gc.freeze()
    with redirect_stdout(Nowhere()):
        return table(HEAD, [_row(world, name, *recorded[name]) for name in ROUTES])


HEAD = (
    "route",
    "calls to AWS",
    "CPU, µs",
    "÷ empty handler",
    "÷ empty handler making the same calls",
)


def _furnish(world: World) -> dict[str, str]:
    """Make what the routes ask for: twenty jobs, and one in each state."""
    world.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    made = [world.submit(f"https://example.com/{n}/").json["job"]["id"] for n in range(20)]
    paths = dict(zip(("completed", "failed", "waiting"), made, strict=False))
    world.call("GET", "/api/webhook-secret")
    for name in ("completed", "failed"):
        job = transitions.claim(
            world.table,
            JobKey(ADA, paths[name]),
            worker_id="worker",
            now=world.clock(),
            ends_at=world.clock() + timedelta(minutes=15),
        )
        if name == "completed":
            file = ResultFile(bytes=78_901, sha256="ab" * 32)
            result = a_result(formats=FORMATS[:4], files=dict.fromkeys((*FORMATS[:4], "zip"), file))
            transitions.complete(
                world.table, job, result, retention=timedelta(days=7), now=world.clock()
            )
        else:
            transitions.fail(
                world.table,
                job,
                JobFailure(code="page_gone", message="Gone.", retryable=False),
                retention=timedelta(days=14),
                now=world.clock(),
            )
    return paths


def _recorded(world: World, event: Mapping[str, Any]) -> Replay:
    replay = Replay(world)
    replay.record(lambda: world.send(event))
    assert world.exchanges[-1][2].status < 400, world.exchanges[-1]
    return replay


def _row(world: World, name: str, event: Mapping[str, Any], replay: Replay) -> list[object]:
    idle, calling = Empty(), Empty(replay.exchanges)
    empty, invocation = an_event("GET", "/api/health"), cast(Any, Invocation())
    found = rounds(
        {
            "idle": lambda: replay.time(lambda: idle(empty)),
            "calling": lambda: replay.time(lambda: calling(empty)),
            "route": lambda: replay.time(lambda: world.api(event, invocation)),
        },
        TIMINGS,
    )
    return [
        name,
        len(replay.exchanges),
        spread([1e6 * seconds for seconds in found["route"]], 0),
        spread(ratios(found["route"], found["idle"])),
        spread(ratios(found["route"], found["calling"])),
    ]
