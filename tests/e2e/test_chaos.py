"""A short run of `make chaos`, judged by its checker; the checker itself has tests of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.stack]
JOBS = 24
SEED = 7


def test_no_job_is_lost_run_twice_or_left_hanging_whatever_dies() -> None:
    run = subprocess.run(
        [
            sys.executable,
            *("-m", "local.chaos", "--jobs", str(JOBS), "--seed", str(SEED)),
            *("--directory", Path(".local/stacks/chaos").resolve()),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert f"{JOBS} jobs accepted, each once." in run.stdout
    assert "Faults injected: \n" not in run.stdout
    assert run.stdout.endswith("No violation.\n")
