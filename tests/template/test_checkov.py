"""Checkov, in an environment of its own: what it needs does not go with what the project needs."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.deployment import locked

CONFIG = Path(".checkov.yaml")
REQUIREMENTS = Path("tests/template/checkov/requirements.txt")
ENVIRONMENT = Path(".local/checkov")
UV = Path(".local/tools/bin/uv")
SKIPPED = dict(re.findall(r"^  - (CKV\w+) # (.+)$", CONFIG.read_text(), re.MULTILINE))


@pytest.fixture
def checkov() -> Path:
    """Install checkov once, and again when its requirements change."""
    with locked(ENVIRONMENT.with_suffix(".lock")):
        return installed()


def installed() -> Path:
    stamp, python = ENVIRONMENT / "stamp", ENVIRONMENT / "bin" / "python"
    wanted = REQUIREMENTS.read_text()
    if not (stamp.exists() and stamp.read_text() == wanted):
        if not UV.exists():
            pytest.skip("there is no uv: make environment")
        sync = (str(UV), "pip", "sync", "--quiet", "--require-hashes")
        for command in (
            [str(UV), "venv", "--quiet", "--clear", "--python", sys.executable, str(ENVIRONMENT)],
            [*sync, "--python", str(python), str(REQUIREMENTS)],
        ):
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                pytest.skip(f"checkov cannot be installed: {done.stderr[-300:]}")
        stamp.write_text(wanted)
    return python


def failed(python: Path, directory: Path) -> set[str]:
    """Name the policies that the template does not follow; checkov reads the directory's file."""
    template = str(Path("template.yaml").resolve())
    done = subprocess.run(
        [
            *(str(python.absolute()), "-m", "checkov.main", "--file", template),
            *("--framework", "cloudformation", "--output", "json", "--skip-download"),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=directory,
    )
    report = json.loads(done.stdout)
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 30
    return {check["check_id"] for check in report["results"]["failed_checks"]}


@pytest.mark.slow
def test_every_policy_is_followed_or_it_is_said_why_not(checkov: Path, tmp_path: Path) -> None:
    configured = Path()

    assert failed(checkov, tmp_path) == set(SKIPPED)
    assert failed(checkov, configured) == set()


def test_every_policy_that_is_not_followed_has_its_reason() -> None:
    listed = re.findall(r"^  - (\S+)", CONFIG.read_text(), re.MULTILINE)

    assert listed == list(SKIPPED)
    assert all(len(reason.split()) >= 5 for reason in SKIPPED.values())
