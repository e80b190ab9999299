"""What is really measured, held against the alarms: trouble is made, and the alarm is on."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from docsnap import telemetry
from docsnap.items import job_key
from docsnap.jobs import ACTIVE

from tests.support import template
from tests.support.builders import a_job, a_lease, stored
from tests.support.cloudwatch import is_on
from tests.support.engines import fails
from tests.support.system import System

ALARMS = template.resources("AWS::CloudWatch::Alarm")


def measured(system: System, capsys: pytest.CaptureFixture[str]) -> Counter[str]:
    """Sweep, and add up what CloudWatch would have read from the log, by metric and kind."""
    telemetry.flush()
    capsys.readouterr()
    with telemetry.invocation(request_id="sweeper-1"):
        system.sweep()
    found: Counter[str] = Counter()
    for line in map(json.loads, capsys.readouterr().out.splitlines()):
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", ()):
            for metric in directive["Metrics"]:
                name = metric["Name"] + (f" {line['kind']}" if "kind" in line else "")
                found[name] += sum(line[metric["Name"]])
    return found


def lose_workers(system: System, number: int) -> None:
    """Have that many jobs with leases that have run out."""
    for _ in range(number):
        at = system.clock() - timedelta(minutes=5)
        lease = a_lease(expires_at=at + timedelta(seconds=90))
        job = a_job(ACTIVE, at=at, attempts=1, lease=lease, deadline_at=lease.expires_at)
        stored(system.table, job)


def repairs_alarm_is_on(figures: Counter[str]) -> bool:
    kinds = {"rescued": "rescued", "given_up": "given_up", "resent": "resent_delayed"}
    series: Any = {name: [figures.get(f"Repairs {kind}")] for name, kind in kinds.items()}
    return is_on(ALARMS["RepairsAlarm"], **series)


@pytest.mark.parametrize(("lost", "is_expected"), [(10, False), (11, True)])
def test_more_than_ten_lost_workers_raise_the_alarm_of_repairs(
    system: System, capsys: pytest.CaptureFixture[str], lost: int, is_expected: bool
) -> None:
    lose_workers(system, lost)

    assert repairs_alarm_is_on(measured(system, capsys)) is is_expected


def test_a_sweep_that_finds_nothing_to_do_keeps_the_sweepers_alarms_off(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = measured(system, capsys)

    assert figures["Sweeps"] == 1
    assert not is_on(ALARMS["SweeperMissingAlarm"], [None] * 4 + [figures["Sweeps"]])
    assert not is_on(ALARMS["OverdueAlarm"], [figures["Overdue"]] * 3)
    assert is_on(ALARMS["SweeperMissingAlarm"], [None] * 5)


def test_trouble_that_goes_on_raises_the_alarm_of_overdue_jobs(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    overdue = []
    for lost in (1, 1, 1, 0):
        lose_workers(system, lost)
        overdue.append(measured(system, capsys)["Overdue"])

    assert is_on(ALARMS["OverdueAlarm"], overdue[:3])
    assert not is_on(ALARMS["OverdueAlarm"], overdue)


def test_a_job_that_cannot_be_read_raises_the_alarm_of_overdue_jobs(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    job = stored(system.table, a_job(at=system.clock()))
    system.spoil(job_key(job.key))
    system.advance(minutes=1)

    overdue = [measured(system, capsys)["Overdue"] for _ in range(3)]

    assert overdue == [1, 1, 1]
    assert is_on(ALARMS["OverdueAlarm"], overdue)


def test_a_job_that_uses_up_its_attempts_raises_the_alarm_of_dead_letters(system: System) -> None:
    system.submit()
    depths = [float(system.queue.depth().dead_letter)]
    while not depths[-1]:
        system.work(fails())
        system.advance(minutes=20)
        depths.append(float(system.queue.depth().dead_letter))

    assert len(system.deliveries) == 3
    assert not is_on(ALARMS["DeadLetterQueueDepthAlarm"], depths[:1])
    assert is_on(ALARMS["DeadLetterQueueDepthAlarm"], depths[-1:])
