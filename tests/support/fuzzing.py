"""schemathesis, told what it may expect of this API."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

EXPECTATIONS = (Path(__file__).parent / "schemathesis.toml").read_text()
SOME_JOBS = """
[dictionaries]
jobs.values = {ids}
seconds.values = [1]

[parameters]
"path.job_id" = {{ dictionary = "jobs", probability = 0.5 }}
"query.wait" = {{ dictionary = "seconds" }}  # most answers would be held for as long as that
"""


def fuzz(base_url: str, token: str, *, examples: int, jobs: Sequence[str]) -> str:
    """Try everything that the document at the URL describes; the report, or RuntimeError with it.

    All checks, links followed, with a real token. `examples` are tried of every operation; `jobs`
    are of the token's user, and tried as often as ids that are made up.
    """
    with TemporaryDirectory() as directory:
        config = Path(directory, "schemathesis.toml")
        config.write_text(SOME_JOBS.format(ids=json.dumps(jobs)) + EXPECTATIONS)
        done = _run(base_url, token, config, examples=examples)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return done.stdout


def _run(
    base_url: str, token: str, config: Path, *, examples: int
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            shutil.which("schemathesis", path=str(Path(sys.executable).parent)) or "schemathesis",
            "--config-file",
            str(config),
            "run",
            f"{base_url}/openapi.json",
            "--url",
            base_url,
            "--header",
            f"Authorization: Bearer {token}",
            "--checks",
            "all",
            "--phases",
            "examples,coverage,fuzzing,stateful",
            "--request-timeout",
            "40",  # an answer may be held for 20
            "--workers",
            "2",
            "--max-examples",
            str(examples),
            "--no-color",
        ],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
