"""Import and first request of each function, in processes of their own.

Every process has what Lambda gives the function: its layers and boto3, in an environment of its
own. The one they are compared with imports Powertools and boto3, makes a client of DynamoDB, and
answers a request with nothing in it. CPU time is compared, for that is what a start consists of.
"""

import json
import re
from collections import Counter
from collections.abc import Callable

from benchmarks import environments
from benchmarks.children import run as run_child
from benchmarks.measure import ratios, rounds, spread, table
from tests.support.api import ENVIRONMENT

QUESTION = "How long does a function take to start, and to answer its first request?"
EMPTY = """
import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

logger, metrics, app = Logger(), Metrics(), APIGatewayHttpResolver()
dynamodb = boto3.client("dynamodb")

@app.get("/api/health")
def health():
    return {"success": True}

def lambda_handler(event, context):
    return app.resolve(event, context)
"""
FUNCTIONS = {
    "empty handler": ("api", EMPTY),
    "api": ("api", "from api.handler import lambda_handler"),
    "worker": ("worker", "from worker.handler import lambda_handler"),
    "sweeper": ("sweeper", "from sweeper.handler import lambda_handler"),
}
SCRIPT = """
import time
began = time.process_time()
{code}
loaded = time.process_time()
import json, sys
event = json.load(open({event!r}))
class Context:
    function_name = aws_request_id = invoked_function_arn = "first"
    memory_limit_in_mb = 1024
    def get_remaining_time_in_millis(self): return 29000
if {asks!r}:
    began_asking = time.process_time()
    answer = lambda_handler(event, Context())
    assert answer["statusCode"] == 200, answer
    asked = time.process_time() - began_asking
else:
    asked = 0
print(json.dumps([loaded - began, asked]))
"""
HEALTH = environments.ROOT / "events" / "api-health.json"
VARIABLES = {
    **ENVIRONMENT,
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "BACKOFF_BASE_SECONDS": "5",
    "FAILED_RETENTION_DAYS": "14",
    "WORKER_CONCURRENCY": "5",
}
PEOPLE = ("api", "empty handler")
"""Who is asked over HTTP."""


def run() -> str:
    """Measure with compiled modules, as a warm disk has them, and without, as a new layer is."""
    parts = [_starts(compiled=True), _starts(compiled=False), _what_is_imported()]
    return "\n".join(parts)


def _starts(*, compiled: bool) -> str:
    contenders = {name: _starter(name, compiled=compiled) for name in FUNCTIONS}
    for start in contenders.values():
        start()
    found = rounds(contenders)
    base = [loaded for loaded, _ in found["empty handler"]]
    rows = []
    for name, values in found.items():
        loading = [loaded for loaded, _ in values]
        first = [1000 * asked for _, asked in values]
        rows.append(
            [
                name,
                spread([1000 * value for value in loading], 0),
                spread(ratios(loading, base)),
                spread(first, 1) if name in PEOPLE else "",
            ]
        )
    how = "compiled modules" if compiled else "modules compiled on the way"
    return table((f"import, {how}", "CPU, ms", "÷ empty", "first request, CPU ms"), rows)


def _starter(name: str, *, compiled: bool) -> Callable[[], tuple[float, float]]:
    kind, code = FUNCTIONS[name]
    python = environments.function(kind)
    script = SCRIPT.format(code=code, event=str(HEALTH), asks=name in PEOPLE)
    variables = {**VARIABLES, "PYTHONDONTWRITEBYTECODE": "1"}
    if compiled:
        variables["PYTHONPYCACHEPREFIX"] = str(environments.PLACE / "compiled")
        variables["PYTHONDONTWRITEBYTECODE"] = ""
    else:
        variables["PYTHONPYCACHEPREFIX"] = str(environments.PLACE / "nothing")

    def start() -> tuple[float, float]:
        line = run_child([python, "-c", script], variables=variables).output.splitlines()[-1]
        loaded, asked = json.loads(line)
        return loaded, asked

    return start


_LINE = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \|\s+([\w.]+)$")


def _what_is_imported() -> str:
    """Sum up the time that each package's modules take by themselves."""
    rows = []
    for name in ("empty handler", "api", "worker"):
        kind, code = FUNCTIONS[name]
        variables = {**VARIABLES, "PYTHONPYCACHEPREFIX": str(environments.PLACE / "compiled")}
        taken = run_child(
            [environments.function(kind), "-X", "importtime", "-c", code],
            variables=variables,
            keep_errors=True,
        )
        own: Counter[str] = Counter()
        for line in taken.output.splitlines():
            if found := _LINE.match(line):
                own[found[3].partition(".")[0]] += int(found[1])
        whole = sum(own.values())
        parts = ", ".join(f"{part} {100 * n / whole:.0f} %" for part, n in own.most_common(9))
        rows.append([name, len(own), parts])
    return table(("modules' own time", "packages", "share of the nine that take longest"), rows)
