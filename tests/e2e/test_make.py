import os
import signal
import socket
import urllib.request
from pathlib import Path

import jwt
import pytest

from local import processes, wait
from local.identity import JWKS_PATH, user_id
from local.site_server import served
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


@pytest.mark.slow
def test_parameters_are_those_of_the_last_deployment_alone(stack: Deployed) -> None:
    def limit() -> str:
        described = stack.aws("cloudformation").describe_stacks(StackName="docsnap-local")
        given = described["Stacks"][0]["Parameters"]
        return next(
            p["ParameterValue"] for p in given if p["ParameterKey"] == "UnfinishedJobsLimit"
        )

    assert stack.up(**SETTINGS, UnfinishedJobsLimit="7").status == 0
    assert limit() == "7"

    assert stack.up(**SETTINGS).status == 0
    assert limit() == "200"


@pytest.mark.slow
def test_a_deployment_that_fails_says_why_and_leaves_what_there_is(stack: Deployed) -> None:
    before = stack.describe()

    refused = stack.up(SupabaseUrl="http://issuer.example")

    assert refused.status != 0
    told = [line for line in refused.errors.splitlines() if not line.startswith("make")]
    assert told[0] == "sam deploy failed:"
    assert "SupabaseUrl" in told[1]
    assert len(told) == 2
    assert stack.describe() == before
    assert is_issuing(stack)
    assert stack.up(**SETTINGS).status == 0
    assert stack.describe() == before


def is_issuing(stack: Deployed) -> bool:
    keys = f"{stack.describe()['supabaseUrl']}{JWKS_PATH}"
    with urllib.request.urlopen(keys, timeout=10) as answer:
        return bool(answer.status == 200)


def test_a_parameter_that_is_none_is_told_in_one_line(stack: Deployed) -> None:
    refused = stack.up(MaxAttemps="2")

    told = [line for line in refused.errors.splitlines() if not line.startswith("make")]
    assert refused.status != 0
    assert told == ["template.yaml has no parameter MaxAttemps. Did you mean MaxAttempts?"]


@pytest.mark.parametrize("port", ["0", "65536"])
def test_what_is_no_port_is_refused(stack: Deployed, port: str) -> None:
    refused = stack.make("up", f"PORT={port}")

    assert refused.status != 0
    assert "a port is a number" in refused.errors
    assert "Traceback" not in refused.errors


def test_quotes_in_what_make_is_given_mean_nothing_to_a_shell(stack: Deployed) -> None:
    one, other = (stack.make("-s", "token", f"USER={user}") for user in ("o'brien", "o`id`brien"))

    assert (one.errors, other.errors) == ("", "")
    assert subject(one.output) == user_id("o'brien")
    assert subject(other.output) == user_id("o`id`brien")


def test_a_token_is_somebodys(stack: Deployed) -> None:
    refused = stack.make("-s", "token", "USER=")

    assert (refused.status != 0, refused.output) == (True, "")
    assert refused.errors.startswith("Whose token?")


def subject(token: str) -> str:
    return str(jwt.decode(token.strip(), options={"verify_signature": False})["sub"])


@pytest.mark.parametrize(("private", "is_reached"), [("1", True), ("0", False), ("", False)])
def test_private_networks_are_the_engines_only_if_asked_for(
    tmp_path: Path, stack: Deployed, private: str, *, is_reached: bool
) -> None:
    with served() as (url, requests):
        done = stack.make(
            *("generate", f"URL={url}?'quoted'=\"too\"", "MAX_PAGES=1", "FORMATS=json"),
            *(f"OUT={tmp_path / 'an out'}", f"PRIVATE={private}"),
        )

    assert (done.status == 0) is is_reached
    assert any("quoted" in request for request in requests) is is_reached
    assert (tmp_path / "an out" / "manifest.json").exists() is is_reached
