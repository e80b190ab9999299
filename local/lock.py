"""Which versions are installed? The newest that are allowed, each with its hashes.

No file names a package index: a mirror serves as well.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from local import supply
from local.deployment import ROOT
from local.errors import StackError

UV = ROOT / ".local" / "tools" / "bin" / "uv"
OPTIONS = ("--quiet", "--universal", "--generate-hashes", "--no-emit-index-url")
PLAIN = ("--no-annotate", "--no-header", "--upgrade")
OLDEST_PYTHON = "3.11"
"""For what runs before there is the Python of the project."""


def run() -> None:
    """Write every list of requirements anew, and the bill of what is shipped."""
    for arguments in _lists():
        done = subprocess.run(
            [UV, "pip", "compile", *OPTIONS, *PLAIN, *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise StackError(done.stderr.strip())
    supply.write_bill()


def _lists() -> Iterator[tuple[str, ...]]:
    project, everything = "pyproject.toml", "requirements-dev.txt"
    yield project, "--group", "dev", "-o", everything
    for layer in ("docsnap", "docgen"):
        # The same versions in the layers as in the tests.
        listed = str(Path("layers", layer, "requirements.txt"))
        yield project, "--group", f"layer-{layer}", "-c", everything, "-o", listed
    yield "benchmarks/requirements.in", "-o", "benchmarks/requirements.txt"
    yield "local/emulator/requirements.in", "-o", "local/emulator/requirements.txt"
    yield "local/supply/requirements.in", "-o", "local/supply/requirements.txt"
    tools = ("local/tools/requirements.in", "-o", "local/tools/requirements.txt")
    yield (*tools, "--python-version", OLDEST_PYTHON)
