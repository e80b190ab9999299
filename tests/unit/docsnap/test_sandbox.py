import json
import os
import subprocess
import sys

from docsnap import sandbox

HANDLER = """
from docsnap.sandbox import given_up_on_error

@given_up_on_error
def handler(event, context):
    if event["what"] == "answer":
        return {"answer": 42}
    raise MemoryError("no more")

print(handler({"what": "answer"}, None), flush=True)
handler({"what": "raise"}, None)
print("still there")
"""


def test_a_process_ends_with_the_invocation_that_ends_with_an_exception() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HANDLER],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
    )

    answer, line = ended.stdout.splitlines()
    assert ended.returncode == 1, ended.stderr
    assert answer == "{'answer': 42}"
    assert json.loads(line)["exception_name"] == "MemoryError"


def test_what_a_handler_is_called_stays() -> None:
    def lambda_handler(event: object, context: object) -> dict[str, object]:
        """Answer."""
        return {}

    assert sandbox.given_up_on_error(lambda_handler).__doc__ == "Answer."
