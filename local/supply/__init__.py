"""What do we ship that others wrote, and what is known to be wrong with it?

The tools for that have an environment of their own: what they need does not go with what the
project needs.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.deployment import ROOT, locked
from local.errors import StackError

BILL = ROOT / "sbom.cdx.json"
SHIPPED = tuple(ROOT / "layers" / layer / "requirements.txt" for layer in ("docsnap", "docgen"))
UV = ROOT / ".local" / "tools" / "bin" / "uv"
REQUIREMENTS = Path(__file__).parent / "requirements.txt"
ENVIRONMENT = ROOT / ".local" / "supply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What the database of vulnerabilities says."""

    known: Mapping[str, list[str]]
    """Names of vulnerabilities, by package."""
    looked_up: int
    """Packages that it has an answer for; none where it cannot be reached."""


def write_bill() -> None:
    """Write the software bill of materials of both layers, as CycloneDX."""
    listed = "\n".join(path.read_text() for path in SHIPPED)
    once = dict.fromkeys(_entries(listed))
    done = _run("cyclonedx-py", "requirements", "--output-reproducible", "-", given="\n".join(once))
    if done.returncode:
        raise StackError(done.stderr.strip())
    bill = json.loads(done.stdout)
    for tool in bill["metadata"]["tools"]["components"]:
        tool.pop("externalReferences", None)
    for component in bill["components"]:
        del component["description"]  # the line of the list once more
        for reference in component["externalReferences"]:
            reference["url"] = component["purl"]  # of any index: a mirror serves as well
    BILL.write_text(json.dumps(bill, indent=1) + "\n")


def audit(requirements: Path) -> Audit:
    """Ask which of the packages on a list have known vulnerabilities.

    Raises:
        StackError: The tool cannot be installed, or does not work.
    """
    done = _run(
        *("pip-audit", "--requirement", str(requirements), "--require-hashes", "--disable-pip"),
        *("--format", "json", "--progress-spinner", "off", "--timeout", "10"),
    )
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except ValueError:
        if "Connection" in done.stderr or "ServiceError" in done.stderr:
            return Audit(known={}, looked_up=0)
        raise StackError(done.stderr.strip()[-500:]) from None
    answered = [each for each in found if "vulns" in each]
    return Audit(
        known={
            f"{each['name']} {each['version']}": [one["id"] for one in each["vulns"]]
            for each in answered
            if each["vulns"]
        },
        looked_up=len(answered),
    )


def _entries(listed: str) -> list[str]:
    """Split a list of requirements into its entries, each with its hashes."""
    return [entry for entry in listed.replace("\\\n", " ").splitlines() if entry.strip()]


def _run(tool: str, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    with locked(ENVIRONMENT.with_suffix(".lock")):
        _install()
    return subprocess.run(
        [ENVIRONMENT / "bin" / tool, *arguments],
        cwd=ROOT,
        input=given,
        capture_output=True,
        text=True,
    )


def _install() -> None:
    """Install the tools, and again when their requirements change."""
    stamp, wanted = ENVIRONMENT / "stamp", REQUIREMENTS.read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    python = ENVIRONMENT / "bin" / "python"
    sync = (UV, "pip", "sync", "--quiet", "--require-hashes", "--python", python, REQUIREMENTS)
    for command in (
        (UV, "venv", "--quiet", "--clear", "--python", sys.executable, ENVIRONMENT),
        sync,
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise StackError(done.stderr.strip()[-500:])
    stamp.write_text(wanted)
