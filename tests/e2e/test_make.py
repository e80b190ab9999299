import os
import signal
import socket

import pytest

from local import processes, wait
from local.stack import free_port
from tests.support.deployed import SETTINGS, Deployed

pytestmark = pytest.mark.stack
DESCRIBED = {
    "apiFunction",
    "apiUrl",
    "bucketName",
    "deadLetterQueueUrl",
    "endpointUrl",
    "pid",
    "queueUrl",
    "region",
    "stackName",
    "supabaseUrl",
    "tableName",
    "workerFunction",
}


def jobs(stack: Deployed) -> set[str]:
    return {job.id for job in stack.client("erin").list_jobs()}


def submit(stack: Deployed) -> str:
    return stack.client("erin").submit("http://127.0.0.1:4/", force=True).id


def is_answering(stack: Deployed) -> bool:
    return bool(stack.call("GET", "/api/health").status_code == 200)


def test_the_description_says_what_callers_need(stack: Deployed) -> None:
    assert set(stack.describe()) == DESCRIBED


def test_up_twice_is_harmless(stack: Deployed) -> None:
    before = stack.describe()

    again = stack.up(**SETTINGS)

    assert again.status == 0, again.errors
    assert stack.describe() == before


def test_a_taken_port_is_told_in_one_line(stack: Deployed) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        other = Deployed(stack.directory.with_name("test-other"))
        other.port = taken.getsockname()[1]
        refused = other.up()

    told = [line for line in refused.errors.splitlines() if not line.startswith("make")]
    assert refused.status != 0
    assert len(told) == 1
    assert f"Port {other.port} is taken" in told[0]
    assert "make up PORT=" in told[0]


def test_jobs_survive_down_and_up(stack: Deployed) -> None:
    job = submit(stack)

    assert stack.make("down").status == 0
    assert stack.up(**SETTINGS).status == 0

    assert job in jobs(stack)


def test_jobs_survive_a_kill(stack: Deployed) -> None:
    job = submit(stack)
    saved = stack.directory / "state" / "dynamodb.json"
    assert wait.until(lambda: saved.exists() and job in saved.read_text(), within=60, every=0.5)

    os.kill(int(stack.describe()["pid"]), signal.SIGKILL)
    assert stack.up(**SETTINGS).status == 0

    assert job in jobs(stack)


def test_a_stack_can_move_to_another_port(stack: Deployed) -> None:
    job = submit(stack)

    stack.port = free_port()
    assert stack.up(**SETTINGS).status == 0

    assert str(stack.port) in str(stack.describe()["queueUrl"])
    assert job in jobs(stack)
    assert stack.client("erin").wait(submit(stack), timeout=300).status == "failed"


def test_nothing_is_left_running_after_down(stack: Deployed) -> None:
    pid = int(stack.describe()["pid"])

    stack.make("down")

    assert not processes.is_alive(pid)
    assert processes.end_orphans(stack.directory) == 0
    assert stack.make("token", "USER=erin").status != 0
    assert stack.up(**SETTINGS).status == 0
    assert is_answering(stack)
