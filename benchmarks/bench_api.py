"""Time to the first answer of each route, and to the next ones, on a deployed local stack.

A handler of Powertools that does nothing is deployed beside the API: the same emulator, the same
gateway, the same layer, the same memory. Of each, in turn, a new version is published, so that the
first request meets a fresh sandbox; then more requests meet a warm one. The differences are in the
code, the rest is the emulator and the machine: look at the ratios.
"""

import io
import shutil
import statistics
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
from docsnap.jobs import FAILED, WAITING, JobStatus
from docsnap.table import Table

from benchmarks.measure import table
from local.identity import user_id
from local.site_server import served
from tests.support.builders import a_job, stored
from tests.support.deployed import Deployed

QUESTION = "How long does a route take to answer, beside an empty Powertools handler?"

ROUNDS = 3
"""Fresh sandboxes of everybody, in turn."""

WARM = 9
"""Further requests to each."""

USER = "bench"
DIRECTORY = Path(".local/stacks/bench-api")
PLENTY = {"SubmissionsPerMinute": "100000", "UnfinishedJobsLimit": "1000000"}
EMPTY = "an empty handler"
EMPTY_CODE = """\
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

app = APIGatewayHttpResolver()


@app.get("/empty")
def empty():
    return Response(200, "application/json", "{}")


def lambda_handler(event, context):
    print("{}")  # for one that says nothing the emulator waits 50 ms, in case it still will
    return app.resolve(event, context)
"""


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A request that is made again and again."""

    path: str
    method: str = "GET"
    body: Any = None
    spends: JobStatus | None = None
    """Every request needs a job of its own, in this state; its id is filled into the path."""


@dataclass
class Times:
    """Seconds."""

    first: list[float] = field(default_factory=list)
    next: list[float] = field(default_factory=list)


def run() -> str:
    """Measure on a stack of its own, gone afterwards."""
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    stack = Deployed(DIRECTORY.resolve())
    try:
        up = stack.up(**PLENTY)
        if up.status:
            raise RuntimeError(up.errors)
        return _table(_measure(stack))
    finally:
        stack.make("down")


def _contenders(job: str) -> Mapping[str, Contender]:
    url = "http://127.0.0.1:9/"
    item = {"url": url, "force": True}
    submit, of_job = "/api/generate-docs", "/api/jobs/{job}"
    return {
        EMPTY: Contender(path="/empty"),
        "GET /api/health": Contender(path="/api/health"),
        "GET /openapi.json": Contender(path="/openapi.json"),
        "GET /docs": Contender(path="/docs"),
        "POST /api/generate-docs": Contender(method="POST", path=submit, body=item),
        "POST …/batch, 5 items": Contender(
            method="POST", path=f"{submit}/batch", body={"items": [item] * 5}
        ),
        "GET /api/jobs": Contender(path="/api/jobs"),
        "GET /api/jobs/stats": Contender(path="/api/jobs/stats"),
        "GET /api/jobs/{id}": Contender(path=f"/api/jobs/{job}"),
        "GET …/events": Contender(path=f"/api/jobs/{job}/events"),
        "GET …/result": Contender(path=f"/api/jobs/{job}/result"),
        "POST …/cancel": Contender(method="POST", path=f"{of_job}/cancel", spends=WAITING),
        "POST …/retry": Contender(method="POST", path=f"{of_job}/retry", spends=FAILED),
        "GET /api/webhook-secret": Contender(path="/api/webhook-secret"),
        "POST …/rotate": Contender(method="POST", path="/api/webhook-secret/rotate"),
    }


def _measure(stack: Deployed) -> Mapping[str, Times]:
    described = stack.describe()
    jobs = Table(stack.aws("dynamodb"), str(described["tableName"]))
    with served() as (url, _):
        client = stack.client(USER)
        job = client.wait(client.submit(url).id, timeout=300)
    contenders = _contenders(job.id)
    found = {name: Times() for name in contenders}
    ours = Sandboxes(stack, str(described["apiFunction"]))
    with (
        stack.workers_paused(),
        _empty_function(stack, ours) as empty,
        httpx2.Client(base_url=str(described["apiUrl"]), timeout=120) as http,
    ):
        http.headers["Authorization"] = f"Bearer {stack.token(USER)}"
        for _ in range(ROUNDS):
            for name, contender in contenders.items():
                (empty if name == EMPTY else ours).renew()
                seconds = [_ask(http, contender, jobs) for _ in range(1 + WARM)]
                found[name].first.append(seconds[0])
                found[name].next += seconds[1:]
    return found


def _ask(http: httpx2.Client, contender: Contender, jobs: Table) -> float:
    job = ""
    if contender.spends:
        made = a_job(contender.spends, at=datetime.now(UTC), owner=user_id(USER))
        job = stored(jobs, made).id
    more = {} if contender.body is None else {"json": contender.body}
    began = time.perf_counter()
    answer = http.request(contender.method, contender.path.format(job=job), **more)
    seconds = time.perf_counter() - began
    if answer.status_code >= 400:
        raise RuntimeError(answer.text)
    return seconds


class Sandboxes:
    """A function's alias, and fresh sandboxes behind it whenever they are wanted."""

    def __init__(self, stack: Deployed, function: str) -> None:
        self.function = function.rpartition(":")[0] if function.endswith(":live") else function
        self._lambda = stack.aws("lambda")
        self._numbers = count()

    def renew(self) -> None:
        """Publish another version: the next request starts a sandbox."""
        number = f"{next(self._numbers)}-{uuid4()}"
        self._lambda.update_function_configuration(FunctionName=self.function, Description=number)
        self._lambda.get_waiter("function_updated_v2").wait(FunctionName=self.function)
        version = self._lambda.publish_version(FunctionName=self.function)["Version"]
        self._lambda.update_alias(FunctionName=self.function, Name="live", FunctionVersion=version)

    def configuration(self) -> Any:
        """Tell how the function is set up."""
        return self._lambda.get_function_configuration(FunctionName=self.function)


