"""schemathesis, told what it may expect of this API."""

import shutil
import subprocess
import sys
from pathlib import Path

EXPECTATIONS = Path(__file__).parent / "schemathesis.toml"


def fuzz(base_url: str, token: str, *, examples: int, seconds: float = 900) -> str:
    """Try everything that the document at the URL describes; the report, or RuntimeError with it.

    All checks, links followed, with a real token. `examples` are tried of every operation.
    """
    done = subprocess.run(
        [
            shutil.which("schemathesis", path=str(Path(sys.executable).parent)) or "schemathesis",
            "--config-file",
            str(EXPECTATIONS),
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
            "--max-examples",
            str(examples),
            "--no-color",
        ],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return done.stdout
