"""What does DocSnap cost, and when is a server cheaper?

    python -m benchmarks.cost            print the tables of docs/cost.md
    python -m benchmarks.cost --write    and put them there

Requests and units are measured (benchmarks/meter.py), prices are in benchmarks/prices.json, and
what can be neither measured here nor looked up is a constant below.
"""

import argparse
import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import ceil
from pathlib import Path

from benchmarks.measure import table
from benchmarks.meter import Usage, a_bench

PRICES = Path(__file__).with_name("prices.json")
PAGE = Path(__file__).resolve().parent.parent / "docs" / "cost.md"
MARKS = "<!-- computed -->\n", "<!-- /computed -->\n"

LENGTHS = (10, 60, 300)
"""Seconds that the worker spends on a job."""
PAGES_PER_SECOND = 5
"""Of a site on the internet, which is not to be overrun."""
STORED_BYTES_PER_PAGE = 100_000
ZIP_BYTES_PER_PAGE = 40_000
"""All files, and the bundle that the caller fetches: the manuals of CMake and Borg."""

API_GB, WORKER_GB, SWEEPER_GB = 1.0, 2.0, 0.5
WORKER_DISK_GB = 3.5
"""Beyond what comes for nothing."""
API_SECONDS, SWEEP_SECONDS = 0.03, 0.15
"""Of a request that does not wait, and of a sweep that finds nothing."""
LAMBDA_LOG_BYTES = 1000
"""Lambda's own lines about an invocation; the gateway's about a request are some 250."""
POLL_SECONDS, WAIT_SECONDS = 10, 20
RETENTION_MONTHS = 8 / 30

HOURS, SECONDS = 730, 730 * 3600
POLLERS = 5
"""Lambda's pollers of an idle queue, each receiving for 20 s at a time."""
ALARM_METRICS = 18
"""Metrics that the template's alarms watch; a test counts them."""

type Bill = Counter[str]
"""How much of what is paid for; the names are those of prices.json."""

EQUAL = ("s3_put", "s3_get", "s3_gb_month", "transfer_out_gb")
"""Results cost the same wherever they are made."""


@cache
def prices() -> Mapping[str, float]:
    """Read the list prices, in dollars for one unit."""
    listed = json.loads(PRICES.read_text())["prices"]
    return {name: float(entry["price"]) for name, entry in listed.items()}


@cache
def free() -> Mapping[str, float]:
    """Read what is free every month, in every account, for good."""
    return {name: float(n) for name, n in json.loads(PRICES.read_text())["free_per_month"].items()}


def total(bill: Mapping[str, float], *, allowance: bool = False) -> float:
    """Add a bill up; with an allowance, a month's bill after what is free."""
    less = free() if allowance else {}
    return sum(
        max(0.0, number - less.get(name, 0)) * prices()[name] for name, number in bill.items()
    )


def times(bill: Bill, number: float) -> Bill:
    """Take a bill several times."""
    return Counter({name: each * number for name, each in bill.items()})


class Job:
    """What a job of some length consumes."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self.pages = seconds * PAGES_PER_SECOND
        with tempfile.TemporaryDirectory() as root, a_bench(Path(root)) as bench:
            self.submit, job = bench.submit()
            self.look = bench.look(job, wait=False)
            self.wait = bench.look(job, wait=True)
            self.work = bench.work(seconds)
            self.fetch = bench.fetch(job)
            self.idle_sweep = bench.sweep()

    def worker(self) -> Bill:
        """The worker's part."""
        bill = _invocation(self.work, self.seconds, WORKER_GB)
        bill["lambda_storage_gb_second"] = self.seconds * WORKER_DISK_GB  # type: ignore[assignment]
        bill["sqs_request"] += 2  # Lambda receives and deletes the message
        bill["sqs_fair_queue_request"] += 2
        stored = self.pages * STORED_BYTES_PER_PAGE / 1e9
        bill["s3_gb_month"] = stored * RETENTION_MONTHS  # type: ignore[assignment]
        return bill

    def polled(self) -> Bill:
        """The caller looks every 10 s and fetches the bundle."""
        looks = ceil(self.seconds / POLL_SECONDS) + 1
        return self._admitted() + times(_request(self.look, API_SECONDS), looks) + self._fetched()

    def waited(self) -> Bill:
        """The caller waits with `?wait=20` and fetches the bundle."""
        waits = self.seconds / WAIT_SECONDS
        return (
            self._admitted()
            + _request(self.look, API_SECONDS)
            + times(_request(self.wait, WAIT_SECONDS), waits)
            + self._fetched()
        )

    def _admitted(self) -> Bill:
        return _request(self.submit, API_SECONDS)

    def _fetched(self) -> Bill:
        bill = _request(self.fetch, API_SECONDS)
        bill["s3_get"] += 1
        bill["transfer_out_gb"] = self.pages * ZIP_BYTES_PER_PAGE / 1e9  # type: ignore[assignment]
        return bill

    def bill(self) -> Bill:
        """All of it, for a caller who polls."""
        return self.worker() + self.polled()