@contextmanager
def _empty_function(stack: Deployed, ours: Sandboxes) -> Iterator[Sandboxes]:
    functions, gateway = stack.aws("lambda"), stack.aws("apigatewayv2")
    same = ours.configuration()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("empty.py", EMPTY_CODE)
    functions.create_function(
        FunctionName="empty",
        Runtime=same["Runtime"],
        Role=same["Role"],
        Handler="empty.lambda_handler",
        Code={"ZipFile": archive.getvalue()},
        Layers=[layer["Arn"] for layer in same["Layers"]],
        MemorySize=same["MemorySize"],
        Timeout=same["Timeout"],
        Publish=True,
    )
    alias = functions.create_alias(FunctionName="empty", Name="live", FunctionVersion="1")
    api_id = str(stack.describe()["apiUrl"]).rpartition("/")[2]
    integration = gateway.create_integration(
        ApiId=api_id,
        IntegrationType="AWS_PROXY",
        IntegrationUri=alias["AliasArn"],
        PayloadFormatVersion="2.0",
    )["IntegrationId"]
    route = gateway.create_route(
        ApiId=api_id, RouteKey="GET /empty", Target=f"integrations/{integration}"
    )
    try:
        yield Sandboxes(stack, "empty")
    finally:
        gateway.delete_route(ApiId=api_id, RouteId=route["RouteId"])
        functions.delete_function(FunctionName="empty")


def _table(found: Mapping[str, Times]) -> str:
    empty = found[EMPTY]
    rows = []
    for name, times in found.items():
        row = [name]
        for seconds, base in ((times.first, empty.first), (times.next, empty.next)):
            middle = statistics.median(seconds)
            row.append(f"{1000 * middle:.0f} ({1000 * min(seconds):.0f})")
            row.append(f"{middle / statistics.median(base):.2f}")
        rows.append(row)
    head = ("", "first answer, ms", "÷ empty", "further answers, ms", "÷ empty")
    return f"{table(head, rows)}\nMedians; in brackets the least.\n"
