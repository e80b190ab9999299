import json
from collections import Counter

import pytest
from docsnap import telemetry
from docsnap.telemetry import Metric

from benchmarks import cost

QUICK = 10


@pytest.fixture(scope="module")
def job() -> cost.Job:
    return cost.Job(QUICK)


def test_every_price_says_where_it_is_listed() -> None:
    listed = json.loads(cost.PRICES.read_text())

    assert all(each["source"].startswith("https://aws") for each in listed["prices"].values())
    assert all(each["price"] > 0 for each in listed["prices"].values())
    assert set(listed["free_per_month"]) <= set(listed["prices"])


def test_every_part_of_a_bill_has_its_line(job: cost.Job) -> None:
    assert {name for names in cost.LINES.values() for name in names} >= set(job.bill())
    assert {name for names in cost.IDLE.values() for name in names} >= {
        name for name, number in cost.idle(job).items() if number
    }


def test_what_is_free_is_not_paid_and_never_credited() -> None:
    bill = Counter({"sqs_request": 1_500_000, "lambda_request": 10})

    assert cost.total(bill) == pytest.approx(0.6 + 10 * 2e-7)
    assert cost.total(bill, allowance=True) == pytest.approx(0.2)


def test_a_job_consumes_what_the_functions_ask_for(job: cost.Job) -> None:
    assert job.submit.calls == {"TransactWriteItems": 1, "SendMessage": 1}
    assert job.submit.write_units == 12
    assert job.work.calls["PutObject"] == 5
    assert job.wait.read_units == 41  # one look every half second
    assert job.bill()["lambda_gb_second_arm64"] > QUICK * cost.WORKER_GB


def test_a_longer_job_writes_less_often() -> None:
    short, long = cost.Job(10), cost.Job(100)

    assert long.work.write_units < 3 * short.work.write_units


def test_from_the_break_even_on_the_server_is_cheaper(job: cost.Job) -> None:
    monthly = cost.server("server_t3_small_hour")
    found = cost.break_even(job, monthly, allowance=False)
    assert found

    def own(jobs: int) -> float:
        bill = {k: v for k, v in cost.month(job, jobs).items() if k not in cost.EQUAL}
        return cost.total(bill)

    assert own(found - 1) <= monthly < own(found)
    assert cost.break_even(job, 1e6, allowance=False) is None


def test_what_others_in_the_process_have_counted_is_not_billed(job: cost.Job) -> None:
    telemetry.count(Metric.WEBHOOKS_FAILED, 5)
    telemetry.about(job_id="of somebody else")

    again = cost.Job(QUICK)

    assert again.submit == job.submit
    assert again.work == job.work
    assert cost.month(again, 1000) == cost.month(job, 1000)


@pytest.mark.slow
def test_the_page_shows_what_the_model_computes() -> None:
    assert cost.report() in cost.PAGE.read_text()