def _invocation(usage: Usage, seconds: float, gigabytes: float) -> Bill:
    log_bytes = usage.log_bytes + LAMBDA_LOG_BYTES
    return Counter(
        {
            "lambda_request": 1,
            "lambda_gb_second_arm64": seconds * gigabytes,
            "dynamodb_write_unit": usage.write_units,
            "dynamodb_read_unit": usage.read_units,
            "sqs_request": usage.calls["SendMessage"],
            "sqs_fair_queue_request": usage.calls["SendMessage"],
            "s3_put": usage.calls["PutObject"],
            "logs_gb": log_bytes / 1e9,
            "xray_trace": 1,
        }
    )


def _request(usage: Usage, seconds: float) -> Bill:
    bill = _invocation(usage, seconds, API_GB)
    bill["http_api_request"] = 1
    return bill


def idle(job: Job) -> Bill:
    """A month in which nobody asks for anything."""
    sweeps = SECONDS // 60
    bill = times(_invocation(job.idle_sweep, SWEEP_SECONDS, SWEEPER_GB), sweeps)
    bill["sqs_request"] += POLLERS * SECONDS // WAIT_SECONDS
    bill["metric_month"] = len(job.idle_sweep.metrics)
    bill["alarm_metric_month"] = ALARM_METRICS
    bill["dashboard_month"] = 1
    return bill


def month(job: Job, jobs: float) -> Bill:
    """A month with so many jobs."""
    bill = idle(job) + times(job.bill(), jobs)
    if jobs:
        bill["metric_month"] += len(job.submit.metrics | job.work.metrics)
    return bill


SERVERS = {
    "small": ("t3.small", "server_t3_small_hour"),
    "equal": ("m7g.xlarge", "server_m7g_xlarge_hour"),
}
DISK_GB = 20


def server(price: str) -> float:
    """A month of Redis, a server and its disk; its results cost what DocSnap's cost."""
    hourly = prices()[price] + prices()["redis_cache_t3_micro_hour"]
    return hourly * HOURS + DISK_GB * prices()["server_disk_gb_month"]


def most_jobs(job: Job) -> int:
    """Jobs that five workers get done in a month."""
    return 5 * SECONDS // job.seconds


