import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.api import ENVIRONMENT, EVENTS, a_world

ROOT = Path(__file__).parents[3]
SCRIPT = """
import json, sys
from types import SimpleNamespace
from api.handler import lambda_handler

context = SimpleNamespace(aws_request_id="1", get_remaining_time_in_millis=lambda: 29000)
with open(sys.argv[1]) as file:
    answer = lambda_handler(json.load(file), context)
print(json.dumps({"status": answer["statusCode"], "modules": sorted(sys.modules)}))
"""


def run(event: str) -> dict[str, object]:
    """Start the function as Lambda does: a fresh process, settings in the environment."""
    paths = [ROOT / "functions", ROOT / "layers" / "docsnap"]
    environment = ENVIRONMENT | {
        "SUPABASE_URL": "http://127.0.0.1:9",
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "PATH": os.defpath,
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT, str(EVENTS / event)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_the_function_starts_and_answers() -> None:
    assert run("api-health.json")["status"] == 200


def test_the_function_never_loads_what_it_does_not_need() -> None:
    loaded = run("api-health.json")["modules"]

    unwanted = ("boto3", "docgen", "selectolax", "httpx2", "typst", "docx", "api.openapi", "worker")
    assert [name for name in loaded if name.split(".")[0] in unwanted or name in unwanted] == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", sorted(EVENTS.glob("api-*.json")), ids=lambda path: path.stem)
def test_every_sample_event_is_one_that_the_api_knows(path: Path) -> None:
    with a_world() as world:
        event = json.loads(path.read_text())
        if "authorization" in event["headers"]:
            event["headers"]["authorization"] = f"Bearer {world.token()}"

        answer = world.send(event)

        known = {"job_not_found"}
        assert answer.status < 400 or answer.code in known
