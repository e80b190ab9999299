"""How does `template.yaml` get onto the emulator? Through `sam build` and `sam deploy`.

Both take seconds even when nothing changed, so a digest of what goes in decides whether to run.
"""

import difflib
import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import boto3
from botocore.exceptions import ClientError
from mypy_boto3_cloudformation import CloudFormationClient

from local.errors import StackError

ROOT = Path(__file__).resolve().parent.parent
REGION = "us-east-1"
STACK_NAME = "docsnap-local"
ARCHITECTURE = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
BUILDS = ROOT / ".local" / "builds"
KEPT_BUILDS = 3

Parameters = Mapping[str, str]


def session() -> boto3.Session:
    """Make clients with it that speak to the emulator: give them its `endpoint_url`."""
    return boto3.Session(region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")


def parse_parameters(text: str) -> dict[str, str]:
    """Read `Key=Value Key=Value`."""
    parameters = {}
    for part in text.split():
        key, separator, value = part.partition("=")
        if not (key and separator):
            raise StackError(f"PARAMS takes Key=Value pairs separated by blanks, not {part!r}.")
        parameters[key] = value
    return parameters


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let one process at a time through."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _sources() -> list[Path]:
    files = [ROOT / "template.yaml", ROOT / "samconfig.toml"]
    for name in ("functions", "layers"):
        files += [path for path in (ROOT / name).rglob("*") if path.is_file()]
    return sorted(path for path in files if "__pycache__" not in path.parts)


def source_digest() -> str:
    """Name the state of everything that a build is made from."""
    digest = hashlib.sha256(ARCHITECTURE.encode())
    for path in _sources():
        digest.update(f"\0{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def build() -> tuple[str, Path]:
    """Run `sam build` unless this very source was built before; return its digest and template."""
    with locked(BUILDS / "lock"):
        digest = source_digest()
        template = BUILDS / digest / "template.yaml"
        if not template.exists():
            unfinished = BUILDS / "unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            _sam(
                "build",
                *("--template", ROOT / "template.yaml", "--build-dir", unfinished),
                *("--cache-dir", BUILDS / "cache"),
                *("--parameter-overrides", f"Architecture={ARCHITECTURE}"),
            )
            unfinished.rename(template.parent)
        os.utime(template.parent)
        _forget_old_builds()
    return digest, template


def _forget_old_builds() -> None:
    builds = [path.parent for path in BUILDS.glob("*/template.yaml")]
    for path in sorted(builds, key=lambda path: path.stat().st_mtime)[:-KEPT_BUILDS]:
        shutil.rmtree(path)


def deploy(
    cloudformation: CloudFormationClient, *, directory: Path, endpoint_url: str, given: Parameters
) -> bool:
    """Deploy the present source with these parameters; say whether there was anything to do."""
    digest, template = build()
    chosen = complete(given, defaults(template.read_text()))
    release = hashlib.sha256(json.dumps([digest, chosen]).encode()).hexdigest()[:12]
    marker = directory / "deployed"
    if marker.exists() and marker.read_text() == release and exists(cloudformation):
        return False
    marker.unlink(missing_ok=True)
    parameters = {**chosen, "Release": given.get("Release", release)}
    _sam(
        "deploy",
        *("--template-file", template),
        # In quotes, for a value may be empty.
        *("--parameter-overrides", *(f'{key}="{value}"' for key, value in parameters.items())),
        endpoint_url=endpoint_url,
    )
    marker.write_text(release)
    return True


def complete(given: Parameters, defaults: Parameters) -> dict[str, str]:
    """Give every parameter a value: left out, it would keep that of the last deployment.

    Raises:
        StackError: The template has no such parameter.
    """
    for name in given.keys() - defaults.keys():
        near = difflib.get_close_matches(name, defaults, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise StackError(f"template.yaml has no parameter {name}.{hint}")
    return {**defaults, "Architecture": ARCHITECTURE, **given}


def defaults(template: str) -> dict[str, str]:
    """Read what a template's parameters are unless they are given."""
    from samcli.yamlhelper import yaml_parse  # type: ignore[import-untyped]  # long to load

    declared = yaml_parse(template)["Parameters"]
    return {name: str(each.get("Default", "")) for name, each in declared.items()}


def exists(cloudformation: CloudFormationClient) -> bool:
    """Say whether the stack is deployed."""
    try:
        stack = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    except ClientError:
        return False
    return stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")


def outputs(cloudformation: CloudFormationClient) -> dict[str, str]:
    """Read the stack's outputs."""
    stack = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _sam(command: str, *arguments: str | Path, endpoint_url: str | None = None) -> None:
    # Neither another account nor the sources' path: SAM has modules of the same names.
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AWS_") and name != "PYTHONPATH"
    }
    environment |= {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "SAM_CLI_POLL_DELAY": "0.5",
        "SAM_CLI_TELEMETRY": "0",
    }
    if endpoint_url:
        environment["AWS_ENDPOINT_URL"] = endpoint_url
    configuration = ("--config-file", ROOT / "samconfig.toml", "--config-env", "local")
    done = subprocess.run(
        ["sam", command, *map(str, (*configuration, *arguments))],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        lines = [line.strip() for line in (done.stdout + done.stderr).splitlines()]
        telling = [line for line in lines if line and not line.startswith("Uploading to")]
        errors = [n for n, line in enumerate(telling) if line.startswith("Error: ")]
        telling = telling[errors[0] :] if errors else telling[-40:]
        raise StackError("\n".join([f"sam {command} failed:", *telling]))