def break_even(job: Job, monthly: float, *, allowance: bool) -> int | None:
    """From how many jobs a month on the server is cheaper; None if not even with all it can do."""

    def is_dearer(jobs: int) -> bool:
        bill = Counter({k: v for k, v in month(job, jobs).items() if k not in EQUAL})
        return total(bill, allowance=allowance) > monthly

    low, high = 0, most_jobs(job)
    if not is_dearer(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_dearer(middle) else (middle + 1, high)
    return low


def _per_thousand(bill: Bill, *names: str) -> str:
    chosen = {name: number for name, number in bill.items() if not names or name in names}
    return f"{1000 * total(chosen):.2f}"


LINES: Mapping[str, tuple[str, ...]] = {
    "worker: Lambda": ("lambda_request", "lambda_gb_second_arm64", "lambda_storage_gb_second"),
    "table": ("dynamodb_write_unit", "dynamodb_read_unit"),
    "queue": ("sqs_request", "sqs_fair_queue_request"),
    "results in S3": ("s3_put", "s3_get", "s3_gb_month"),
    "results to the caller": ("transfer_out_gb",),
    "gateway, logs, traces": ("http_api_request", "logs_gb", "xray_trace"),
}


def _consumption(jobs: Sequence[Job]) -> str:
    def row(name: str, value: Callable[[Job], object]) -> list[object]:
        return [name, *(value(job) for job in jobs)]

    return table(
        ["", *(f"{job.seconds} s, {job.pages} pages" for job in jobs)],
        [
            row("write units: submission", lambda job: int(job.submit.write_units)),
            row("write units: attempt", lambda job: int(job.work.write_units)),
            row("read units: attempt", lambda job: int(job.work.read_units)),
            row("read units: one `?wait=20`", lambda job: int(job.wait.read_units)),
            row("calls to DynamoDB in the attempt", _table_calls),
            row("objects written", lambda job: job.work.calls["PutObject"]),
            row("GB-seconds of the worker", lambda job: int(job.seconds * WORKER_GB)),
        ],
    )


def _table_calls(job: Job) -> int:
    return sum(job.work.calls[name] for name in ("GetItem", "UpdateItem", "TransactWriteItems"))


def _costs(jobs: Sequence[Job]) -> str:
    rows: list[list[object]] = []
    for name, kinds in LINES.items():
        bills = [job.worker() if name.startswith("worker") else job.bill() for job in jobs]
        rows.append([name, *(_per_thousand(bill, *kinds) for bill in bills)])
    apis = [Counter({k: job.polled()[k] for k in LINES["worker: Lambda"]}) for job in jobs]
    rows.insert(1, ["API: Lambda", *(_per_thousand(bill) for bill in apis)])
    rows.append(["**together**", *(f"**{_per_thousand(job.bill())}**" for job in jobs)])
    waits = [job.worker() + job.waited() for job in jobs]
    rows.append(["the same, waited for with `?wait=20`", *(_per_thousand(bill) for bill in waits)])
    return table(["USD for 1,000 jobs", *(f"{job.seconds} s" for job in jobs)], rows)


IDLE: Mapping[str, tuple[str, ...]] = {
    "sweeper: Lambda": ("lambda_request", "lambda_gb_second_arm64"),
    "sweeper: table, logs, traces": ("dynamodb_read_unit", "logs_gb", "xray_trace"),
    "queue: Lambda's pollers": ("sqs_request",),
    "own metrics": ("metric_month",),
    "alarms": ("alarm_metric_month",),
    "dashboard": ("dashboard_month",),
}


def _idle(job: Job) -> str:
    bill = idle(job)
    rows = []
    for name, kinds in IDLE.items():
        part = Counter({kind: bill[kind] for kind in kinds})
        rows.append([name, f"{total(part):.2f}", f"{total(part, allowance=True):.2f}"])
    both = f"**{total(bill):.2f}**", f"**{total(bill, allowance=True):.2f}**"
    head = ["USD a month, idle", "list price", "after AWS's free allowances"]
    return table(head, [*rows, ["**together**", *both]])


def _rounded(number: int | None) -> str:
    """Three figures: more would pretend to know more."""
    return "never" if number is None else f"{int(float(f'{number:.3g}')):,}"


def _comparison(jobs: Sequence[Job]) -> str:
    rows: list[list[object]] = []
    for name, price in SERVERS.values():
        monthly = server(price)
        for allowance in (False, True):
            found = [break_even(job, monthly, allowance=allowance) for job in jobs]
            texts = [_rounded(each) for each in found]
            how = "free allowances" if allowance else "list price"
            rows.append([f"{name} and Redis, {monthly:.2f} a month; {how}", *texts])
    rows.append(["*what five workers can do in a month*", *(f"*{most_jobs(j):,}*" for j in jobs)])
    head = ["jobs a month from which a server is cheaper", *(f"{j.seconds} s" for j in jobs)]
    return table(head, rows)


def _cold_starts() -> str:
    cache = API_GB * SECONDS * prices()["lambda_snapstart_cache_gb_second"]
    restores = 1000 * API_GB * prices()["lambda_snapstart_restore_gb"]
    provisioned = API_GB * SECONDS * prices()["lambda_provisioned_gb_second_arm64"]
    return table(
        ["USD a month, for the API's 1 GB", "fixed", "per 1,000 cold starts"],
        [
            ["as it is", "0.00", f"{1000 * API_GB * prices()['lambda_gb_second_arm64']:.2f}"],
            ["SnapStart", f"{cache:.2f} for every version kept", f"{restores:.2f}"],
            ["one provisioned instance", f"{provisioned:.2f}", "beyond the first, as it is"],
        ],
    )


def report() -> str:
    """Compute every table."""
    jobs = [Job(seconds) for seconds in LENGTHS]
    parts = {
        "Consumed by a job (measured)": _consumption(jobs),
        "A thousand jobs": _costs(jobs),
        "Idle": _idle(jobs[0]),
        "Against a server": _comparison(jobs),
        "Against cold starts": _cold_starts(),
    }
    return "\n".join(f"### {title}\n\n{text}" for title, text in parts.items())


def main(words: Sequence[str] | None = None) -> int:
    """Print the tables, and put them into the page if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cost")
    parser.add_argument("--write", action="store_true", help="put them into docs/cost.md")
    arguments = parser.parse_args(words)
    tables = report()
    print(tables)
    if arguments.write:
        begin, end = MARKS
        marked = re.compile(f"(?<={begin}).*(?={end})", re.DOTALL)
        PAGE.write_text(marked.sub(lambda _: f"\n{tables}\n", PAGE.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
